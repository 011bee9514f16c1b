"""One page for each finding, its example executed when the page is made."""

from __future__ import annotations

from extension.words import defined, index, listed, paragraphs, part, plain, prose
from mamlcheck.findings import execute
from mamlcheck.formats.findings import FindingRecord

TOLD = (
    "Where the printed text of the paper needs care. Each has an example in exact arithmetic, which is executed each "
    "time that the documentation is built."
)


def pages() -> dict[str, str]:
    """The findings, and their index."""
    records = [one.record for one in execute()]
    found = {record.id: _page(record) for record in records}
    return found | {"index": index("Findings", TOLD, {record.id: record.title for record in records})}


def _page(record: FindingRecord) -> str:
    return part(
        "Findings",
        record.title,
        f"`{record.id}`, {prose(record.place)}: **{record.status}**"
        + (f", and refutes {prose(record.refutes)} as printed." if record.refutes else "."),
        defined(
            [
                ("Printed", prose(record.printed)),
                ("True", prose(record.true)),
                ("Why", prose(record.why)),
                ("What mamlcheck does", prose(record.handled)),
                ("In the code", ", ".join(f"`{name}`" for name in record.see)),
            ]
        ),
        "## The example",
        paragraphs(record.setting),
        "Computed exactly:" if record.quantities else "",
        listed(_case(each.case) + f"{prose(each.name)}: `{each.value}`" for each in record.quantities),
        "What it shows:" if record.facts else "",
        listed(
            _case(each.case)
            + f"{prose(each.text)}: `{each.left} {each.relation} {each.right}`"
            + ("" if each.holds else ", which does **not** hold")
            for each in record.facts
        ),
        f"**{plain(record.error)}**" if record.error else "",
        f"```sh\nmamlcheck findings {record.id}\n```",
    )


def _case(case: str) -> str:
    return f"{prose(case)}: " if case else ""
