"""Reads the numbers off a page of a report, and holds each against the results that the page is of.

An oracle of its own: it knows the page as HTML and the results as JSON, and takes no function of the page's code. Each
number on the page has a *scope*, the part of the results that its place on the page speaks of: the card of a claim that
claim, a finding that finding. There it has to be a number of the results, rounded as the page says that it rounds; or a
count of what stands there; or part of a text that stands there. Text of the page itself, which stands in its source, is
left out; so are ticks of axes, which are round numbers of no result.
"""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import Any

from mamlcheck.claims import is_of_runs

Json = Any
VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})
UNREAD = frozenset({"style", "script"})
SPOKEN = ("aria-label", "title")  # attributes that readers see or hear
UP = frozenset({
    "smoothness", "hessian_lipschitz", "everywhere", "sure", "value", "accuracy", "upper", "shots", "gap",
})  # fmt: skip
"""Bounds from above: their fields, of which the page rounds numbers up."""
DOWN = frozenset({"rate"})
COUNTED = {"hold": "holds", "violated": "violated", "undecided": "undecided", "vacuous": "vacuous"}
LISTED_FAILURES = 3  # of an implementation; of the others the page says how many there are
LONGEST_LIST = 80  # of numbers that may be named one by one; of a longer list its ends and extremes may

HUGE = Fraction(10) ** 400  # stands for a bound that is not known; beyond all doubles
NUL = "\0"
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "01234567890123456789")
NUMBER = re.compile(r"[-−]?\d(?:[\d,]*\d)?(?:\.\d+)?(?:…?e[-+]?\d+)?…?(?: ?%)?")
FRACTION = re.compile(r"(?<![\w./])[-−]?\d+/\d+(?![\w/]|\.\d)")
INTERVAL = re.compile(r"\[(-?[\d.]+(?:e[-+]?\d+)?|-inf), (-?[\d.]+(?:e[-+]?\d+)?|inf)\]")
COUNT = re.compile(r"(\d[\d,]*) (hold|violated|undecided|vacuous)\b")


