"""How tight each bound is, all of them in one chart: a row for each claim, its sharper forms right under it.

The chart is a table whose bars are drawn by the style sheet from four numbers of each row, so that it reads on a phone,
on paper and aloud as well. The bars are drawn from floats, for the eye; the numbers beside them are certain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from mamlcheck.check.results import Results
from mamlcheck.formats.brackets import BracketRecord
from mamlcheck.formats.shared import Enclosure
from mamlcheck.report.brackets import gap_text, proved_text, reached_text
from mamlcheck.report.claims import ShownClaim, TallyRow, cards, shown_claims
from mamlcheck.report.decimals import certain_digits
from mamlcheck.report.outcome import Alert, PageWord, Phrase, Says
from mamlcheck.report.words import listed, many

ORDER = 10
SHARP = Fraction(1, 10**4)  # a bound that an instance reaches but for this share of it counts as one without room
DIGITS = 4  # of a number in the chart


@dataclass(frozen=True)
class Mark:
    """Something that a row's bar shows: where, in per cent of the printed bound, and in words. kind: its style."""

    kind: str
    at: str
    text: str


@dataclass(frozen=True)
class BracketRow:
    """A claim in the chart. form: another form of the claim above it. room: between both ends, to sort by.

    loud: the bracket is contradicted. proved_by: the claim whose proof says so, where that is another one.
    """

    name: str
    title: str
    anchor: str
    ours: bool
    form: bool
    status: PageWord
    tally: TallyRow
    marks: tuple[Mark, ...]
    reached: str
    proved: str
    proved_by: str | None
    gap: str
    loud: bool
    reach: float
    room: float

    @property
    def told(self) -> str:
        """What the bar shows, for readers who hear the page."""
        return "; ".join(mark.text for mark in self.marks) or "nothing is known"


def rows(results: Results) -> tuple[BracketRow, ...]:
    """A row for each claim."""
    return tuple(_row(claim, form=k > 0) for forms in cards(results) for k, claim in enumerate(forms))


def _row(claim: ShownClaim, form: bool) -> BracketRow:
    bracket = claim.bracket
    reach = _lower(bracket.tightness if bracket else claim.found.tightness.max)
    wall = _share(bracket)
    return BracketRow(
        name=claim.name,
        title=claim.title,
        anchor=claim.anchor,
        ours=claim.ours,
        form=form,
        status=claim.status,
        tally=claim.tally,
        marks=_marks(claim, bracket),
        reached=reached_text(bracket) if bracket else "–",
        proved=proved_text(bracket) if bracket else "–",
        proved_by=bracket.proved_by if bracket and bracket.proved_by != claim.name else None,
        gap=gap_text(bracket) if bracket else "–",
        loud=bracket is not None and bracket.state == "contradicted",
        reach=reach or 0.0,
        room=1.0 if wall is None or reach is None else wall - reach,
    )


# -- what a bar shows ----------------------------------------------------------------------------------------
def _marks(claim: ShownClaim, bracket: BracketRecord | None) -> tuple[Mark, ...]:
    tightness = claim.found.tightness
    values = (
        ("median", tightness.median, "median of the sweep"),
        ("best", tightness.max, "most in the sweep"),
        ("witness", bracket.tightness if bracket else None, "certified witness"),
    )
    found = [
        Mark(kind, _percent(middle), f"{what} {certain_digits(value, DIGITS)}")
        for kind, value, what in values
        if (middle := _lower(value)) is not None
    ]
    wall = _share(bracket)
    if wall is not None and bracket is not None:
        found.append(Mark("wall", _percent(wall), f"proved {bracket.proved}"))
    return tuple(found)


def _lower(value: Enclosure | None) -> float | None:
    """The lower end of an enclosure, None where there is none."""
    return None if value is None or value.lower is None or math.isnan(value.lower) else value.lower


