"""The certified instance that comes closest to a claim's bound, drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from mamlcheck.report.brackets import reached_text
from mamlcheck.report.claims import ShownClaim
from mamlcheck.report.mathml import code_html
from mamlcheck.report.portraits import portrait_svg, subscript
from mamlcheck.report.words import sentence

ORDER = 25

_SYMBOLS = {"rho": "ρ", "alpha": "α", "delta": "δ", "phi": "φ", "B'": "B′", "D_beta": "D_β"}


@dataclass(frozen=True)
class WitnessRow:
    """What a witness reaches, its picture where there is one, and what the picture cannot show.

    python: what judges the claim on it again, None where that is not known.
    """

    reached: str
    arithmetic: str | None
    description: str
    chart: Markup | None
    numbers: str
    left_out: str
    python: Markup | None


def rows(claim: ShownClaim) -> WitnessRow | None:
    """The claim's witness, None where there is none."""
    bracket = claim.bracket
    if bracket is None or bracket.witness is None:
        return None
    drawn = bracket.portrait
    key, title = f"portrait-{claim.index}", f"The witness of {claim.name}"
    return WitnessRow(
        reached=reached_text(bracket),
        arithmetic=bracket.arithmetic,
        description=sentence(bracket.description or ""),
        chart=Markup(portrait_svg(drawn, key, title)) if drawn else None,
        numbers="; ".join(f"{_symbol(symbol)} = {value}" for symbol, value in drawn.numbers) if drawn else "",
        left_out=", ".join(drawn.left_out) if drawn else "",
        python=None if bracket.python is None else code_html(bracket.python),
    )


def _symbol(name: str) -> str:
    """`rho` as ρ, `grad f_2(w)` as ∇f₂(w)."""
    pretty = _SYMBOLS.get(name, name.replace("grad f", "∇f"))
    return re.sub(r"(?<=[fp])_(\d+)", lambda match: subscript(int(match[1])), pretty)


CSS = """\
.witness { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: .5rem 2rem; \
max-width: none; align-items: start; }
.witness figcaption { font-weight: 400; }
"""

TEMPLATE = """\
<h4>The instance that comes closest</h4>
<figure class="witness">
{% if rows.chart %}{{ rows.chart }}{% endif %}

<figcaption>
<p>It reaches {{ rows.reached }} of the bound{% if rows.arithmetic %}, certified by {{ rows.arithmetic }} \
arithmetic{% endif %}. {{ rows.description }}</p>
{% if rows.numbers %}<p class="remark">{{ rows.numbers }}</p>{% endif %}
{% if rows.left_out %}<p class="remark">Not drawn: {{ rows.left_out }}.</p>{% endif %}
{% if rows.python %}<details class="python"><summary>As Python, to judge it again</summary>\
<pre class="copy" tabindex="0">{{ rows.python }}</pre></details>{% endif %}
</figcaption>
</figure>
"""
