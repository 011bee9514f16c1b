"""The map: what stands on what among assumptions, axioms, claims, limits and findings, and how it stands with each.

Nothing is written down for it: assumptions are those that claims and axioms name, the axioms those that the kernel took
up in a proof, and a claim rests on another one where its proof carries out that one's proof, step by step. Proved is
what the kernel accepted, here and now; what holds on instances and has no proof is called checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from mamlcheck.check.results import ClaimResult, Results
from mamlcheck.claims import claim_ids, load_claim
from mamlcheck.formats.findings import FindingRecord
from mamlcheck.formats.proof_map import EdgeKind, MapEdge, MapNode, NodeKind, NodeStanding, ProofMap
from mamlcheck.limits import MEMBERS_TEXT
from mamlcheck.proof.catalogue import Proved, has_proof, proved
from mamlcheck.proof.kernel import Chain, axioms_by_name
from mamlcheck.proof.records import form, justifications

ASSUMPTIONS = {
    "4.2": "F is bounded below",
    "4.3": "each f_i is twice continuously differentiable and L-smooth",
    "4.4": "the Hessians are rho-Lipschitz",
    "4.5": "the tasks' gradients deviate by at most sigma in the mean square",
    "4.6": "gradients and Hessians of samples deviate by at most sigma~ and sigma_H in the mean square",
    "4.7": "rho alpha / L, sigma and sigma~ are of order 1",
}
THEOREMS = ("Theorem", "Corollary", "Remark")
CLAIMS_ROOM, AXIOMS_ROOM = "mamlcheck.claims.", "mamlcheck.proof.axioms."
PLACE = re.compile(r"(Assumption|Lemma|Theorem|Corollary|Remark) (\d+\.\d+)")

# A claim about any two points u and w is used at an iterate w and any other point y. The names keep their order, in
# which sums are written.
OTHER_POINTS = {"u": "w", "w": "y"}
POINT = re.compile(r"(?<![A-Za-z_~])[uw](?![A-Za-z_~])")

LEMMA = "lemma: "  # before the name of a chain, in what justifies a link

Step = tuple[str, str, tuple[str, ...]]
Steps = tuple[str, tuple[Step, ...]]
"""Where a chain begins, and (relation, what it leads to, why) of each of its links."""


def proof_map(results: Results) -> ProofMap:
    """The map of the claims of a report, its findings and its limits.

    Proofs that were carried out before, for this report, are not carried out again; those of claims about whole runs
    are, since no other part of a report needs them.
    """
    proofs = {name: proved(name) for name in results.claims if name in claim_ids() and has_proof(name)}
    claims = tuple(_claim_nodes(results, proofs))
    findings = results.findings.findings if results.findings else ()
    about = (*claims, *_limit_nodes(results), *_printed_nodes(findings), *_finding_nodes(findings, results))
    axioms = tuple(_axiom_nodes(_named(about, "axiom:")))
    assumptions = tuple(_assumption_nodes(_named((*about, *axioms), "assumption:")))
    return ProofMap((*assumptions, *axioms, *about))


def _named(nodes: Iterable[MapNode], start: str) -> tuple[str, ...]:
    """The names of what nodes speak of, of one kind, in order."""
    found = {edge.of.removeprefix(start) for node in nodes for edge in node.edges if edge.of.startswith(start)}
    return tuple(sorted(found))


def _edges(how: EdgeKind, of: Iterable[str]) -> tuple[MapEdge, ...]:
    return tuple(MapEdge(how, one) for one in of)


# -- assumptions and axioms ------------------------------------------------------------------------------------------
def _assumption_nodes(names: Iterable[str]) -> Iterator[MapNode]:
    for name in names:
        title = f"Assumption {name}: {ASSUMPTIONS[name]}" if name in ASSUMPTIONS else f"Assumption {name}"
        yield MapNode(f"assumption:{name}", "assumption", name, title, False, "assumed", "by the paper", ())


def _axiom_nodes(names: Iterable[str]) -> Iterator[MapNode]:
    for name in names:
        known = axioms_by_name().get(name)
        title = known.title if known else name
        says = _edges("says", (f"assumption:{one}" for one in known.assumes)) if known else ()
        told = f"without proof: {known.source}" if known else "without proof"
        yield MapNode(f"axiom:{name}", "axiom", name, title, False, "assumed", told, says)


# -- claims ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Carried:
    """The steps of a proof: of each chain that proves the claim, with those of the lemmas that it uses."""

    proof: Proved

    @cached_property
    def steps(self) -> dict[str, Steps]:
        """Of each chain, by its name."""
        return {chain.name: _steps(chain) for chain in self.proof.proof.chains}

    @cached_property
    def bounds(self) -> tuple[tuple[Steps, ...], ...]:
        """For each chain of the claim: its steps up to the strong form, then all others but what only the other chains
        of the claim use. Each also as it reads at other points.
        """
        own = self.proof.chains
        used = {chain.name: self._lemmas(chain) for chain in own}
        found = tuple((self._strong(chain), *self._besides(chain, used)) for chain in own)
        return (*found, *(tuple(map(_at_other_points, bound)) for bound in found))

    def _strong(self, chain: Chain) -> Steps:
        start, links = self.steps[chain.name]
        return start, links[: len(chain.strong_links)]

    def _besides(self, chain: Chain, used: Mapping[str, set[str]]) -> Iterator[Steps]:
        of_others = {one for name, lemmas in used.items() for one in (name, *lemmas)}
        return (
            steps for name, steps in self.steps.items() if name in used[chain.name] or name not in of_others
        )  # what nobody names stands in the place of a hypothesis

    def _lemmas(self, chain: Chain) -> set[str]:
        """The names of the chains that a chain uses, directly or by way of others."""
        by_name = {one.name: one for one in self.proof.proof.chains}
        found: set[str] = set()
        waiting = [chain]
        while waiting:
            whys = {why for link in waiting.pop().links for why in justifications(link)}
            new = {why.removeprefix(LEMMA) for why in whys if why.startswith(LEMMA)} & by_name.keys() - found
            found |= new
            waiting += [by_name[name] for name in new]
        return found

    def carries_out(self, other: _Carried) -> bool:
        """Whether all steps of one bound of another claim, lemmas included, are steps of this proof."""
        return any(all(self._has(part) for part in bound) for bound in other.bounds)

    def _has(self, wanted: Steps) -> bool:
        start, links = wanted
        return any(own == start and links == of[: len(links)] for own, of in self.steps.values())


def _steps(chain: Chain) -> Steps:
    links = ((link.relation, str(link.to), tuple(justifications(link))) for link in chain.links)
    return str(chain.start), tuple(links)


def _at_other_points(steps: Steps) -> Steps:
    start, links = steps
    return _renamed(start), tuple((how, _renamed(to), tuple(map(_renamed, why))) for how, to, why in links)


def _renamed(text: str) -> str:
    return POINT.sub(lambda point: OTHER_POINTS[point[0]], text)


def rests_on(proofs: Mapping[str, Proved]) -> dict[str, tuple[str, ...]]:
    """For each proof, the claims whose proofs it carries out, but for those that one of these rests on."""
    carried = {name: _Carried(proof) for name, proof in proofs.items() if proof.proved}
    order = {name: k for k, name in enumerate(carried)}
    found = {
        name: {other for other in carried if other != name and one.carries_out(carried[other])}
        for name, one in carried.items()
    }
    # Of two that carry out each other's proofs, which then are the same, the later one rests on the earlier.
    whole = {
        name: {other for other in others if name not in found[other] or order[other] < order[name]}
        for name, others in found.items()
    }
    return {name: tuple(sorted(_nearest(others, whole), key=order.__getitem__)) for name, others in whole.items()}


def _nearest(others: set[str], whole: Mapping[str, set[str]]) -> set[str]:
    """Those that none of the others rests on."""
    return others - {below for other in others for below in whole[other]}


def _claim_nodes(results: Results, proofs: Mapping[str, Proved]) -> Iterator[MapNode]:
    rests, refuted = rests_on(proofs), _refutations(results.findings.findings if results.findings else ())
    axioms = {name: frozenset(proof.proof.used) & axioms_by_name().keys() for name, proof in proofs.items()}
    below = _reached(rests)
    for name, claim in results.claims.items():
        taken_over = {axiom for other in below.get(name, ()) for axiom in axioms[other]}
        proof = proofs.get(name)
        standing, told = _claim_standing(name, claim, proof)
        yield MapNode(
            id=f"claim:{name}",
            kind=_claim_kind(claim),
            name=name,
            title=claim.title or name,
            ours=name.startswith("ours."),
            standing=standing,
            told=told,
            edges=(
                *_edges("assumes", (f"assumption:{one}" for one in claim.assumptions)),
                *_edges("rests on", (f"claim:{other}" for other in rests.get(name, ()))),
                *_edges("uses", (f"axiom:{one}" for one in sorted(axioms.get(name, frozenset()) - taken_over))),
                *_edges("sharpens", (f"claim:{one}" for one in (claim.sharpens,) if one in results.claims)),
                *_edges("stands for", (f"printed:{one}" for one in refuted if name in claims_at(one, results))),
            ),
        )


def _reached(rests: Mapping[str, tuple[str, ...]]) -> dict[str, set[str]]:
    """For each claim, all that it rests on, directly or by way of others."""
    found: dict[str, set[str]] = {}

    def of(name: str) -> set[str]:
        if name not in found:
            found[name] = {*rests[name], *(far for near in rests[name] for far in of(near))}
        return found[name]

    for name in rests:
        of(name)
    return found


def _claim_kind(claim: ClaimResult) -> NodeKind:
    if claim.sharpens:
        return "sharper"
    return "theorem" if claim.title.startswith(THEOREMS) else "lemma"


def _claim_standing(name: str, claim: ClaimResult, proof: Proved | None) -> tuple[NodeStanding, str]:
    """How it stands with a claim: what an instance refutes first, then what the kernel says, then its verdicts."""
    counts = claim.counts
    if not claim.all_hold and (counts.violated or (claim.printed_form and claim.printed_form.violated)):
        return "violated", "by an instance"
    if proof is not None:
        if not proof.proved:
            return "not proved", "the kernel refuses a step"
        steps = sum(len(chain.links) for chain in proof.proof.chains)
        return "proved", f"in its {form(proof)} form: the kernel accepts all {steps:,} steps"
    conjecture = name in claim_ids() and load_claim(name).conjecture
    what = "a conjecture" if conjecture else "without a proof"
    if not counts.holds or counts.undecided:
        return "open", f"{what}: {counts.holds:,} instances support it, {counts.undecided:,} are undecided"
    standing: NodeStanding = "open" if conjecture else "checked"
    return standing, f"{what}: it holds on {counts.holds:,} instances"


# -- limits ----------------------------------------------------------------------------------------------------------
def _limit_nodes(results: Results) -> Iterator[MapNode]:
    for name, bracket in results.brackets.claims.items() if results.brackets else ():
        if bracket.limit is not None and name in results.claims:
            title = f"A limit of {results.claims[name].title or name}: its tasks reach {bracket.limit} of the bound"
            told = f"exactly, at {MEMBERS_TEXT}"
            yield MapNode(
                f"limit:{name}", "limit", name, title, True, "checked", told, _edges("comes near", (f"claim:{name}",))
            )


# -- findings --------------------------------------------------------------------------------------------------------
def _refutations(findings: Iterable[FindingRecord]) -> dict[str, list[FindingRecord]]:
    """What is false as printed, with the findings that show it."""
    found: dict[str, list[FindingRecord]] = {}
    for finding in findings:
        if finding.refutes:
            found.setdefault(finding.refutes, []).append(finding)
    return found


def _printed_nodes(findings: Iterable[FindingRecord]) -> Iterator[MapNode]:
    for printed, by in _refutations(findings).items():
        shown = any(finding.confirmed for finding in by)
        standing: NodeStanding = "refuted" if shown else "open"
        told = "an exact example shows that it is false" if shown else "said to be false, which no example shows"
        yield MapNode(f"printed:{printed}", "printed", printed, f"{printed} as printed", False, standing, told, ())


def _finding_nodes(findings: Iterable[FindingRecord], results: Results) -> Iterator[MapNode]:
    for finding in findings:
        confirmed = finding.confirmed
        yield MapNode(
            id=f"finding:{finding.id}",
            kind="finding",
            name=finding.id,
            title=finding.title,
            ours=True,
            standing="confirmed" if confirmed else "not confirmed",
            told="its example was computed now" if confirmed else "its example does not show what it says",
            edges=(
                *_edges("refutes", (f"printed:{one}" for one in (finding.refutes,) if one)),
                *_edges("is about", dict.fromkeys(_about(finding, results))),
            ),
        )


def _about(finding: FindingRecord, results: Results) -> Iterator[str]:
    """What a finding speaks of: the claims and axioms that it names, then what stands at its place in the paper."""
    for seen in finding.see:
        for room, kind, known in (
            (CLAIMS_ROOM, "claim", results.claims.keys()),
            (AXIOMS_ROOM, "axiom", axioms_by_name().keys()),
        ):
            if seen.startswith(room) and seen.removeprefix(room) in known:
                yield f"{kind}:{seen.removeprefix(room)}"
    for what, number in PLACE.findall(finding.place):
        if what == "Assumption":
            yield f"assumption:{number}"
        else:
            yield from (f"claim:{name}" for name in claims_at(f"{what} {number}", results))


def claims_at(place: str, results: Results) -> tuple[str, ...]:
    """The claims of a place of the paper: the printed ones, or ours where none is printed."""
    titled = re.compile(rf"{re.escape(place)}(?![\d.]*\d)")
    here = tuple(name for name, claim in results.claims.items() if titled.match(claim.title) and not claim.sharpens)
    return tuple(name for name in here if not name.startswith("ours.")) or here


__all__ = ["claims_at", "proof_map", "rests_on"]