def _share(bracket: BracketRecord | None) -> float | None:
    """What is proved, as a share of the printed bound, for the eye; None where nothing is or it cannot be read."""
    if bracket is None or bracket.proved is None:
        return None
    try:
        return float(Fraction(bracket.proved))
    except (ValueError, ZeroDivisionError, OverflowError):  # results from elsewhere may hold any text
        return None


def _percent(value: float) -> str:
    return f"{100 * min(max(value, 0.0), 1.0):.2f}"


# -- at the head of the page ---------------------------------------------------------------------------------
def says(results: Results) -> Says:
    """Which proofs an instance contradicts; which printed bounds have no room, and which can be sharpened."""
    brackets = results.brackets
    wrong = [brackets.claims[name].title or name for name in brackets.contradicted] if brackets else []
    if not wrong:
        return Says(giving=_room(results))
    sentence = "A certified instance goes beyond the constant that is said to be proved."
    return Says(
        failing=(Phrase(f"CONTRADICTED by a certified instance: {', '.join(wrong)}", 30),),
        alerts=(Alert("CONTRADICTED", f"{'; '.join(wrong)}. {sentence}", 80),),
    )


def _room(results: Results) -> tuple[Phrase, ...]:
    """What can be gained on the printed bounds, where a witness or a proof says so."""
    known = [(claim, claim.bracket) for claim in shown_claims(results) if not claim.ours and claim.bracket is not None]
    if not known:
        return ()
    sharp = sum((_lower(bracket.tightness) or 0.0) >= 1 - SHARP for _, bracket in known)
    loose = [_to(claim, bracket) for claim, bracket in known if (share := _share(bracket)) is not None and share < 1]
    of_all = f" of {many(len(known), 'printed bound')}"
    said = [f"{sharp}{of_all} cannot be improved by more than {float(SHARP):g}"] if sharp else []
    if loose:
        said.append(f"{len(loose)}{'' if said else of_all} can be improved: {listed(loose)} of what is printed")
    rest = len(known) - sharp - len(loose)
    if rest > 0:
        said.append(f"of {rest if said else of_all.removeprefix(' of ')} it is not known")
    return (Phrase("; ".join(said), 15),)


def _to(claim: ShownClaim, bracket: BracketRecord) -> str:
    proved = str(bracket.proved)
    return f"{claim.title.replace(': ', ', ')}, to {certain_digits(proved, DIGITS) or proved}"


CSS = """\
.bounds td, .bounds th { vertical-align: middle; }
.bounds .under th { padding-left: 1.4rem; font-weight: 400; }
.bounds th[scope=row] { min-width: 13rem; }
.bounds td.n { white-space: normal; overflow-wrap: anywhere; min-width: 6.5rem; }
.bounds .says { display: block; font-size: .78rem; color: var(--soft); }
.bounds .bar { width: 26%; min-width: 9rem; }
.lane { position: relative; height: 1.15rem; background: var(--lane); border-radius: 2px; }
.lane i { position: absolute; top: 0; bottom: 0; display: block; }
.lane .reach { left: 0; background: var(--reach); border-radius: 2px 0 0 2px; }
.lane .spare { right: 0; background: repeating-linear-gradient(135deg, var(--spare) 0 3px, transparent 3px 6px); }
.lane .median { width: 2px; margin-left: -1px; background: var(--ink); opacity: .55; top: 3px; bottom: 3px; }
.lane .best { width: 7px; height: 7px; margin: -3.5px 0 0 -3.5px; top: 50%; background: var(--ink); \
border-radius: 50%; }
.lane .witness { width: 10px; height: 10px; margin: -5px 0 0 -5px; top: 50%; background: var(--warn); \
border: 1px solid var(--paper); transform: rotate(45deg); }
.lane .wall { width: 3px; margin-left: -1.5px; background: var(--bad); top: -3px; bottom: -3px; }
@media screen and (max-width: 58rem) { .bounds td.bar { width: auto; } .bounds .under th { padding-left: 1.4rem; } }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; padding: 0; margin: .8rem 0; \
font-size: .88rem; color: var(--soft); }
.legend .lane { display: inline-block; width: 1.4rem; height: .9rem; margin-right: .45rem; vertical-align: -.1rem; }
.legend .lane i { left: 50%; } .legend .lane .reach { left: 0; right: 0; } .legend .lane .spare { left: 0; }
"""

