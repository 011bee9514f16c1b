"""The map as inline SVG: laid out from left to right by Graphviz, drawn here.

A pure function of the map and of the links of its nodes. Graphviz is told how large each node is and says where it
goes, so that no font of the machine has a say; places are rounded to whole units, and equal maps give equal bytes. How
it stands with a node is told by a sign and a word, what it is by its outline; colour only repeats that. On hover and
focus a style rule for each node, without any script, lights up what it stands on and what stands on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Protocol

from mamlcheck.formats.proof_map import MapNode, NodeKind, NodeStanding
from mamlcheck.report.plaintext import plain_prose

SIGNS: dict[NodeStanding, str] = {
    "refuted": "✕", "violated": "✕", "not proved": "✕", "not confirmed": "✕", "open": "?", "checked": "○",
    "proved": "✓", "confirmed": "!", "assumed": "",
}  # fmt: skip
TONES: dict[NodeStanding, str] = {
    "refuted": "bad", "violated": "bad", "not proved": "bad", "not confirmed": "bad", "open": "warn", "checked": "warn",
    "proved": "good", "confirmed": "warn", "assumed": "plain",
}  # fmt: skip
WIDTHS: dict[NodeKind, int] = {
    "assumption": 40, "axiom": 118, "lemma": 98, "sharper": 98, "theorem": 98, "limit": 98, "printed": 98,
    "finding": 98,
}  # fmt: skip
KINDS: dict[NodeKind, str] = {
    "assumption": "assumption", "axiom": "axiom", "lemma": "lemma", "sharper": "sharper form", "theorem": "theorem",
    "limit": "limit", "printed": "printed text", "finding": "finding",
}  # fmt: skip
LINE, AIR, MARGIN = 13, 6, 3  # height of a line of text, above and below it in a node, around the drawing
CHARACTER = 5.6  # width of one, in the middle
LONG = 40  # characters of a line that need not be short
WIDEST = 6.1  # of a character on average, in a wide font: a text that would not fit then is drawn narrower
TEXT_AIR, SLANTED_AIR = 6, 12  # left and right of a text together
CORNER = 6  # of what is cut off of a node's corners
POINTS_PER_INCH = 72
HEAVY = ("rests on", "sharpens", "comes near", "refutes")  # relations whose ends are to stand close together
SLANTED: tuple[NodeKind, ...] = ("limit", "finding")  # have less room at their sides
FAINT = ("axiom", "assumption")
NAMES = {
    "maml": "MAML", "fo": "FO", "hf": "HF", "iid": "i.i.d.", "lipschitz": "Lipschitz", "jensen": "Jensen",
    "cauchy": "Cauchy", "schwarz": "Schwarz", "hessian": "Hessian",
}  # fmt: skip
NUMBERED = re.compile(r"(lemma|theorem|corollary|remark)_(\d+)_(\d+)")


@dataclass(frozen=True)
class Layout:
    """Where nodes and edges are: width and height, the middle of each node, and each edge's path."""

    width: int
    height: int
    nodes: Mapping[str, tuple[int, int]]
    edges: Mapping[tuple[str, str], str]


class Graph(Protocol):
    """What is read of a graph of pygraphviz after it was laid out; each attribute is text."""

    graph_attr: Mapping[str, str]

    def get_node(self, key: str) -> Part:
        """A node, by its name."""

    def get_edge(self, start: str, end: str) -> Part:
        """An edge, by the names of its ends."""


class Part(Protocol):
    """A node or an edge."""

    attr: Mapping[str, str]


class NoGraphviz(Exception):  # noqa: N818 - reads as what it says
    """pygraphviz is not installed here, or cannot be loaded."""