# -- the page as a tree ------------------------------------------------------------------------------------------------
@dataclass
class Node:
    """An element, with its elements and texts in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[Node | str] = field(default_factory=list)

    def all(self) -> Iterator[Node]:
        """Itself and all elements in it."""
        yield self
        for one in self.inside:
            if isinstance(one, Node):
                yield from one.all()


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Node("")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(node)
        if tag not in VOID:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].inside.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)


def tree(html: str) -> Node:
    """A page that is well formed."""
    reader = _Tree()
    reader.feed(html)
    reader.close()
    return reader.root


# -- what a place may say ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Known:
    """A number of the results between two bounds. key: of its field."""

    lower: Fraction
    upper: Fraction
    key: str

    @cached_property
    def middle(self) -> float:
        """About, to pass over at once what is far away."""
        return math.nan if HUGE in (-self.lower, self.upper) else float((self.lower + self.upper) / 2)

    def is_far(self, number: float, reach: float) -> bool:
        """Whether a number is certainly farther from the middle than `reach`."""
        return abs(self.middle - number) > 2 * reach + 1e-9 * abs(number)


@dataclass
class Scope:
    """A part of the results: its numbers, its counts by name, its texts, and the numerals of each of its formulas.

    sentences: what is counted in sentences at the head of the page, by a pattern in which N is the number.
    """

    known: list[Known] = field(default_factory=list)
    whole: set[int] = field(default_factory=set)
    counts: dict[str, set[int]] = field(default_factory=dict)
    percents: list[Known] = field(default_factory=list)
    texts: set[str] = field(default_factory=set)
    formulas: set[tuple[str, ...]] = field(default_factory=set)
    hypotheses: set[tuple[str, ...]] = field(default_factory=set)
    sentences: dict[str, int] = field(default_factory=dict)

    def add(self, value: Json, key: str = "") -> None:
        """Take in a part of the results."""
        if isinstance(value, bool) or value is None:
            return
        if isinstance(value, dict):
            self._add_fields(value, key)
        elif isinstance(value, list):
            self._add_list(value, key)
        elif isinstance(value, int):
            self.whole |= {value, value + 1} if key == "sample" else {value}
            self.counts.setdefault(key, set()).add(value)
        elif isinstance(value, float):
            self._add_float(value, key)
        else:
            self._add_text(value, key)

    def _add_fields(self, value: dict[str, Json], key: str) -> None:
        self.whole.add(len(value))
        if set(value) == {"lower", "upper"}:
            self._add_enclosure(value["lower"], value["upper"], key)
            return
        if {"holds", "vacuous"} <= set(value):
            self.whole |= totals(value)
        if {"chains", "lemmas"} <= set(value):
            self.whole.add(sum(len(chain["links"]) for chain in (*value["chains"], *value["lemmas"])))
        if {"counts", "tightness"} <= set(value):
            judged = value["counts"]["holds"] + value["counts"]["violated"]
            judged += value["counts"]["undecided"] + value["counts"]["at_confidence"]
            self.whole.add(judged - sum(value["tightness"]["histogram"]["counts"]))
        if {"standing", "edges", "name"} <= set(value):  # a node of the map, which is called after its id
            for one, other in re.findall(r"(\d+)_(\d+)", value["name"]):
                self.known.append(_exactly(Fraction(f"{one}.{other}"), key))
                self.texts |= {f"{one}.{other}"}
            if value["kind"] == "assumption":  # called by its number, and cut where more stands behind it
                short = re.match(r"\d+\.\d+", value["name"])
                self.texts |= {short[0]} if short else set()
                self.known += [_exactly(Fraction(short[0]), key)] if short else []
        if {"scatter", "rates"} <= set(value):
            self._add_tightest(value["scatter"], value["rates"])
        if {"results", "unmatched_expected_failures"} <= set(value):
            bad = sum(check["outcome"] in ("failed", "unexpected pass") for check in value["results"])
            self.whole.add(bad + len(value["unmatched_expected_failures"]) - LISTED_FAILURES)
        if key == "portrait":
            self._add_rises([curve["points"] for curve in value["curves"]])
        if key == "histogram":
            self.whole.add(sum(value["counts"]))
        if key == "arithmetic":
            total = sum(value.values())
            self.percents += [_exactly(Fraction(100 * count, total or 1), "arithmetic") for count in value.values()]
        for name, item in value.items():
            self.texts |= {name} if re.search(r"\d", name) else set()
            self.add(item, name)

    def _add_list(self, value: list[Json], key: str) -> None:
        self.whole.add(len(value))
        self.whole |= {item + 1 for item in value if isinstance(item, int)} if key == "tasks" else set()
        if key == "edges" and all(isinstance(edge, float) for edge in value):  # log10 of those of a histogram
            self.known += [_exactly(Fraction(10.0**edge), key) for edge in value]
            return
        numbers = [item for item in value if isinstance(item, int | float) and not isinstance(item, bool)]
        pairs = [item for item in value if isinstance(item, list) and len(item) == 2]
        if pairs and len(pairs) == len(value) and all(isinstance(x, int | float) for pair in pairs for x in pair):
            for column in (0, 1):
                self._add_extremes([float(pair[column]) for pair in pairs], key)
            self.whole |= {sum(not pair[0] for pair in pairs), sum(not pair[1] for pair in pairs)}
        elif len(numbers) == len(value) > LONGEST_LIST:
            self._add_extremes([float(number) for number in numbers], key)
        else:
            for item in value:
                self.add(item, key)
        if value and all(isinstance(item, dict) for item in value):  # a table: its columns have medians
            for name in value[0]:
                column = [middle for item in value if (middle := _middle(item.get(name))) is not None and middle > 0]
                if column:
                    self._add_float(median(column), "median")

    def _add_tightest(self, sides: list[list[float]], rates: list[float | None]) -> None:
        """What is drawn against alpha L: its ends, and the tightest point as far as the sides bound it."""
        known = [(left / right, rate) for (left, right), rate in zip(sides, rates, strict=False)
                 if rate is not None and 0 < left < math.inf and 0 < right < math.inf]  # fmt: skip
        for number in (*max(known), min(rate for _, rate in known), max(rate for _, rate in known)) if known else ():
            self._add_float(number, "drawn")
        self.whole.add(len(known))

    def _add_rises(self, curves: list[list[list[float]]]) -> None:
        """What the picture of a witness says of a rise that it draws again: where it is, and how much wider."""
        across = [x for curve in curves for x, _ in curve]
        width = max(across) - min(across)
        for curve in curves:
            for (start, _), (end, _) in itertools.pairwise(curve):
                if 0 < end - start < width / 60:
                    self._add_float(abs(start + end) / 2, "drawn")
                    self.whole.add(round(width / (3 * (end - start))))

    def _add_extremes(self, values: list[float], key: str) -> None:
        finite = [value for value in values if math.isfinite(value)]
        positive = [value for value in finite if value > 0]
        for some in (finite, positive):
            for value in (min(some), max(some), some[0], some[-1]) if some else ():
                self._add_float(value, "drawn" if key in UP | DOWN else key)

    def _add_enclosure(self, lower: float | None, upper: float | None, key: str) -> None:
        if lower is None or upper is None or not (math.isfinite(lower) and math.isfinite(upper)):
            self.known.append(Known(_fraction(lower, -1), _fraction(upper, 1), key))
            return
        one = Known(Fraction(lower), Fraction(upper), key)
        self.known.append(one)
        if key == "share":
            self.percents.append(Known(100 * one.lower, 100 * one.upper, key))

    def _add_float(self, value: float, key: str) -> None:
        if math.isfinite(value):
            self.known.append(_exactly(Fraction(value), key))
            if value == int(value):
                self.whole.add(int(value))
            if key == "share":
                self.percents.append(_exactly(100 * Fraction(value), key))

    def _add_text(self, text: str, key: str) -> None:
        number = number_in(text)
        if key in ("hypotheses", "title"):
            parts = [text, *re.split(r"[,;] ", text), *text.split(" and ")]
            self.hypotheses |= {tuple(numerals(part)) for part in parts}
        if number is None:
            self.texts |= set(pieces(text))
            self.formulas |= {tuple(numerals(part)) for part in (text, *formulas(text))}
            return
        self.known.append(_exactly(number, key))
        self.formulas.add(tuple(numerals(text)))


def number_in(text: str | None) -> Fraction | None:
    """The number that a text is, None where it is none."""
    try:
        return None if text is None else Fraction(text)
    except (ValueError, ZeroDivisionError):
        return None


def _exactly(value: Fraction, key: str) -> Known:
    return Known(value, value, key)


def _fraction(value: float | None, sign: int) -> Fraction:
    return sign * HUGE if value is None or not math.isfinite(value) else Fraction(value)


def _middle(value: Json) -> float | None:
    if isinstance(value, dict) and set(value) == {"lower", "upper"} and None not in value.values():
        return float(value["lower"] / 2 + value["upper"] / 2)
    return float(value) if isinstance(value, float) else None


def totals(counts: dict[str, int]) -> set[int]:
    """What counts of verdicts add up to."""
    decided = counts["holds"] + counts["violated"]
    judged = decided + counts["undecided"] + counts["at_confidence"]
    return {decided, judged, judged + counts["vacuous"], counts["violated"] + counts["undecided"]}


def pieces(text: str) -> list[str]:
    """A text as the page has it between formulas and code: what holds a digit."""
    readable = text.replace("<=", "≤").replace(">=", "≥").replace(": ", ", ")
    begun = f"{text[:1].upper()}{text[1:]}"
    parts = [part for one in (text, readable, begun) for part in (one, *re.split(r"\$[^$]+\$|`[^`]+`", one))]
    parts += re.findall(r"`([^`]+)`", text)
    return [said for part in parts if re.search(r"\d", said := " ".join(part.split()))]


def formulas(text: str) -> list[str]:
    """The LaTeX in prose."""
    return re.findall(r"\$([^$]+)\$", text)


def numerals(text: str) -> list[str]:
    """The numerals of a formula, in order, digit by digit: whoever writes \\frac12 means 1 and 2."""
    return re.findall(r"\d", text.translate(SUPERSCRIPTS))


# -- which part of the results a place is of ---------------------------------------------------------------------------
class Places:
    """The parts of some results, by place."""

    def __init__(self, results: Json) -> None:
        self.results = results
        self._made: dict[str, Scope] = {}

    def of(self, place: str) -> Scope:
        """The scope of 'head', 'claim NAME', 'finding ID', or of a section; of all the results elsewhere."""
        if place not in self._made:
            scope = Scope()
            for part in self._parts(place):
                scope.add(part)
            if place == "head":
                _add_head(scope, self.results)
            self._made[place] = scope
        return self._made[place]

    def _parts(self, place: str) -> Iterator[Json]:
        results = self.results
        kind, _, name = place.partition(" ")
        titles = {one: {"title": claim["title"], "sharpens": claim["sharpens"]}
                  for one, claim in results["claims"].items()}  # fmt: skip
        if kind == "claim":
            brackets = (results["brackets"] or {"claims": {}})["claims"]
            yield from (results["claims"][name], brackets.get(name), _titles(results["sources"]), titles)
        elif kind == "finding":
            yield next(one for one in results["findings"]["findings"] if one["id"] == name)
        elif kind == "own-data":
            of_sources = [
                {"title": claim["title"], "of": {
                    source: {key: value for key, value in part["tightness"].items() if key in ("max", "median")}
                    for source, part in claim["by_source"].items()}}
                for claim in results["claims"].values()
            ]  # fmt: skip
            yield from (results["table"], of_sources, _titles(results["sources"]), list(titles))
        elif kind == "against":
            now = [{"title": claim["title"], "max": claim["tightness"]["max"]} for claim in results["claims"].values()]
            yield from (results["against"], now)
        elif kind == "subjects":
            yield results["conformance"]
        elif kind == "dynamics":
            yield from (
                results["dynamics"],
                [one["id"] for one in (results["findings"] or {"findings": []})["findings"]],
            )
        elif kind == "sources":
            yield results["sources"]
        elif kind == "map":
            claims = [node["standing"] for node in results["map"]["nodes"] if node["id"].startswith("claim:")]
            axioms = sum(node["kind"] == "axiom" for node in results["map"]["nodes"])
            yield from (results["map"], claims, [claims.count(one) for one in set(claims)], axioms)
        elif kind == "head":
            plan = (results["table"] or {}).get("plan")
            yield from (plan, _titles(results["findings"]["findings"]) if results["findings"] else None, titles)
            keys = ("made", "versions", "command", "seed", "seconds", "completed", "planned")
            yield {key: results[key] for key in keys}
            for subject in results["conformance"] or ():
                yield from (subject["subject"], subject["algorithm"], (subject["diagnosis"] or {}).get("sentence"))
            for one in results["against"] or ():
                yield [one["file"], [row["title"] for row in one["rows"]]]
        else:
            yield results


def _titles(rows: list[Json]) -> list[Json]:
    wanted = ("title", "name", "options", "refutes", "id")
    return [{key: value for key, value in row.items() if key in wanted} for row in rows]


def _add_head(scope: Scope, results: Json) -> None:
    """What the head of the page counts, counted once more."""
    claims = results["claims"]
    printed = {name for name in claims if not name.startswith("ours.")}
    counts = [claim["counts"] for claim in claims.values()]
    sure = [_certified(claim) for claim in claims.values()]
    decided = sum(one["holds"] + one["violated"] for one in counts)
    empty = [name for name, claim in claims.items() if claim["counts"]["vacuous"] == sum(claim["counts"].values()) > 0]
    of_runs = sum(is_of_runs(name) for name in empty)
    bounds = (results["brackets"] or {"claims": {}})["claims"]
    known = [row for name, row in bounds.items() if name in printed]
    tight = sum(row["tightness"] is not None and (row["tightness"]["lower"] or 0) >= 1 - 1e-4 for row in known)
    loose = [share for row in known if (share := number_in(row["proved"])) is not None and share < 1]
    scope.sentences |= {
        r"N printed claims?\b": len(printed),
        r"N claims?,": len(claims),
        r"\bN of ours": len(claims) - len(printed),
        r"N certified verdicts?\b": sum(sure),
        r"N verdicts? not guaranteed": decided - sum(sure),
        r"N claims? ha(?:s|ve) no support": len(empty) - of_runs,
        r"N claims? about whole runs": of_runs,
        r"none violated, N undecided": sum(one["undecided"] for one in counts),
        r"N further verdicts? (?:is|are) vacuous": sum(one["vacuous"] for one in counts),
        r"N sources? of instances": len(results["sources"]),
        r"N of \d+ printed bounds? cannot": tight,
        r"\d+ of N printed bounds?\b": len(known),
        r"N (?:of \d+ printed bounds? )?can be improved:": len(loose),
        r"\bof N(?: printed bounds?)? it is not known": len(known) - tight - len(loose),
        r"\b[Ss]eed N\b": results["seed"],
    }
    whole = list(scope.sentences.values())
    for claim in claims.values():
        for form in (claim["counts"], claim["printed_form"]):
            whole += [*form.values(), *totals(form)] if form and (form["violated"] or form["undecided"]) else []
    for one in results["against"] or ():
        turns = [row["turn"] for row in one["rows"]]
        whole += [len(turns), len(turns) + one["unchanged"], *(turns.count(turn) for turn in set(turns))]
    scope.whole = set(whole) | scope.whole
    scope.known += [_exactly(Fraction(1, 10**4), "of the page"), *(_exactly(share, "") for share in loose)]


def _certified(claim: Json) -> int:
    parts = claim["by_source"].values()
    if claim["guaranteed"] and all(part["guaranteed"] for part in parts):
        return int(claim["counts"]["holds"] + claim["counts"]["violated"])
    return sum(part["counts"]["holds"] + part["counts"]["violated"] for part in parts if part["guaranteed"])


def place_of(node: Node, around: str) -> str:
    """The place that an element is of, inside of another."""
    own = node.attributes.get("id", "")
    labelled = node.attributes.get("aria-labelledby", "").removeprefix("title-")
    if node.tag in ("section", "article") and own.startswith("claim-"):
        return f"claim {own.removeprefix('claim-')}"
    if node.tag == "article" and own.startswith("finding-"):
        return f"finding {own.removeprefix('finding-')}"
    if node.tag == "head" or (node.tag == "header" and own == "outcome"):
        return "head"
    if node.tag == "section" and labelled in ("own-data", "against", "dynamics", "sources", "map"):
        return labelled
    if node.tag == "section" and "map" in (own, labelled):
        return "map"
    if node.tag == "section" and labelled in ("subjects", "made-of"):
        return "subjects"
    if node.tag == "tr" and around == "":
        links = [one.attributes.get("href", "") for one in node.all() if one.tag == "a"]
        to = next((link.removeprefix("#claim-") for link in links if link.startswith("#claim-")), None)
        return around if to is None else f"claim {to}"
    return around


# -- the text of the page itself ---------------------------------------------------------------------------------------
@cache
def own_text() -> tuple[frozenset[str], frozenset[str]]:
    """Texts with digits in the source of the page: those within sentences, and those that are all of an element."""
    within, whole = set(), set()
    folder = Path(str(files("mamlcheck.report")))
    for path in folder.rglob("*.py"):
        for text in _literals(ast.parse(path.read_text(encoding="utf-8"))):
            if "<" in text and ">" in text:
                whole |= set(_template_texts(text))
            else:
                within.add(" ".join(text.split()))
    for path in folder.rglob("*.j2"):
        whole |= set(_template_texts(path.read_text(encoding="utf-8")))
    within |= {text for text in whole if re.search(r"[^\W\d]", text)}
    return frozenset(
        text for text in within if re.search(r"\d", text) and re.search(r"[^\W\d]{2}|\W\(", text)
    ), frozenset(whole)


def _literals(module: ast.Module) -> Iterator[str]:
    """The texts of a module, without docstrings, style sheets and formats of numbers."""
    left_out: set[ast.AST] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            left_out |= set(ast.walk(node.format_spec))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            left_out.add(node.value)
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == "CSS" for to in node.targets):
            left_out |= set(ast.walk(node.value))
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in left_out:
            yield node.value


def _template_texts(template: str) -> Iterator[str]:
    plain = re.sub(r"\{[{%#].*?[}%#]\}", "<b></b>", template, flags=re.DOTALL)
    for text in re.split(r"<[^>]*>", plain):
        said = " ".join(text.split())
        if re.search(r"\d", said):
            yield said


# -- reading -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Wrong:
    """A number on the page that is none of the results. said: what stands around it."""

    number: str
    said: str
    place: str


@dataclass(frozen=True)
class Read:
    """A number on the page that the results have. text: all of the element's text; at: where in it."""

    number: str
    text: str
    at: int
    place: str