TEMPLATE = """\
<section class="flow" id="brackets" aria-labelledby="title-brackets">
<h2 id="title-brackets">How tight is each bound{{ marks.permalink("brackets", "How tight is each bound") }}</h2>
<p>Each bar runs from 0 to the bound as it is stated, 1. A certified instance reaches the diamond, so no smaller \
constant is true; what is hatched a proof takes off the bound. Between the two nothing is known.</p>
<ul class="legend" aria-hidden="true">
<li><span class="lane"><i class="median"></i></span>median of the sweep</li>
<li><span class="lane"><i class="best"></i></span>most in the sweep</li>
<li><span class="lane"><i class="reach"></i><i class="witness"></i></span>certified witness</li>
<li><span class="lane"><i class="spare"></i><i class="wall" style="left: 0"></i></span>best proved constant</li>
</ul>
<table class="wide bounds">
<thead><tr><th scope="col">Claim</th><th scope="col">Outcome</th><th scope="col" class="bar">From 0 to the bound</th>\
<th scope="col" class="n">An instance reaches</th><th scope="col" class="n">Proved</th><th scope="col">Bracket</th>\
</tr></thead>
<tbody>
{% for row in rows %}
<tr{% if row.form %} class="under"{% endif %} data-order="{{ loop.index }}" data-reach="{{ row.reach }}" \
data-room="{{ row.room }}" data-outcome="{{ row.status }}">
<th scope="row"><a href="#{{ row.anchor }}">{{ row.title }}</a>{% if row.ours %} {{ marks.ours() }}{% endif %}\
{% if row.title != row.name %} <span class="id">{{ row.name }}</span>{% endif %}</th>
<td data-label="Outcome"><div>{{ marks.status(row.status) }}\
{% if not row.tally.guaranteed %} {{ marks.guaranteed(false) }}{% endif %}\
<span class="says">{{ marks.brief(row.tally.counts) }}</span></div></td>
<td class="bar" data-label="Bar">{% if row.marks %}<div class="lane" role="img" aria-label="{{ row.told }}">\
{% for mark in row.marks if mark.kind == "witness" %}<i class="reach" style="width: {{ mark.at }}%"></i>{% endfor %}\
{% for mark in row.marks if mark.kind == "wall" %}<i class="spare" style="left: {{ mark.at }}%"></i>{% endfor %}\
{% for mark in row.marks %}<i class="{{ mark.kind }}" style="left: {{ mark.at }}%" title="{{ mark.text }}"></i>\
{% endfor %}</div>{% else %}<span class="absent">–</span>{% endif %}</td>
<td class="n" data-label="An instance reaches">{{ row.reached }}</td>
<td class="n" data-label="Proved">{{ row.proved }}\
{% if row.proved_by %}<br><span class="id">{{ row.proved_by }}</span>{% endif %}</td>
<td data-label="Bracket"{% if row.loud %} class="loud-violated"{% endif %}>{{ row.gap }}</td>
</tr>
{% endfor %}
</tbody>
</table>
<p class="remark">Tightness is the left side over the right side: 1 means that the bound is reached. Digits are cut, \
not rounded, and every one shown is certain. A bracket is closed where both ends are the same number, exactly. A limit \
is what tasks with a number t reach, computed in exact fractions at t = 2<sup>10</sup>, 2<sup>20</sup> and \
2<sup>40</sup>. Bars and charts are drawn from floats, for the eye.{% if rows | selectattr("ours") | list %} Claims \
marked {{ marks.ours() }} are not in the paper; those under a printed claim are other forms of it.{% endif %}</p>
</section>
"""
