"""What stands on what: a map of assumptions, axioms, claims, limits and findings, and the same in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from mamlcheck.check.results import Results
from mamlcheck.formats.proof_map import EdgeKind, MapNode, NodeStanding, ProofMap
from mamlcheck.report import mapping
from mamlcheck.report.claims import shown_claims
from mamlcheck.report.outcome import Alert, Phrase, Says
from mamlcheck.report.plaintext import plain_prose
from mamlcheck.report.words import listed, many

ORDER = 12
TITLE = "What stands on what"
WORDS: dict[EdgeKind, str] = {
    "says": "says a part of Assumption", "assumes": "assumes", "rests on": "rests on", "uses": "uses",
    "sharpens": "sharpens", "stands for": "stands for", "comes near": "comes near the bound of",
    "is about": "is about", "refutes": "refutes",
}  # fmt: skip
STANDINGS: tuple[tuple[NodeStanding, str], ...] = (
    ("proved", "proved: the kernel accepts each step"),
    ("checked", "checked: holds on instances"),
    ("open", "open: neither proved nor refuted"),
    ("refuted", "refuted as printed, violated, not proved or not confirmed"),
    ("confirmed", "a finding that its example confirms"),
)
SAID: dict[NodeStanding, str] = {
    "proved": "is proved", "checked": "is checked on instances alone", "open": "is open", "violated": "is VIOLATED",
    "not proved": "is NOT PROVED",
}  # fmt: skip


@dataclass(frozen=True)
class NodeRow:
    """A node in words. anchor: the id of its row, '' where it is shown elsewhere on the page. on, under: what it stands
    on or speaks of, and what stands on it or speaks of it.
    """

    title: str
    kind: str
    href: str
    anchor: str
    sign: str
    tone: str
    standing: str
    told: str
    on: str
    under: str


@dataclass(frozen=True)
class MapRows:
    """The map as a drawing, '' where the library that lays it out is missing, and in words."""

    told: str
    drawing: Markup
    signs: tuple[tuple[str, str, str], ...]
    kinds: tuple[tuple[Markup, str], ...]
    nodes: tuple[NodeRow, ...]


def rows(results: Results) -> MapRows | None:
    """The map, None where there is none."""
    known = results.map
    if known is None or not known.nodes:
        return None
    links = _links(results, known)
    try:
        svg = mapping.map_svg(mapping.Drawing(known.nodes), lambda node: f"#{links[node.id]}", TITLE)
    except mapping.NoGraphviz:
        svg = ""
    standings = {node.standing for node in known.nodes}
    kinds = dict.fromkeys(node.kind for node in known.nodes)
    return MapRows(
        told=_told(known),
        drawing=Markup(svg),
        signs=tuple(
            (mapping.SIGNS[one], mapping.TONES[one], text)
            for one, text in STANDINGS
            if any(mapping.SIGNS[one] == mapping.SIGNS[other] for other in standings)
        ),
        kinds=tuple((Markup(mapping.outline_svg(kind)), mapping.KINDS[kind]) for kind in kinds),
        nodes=tuple(_node_rows(known, links)),
    )


def says(results: Results) -> Says:
    """Claims whose proof the kernel refuses, where no card says so: those about whole runs."""
    titles = {claim.name: claim.title for claim in shown_claims(results) if claim.found.proof is None}
    refused = [titles[name] for name in (results.map.not_proved if results.map else ()) if name in titles]
    if not refused:
        return Says()
    return Says(
        failing=(Phrase(f"NOT PROVED: {', '.join(refused)}", 40),),
        alerts=(Alert("NOT PROVED", f"{'; '.join(refused)}. A step of the proof does not hold.", 30),),
    )


def _links(results: Results, known: ProofMap) -> dict[str, str]:
    """Where on the page each node is: its card, its finding, or its row of the table."""
    shown = {f"claim:{claim.name}": claim.anchor for claim in shown_claims(results)}
    findings = results.findings.findings if results.findings else ()
    shown |= {f"finding:{finding.id}": f"finding-{finding.id}" for finding in findings}
    for node in known.nodes:
        if node.kind == "limit" and f"claim:{node.name}" in shown:
            shown[node.id] = shown[f"claim:{node.name}"]
    for finding in findings:
        shown.setdefault(f"printed:{finding.refutes}", f"finding-{finding.id}")
    return {node.id: shown.get(node.id, f"map:{k}") for k, node in enumerate(known.nodes)}


def _told(known: ProofMap) -> str:
    """How many claims are proved, and how it stands with the rest, in a sentence."""
    claims = [node for node in known.nodes if node.kind in ("lemma", "sharper", "theorem")]
    counts = [(said, sum(node.standing == one for node in claims)) for one, said in SAID.items()]
    parts = [f"{count} {said.replace('is ', 'are ', 1) if count > 1 else said}" for said, count in counts if count]
    axioms = sum(node.kind == "axiom" for node in known.nodes)
    rest = f" The proofs use {many(axioms, 'axiom')}." if axioms else ""
    return f"Of {many(len(claims), 'claim')} {listed(parts)}.{rest}" if parts else ""


def _node_rows(known: ProofMap, links: dict[str, str]) -> Iterator[NodeRow]:
    names = {node.id: mapping.short_name(node) for node in known.nodes}
    over: dict[str, list[str]] = {}
    for node in known.nodes:
        for edge in node.edges:
            over.setdefault(edge.of, []).append(names[node.id])
    for k, node in enumerate(known.nodes):
        link = links[node.id]
        yield NodeRow(
            title=plain_prose(node.title),
            kind=mapping.KINDS[node.kind],
            href=f"#{link}",
            anchor=link if link == f"map:{k}" else "",
            sign=mapping.SIGNS[node.standing],
            tone=mapping.TONES[node.standing],
            standing=node.standing,
            told=node.told,
            on=_on(node, names),
            under="; ".join(dict.fromkeys(over.get(node.id, ()))),
        )


def _on(node: MapNode, names: dict[str, str]) -> str:
    parts = []
    for how in dict.fromkeys(edge.how for edge in node.edges):
        of = [edge.of for edge in node.edges if edge.how == how]
        shown = [one.removeprefix("assumption:") if how in ("assumes", "says") else names[one] for one in of]
        parts.append(f"{WORDS[how]} {'; '.join(shown)}")
    return "".join(f"{part[:1].upper()}{part[1:]}. " for part in parts).strip()


CSS = (
    mapping.CSS
    + """\
