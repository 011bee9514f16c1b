"""How tight each bound is: a row for each claim, and its witness drawn."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.formats.brackets import BracketRecord
from mamlcheck.report.brackets import gap_text, proved_text, reached_text
from mamlcheck.report.outcome import Alert, Phrase, Says
from mamlcheck.report.portraits import portrait_svg, subscript

ORDER = 40

_SYMBOLS = {"rho": "ρ", "alpha": "α", "delta": "δ", "phi": "φ", "B'": "B′", "D_beta": "D_β"}


@dataclass(frozen=True)
class BracketRow:
    """A claim's bracket in words, with the picture of its witness where there is one.

    proved_by: the claim whose proof says so, where that is another one. loud: it must not be overlooked.
    """

    name: str
    title: str
    loud: bool
    reached: str
    proved: str
    gap: str
    arithmetic: str | None
    proved_by: str | None
    numbers: str
    left_out: str
    chart: Markup | None


def rows(results: Results) -> tuple[BracketRow, ...]:
    """A row for each claim that has a bracket."""
    brackets = results.brackets.claims if results.brackets else {}
    return tuple(_row(name, bracket, index) for index, (name, bracket) in enumerate(brackets.items(), start=1))


def says(results: Results) -> Says:
    """Which proofs an instance contradicts."""
    brackets = results.brackets
    titles = [_title(name, brackets.claims[name]) for name in brackets.contradicted] if brackets else []
    if not titles:
        return Says()
    sentence = "A certified instance goes beyond the constant that is said to be proved."
    return Says(
        failing=(Phrase(f"CONTRADICTED by a certified instance: {', '.join(titles)}", 30),),
        alerts=(Alert("CONTRADICTED", f"{'; '.join(titles)}. {sentence}", 80),),
    )


def _title(name: str, bracket: BracketRecord) -> str:
    return bracket.title or name


def _row(name: str, bracket: BracketRecord, index: int) -> BracketRow:
    drawn = bracket.portrait
    return BracketRow(
        name=name,
        title=_title(name, bracket),
        loud=bracket.state == "contradicted",
        reached=reached_text(bracket),
        proved=proved_text(bracket),
        gap=gap_text(bracket),
        arithmetic=bracket.arithmetic,
        proved_by=None if bracket.proved_by == name else bracket.proved_by,
        numbers="; ".join(f"{_symbol(symbol)} = {value}" for symbol, value in drawn.numbers) if drawn else "",
        left_out=", ".join(drawn.left_out) if drawn else "",
        chart=Markup(portrait_svg(drawn, f"portrait-{index}", f"The witness of {name}")) if drawn else None,
    )


def _symbol(name: str) -> str:
    """`rho` as ρ, `grad f_2(w)` as ∇f₂(w)."""
    pretty = _SYMBOLS.get(name, name.replace("grad f", "∇f"))
    return re.sub(r"(?<=[fp])_(\d+)", lambda match: subscript(int(match[1])), pretty)


TEMPLATE = """\
<section aria-labelledby="brackets">
<h2 id="brackets">How tight is each bound</h2>
<p>Each bracket runs from what a certified instance reaches, below which no constant is true, to the best constant \
that is proved. 1 stands for the bound itself. A bracket is closed where both ends are the same number, exactly. A \
limit is what tasks with a number t reach, computed in exact fractions at t = 2<sup>10</sup>, 2<sup>20</sup> and \
2<sup>40</sup>.</p>
<table class="wide">
<thead><tr><th scope="col">Claim</th><th scope="col" class="n">An instance reaches</th>\
<th scope="col" class="n">Proved</th><th scope="col">Bracket</th><th scope="col">Certified by</th></tr></thead>
<tbody>
{% for row in rows %}
<tr><th scope="row">{{ row.title }} <span class="id">{{ row.name }}</span></th>\
<td class="n" data-label="An instance reaches">{{ row.reached }}</td>\
<td class="n" data-label="Proved">{{ row.proved }}\
{% if row.proved_by %}<br><span class="id">{{ row.proved_by }}</span>{% endif %}</td>\
<td data-label="Bracket"{% if row.loud %} class="loud-violated"{% endif %}>{{ row.gap }}</td>\
<td data-label="Certified by">{{ row.arithmetic or "–" }}</td></tr>
{% endfor %}
</tbody>
</table>
<h3>The instances that reach it</h3>
<p class="remark">Second derivatives of the tasks (thick) and of their samples (thin, where they differ), and the \
points that the claim uses: w′ adapted with the full data, wᵢ with a batch; dashed where they are projected onto the \
line drawn.</p>
<div class="charts">
{% for row in rows if row.chart %}
<figure class="witness">
<figcaption>{{ row.title }}: {{ row.reached }}</figcaption>
{{ row.chart }}
{% if row.numbers %}<p class="remark">{{ row.numbers }}</p>{% endif %}
{% if row.left_out %}<p class="remark">Not drawn: {{ row.left_out }}.</p>{% endif %}
</figure>
{% endfor %}
</div>
</section>
"""