@dataclass
class Reading:
    """All numbers of a page."""

    read: list[Read] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    formulas: int = 0
    inside_text: int = 0


def read_numbers(html: str, results: Json) -> Reading:
    """Hold every number of a page against the results."""
    found = Reading()
    _read(tree(html), "", Places(results), found, "")
    return found


def _read(node: Node, place: str, places: Places, found: Reading, above: str) -> None:
    place = place_of(node, place)
    if node.tag in UNREAD or (node.tag == "text" and "class" not in node.attributes):  # a tick of an axis
        return
    if place == "map":  # names alone, shortened to fit, and no number of any result
        return
    if node.tag == "math" or "unseen" in node.attributes.get("class", "").split():  # the same, read aloud
        _read_formula(node, place, places, found)
        return
    for name in SPOKEN:
        read_text(node.attributes.get(name, ""), place, places, found)
    label = node.attributes.get("data-label", "").lower()
    for one in node.inside:
        if isinstance(one, Node):
            _read(one, place, places, found, node.tag)
        elif _is_symbolic(one, node.tag) and tuple(numerals(one)) in places.of(place).hypotheses:
            found.formulas += 1
        else:
            read_text(one, place, places, found, COUNTED.get(label.rstrip("s"), ""))


def _is_symbolic(text: str, tag: str) -> bool:
    """Whether it may be a hypothesis, or the title of a step, written with the paper's symbols."""
    return tag in ("li", "p", "th") and (tag == "li" or re.search("[≤≥²]", text) is not None)