@dataclass(frozen=True)
class Drawing:
    """What of a map is drawn: where there are two ways from one node down to another, only the longer one."""

    nodes: tuple[MapNode, ...]

    @cached_property
    def near(self) -> dict[str, tuple[str, ...]]:
        """For each node, those under it that a line leads to."""
        under = self._under()
        far = {name: reached(under, name) for name in under}
        return {
            name: tuple(sorted(of for of in below if not any(of in far[one] for one in below - {of})))
            for name, below in under.items()
        }

    def _under(self) -> dict[str, set[str]]:
        """For each node, those that it is drawn over: printed forms stand over the sharper ones that imply them."""
        found: dict[str, set[str]] = {node.id: set() for node in self.nodes}
        for node in self.nodes:
            for edge in node.edges:
                upper, lower = (edge.of, node.id) if edge.how in ("sharpens", "stands for") else (node.id, edge.of)
                if {upper, lower} <= found.keys() and upper not in {lower, *reached(found, lower)}:
                    found[upper].add(lower)
        return found

    @cached_property
    def below(self) -> dict[str, set[str]]:
        """For each node, all that it stands on or speaks of, directly or by way of others."""
        return {node.id: reached(self.near, node.id) for node in self.nodes}

    def lines(self, node: MapNode) -> tuple[str, ...]:
        """What is written into a node: its name in one line or two, with the sign of its standing."""
        first, *rest = label(node)
        return (f"{SIGNS[node.standing]} {first}".strip(), *rest)

    def size(self, node: MapNode) -> tuple[int, int]:
        """Its width and height."""
        return WIDTHS[node.kind], LINE * len(self.lines(node)) + AIR


