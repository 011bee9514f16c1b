"""The verdicts on a claim, source by source, and what becomes of all of them at the head of the page."""

from __future__ import annotations

from collections.abc import Iterator

from mamlcheck.check.results import Results
from mamlcheck.meta.confidence import at_confidence, together
from mamlcheck.report.claims import ShownClaim, TallyRow, shown_claims, source_title, tally_row
from mamlcheck.report.outcome import PAGE_WORDS, Alert, PageWord, Phrase, Says
from mamlcheck.report.words import listed, many

ORDER = 75


def rows(claim: ShownClaim) -> tuple[TallyRow, ...]:
    """A row for each source, then one for all where that is not the same."""
    by_source = tuple(
        tally_row(claim.results, source_title(claim.results, name), part, part.guaranteed)
        for name, part in claim.found.by_source.items()
    )
    return by_source if len(by_source) == 1 else (*by_source, claim.tally)


# -- at the head of the page ---------------------------------------------------------------------------------
def says(results: Results) -> Says:
    """What is violated or not settled, else what the claims give; and how sure that is."""
    claims = shown_claims(results)
    vacuous = sum(claim.found.counts.vacuous for claim in claims)
    verdicts = many(vacuous, "further verdict is", "further verdicts are")
    return Says(
        failing=tuple(_failing(claims)),
        giving=(Phrase(_given(claims, results.partial), 10),),
        refuted=any(claim.found.counts.violated for claim in claims),
        alerts=tuple(_alerts(claims)),
        lines=(f"{verdicts} vacuous: a hypothesis fails on the instance, so it supports nothing.",) if vacuous else (),
        word=_word(claims),
    )


def _failing(claims: tuple[ShownClaim, ...]) -> Iterator[Phrase]:
    violated = [claim for claim in claims if claim.found.counts.violated]
    if violated:
        yield Phrase(f"VIOLATED: {', '.join(map(_violation, violated))}", 10)
    open_forms = [
        f"{claim.title}, {form.violated:,} violated and {form.undecided:,} undecided"
        for claim in claims
        if (form := claim.found.printed_form) is not None and not form.all_hold
    ]
    if open_forms:
        yield Phrase(f"NOT SETTLED in the printed form: {', '.join(open_forms)}", 20)


def _violation(claim: ShownClaim) -> str:
    counts = claim.found.counts
    sure = "" if claim.guaranteed else " (not guaranteed)"
    return f"{claim.title} fails on {counts.violated:,} of {many(counts.total, 'instance')}{sure}"


def _given(claims: tuple[ShownClaim, ...], partial: bool) -> str:
    """What the claims give, where none is violated."""
    if not claims:
        return "No claims were checked"
    if not any(claim.found.counts.total for claim in claims):
        stopped = ": stopped before the first block of instances was done" if partial else ""
        return f"{_kinds(claims)}, nothing judged yet{stopped}"
    certified = sum(claim.certified for claim in claims)
    loose = sum(claim.found.counts.decided for claim in claims) - certified
    counted = [many(certified, "certified verdict")] if certified or not loose else []
    counted += [many(loose, "verdict") + " not guaranteed"] if loose else []
    sampled = sum(claim.found.at_confidence for claim in claims)
    counted += [many(sampled, "verdict") + " at confidence only"] if sampled else []
    return f"{_kinds(claims)}, {listed(counted)}{' so far' if partial else ''}: {_in_all(claims)}"


def _kinds(claims: tuple[ShownClaim, ...]) -> str:
    """How many claims there are, those of the paper apart from ours where there are such."""
    ours = sum(claim.ours for claim in claims)
    printed = len(claims) - ours
    if not ours:
        return many(printed, "claim")
    return f"{many(printed, 'printed claim')} and {ours:,} of ours" if printed else f"{many(ours, 'claim')} of ours"


def _in_all(claims: tuple[ShownClaim, ...]) -> str:
    undecided = sum(claim.found.counts.undecided for claim in claims)
    unsupported, left = (sum(claim.status == word for claim in claims) for word in ("no support", "left to its proof"))
    if undecided:
        return f"none violated, {undecided:,} undecided"
    if unsupported + left == len(claims):
        return "no instance meets the hypotheses, so nothing is supported"
    if unsupported:
        return f"none violated, but {many(unsupported, 'claim has', 'claims have')} no support"
    if left:
        return f"all hold, but for {many(left, 'claim')} about whole runs, left to proof"
    return "it holds" if len(claims) == 1 else "all hold"


def _alerts(claims: tuple[ShownClaim, ...]) -> Iterator[Alert]:
    undecided = [claim for claim in claims if claim.found.counts.undecided]
    if undecided:
        names = "; ".join(f"{claim.title} ({claim.found.counts.undecided:,})" for claim in undecided)
        sentence = f"at the highest precision tried: {names}. An undecided instance supports nothing."
        yield Alert("UNDECIDED", sentence, 10)
    loose = [claim.title for claim in claims if not claim.guaranteed]
    if loose:
        sentence = "A constant behind these verdicts is estimated or declared, or nothing is recorded of it."
        yield Alert("NOT GUARANTEED", f"{'; '.join(loose)}. {sentence}", 20)
    sampled = [claim for claim in claims if claim.found.at_confidence]
    if sampled:
        names = "; ".join(f"{claim.title} ({claim.found.at_confidence:,})" for claim in sampled)
        sure = f"{at_confidence()} each, {together(sum(claim.found.at_confidence for claim in sampled))}"
        yield Alert("HOLDS AT CONFIDENCE", f"by sampled batches, {sure}: {names}. Nothing is proved there.", 30)
    unsupported = [claim.title for claim in claims if claim.status == "no support"]
    if unsupported:
        yield Alert("NO SUPPORT", f"{'; '.join(unsupported)}. No instance meets the hypotheses.", 40)


def _word(claims: tuple[ShownClaim, ...]) -> PageWord:
    found: set[PageWord] = {claim.status for claim in claims} - {"left to its proof"} or {"no support"}
    if not all(claim.guaranteed for claim in claims):
        found.add("not guaranteed")
    return min(found, key=PAGE_WORDS.index)


# On a phone each cell stands under the name of its column.
CSS = (
    "@media screen and (max-width: 58rem) {\n"
    + "".join(
        f'.verdicts td:nth-child({k})::before {{ content: "{name}"; }}\n'
        for k, name in enumerate(
            ("Holds", "Violated", "Undecided", "Vacuous", "Guaranteed", "Max tightness", "Worst instance"), start=2
        )
    )
    + "}\n"
)

TEMPLATE = """\
<details class="fold">
<summary>Verdicts</summary>
<table class="wide verdicts">
<thead><tr><th scope="col">Source</th><th scope="col" class="n">Holds</th><th scope="col" class="n">Violated</th>\
<th scope="col" class="n">Undecided</th><th scope="col" class="n">Vacuous</th><th scope="col">Guaranteed</th>\
<th scope="col" class="n">Max tightness</th><th scope="col">Worst instance</th></tr></thead>
<tbody>
{% for row in rows %}
<tr><th scope="row">{{ row.title }}</th>
{{ marks.tally(row) }}</tr>
{% endfor %}
</tbody>
</table>
</details>
"""