def _read_formula(node: Node, place: str, places: Places, found: Reading) -> None:
    said = "".join(one for part in node.all() for one in part.inside if isinstance(one, str))
    digits = tuple(numerals(said))
    found.formulas += 1
    if digits and digits not in places.of(place).formulas:
        found.wrong.append(Wrong(" ".join(digits), said, place))


def read_text(text: str, place: str, places: Places, found: Reading, counted: str = "") -> None:
    """Hold the numbers of a text of the page against its scope. counted: the kind of count that it is, '' for none."""
    said = " ".join(text.split())
    if not re.search(r"\d", said):
        return
    scope = places.of(place)
    within, whole = own_text()
    if said in whole:
        return
    rest = masked(said, itertools.chain(scope.texts, within))
    found.inside_text += len(NUMBER.findall(said)) - len(NUMBER.findall(rest))
    for sentence, number in scope.sentences.items():
        for got in re.finditer(sentence.replace("N", r"(\d[\d,]*)"), rest):
            if int(got[1].replace(",", "")) != number:
                found.wrong.append(Wrong(got[1], said, place))
    checks: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
        (INTERVAL, lambda got: _holds_enclosure(got[1], got[2], scope)),
        (FRACTION, lambda got: _is_fraction(got[0], scope)),
        (COUNT, lambda got: _is_count(got[1], got[2], scope, place)),
        (NUMBER, lambda got: _is_number(got[0], got.string[got.end() :], scope, counted)),
    )
    for pattern, right in checks:
        for got in pattern.finditer(rest):
            if right(got):
                found.read.append(Read(got[0], said, got.start(), place))
            else:
                found.wrong.append(Wrong(got[0], said[max(0, got.start() - 60) : got.end() + 40], place))
        rest = pattern.sub(lambda got: NUL * len(got[0]), rest)


