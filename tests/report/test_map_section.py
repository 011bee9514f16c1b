"""The map on the page: its drawing, its words, its links, and a page where the library that lays it out is missing."""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import report_parts as parts

from mamlcheck.check.results import Results
from mamlcheck.formats.proof_map import MapEdge, MapNode, ProofMap
from mamlcheck.report.mapping import Drawing, curve, label, laid_out, map_svg, outline
from mamlcheck.report.page import headline, render_page

HOSTILE = "\"'><script>alert(1)</script>&amp;"


def _section(page: str) -> str:
    return page.partition('<section class="flow map"')[2].partition("</section>")[0]


def _svg(page: str) -> ElementTree.Element:
    text = page.partition('aria-label="The map">')[2]
    return ElementTree.fromstring(text[text.index("<svg") : text.index("</svg>") + len("</svg>")])


def _chain(count: int) -> ProofMap:
    """Lemmas that stand on one another, in a row, each also on the first."""
    return ProofMap(
        tuple(
            MapNode(
                f"claim:{k}", "lemma", str(k), f"Lemma {k}", False, "proved", "",
                tuple(MapEdge("rests on", f"claim:{of}") for of in dict.fromkeys((k - 1, 0)) if 0 <= of < k),
            )
            for k in range(count)
        )
    )  # fmt: skip


# -- links and words ---------------------------------------------------------------------------------------------
def test_every_node_is_a_link_to_something_on_the_page(made: Any, parse: Callable[[str], Any]) -> None:
    page = render_page(made.everything())
    ids = {attributes["id"] for _, attributes in parse(page).tags if "id" in attributes}
    links = [link.attrib["href"] for link in _svg(page).iter("a")]
    assert len(links) == len(parts.proof_map().nodes)
    assert {link.removeprefix("#") for link in links} <= ids
    assert "#claim-lemma_4_8" in links
    assert "#finding-a_place" in links
    assert links.count("#claim-lemma_4_8") == 2  # the limit leads to its claim


def test_standings_are_signs_and_words_and_not_colours_alone(made: Any) -> None:
    page = render_page(made.everything())
    drawn = {
        link.attrib["href"]: "".join(text.text or "" for text in link.iter("text")) for link in _svg(page).iter("a")
    }
    assert drawn["#claim-lemma_4_9.first_moment"].startswith("✓ ")
    assert drawn["#claim-lemma_4_10.bias"].startswith("✕ ")
    assert drawn["#claim-theorem_4_11"].startswith("? ")
    assert drawn["#finding-a_place"].startswith("! ")
    section = _section(page)
    for node in parts.proof_map().nodes:
        assert f"{node.standing}</span>" in section
        assert f": {node.standing}</title>" in section
    kinds = {node.kind for node in parts.proof_map().nodes}
    styles = {outline(kind, 50, 20, 60, 16) for kind in kinds}
    assert len(styles) == len(kinds) - 2  # lemmas, sharper forms and theorems differ by how the line is drawn
    assert ".map .sharper .box { stroke-dasharray" in page
    assert ".map :is(.theorem, .printed) .box { stroke-width" in page


def test_the_words_say_both_directions(made: Any) -> None:
    section = _section(render_page(made.everything()))
    row = next(row for row in section.split("<tr") if "Lemma 4.8: smooth</a>" in row)
    assert "Assumes 4.3. Rests on Lemma 4.9, sharper, first moment." in row
    assert "Lemma 4.10, bias; limit, Lemma 4.8" in row
    assert "Of 4 claims 1 is proved, 1 is open, 1 is VIOLATED and 1 is NOT PROVED." in section


def test_a_refused_proof_of_a_claim_about_runs_is_told_at_the_head(made: Any) -> None:
    results = replace(made.full(), map=parts.proof_map())
    title = results.claims["lemma_4_8"].title
    assert headline(results).startswith(f"NOT PROVED: {title}")
    assert not results.nothing_fails
    told = made.changed(results, "lemma_4_8", proof=made.proof(proved=False))  # whose card says so
    assert headline(told).count("NOT PROVED") == 1
    well = tuple(replace(node, standing="proved") for node in parts.proof_map().nodes)
    assert "NOT PROVED" not in render_page(replace(made.full(), map=ProofMap(well)))


def test_results_without_a_map_have_no_section(made: Any) -> None:
    assert 'id="map"' not in render_page(made.full())
    assert 'id="map"' not in render_page(replace(made.full(), map=ProofMap(())))


def test_hostile_names_stay_text(made: Any, parse: Callable[[str], Any]) -> None:
    page = render_page(made.poisoned(made.everything(), HOSTILE))
    assert [tag for tag, _ in parse(page).tags].count("script") == 1
    assert "<script>alert" not in page
    assert len(list(_svg(page).iter("a"))) == len(parts.proof_map().nodes)