def reached(under: Mapping[str, Collection[str]], start: str) -> set[str]:
    """All that is under a node, directly or by way of others; the node itself only where there is a circle."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(under.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


# -- labels ----------------------------------------------------------------------------------------------------------
def label(node: MapNode) -> tuple[str, ...]:
    """The short name of a node, in one line or two, each cut where it is longer than the node is wide."""
    most = int(WIDTHS[node.kind] / CHARACTER)
    return tuple(one if len(one) <= most else f"{one[: most - 1]}…" for one in _lines(node, most))


def short_name(node: MapNode) -> str:
    """The same in one line, for lists."""
    if node.kind == "assumption":
        return f"Assumption {node.name}"
    return ", ".join(_lines(node, max(LONG, len(node.name) + 2))).replace(", as printed", " as printed")


def _lines(node: MapNode, most: int) -> list[str]:
    if node.kind == "printed":
        return [node.name, "as printed"]
    if node.kind in ("assumption", "axiom"):
        return [_words(node.name)]
    if node.kind == "finding":
        return _broken(_words(node.name), most - 2)
    parts = [_words(part) for part in node.name.removeprefix("ours.").split(".")]
    if node.kind == "limit":
        named = [k for k, part in enumerate(node.name.removeprefix("ours.").split(".")) if NUMBERED.fullmatch(part)]
        kept = parts[named[0] :] if named else parts
        return ["limit", ", ".join(kept)]
    if node.kind == "sharper":
        short = f"{parts[0].removeprefix('Lemma ') if most < LONG else parts[0]}, sharper"
        parts = [short, *parts[1:]] if len(parts) > 1 else [*parts, "sharper"]
    elif node.kind == "lemma" and node.ours and NUMBERED.match(node.name.removeprefix("ours.")):
        parts[0] = f"{parts[0]}, ours"
    return [parts[0], ", ".join(parts[1:])] if len(parts) > 1 else parts


def _words(part: str) -> str:
    numbered = NUMBERED.fullmatch(part)
    if numbered:
        return f"{numbered[1].capitalize()} {numbered[2]}.{numbered[3]}"
    words = " ".join(NAMES.get(word, word) for word in part.split("_"))
    return re.sub(r"\b(FO|HF) MAML\b", r"\1-MAML", words)


def _broken(text: str, most: int) -> list[str]:
    """A text on two lines, if it is too long for one."""
    first, *words = text.split(" ")
    while words and len(first) + 1 + len(words[0]) <= most:
        first += f" {words.pop(0)}"
    return [first, " ".join(words)] if words else [first]


# -- layout ----------------------------------------------------------------------------------------------------------
def laid_out(drawing: Drawing) -> Layout:
    """Where Graphviz puts each node, from left to right. Raises `NoGraphviz` where it is missing."""
    try:
        import pygraphviz
    except ImportError as error:
        raise NoGraphviz(str(error)) from error
    graph = pygraphviz.AGraph(directed=True, strict=True)
    graph.graph_attr.update(rankdir="LR", nodesep="0.05", ranksep="0.19", splines="true", margin="0", pad="0")
    graph.node_attr.update(shape="box", fixedsize="true", label="")
    graph.edge_attr.update(arrowhead="none")
    number = {node.id: str(k) for k, node in enumerate(drawing.nodes)}  # Graphviz sees no name of anything
    for node in drawing.nodes:
        width, height = drawing.size(node)
        graph.add_node(number[node.id], width=width / POINTS_PER_INCH, height=height / POINTS_PER_INCH)
    relations = {frozenset((node.id, edge.of)): edge.how for node in drawing.nodes for edge in node.edges}
    for name, under in drawing.near.items():
        for other in under:
            how = relations.get(frozenset((name, other)))
            graph.add_edge(
                number[other],
                number[name],
                weight="8" if how in HEAVY else "1",
                constraint="false" if how == "stands for" else "true",
            )
    for kind, rank in (("assumption", "source"), ("axiom", "same"), ("finding", "max")):
        column = [number[node.id] for node in drawing.nodes if node.kind == kind]
        if column:
            graph.add_subgraph(column, rank=rank)
    graph.layout(prog="dot")
    return _read(graph, number, drawing)


def _read(graph: Graph, number: Mapping[str, str], drawing: Drawing) -> Layout:
    _, _, right, top = (float(part) for part in str(graph.graph_attr["bb"]).split(","))

    def place(pair: str) -> tuple[int, int]:  # Graphviz counts from below
        x, y = pair.split(",")
        return round(float(x)) + MARGIN, round(top - float(y)) + MARGIN

    nodes = {name: place(graph.get_node(key).attr["pos"]) for name, key in number.items()}
    edges = {}
    for name, under in drawing.near.items():
        for other in under:
            route = graph.get_edge(number[other], number[name]).attr["pos"]
            if route:  # Graphviz may find no way for an edge; the words below the map have it all the same
                edges[other, name] = curve([place(one) for one in route.split()])
    return Layout(round(right) + 2 * MARGIN, round(top) + 2 * MARGIN, nodes, edges)


def curve(points: list[tuple[int, int]]) -> str:
    """A path through cubic curves, each place told by how far it is from where its curve begins."""
    (x, y), *rest = points
    said = [f"M{x} {y}c"]
    for k, (a, b) in enumerate(rest, 1):
        said += [_signed(a - x), _signed(b - y)]
        if k % 3 == 0:
            x, y = a, b
    return "".join(said).replace("c ", "c")


def _signed(step: int) -> str:
    return str(step) if step < 0 else f" {step}"


# -- drawing ---------------------------------------------------------------------------------------------------------
def map_svg(drawing: Drawing, address: Callable[[MapNode], str], name: str) -> str:
    """The map as SVG. address: where each node leads to on the page. Raises `NoGraphviz`."""
    layout = laid_out(drawing)
    number = {node.id: k for k, node in enumerate(drawing.nodes)}
    size = f'width="{layout.width}" height="{layout.height}" viewBox="0 0 {layout.width} {layout.height}"'
    return "\n".join(
        [
            f'<svg role="group" aria-label="{escape(name)}" {size}>',
            f"<style>{''.join(_rule(k) for k in number.values())}</style>",
            *_edge_paths(drawing, layout, number),
            *(_node(drawing, node, layout.nodes[node.id], address(node), number) for node in drawing.nodes),
            "</svg>",
        ]
    )


def _rule(k: int) -> str:
    return f".map:has(#map{k}:is(:hover,:focus)) .v{k}{{opacity:1}}"


def _edge_paths(drawing: Drawing, layout: Layout, number: Mapping[str, int]) -> Iterator[str]:
    kinds = {node.id: node.kind for node in drawing.nodes}
    for (lower, upper), path in layout.edges.items():
        faint = " faint" if kinds[lower] in FAINT else ""
        yield f'<path class="way{faint} v{number[lower]} v{number[upper]}" d="{path}"/>'


def _node(drawing: Drawing, node: MapNode, middle: tuple[int, int], href: str, number: Mapping[str, int]) -> str:
    x, y = middle
    own = number[node.id]
    near = {own, *(number[one] for one in drawing.below[node.id])}
    near |= {number[other.id] for other in drawing.nodes if node.id in drawing.below[other.id]}
    classes = " ".join([TONES[node.standing], node.kind, *(f"v{k}" for k in sorted(near))])
    lines = drawing.lines(node)
    first = y - LINE * (len(lines) - 1) / 2 + 4
    room = WIDTHS[node.kind] - (SLANTED_AIR if node.kind in SLANTED else TEXT_AIR)
    texts = "".join(_text(one, x, first + LINE * k, room) for k, one in enumerate(lines))
    title = escape(f"{plain_prose(node.title)} ({KINDS[node.kind]}): {node.standing}")
    shape = outline(node.kind, x, y, *drawing.size(node))
    return f'<a id="map{own}" class="{classes}" href="{escape(href)}"><title>{title}</title>{shape}{texts}</a>'


def _text(text: str, x: int, y: float, room: int) -> str:
    narrow = f' textLength="{room}" lengthAdjust="spacingAndGlyphs"' if len(text) * WIDEST > room else ""
    return f'<text x="{x}" y="{_number(y)}"{narrow}>{escape(text)}</text>'


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def outline(kind: NodeKind, x: int, y: int, width: int, height: int) -> str:
    """The outline of a node around its middle, by which kinds are told apart."""
    left, right, top, bottom = x - width // 2, x + width // 2, y - height // 2, y + height // 2
    c = CORNER
    corners = {
        "limit": [(left + c, top), (right, top), (right - c, bottom), (left, bottom)],
        "finding": [(left + c, top), (right, top), (right, bottom), (left + c, bottom), (left, y)],
        "printed": [
            (left + c, top), (right - c, top), (right, top + c), (right, bottom - c), (right - c, bottom),
            (left + c, bottom), (left, bottom - c), (left, top + c),
        ],
    }  # fmt: skip
    if kind in corners:
        return f'<path class="box" d="M{"L".join(f"{a} {b}" for a, b in corners[kind])}Z"/>'
    round_by = {"axiom": height // 2, "assumption": 0}.get(kind, 3)
    box = f'<rect class="box" x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" rx="{round_by}"/>'
    if kind == "assumption":
        inner = f'x="{left + 2}" y="{top + 2}" width="{right - left - 4}" height="{bottom - top - 4}"'
        return f'{box}<rect class="box" {inner}/>'
    return box


def outline_svg(kind: NodeKind) -> str:
    """The outline of a kind, for the legend."""
    shape = outline(kind, 13, 8, 24, 14)
    return (
        f'<svg width="26" height="16" viewBox="0 0 26 16" aria-hidden="true"><g class="plain {kind}">{shape}</g></svg>'
    )


CSS = """\
.map svg { display: block; }
.map .drawing svg { width: 100%; height: auto; min-width: 60rem; }
.map text { font: 11px var(--sans); fill: var(--ink); text-anchor: middle; }
.map .box { fill: var(--paper); stroke: var(--soft); stroke-width: 1; }
.map .good .box { stroke: var(--good); fill: var(--good-wash); }
.map .bad .box { stroke: var(--bad); fill: var(--bad-wash); }
.map .warn .box { stroke: var(--warn); fill: var(--warn-wash); }
.map .sharper .box { stroke-dasharray: 4 2; } .map :is(.theorem, .printed) .box { stroke-width: 2.2; }
.map .way { fill: none; stroke: var(--soft); stroke-width: 1.1; opacity: .75; } .map .way.faint { opacity: .28; }
.map:has(svg a:is(:hover, :focus)) svg :is(a, .way) { opacity: .13; }
.map a:is(:hover, :focus) .box { stroke-width: 2.6; } .map a:focus-visible { outline: 2px solid var(--blue); }
"""