def masked(text: str, phrases: Iterable[str]) -> str:
    """A text with NUL in place of these phrases, the longest first, where they are no parts of longer words."""
    inside = sorted((one for one in phrases if one in text and not one.isdigit()), key=len, reverse=True)
    for phrase in inside:
        at = text.find(phrase)
        while at >= 0:
            end = at + len(phrase)
            if _stands_alone(text, at, end):
                text = f"{text[:at]}{NUL * len(phrase)}{text[end:]}"
            at = text.find(phrase, at + 1)
    return text


def _stands_alone(text: str, at: int, end: int) -> bool:
    """Whether what begins and ends there is no part of a longer word or number."""
    before, first, last, after = text[at - 1 : at], text[at], text[end - 1], text[end : end + 2]
    if first.isalnum() and (before.isalnum() or before == "_"):
        return False
    if first.isdigit() and before in (".", ",", "/"):
        return False
    if not last.isdigit():
        return not (last.isalnum() and after[:1].isalnum())
    return not (after[:1].isalnum() or after[:1] in ("_", "…") or (after[:1] in tuple(".,/") and after[1:].isdigit()))


def _is_fraction(text: str, scope: Scope) -> bool:
    over, _, under = text.replace("−", "-").partition("/")
    return int(under) != 0 and any(one.lower == one.upper == Fraction(int(over), int(under)) for one in scope.known)


