"""Random changes of claims and of proofs: whatever is still called proved is true, and is the claim itself.

A claim's sides, or its proof, are changed at random places of their text: a number, an operator, a name, an argument, a
line. Where the kernel then says proved, the changed sides have to agree with the ends of the proof in an arithmetic
that knows nothing of terms, and the claim has to hold on instances, the sharpest known among them.

A short run is part of the tests; MAMLCHECK_FUZZ=100 makes it a hundred times as long, and MAMLCHECK_FUZZ_SEED another
one.
"""

from __future__ import annotations

import ast
import os
import random
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from known import PROVED

import mamlcheck.claims
from mamlcheck.check.sweeps import RandomSweep, blocks
from mamlcheck.check.verdict import VIOLATED, judge
from mamlcheck.claims import Claim, claim_of
from mamlcheck.errors import MamlcheckError
from mamlcheck.language.statement import sides_of
from mamlcheck.language.terms import is_zero
from mamlcheck.meta.instance import Instances
from mamlcheck.proof.catalogue import check_proof, proof_path
from mamlcheck.proof.statement import compare_on_samples
from mamlcheck.record.witnesses import read_witness
from mamlcheck.shipped import shipped

CASES = 90 * int(os.environ.get("MAMLCHECK_FUZZ", "1"))
SEED = int(os.environ.get("MAMLCHECK_FUZZ_SEED", "1"))
NAMES = [
    *("smooth", "rho", "alpha", "a", "w", "u", "v", "point", "noisy", "g", "h", "size", "root", "apart", "delta"),
    *("theta", "kappa", "m", "scale", "c", "nu", "draws", "spread", "noise", "bend", "deviation", "chain"),
]  # what proofs call their parts
ALIKE = [
    ["alpha", "smoothness", "hessian_lipschitz", "delta", "phi"],
    ["w", "u", "v"],
    ["inner", "outer", "test", "stepsize", "stepsize_tasks"],
    ["norm", "squared_norm"],
    ["square", "sqrt"],
    ["gradient_variances", "hessian_variances"],
    ["fixed_task_variance", "noisy_fixed_task_variance", "noisy_gradient_bias_bound", "spare_outer_variance"],
    ["gradient", "adapted", "adapted_gradient", "meta_gradient"],
    ["smoothness_bound", "smoothness"],
]  # attributes that may stand where another of them does
OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div)


class Change(ast.NodeTransformer):
    """Changes the node at one place of a text."""

    def __init__(self, place: int, rng: random.Random):
        self.place, self.rng, self.seen = place, rng, 0

    def visit(self, node: ast.AST) -> Any:
        if changeable(node):
            self.seen += 1
            if self.seen - 1 == self.place:
                return self.changed(node)
        return super().generic_visit(node)

    def changed(self, node: ast.AST) -> ast.AST:
        rng = self.rng
        if isinstance(node, ast.Constant):
            return ast.Constant(rng.choice([0, 1, 2, 3, 4, 5, 9, 16, 25, -1, node.value + 1, node.value * 2]))
        if isinstance(node, ast.BinOp):
            return rng.choice([ast.BinOp(node.left, rng.choice(OPERATORS)(), node.right), node.left, node.right])
        if isinstance(node, ast.Attribute):
            return ast.Attribute(node.value, rng.choice(next(group for group in ALIKE if node.attr in group)), node.ctx)
        if isinstance(node, ast.Name):
            return ast.Name(rng.choice(NAMES), node.ctx)
        assert isinstance(node, ast.Call)
        return ast.Call(node.func, node.args[:-1] or node.args, node.keywords)


def changeable(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return type(node.value) is int
    if isinstance(node, ast.Attribute):
        return any(node.attr in group for group in ALIKE)
    return isinstance(node, (ast.BinOp, ast.Call)) or (
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in NAMES
    )


def mutated(text: str, rng: random.Random) -> str:
    """The text with one to three changes inside its functions."""
    tree = ast.parse(text)
    for _ in range(rng.choice([1, 1, 2, 3])):
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        if not functions:
            break
        chosen = rng.choice(functions)
        count = sum(changeable(node) for node in ast.walk(chosen))
        Change(rng.randrange(max(1, count)), rng).visit(chosen)
    return ast.unparse(ast.fix_missing_locations(tree))


def run(text: str, name: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(text, f"<{name}>", "exec"), module.__dict__)
    return module


def claim_text(name: str) -> str:
    path = Path(mamlcheck.claims.__file__).parent.joinpath(*name.split(".")).with_suffix(".py")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def instances() -> list[Instances]:
    found = [block for _, block in blocks(RandomSweep(7), 24)]
    witnesses = sorted((shipped("reports") / "reference" / "witnesses").glob("*.json"))
    assert witnesses
    return [*found, *(read_witness(path).instance[None] for path in witnesses)]


def bridged(prove: Any, claim: Claim, rng: random.Random) -> Any:
    """The proof, and one step more from where it ends to what the changed claim says."""

    def longer(p: Any) -> list[Any]:
        chains = prove(p)
        for chain, bound in zip(chains, sides_of(claim, p.language).right, strict=False):
            chain.step("so", bound, remainder=rng.choice([0, bound - chain.end]))
        return chains  # type: ignore[no-any-return]

    return longer


def proved_mutants(cases: int, seed: int) -> Iterator[tuple[str, Claim, Any]]:
    """Changed claims with changed proofs that the kernel accepts; counts them all."""
    rng = random.Random(seed)
    while sum(COUNT.values()) < cases:
        name = rng.choice(PROVED)
        claim, proof = claim_text(name), proof_path(name).read_text(encoding="utf-8")
        which = rng.choice(["claim", "proof", "both", "bridged"])
        try:
            if which != "proof":
                claim = mutated(claim, rng)
            if which in ("proof", "both"):
                proof = mutated(proof, rng)
            stated, prove = claim_of(run(claim, "claim"), name), run(proof, "proof").prove
        except Exception:  # no Python, or no claim any more
            continue
        outcome = check_proof(stated, bridged(prove, stated, rng) if which == "bridged" else prove)
        COUNT[which] = COUNT.get(which, 0) + 1
        if outcome.proved:
            yield f"{claim}\n# proof\n{proof}", stated, outcome


def used(claim: Claim, outcome: Any) -> tuple[Any, ...]:
    """The chains that end in what the claim's right side is the smallest of: a proof may prove more than the claim."""
    bounds = sides_of(claim, outcome.proof.language).right
    return tuple(c for c in outcome.chains if any(is_zero(c.strong_links[-1].to - b) for b in bounds))


COUNT: dict[str, int] = {}


@pytest.mark.alike
def test_whatever_is_still_proved_is_true(instances):
    accepted = 0
    for text, claim, outcome in proved_mutants(CASES, SEED):
        accepted += 1
        assert compare_on_samples(claim, outcome.proof.language, used(claim, outcome))[1] is None, text
        for block in instances:
            try:
                codes = judge(claim, block).codes
            except MamlcheckError:
                continue  # beyond the budget of batches
            assert not np.any(codes == VIOLATED), text
    print(f"{sum(COUNT.values())} changed ({COUNT}), {accepted} still proved")
    assert accepted
