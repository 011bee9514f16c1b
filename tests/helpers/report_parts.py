"""Small made-up parts of reports: runs, Table 1, the table of a report, and what changed, and the map."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mamlcheck.formats.against import ChangedRow, Comparison, Standing
from mamlcheck.formats.differences import Difference
from mamlcheck.formats.dynamics import (
    DifferenceErrors,
    Dynamics,
    FigureOne,
    FigureStart,
    FloorBound,
    MeasuredDifferences,
)
from mamlcheck.formats.findings import RelationRecord
from mamlcheck.formats.own_table import HypothesisCount, OwnTable, TaskConstants
from mamlcheck.formats.plans import (
    AlgorithmPlan,
    PlanDocument,
    PlannedConstant,
    PlannedCost,
    PlannedRun,
    PlannedSizes,
)
from mamlcheck.formats.proof_map import MapEdge, MapNode, ProofMap
from mamlcheck.formats.runs import (
    AlgorithmRuns,
    Course,
    OverSeeds,
    RunConstants,
    RunGuarantee,
    RunResults,
    RunSettings,
    RunSize,
)
from mamlcheck.formats.shared import Enclosure
from mamlcheck.formats.table1 import (
    CountedStep,
    FloorCourse,
    FloorSeen,
    StepCost,
    Table1,
    TableConstant,
    TablePlan,
    TableRow,
)

COST = StepCost(1234, 7)


def runs(guarantee: float | None = 1.25) -> RunResults:
    """Two algorithms over ten steps, the second without a guarantee."""
    promised = RunGuarantee(guarantee, None if guarantee else "no bound", "certified", guarantee is not None)
    one = AlgorithmRuns(
        "MAML", "Theorem 4.12", "1/12", None, 2.0, 0.5, (0, 5), Course((2.0, 1.5), (0.0, 0.1)),
        Course((0.5, 0.375), (0.0, 0.0625)), OverSeeds(1.0, 0.1), OverSeeds(0.25, 0.03125), OverSeeds(0.4375, None),
        promised, (),
    )  # fmt: skip
    other = replace(
        one,
        title="HF-MAML",
        theorem="Theorem 4.17",
        eta="1/6",
        guarantee=replace(promised, accuracy=None, why="no bound of sigma", proved=False),
    )
    sizes = (RunSize("B", 20, "default"),)
    names = ("maml", "hf-maml")
    settings = RunSettings("a table", names, 10, 5, 1, 2, "1/100", "given", None, "1/6", sizes)
    zero = Enclosure(0.0, 0.0)
    constants = RunConstants(1.0, 1.0, "certified", True, zero, zero)
    return RunResults(False, 10, "two tasks", settings, constants, ("a note",), {"maml": one, "hf-maml": other})


def table1(**changes: Any) -> Table1:
    """Table 1 of two algorithms, the second with a rate that is too large for its theorem, and a floor."""
    plan = TablePlan({"B": 21, "D_in": 5}, 4321, COST, 5332114)
    row = TableRow("MAML", "Theorem 4.12", True, True, "any eps", 0.1, 1.5, None, "T", "c", plan, 0.625,
                   CountedStep({"B": 3}, COST, COST))  # fmt: skip
    other = replace(row, title="FO-MAML", theorem="Theorem 4.15", applies=False, chosen=False, plan=None, accuracy=None)
    course = FloorCourse("HF-MAML", "1/6", (0, 10), (0.5, 0.4375), -0.5, Enclosure(0.4374999999, 0.4375000001))
    floor = FloorSeen("HF-MAML", "hf_floor", "HF-MAML, eta = 1/6", "-1/20", "1/6", "0", "3/8",
                      (course, replace(course, eta="1/60", gradient_norm=(0.5, 0.001953125))))  # fmt: skip
    constants = (TableConstant("L", 2.125, "certified", "of f_i"),)
    whole = Table1("a table", "two tasks", "1/100", "1/10", 1, 2, True, constants,
                   {"maml": row, "fo-maml": other}, (floor,), ())  # fmt: skip
    return replace(whole, **changes)


def dynamics(**changes: Any) -> Dynamics:
    """All that the page shows of the algorithms at work."""
    measured = MeasuredDifferences("float64", 2.0**-53, ((0.001, 0.00055), (0.1, 0.05)), (0.0001, 0.000001), 0.03125)
    differences = DifferenceErrors(
        task="one task", product="-1/2", smoothness="1/2", hessian_lipschitz="1", gradient="6", direction="1",
        alpha="1/3", printed_delta="1/2", deltas=(0.001, 0.1), error=(0.0005, 0.05), printed=(0.001, 0.1),
        sharper=(0.0005, 0.05),
        measured=(measured, replace(measured, precision="float32", points=((0.001, 0.0),), rounding=(0.25,))),
    )  # fmt: skip
    start = FigureStart(0, ("12/7", "20/7"), (12 / 7, 20 / 7), (("1", "2"),), ("233/21", "17389/3675"))
    facts = (RelationRecord("", "so it is", "1", "<", "2", True), RelationRecord("", "and not", "3", "<", "2", False))
    figure = FigureOne(
        ("easy", "hard"), ((0.0, 0.0), (12.0, 0.0)), ("1", "1/4"), "4/5", 2.0, (2.0, 4.0), (start,), facts
    )
    whole = Dynamics(differences, runs(), (FloorBound("HF-MAML", "c", "f", 0.125),), table1(), None, figure)
    return replace(whole, **changes)


def plan(**changes: Any) -> PlanDocument:
    """A plan of two algorithms, the second of which has none."""
    run = PlannedRun(PlannedSizes(5000, 20, 3, 4, 2, 1, 1), None, PlannedCost(143, 40, 715000, 200000), 0.0999)
    one = AlgorithmPlan("MAML", "Theorem 4.12", "1/6", "1/12", run, None, 0.0, None, None)
    other = AlgorithmPlan("FO-MAML", "Theorem 4.15", "1/10", "1/18", None, "it keeps a floor", 0.5, None, None)
    constants = (
        PlannedConstant("L", "3/2", "certified", "of the tasks"),
        PlannedConstant("sigma", "5/4", "estimated", "along the way"),
    )
    whole = PlanDocument("Table mine, loss sin", "two tasks", "1/10", "1/9", "estimated", False, constants, ("a note",),
                         {"maml": one, "fo-maml": other}, "maml", None)  # fmt: skip
    return replace(whole, **changes)


def own_table(source: str = "grunfeld", **changes: Any) -> OwnTable:
    """Three tasks of a table that was chosen."""
    task = TaskConstants("first", 2.0, 0.5, 4.0, Enclosure(0.25, 0.250001), Enclosure(0.125, 0.125), 1.5)
    tasks = (task, replace(task, task="second", smoothness=8.0, rate=0.125, everywhere=None),
             replace(task, task="flat", smoothness=0.0, rate=None, hessian_lipschitz=0.0))  # fmt: skip
    hypotheses = (
        HypothesisCount("on_a_line", "d = 1", 64, 0, 64, ("lemma_4_8", "theorem_4_11")),
        HypothesisCount("enough", "D_h >= 2", 0, 17, 32, ("hf_error",)),
    )
    whole = OwnTable(source, True, "log_cosh", ("quadratic",), "certified", tasks, 64, hypotheses, "1/10", plan(), None)
    return replace(whole, **changes)


def comparison(**changes: Any) -> Comparison:
    """One row worse, one other, of three."""
    worse = ChangedRow("lemma_4_8", "Lemma 4.8", "worse", (Difference("lemma_4_8", "verdict", "holds", "violated"),))
    moved = ChangedRow("hf_error", "HF error", "other", (
        Difference("hf_error", "max tightness", Enclosure(0.25, 0.25), Enclosure(0.5, 0.5)),))  # fmt: skip
    standings = {
        "lemma_4_8": Standing("holds", Enclosure(0.75, 0.75)),
        "hf_error": Standing("holds", Enclosure(0.25, 0.25)),
    }
    whole = Comparison("old.json", "0.1.0", 1, 2220, False, True, (worse, moved), 5, standings)
    return replace(whole, **changes)


def proof_map() -> ProofMap:
    """A node of each kind and of each standing, over the claims of the made-up results."""
    return ProofMap(
        (
            MapNode("assumption:4.3", "assumption", "4.3", "Assumption 4.3", False, "assumed", "by the paper", ()),
            MapNode(
                "axiom:jensen_norm", "axiom", "jensen_norm", "Jensen.", False, "assumed", "without proof",
                (MapEdge("says", "assumption:4.3"),),
            ),
            MapNode(
                "claim:lemma_4_8", "lemma", "lemma_4_8", "Lemma 4.8: smooth", False, "not proved", "a step is refused",
                (MapEdge("assumes", "assumption:4.3"), MapEdge("rests on", "claim:lemma_4_9.first_moment")),
            ),
            MapNode(
                "claim:lemma_4_9.first_moment", "sharper", "lemma_4_9.first_moment", "A moment", True, "proved", "all",
                (MapEdge("uses", "axiom:jensen_norm"), MapEdge("sharpens", "claim:lemma_4_8")),
            ),
            MapNode(
                "claim:lemma_4_10.bias", "lemma", "lemma_4_10.bias", "Lemma 4.10: bias", False, "violated", "it is",
                (MapEdge("rests on", "claim:lemma_4_8"),),
            ),
            MapNode("claim:theorem_4_11", "theorem", "theorem_4_11", "Theorem 4.11", False, "open", "nothing", ()),
            MapNode(
                "limit:lemma_4_8", "limit", "lemma_4_8", "A limit of Lemma 4.8", True, "checked", "exactly",
                (MapEdge("comes near", "claim:lemma_4_8"),),
            ),
            MapNode("printed:Theorem 9", "printed", "Theorem 9", "Theorem 9 as printed", False, "refuted", "is", ()),
            MapNode(
                "finding:a_place", "finding", "a_place", "A place", True, "confirmed", "now",
                (MapEdge("refutes", "printed:Theorem 9"), MapEdge("is about", "claim:theorem_4_11")),
            ),
            MapNode("finding:other", "finding", "other", "Another", True, "not confirmed", "not", ()),
        )
    )  # fmt: skip