def _is_count(text: str, kind: str, scope: Scope, place: str) -> bool:
    """Whether so many verdicts are of this kind; the head of the page adds them up."""
    allowed = scope.whole if place == "head" else scope.counts.get(COUNTED[kind], set())
    return int(text.replace(",", "")) in allowed


def _holds_enclosure(low: str, high: str, scope: Scope) -> bool:
    """Whether it holds an enclosure of the results, and hardly more."""
    lower, upper = (
        (_fraction(None, -1) if low == "-inf" else Fraction(low)),
        (_fraction(None, 1) if high == "inf" else Fraction(high)),
    )
    for one in scope.known:
        if not (lower <= one.lower and one.upper <= upper):
            continue
        ends = [(lower, one.lower, low), (upper, one.upper, high)]
        if all(end == own or abs(end - own) <= _last_place(text) for end, own, text in ends if "inf" not in text):
            return True
    return False


def _last_place(text: str) -> Fraction:
    """One unit of the last digit that is not 0: of a rounded end, zeros only fill places."""
    exponent = Decimal(text).normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return Fraction(10) ** exponent


def _unit(text: str, fewest: int) -> Fraction:
    """One unit in the last place of a decimal; zeros at its end may have been left out, down to so many digits."""
    number = Decimal(text)
    digits = len(number.as_tuple().digits) if number else 1
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return Fraction(10) ** (exponent - max(0, fewest - digits))