def test_results_of_before_there_was_a_map_are_read(made: Any) -> None:
    content = json.loads(made.everything().text())
    assert Results.from_json(content).map == parts.proof_map()
    del content["map"]
    assert Results.from_json(content).map is None


# -- without the library -----------------------------------------------------------------------------------------
def test_without_the_library_the_section_says_so_and_has_its_words(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)  # importing it raises ImportError
    section = _section(render_page(made.everything()))
    assert "pygraphviz, the library that lays it out, is missing here" in section
    assert 'aria-label="The map"' not in section
    assert '<details id="map-words" open>' in section
    assert section.count("<tr") == len(parts.proof_map().nodes) + 1


# -- the drawing -------------------------------------------------------------------------------------------------
def test_equal_maps_are_drawn_with_equal_bytes() -> None:
    first = map_svg(Drawing(parts.proof_map().nodes), lambda node: node.id, "Map")
    map_svg(Drawing(_chain(5).nodes), lambda node: node.id, "Map")
    assert map_svg(Drawing(parts.proof_map().nodes), lambda node: node.id, "Map") == first


def test_nodes_are_inside_the_picture_and_apart_and_what_is_above_stands_right() -> None:
    nodes = parts.proof_map().nodes
    drawing = Drawing(nodes)
    layout = laid_out(drawing)
    boxes = {}
    for node in nodes:
        (x, y), (width, height) = layout.nodes[node.id], drawing.size(node)
        boxes[node.id] = (x - width / 2, x + width / 2, y - height / 2, y + height / 2)
        left, right, top, bottom = boxes[node.id]
        assert 0 <= left < right <= layout.width
        assert 0 <= top < bottom <= layout.height
    for one in nodes:
        for other in nodes:
            a, b = boxes[one.id], boxes[other.id]
            assert one is other or a[1] <= b[0] or b[1] <= a[0] or a[3] <= b[2] or b[3] <= a[2]
    for name, under in drawing.near.items():
        assert all(layout.nodes[other][0] < layout.nodes[name][0] for other in under)
    assert set(layout.edges) == {(other, name) for name, under in drawing.near.items() for other in under}


def test_a_way_begins_and_ends_at_its_nodes() -> None:
    nodes = {node.id: node for node in _chain(4).nodes}
    drawing = Drawing(tuple(nodes.values()))
    layout = laid_out(drawing)
    for (lower, upper), path in layout.edges.items():
        start, steps = path[1:].split("c")
        x, y = map(int, start.split())
        numbers = [int(number) for number in re.findall(r"-?\d+", steps)]
        assert len(numbers) % 6 == 0
        half = drawing.size(nodes[lower])[0] / 2
        assert abs(x - layout.nodes[lower][0] - half) <= 2
        assert abs(y - layout.nodes[lower][1]) <= 10
        end_x = x + sum(numbers[4::6])
        end_y = y + sum(numbers[5::6])
        assert abs(end_x - layout.nodes[upper][0] + half) <= 2
        assert abs(end_y - layout.nodes[upper][1]) <= 10


def test_each_curve_of_a_way_goes_on_from_the_one_before() -> None:
    points = [(3, 4), (4, 6), (5, 5), (13, 4), (14, 2), (3, 2), (3, 3)]
    assert curve(points) == "M3 4c1 2 2 1 10 0 1-2-10-2-10-1"


def test_a_printed_claim_stands_over_its_sharper_form_whether_or_not_it_rests_on_it() -> None:
    printed = MapNode("claim:a", "lemma", "a", "A", False, "proved", "", ())
    sharper = MapNode("claim:b", "sharper", "b", "B", True, "proved", "", (MapEdge("sharpens", "claim:a"),))
    resting = replace(printed, edges=(MapEdge("rests on", "claim:b"),))
    for first in (printed, resting):
        for nodes in ((first, sharper), (sharper, first)):
            assert Drawing(nodes).near == {"claim:a": ("claim:b",), "claim:b": ()}


def test_of_two_ways_only_the_longer_one_is_drawn() -> None:
    drawing = Drawing(_chain(4).nodes)
    assert drawing.near == {"claim:0": (), "claim:1": ("claim:0",), "claim:2": ("claim:1",), "claim:3": ("claim:2",)}


