"""For tests of the page: results that are made up, whole and typed, and a strict reader of HTML."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from typing import Any, Literal, get_origin, get_type_hints

import numpy as np
import pytest
import report_parts as parts

from mamlcheck.check.results import (
    ClaimResult,
    FailedInstance,
    Histogram,
    Results,
    Source,
    Tallied,
    Tightness,
    WorstInstance,
)
from mamlcheck.formats.brackets import AtWork, BracketRecord, Brackets, Curve, Place, Portrait, TermRecord
from mamlcheck.formats.conformance import CheckRecord, ConformanceRecord, DiagnosisRecord
from mamlcheck.formats.findings import FindingRecord, Findings, QuantityRecord, RelationRecord
from mamlcheck.formats.proofs import ChainRecord, FormulaRecord, LinkRecord, ProofRecord, StepRecord, WaterfallRecord
from mamlcheck.formats.shared import Counts, Enclosure
from mamlcheck.report import page
from mamlcheck.report.sections import claims as claim_sections

STATEMENTS = {
    "lemma_4_8": (
        "Lemma 4.8: the meta-objective is smooth",
        r"\left\| \nabla F(w) - \nabla F(u) \right\| \le \min\{L(w), L(u)\} \, \|w - u\|, \quad"
        r" L(w) = 4L + 2 \rho \alpha \, \mathbb{E}_i \|\nabla f_i(w)\|",
    ),
    "lemma_4_9.first_moment": (
        "Lemma 4.9: first moment of the step size",
        r"\mathbb{E}\, \tilde\beta(w) \ge \frac{0.8}{L(w)}",
    ),
    "lemma_4_9.second_moment": (
        "Lemma 4.9: second moment of the step size",
        r"\mathbb{E}\, \tilde\beta(w)^2 \le \frac{3.125}{L(w)^2}",
    ),
    "lemma_4_10.bias": (
        "Lemma 4.10: bias of the adapted gradient",
        r"\left\| \mathbb{E} \nabla f_i(w_i, D_o) - g \right\| \le \frac{\alpha L \tilde\sigma}{\sqrt{D_{in}}}",
    ),
    "lemma_4_10.second_moment": (
        "Lemma 4.10: second moment of the adapted gradient",
        r"\mathbb{E} \|\nabla f_i(w_i, D_o)\|^2 \le \left(1 + \frac{1}{\phi}\right) \|g\|^2"
        r" + (1 + \phi) \frac{\alpha^2 L^2 \tilde\sigma^2}{D_{in}} + \frac{\tilde\sigma^2}{D_o}",
    ),
    "theorem_4_11": (
        "Theorem 4.11: the stochastic meta-objective is near",
        r"\| \nabla \hat F(w) - \nabla F(w) \| \le \frac{2 \alpha L \tilde\sigma}{\sqrt{D_{test}}}"
        r" + \frac{\alpha^2 L \sigma_H \tilde\sigma}{D_{test}}",
    ),
    "hf_error": (
        "The finite-difference error of HF-MAML",
        r"\left\| H v - \frac{\nabla \varphi(w + \delta v) - \nabla \varphi(w - \delta v)}{2 \delta} \right\|"
        r" \le \rho \delta \|v\|^2",
    ),
}
RANDOM = Source("random", "Random smooth tasks", "ridge tasks with random losses, data and weights", 2000)
GRUNFELD = Source("grunfeld", "Grunfeld's investment panel", "11 firms over 20 years, one task for each firm", 220)
HALF = Enclosure(0.5, 0.5)


def _tightness(rng: np.random.Generator, count: int) -> tuple[Tightness, tuple[tuple[float, float], ...]]:
    right = 10 ** rng.uniform(-2, 4, count)
    ratio = 10 ** -rng.gamma(2.0, 0.6, count)
    edges = np.linspace(-6, 0, 31)
    counts, _ = np.histogram(np.log10(ratio), edges)
    best, middle = float(ratio.max()), float(np.median(ratio))
    histogram = Histogram(tuple(edges.tolist()), tuple(counts.tolist()))
    most, median = Enclosure(best, math.nextafter(best, 2)), Enclosure(middle, middle)
    cloud = tuple((float(r * t), float(r)) for r, t in zip(right[:300], ratio[:300], strict=True))
    return Tightness(most, median, count, 0, 0, histogram), cloud


class Made:
    """Results over all seven claims in which everything holds, and what tests change in them."""

    nothing = Tightness(None, None, 0, 0, 0, Histogram((-1.0, 0.0), (0,)))

    def tallied(self, instance: str = "random-2/1/7", **changes: Any) -> Tallied:
        """Verdicts on a claim: it holds on five instances."""
        worst = WorstInstance(instance, "random", HALF, "n = 4 tasks", HALF, HALF)
        whole = Tallied(Counts(5), True, self.nothing, worst, {"ball": 5, "arb": 0, "rational": 0}, None)
        return replace(whole, **changes)

    def claim(self, **changes: Any) -> ClaimResult:
        """A claim without a title that holds on five instances."""
        found = {field.name: getattr(self.tallied(), field.name) for field in fields(Tallied)}
        said = {
            "title": "", "statement": "", "where": "", "assumptions": (), "hypotheses": (), "guarantee": "",
            "source": "", "sharpens": None, "by_source": {}, "scatter": (), "failures": (),
        }  # fmt: skip
        return ClaimResult(**found | said | changes)

    def results(self, **changes: Any) -> Results:
        """A run over one claim that holds on five instances."""
        whole = Results(
            partial=False, seed=1, completed=5, planned=5, sources=(), claims={"hf_error": self.claim()}, seconds=0.5,
            versions={},
        )  # fmt: skip
        return replace(whole, **changes)

    def one(self, **changes: Any) -> Results:
        """The same, with changes to the claim."""
        return self.results(claims={"hf_error": self.claim(**changes)})

    def full(self, **changes: Any) -> Results:
        """A run over seven claims and two sources in which everything holds."""
        whole = Results(
            partial=False,
            seed=1,
            completed=2220,
            planned=2220,
            sources=(RANDOM, GRUNFELD),
            claims={name: self._full_claim(name, seed) for seed, name in enumerate(STATEMENTS, start=1)},
            seconds=12.34,
            versions={"mamlcheck": "0.1.0", "numpy": "2.1.0", "python-flint": "0.7.1"},
            command="mamlcheck report --seed 1",
        )
        return replace(whole, **changes)

    def _full_claim(self, name: str, seed: int) -> ClaimResult:
        title, statement = STATEMENTS[name]
        tightness, cloud = _tightness(np.random.default_rng(seed), 2000)
        id_ = f"random-2/1/{seed * 17}"
        described = "n = 4 tasks, m = 8 samples, d = 5, log-cosh losses, alpha = 1/L"
        left = Enclosure(0.41253871234567, 0.41253871234912)
        worst = WorstInstance(id_, "random", Enclosure(0.82507742469134, 0.82507742469824), described, left, HALF)
        quarter = Enclosure(0.25, 0.25)
        of_table = replace(self.nothing, max=quarter, median=quarter, measured=214)
        return self.claim(
            counts=Counts(2214, 0, 0, 6),
            tightness=tightness,
            worst=worst,
            arithmetic={"ball": 2190, "arb": 22, "rational": 2},
            title=title,
            statement=statement,
            where=r"L(w) = 4L + 2 \rho \alpha \, \mathbb{E}_i \|\nabla f_i(w)\|",
            assumptions=("4.3", "4.4"),
            hypotheses=("alpha lies in [0, 1/L]", "L and rho are constants of the tasks"),
            guarantee="upper bound",
            source=f"Fallah et al. 2020, {title.partition(':')[0]}",
            by_source={
                "random": self.tallied(id_, counts=Counts(2000), tightness=tightness),
                "grunfeld": self.tallied("grunfeld-2/1/7", counts=Counts(214, 0, 0, 6), tightness=of_table),
            },
            scatter=cloud,
        )

    def changed(self, results: Results, name: str, **changes: Any) -> Results:
        """The results with changes to one claim."""
        return replace(results, claims={**results.claims, name: replace(results.claims[name], **changes)})

    def troubled(self) -> Results:
        """A violated, an undecided, a not guaranteed and an unsupported claim; stopped early."""
        results = self.full(partial=True, completed=1500)
        bad = results.claims["lemma_4_10.bias"]
        results = self.changed(
            results,
            "lemma_4_10.bias",
            counts=Counts(2211, 2, 1, 6),
            by_source={**bad.by_source, "random": replace(bad.by_source["random"], counts=Counts(1997, 2, 1))},
            failures=(
                FailedInstance("random-2/1/5", "VIOLATED", Enclosure(12.5, 12.6), Enclosure(2.0, 2.0)),
                FailedInstance(
                    "random-2/1/88", "UNDECIDED", Enclosure(0.9999999999, 1.0000000001), Enclosure(1.0, 1.0)
                ),
            ),
        )
        loose = results.claims["theorem_4_11"].by_source
        results = self.changed(
            results,
            "theorem_4_11",
            guaranteed=False,
            by_source={**loose, "grunfeld": replace(loose["grunfeld"], guaranteed=False)},
        )
        empty = self.claim(title="HF error", counts=Counts(vacuous=2220), guaranteed=False, worst=None)
        return replace(results, claims={**results.claims, "hf_error": empty})

    def everything(self) -> Results:
        """Troubled results with each part that a report can have."""
        results = self.changed(
            self.troubled(),
            "lemma_4_8",
            proof=self.proof(proved=False),
            waterfall=self.waterfall(),
            witness_waterfall=self.waterfall(),
            at_work=self.at_work(),
        )
        return replace(
            results,
            brackets=Brackets({"lemma_4_8": self.bracket(), "hf_error": self.bracket(state="contradicted")}),
            conformance=(self.subject(), self.subject(conforms=False)),
            dynamics=parts.dynamics(),
            table=parts.own_table(),
            map=parts.proof_map(),
            against=(parts.comparison(), parts.comparison(file="older.json", alike=False)),
            findings=Findings(
                1, 1, (self.finding(refutes="Theorem 9"), self.finding(id="other", status="NOT CONFIRMED"))
            ),
        )

    # -- parts -----------------------------------------------------------------------------------------------
    def proof(self, **changes: Any) -> ProofRecord:
        """A proof of one chain and one lemma."""
        link = LinkRecord(1, "a <= b", "<=", "P", ("axiom",), (), "0", "b", r"b^2", True, None)
        chain = ChainRecord("the chain", FormulaRecord("a", r"a^2"), None, (link,))
        lemma = ChainRecord("the lemma", FormulaRecord("c", r"c^2"), None, (replace(link, missing="it is not so"),))
        return replace(ProofRecord(True, (), "printed", (), "In words.", (chain,), (lemma,)), **changes)

    def waterfall(self) -> WaterfallRecord:
        """Two expressions, the second one twice the first."""
        first = StepRecord("", "", "a", Enclosure(0.25, 0.25), None, None, None)
        second = StepRecord("a <= b", "<=", "b", HALF, Enclosure(1.0, 1.0), "HOLDS", None)
        return WaterfallRecord("the chain", True, (first, second))

    def portrait(self) -> Portrait:
        """A curve that rises so steeply that it looks like a jump, and a point."""
        curve = Curve((0,), None, ((-1.0, -0.5), (0.0, -0.5), (0.001, 0.5), (1.0, 0.5)))
        return Portrait("parameter", 1.0, (curve,), (Place("w", None, 0.0, True),), (("rho", "2"),), ("1 more task",))

    def bracket(self, **changes: Any) -> BracketRecord:
        """A closed bracket with a portrait."""
        whole = BracketRecord(
            "Lemma 4.8", HALF, "1/2", "1/2", "lemma_4_8", "closed", 0.0, None, "rational", "w.json", "one task",
            self.portrait(), "import mamlcheck",
        )  # fmt: skip
        return replace(whole, **changes)

    def at_work(self) -> AtWork:
        """An instance of two terms, of which the witness leaves one at 0."""
        terms = (TermRecord("4 L", HALF), TermRecord(r"\rho", Enclosure(0.25, 0.25)))
        return AtWork((r"\rho",), "1/8", terms, HALF, "rational", "one task", self.portrait(), "import mamlcheck")

    def subject(self, **changes: Any) -> ConformanceRecord:
        """An implementation that passes one check."""
        said = DiagnosisRecord(
            "mine.py:make", "MAML", "MAML", (), True, "This is MAML.", 0.0, 1.0, None, 0.0, "", ("A note.",), None, "",
            None, "It rests on one observation.",
        )  # fmt: skip
        checks = (CheckRecord("not-zero", "passed", "", ""),)
        return replace(ConformanceRecord("work/mine.py:make", "MAML", True, 1, said, (), {}, checks), **changes)

    def finding(self, **changes: Any) -> FindingRecord:
        """A confirmed finding that refutes nothing."""
        quantity = QuantityRecord("", "$x$", "3/4")
        fact = RelationRecord("", "so it is", "3/4", ">", "1/2", True)
        whole = FindingRecord(
            "a_place", "A place", "Theorem 9", "confirmed", "", "p", "t", "w", "h", ("mamlcheck.x",), "set",
            (quantity,), (fact,), None,
        )  # fmt: skip
        return replace(whole, **changes)

    def poisoned(self, value: Any, text: str) -> Any:
        """The same with `text` after every free text in it, the names of claims and sources included."""
        if isinstance(value, str):
            return value + text
        if isinstance(value, tuple):
            return tuple(self.poisoned(item, text) for item in value)
        if isinstance(value, dict):
            return {name + text: self.poisoned(item, text) for name, item in value.items()}
        if is_dataclass(value):
            hints = get_type_hints(type(value))
            return replace(
                value,
                **{
                    field.name: self.poisoned(getattr(value, field.name), text)
                    for field in fields(value)
                    if get_origin(hints[field.name]) is not Literal
                },
            )
        return value


@pytest.fixture(scope="session")
def made() -> Made:
    """Results that are made up."""
    return Made()


# -- HTML ----------------------------------------------------------------------------------------------------
class Strict(HTMLParser):
    """Collects tags, and insists that every element opened is closed in order."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute twice in {tag}: {attrs}"
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += "" if self.open[-1:] == ["style"] else data


def _parse(html: str) -> Strict:
    parser = Strict()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


@pytest.fixture(scope="session")
def parse() -> Callable[[str], Strict]:
    """Reads HTML, and fails where it is not well formed."""
    return _parse


# -- pages that are kept as files ----------------------------------------------------------------------------
@pytest.fixture
def only_sections_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Has pages be made of the sections of which a kept page says that it is made, without those added after it."""

    def chosen(html: str, renew: str) -> None:
        said = re.search(r'<meta name="sections" content="([^"]*)">', html)
        names = said[1].split() if said else []
        parts = tuple(part for part in claim_sections.parts() if f"claims.{part.name}" in names)
        monkeypatch.setattr(claim_sections, "parts", lambda: parts)
        sections = tuple(section for section in page.page_sections() if section.name in names)
        monkeypatch.setattr(page, "page_sections", lambda: sections)
        today = [name for section in sections for name in section.names]
        assert sorted(names) == sorted(today), f"a section is gone: {renew}"

    return chosen