def _is_number(text: str, after: str, scope: Scope, counted: str) -> bool:
    """Whether a numeral is a number of the scope, rounded as the page rounds. after: what follows it."""
    percent, cut = text.endswith("%"), "…" in text
    plain = text.rstrip(" %").replace("−", "-").replace("…", "").replace(",", "")
    number = Fraction(plain)
    if counted:
        return number in scope.counts.get(counted, set())
    if plain.lstrip("-").isdigit() and number in scope.whole:
        return True
    known = scope.percents if percent else scope.known
    if cut:
        unit = _unit(plain, 1)
        ends = (number, number + unit) if number >= 0 else (number - unit, number)
        return any(ends[0] <= one.lower and one.upper <= ends[1] for one in known)
    if after.startswith(" (exact)"):
        return any(one.lower == one.upper == number for one in known)
    unit = _unit(plain, 1 if percent else 2 if "e" in plain else 3)
    seconds = after.startswith(" s")
    unit = Fraction(1, 10) if seconds else unit
    about, reach = float(number), float(unit)
    return any(not one.is_far(about, reach) and _rounds(one, number, unit) for one in known)


def _rounds(one: Known, number: Fraction, unit: Fraction) -> bool:
    if one.key in UP and one.upper <= number < one.upper + unit:
        return True
    if one.key in DOWN and one.lower - unit < number <= one.lower:
        return True
    if one.key in UP | DOWN:  # for the eye, in a picture, to four digits
        unit = min(unit, abs(number) / 1000)
    return abs((one.lower + one.upper) / 2 - number) <= unit / 2