def test_pointing_at_a_node_lights_up_all_under_it_and_all_over_it() -> None:
    nodes = parts.proof_map().nodes
    root = ElementTree.fromstring(map_svg(Drawing(nodes), lambda node: node.id, "Map"))
    ids = {link.attrib["href"]: link.attrib["id"].removeprefix("map") for link in root.iter("a")}
    lit = {link.attrib["href"]: set(re.findall(r"\bv(\d+)\b", link.attrib["class"])) for link in root.iter("a")}
    # read off the parts by hand: the printed lemma stands over its sharper form, and the bias over both
    column = ["assumption:4.3", "axiom:jensen_norm", "claim:lemma_4_9.first_moment", "claim:lemma_4_8"]
    for name in column:
        over = [*column, "claim:lemma_4_10.bias", "limit:lemma_4_8"]
        assert lit[name] == {ids[one] for one in over}
    assert lit["limit:lemma_4_8"] == {ids[one] for one in (*column, "limit:lemma_4_8")}
    assert lit["finding:other"] == {ids["finding:other"]}
    style = next(root.iter("style")).text or ""
    assert all(f".map:has(#map{k}:is(:hover,:focus)) .v{k}{{opacity:1}}" in style for k in ids.values())


def test_circles_in_what_others_wrote_are_drawn_once() -> None:
    edges = {"a": ("b", "a"), "b": ("c",), "c": ("a", "gone")}
    nodes = tuple(
        MapNode(name, "lemma", name, name, False, "proved", "", tuple(MapEdge("rests on", of) for of in under))
        for name, under in edges.items()
    )
    drawing = Drawing(nodes)
    assert drawing.near == {"a": ("b",), "b": ("c",), "c": ()}
    assert map_svg(drawing, lambda node: f"#{node.id}", "Map").count('class="way') == 2


@pytest.mark.parametrize(
    ("kind", "name", "ours", "lines"),
    [
        ("lemma", "lemma_4_9.first_moment", False, ("Lemma 4.9", "first moment")),
        ("lemma", "ours.lemma_4_9.first_moment", True, ("Lemma 4.9, ours", "first moment")),
        ("sharper", "ours.lemma_4_8", True, ("Lemma 4.8", "sharper")),
        ("sharper", "ours.lemma_4_10.bias", True, ("4.10, sharper", "bias")),
        ("lemma", "ours.descent.maml_any_rate", True, ("descent", "MAML any rate")),
        ("theorem", "ours.theorem_4_12.sum", True, ("Theorem 4.12", "sum")),
        ("limit", "ours.two_samples.lemma_4_10", True, ("limit", "Lemma 4.10")),
        ("axiom", "lipschitz_hessian", False, ("Lipschitz Hessian",)),
        ("finding", "hf_hessian_batch_scale", True, ("HF Hessian", "batch scale")),
        ("printed", "Theorem 4.17", False, ("Theorem 4.17", "as printed")),
        ("lemma", "a" * 99, False, ("a" * 16 + "…",)),
    ],
)  # fmt: skip
def test_labels(kind: Any, name: str, ours: bool, lines: tuple[str, ...]) -> None:
    assert label(MapNode("x", kind, name, name, ours, "proved", "", ())) == lines


# -- proofs that share their first steps ---------------------------------------------------------------------------
def _chain_of(made: Any, name: str, *texts: str) -> Any:
    proof = made.proof()
    first = proof.chains[0].links[0]
    links = tuple(replace(first, number=k, text=text, latex=text) for k, text in enumerate(texts, 1))
    return replace(proof.chains[0], name=name, links=links)


def _proof_of(page: str, claim: str) -> str:
    return page.partition(f'id="claim-{claim}"')[2].partition("<h4>Proof</h4>")[2].partition("<h4>")[0]


def test_steps_that_are_shown_above_are_not_shown_again(made: Any) -> None:
    above = _chain_of(made, "above", "b", "c", "d")
    longer, shorter = _chain_of(made, "longer", "b", "c", "e"), _chain_of(made, "shorter", "b", "c")
    other, same = _chain_of(made, "other", "b", "q"), _chain_of(made, "above", "b", "c", "d")
    results = made.changed(made.full(), "lemma_4_8", proof=made.proof(chains=(above,), lemmas=()))
    below = made.proof(chains=(longer, shorter, other, same), lemmas=())
    results = made.changed(results, "lemma_4_9.first_moment", proof=below)
    page = render_page(results)
    section = _proof_of(page, "lemma_4_9.first_moment")
    link = '<a href="#claim-lemma_4_8">Lemma 4.8: the meta-objective is smooth</a>'
    assert f"The first 2 steps are those of above in the proof of {link}, and lead to" in section
    assert f"Its 2 steps are the first ones of above in the proof of {link}, and lead to" in section
    assert f"Chain: above, as in the proof of {link}." in section
    folds = [fold.partition("</details>")[0] for fold in section.split("<details>")[1:]]
    assert [fold.count("<li>") for fold in folds] == [2, 1, 3]  # c then e; c; a then b, q
    assert "steps" not in folds[2]
    assert _proof_of(page, "lemma_4_8").partition("</details>")[0].count("<li>") == 4