.map .legend li { display: flex; align-items: center; gap: .4rem; } .map .sign { font-weight: 700; }
.map .sign.good { color: var(--good); } .map .sign.bad { color: var(--bad); } .map .sign.warn { color: var(--warn); }
.map table { font-size: .84rem; } .map tbody th { font-weight: 400; }
.map th:nth-child(n+3) { width: 30%; } .map thead th:first-child { width: 22%; }
@media print { .map .drawing { overflow: visible; } .map .drawing svg { width: 100%; height: auto; } }
"""
)

TEMPLATE = """\
<section class="flow map" id="map" aria-labelledby="title-map">
<h2 id="title-map">What stands on what{{ marks.permalink("map", "What stands on what") }}</h2>
<p>{{ rows.told }} A claim rests on another where its proof carries out that one's proof. From left to right: what is \
assumed, what the proofs take as axioms, claims, and findings about the printed text. Each leads to its place on this \
page; pointing at one lights up what it stands on and what stands on it.</p>
{% if rows.drawing %}
<ul class="legend">
{% for sign, tone, text in rows.signs %}
<li><span class="sign {{ tone }}">{{ sign }}</span>{{ text }}</li>
{% endfor %}
{% for shape, text in rows.kinds %}
<li>{{ shape }}{{ text }}</li>
{% endfor %}
</ul>
<div class="scroll drawing" tabindex="0" role="region" aria-label="The map">
{{ rows.drawing }}
</div>
{% else %}
<p class="remark">The map is not drawn, since pygraphviz, the library that lays it out, is missing here. The table \
says the same in words.</p>
{% endif %}
<details id="map-words"{% if not rows.drawing %} open{% endif %}>
<summary>The same in words</summary>
<table class="wide">
<thead><tr><th scope="col">What</th><th scope="col">Standing</th><th scope="col">Stands on, or speaks of</th>\
<th scope="col">On it stand, or of it speak</th></tr></thead>
<tbody>
{% for row in rows.nodes %}
<tr{% if row.anchor %} id="{{ row.anchor }}"{% endif %}>
<th scope="row">{% if row.anchor %}{{ row.title }}{% else %}<a href="{{ row.href }}">{{ row.title }}</a>{% endif %} \
<span class="id">{{ row.kind }}</span></th>
<td data-label="Standing"><div><span class="sign {{ row.tone }}">{{ row.sign }} {{ row.standing }}</span> \
{{ row.told }}</div></td>
<td data-label="Stands on">{{ row.on or "–" }}</td>
<td data-label="On it stand">{{ row.under or "–" }}</td>
</tr>
{% endfor %}
</tbody>
</table>
<p class="remark">What a proof takes over with the proof of another claim is said there, and not again.</p>
</details>
</section>
"""
