"""The reference run: made, checked and renewed; and drift of every kind is noticed, with the old and new measure."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from known import CLAIMS

import mamlcheck.claims
from mamlcheck.arithmetic import ball
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.check.verdict import evaluate, judge
from mamlcheck.claims import Claim, claim_ids, load_claim, load_claims
from mamlcheck.cli import main
from mamlcheck.errors import InputError
from mamlcheck.formats.reference import ReferenceResults
from mamlcheck.formats.shared import Counts, Enclosure
from mamlcheck.hunt.witness import Hunted, Witness, certify
from mamlcheck.meta.files import content_text, instance_text, parse_instance
from mamlcheck.meta.hypotheses import Hypothesis, Inequality
from mamlcheck.record import reference as module
from mamlcheck.record import reference_sweep
from mamlcheck.record.documents import DRIFT_BETWEEN_MACHINES
from mamlcheck.record.drifts import drifts, not_kept, result_drifts
from mamlcheck.record.reference import ReferenceRun, reference_folder, writable_folder
from mamlcheck.record.reference_sweep import measure
from mamlcheck.record.renewal import renewed, tightest
from mamlcheck.record.witnesses import read_witness, write_witness

NEVER = Hypothesis("never", "what no instance has", (Inequality("1 <= 0", lambda x: 1, lambda x: 0),))

COUNT = 24


SHIPPED_TEST = import_module("mamlcheck.reference_run.test_reference_run")
ASK_FOR_CLAIMS = [  # imported before any is patched: none that is imported later keeps what stands here for a test
    mamlcheck.claims,
    SHIPPED_TEST,
    *(
        import_module(f"mamlcheck.{name}")
        for name in ("api", "record.brackets", "record.drifts", "record.renewal", "report.making", "terminal.hunting")
    ),
]


def few_claims(chosen: Any = None) -> tuple[Claim, ...]:
    """The paper's: how a reference run is kept is the same for any claims, and the kept run is checked for all."""
    return load_claims(CLAIMS if chosen is None else chosen)


def make_small(patch: pytest.MonkeyPatch) -> None:
    """A small sweep of few claims, whoever asks for them."""
    patch.setattr(reference_sweep, "reference_sweeps", lambda: [(RandomSweep(1), COUNT)])
    for asks in ASK_FOR_CLAIMS:
        patch.setattr(asks, "load_claims", few_claims)


@pytest.fixture(autouse=True)
def _a_small_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    make_small(monkeypatch)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reference run of the small sweep with the kept witnesses, made once."""
    folder = tmp_path_factory.mktemp("reference")
    (folder / "witnesses").mkdir()
    for claim in CLAIMS:
        shutil.copy(reference_folder() / "witnesses" / f"{claim}.json", folder / "witnesses")
    with pytest.MonkeyPatch.context() as patch:
        make_small(patch)
        renewed(folder).write(folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(made, tmp_path / "reference"))


def call(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), prog_name="mamlcheck")


def with_constant(claim: Claim, factor: Fraction) -> Claim:
    """The claim with its right side multiplied."""
    return dataclasses.replace(claim, right=lambda x: claim.right(x) * x.ar.exact(factor))


def planted(claim_id: str, factor: Fraction) -> tuple[Claim, ...]:
    return tuple(with_constant(c, factor) if c.id == claim_id else c for c in few_claims())


# -- what it holds -------------------------------------------------------------------------------------------
def test_quantiles_enclose_the_order_statistics_of_the_tightness():
    claim = load_claim("lemma_4_8")
    part = measure((claim,), [(RandomSweep(1), COUNT)]).claims["lemma_4_8"]["random-2"]
    lower, upper = np.zeros(0), np.zeros(0)
    for instances in (RandomSweep(1).block(0)[:16], RandomSweep(1).block(1)[:8]):  # 16 of each block, 24 in all
        with ball.working():  # far narrower than the first stage of a verdict
            found = evaluate(claim, instances.on(ball)).tightness
        lower, upper = np.append(lower, found[0]), np.append(upper, found[1])
        assert part.counts.all_hold
    lower, upper = np.sort(lower[~np.isnan(lower)]), np.sort(upper[~np.isnan(upper)])
    assert part.measured == len(lower) <= part.holds
    assert part.holds + part.vacuous == COUNT
    for level, bounds in part.tightness.items():
        place = int(level.removesuffix(" %")) * (len(lower) - 1) // 100
        assert bounds.lower <= upper[place]
        assert lower[place] <= bounds.upper
        assert bounds.upper - bounds.lower <= 2.0**-10 * bounds.upper
    assert next(iter(part.tightness)) == "0 %"
    assert list(part.tightness)[-1] == "100 %"


def test_a_claim_without_instances_has_no_quantiles():
    claim = dataclasses.replace(load_claim("lemma_4_8"), hypotheses=(NEVER,))
    part = measure((claim,), [(RandomSweep(1), 10)]).claims["lemma_4_8"]["random-2"]
    assert part.vacuous == 10
    assert part.tightness == {}
    assert part.worst_instance is None


# -- nothing drifts, and the files stay ----------------------------------------------------------------------
def test_nothing_drifts_from_what_was_just_made(made: Path):
    assert drifts(ReferenceRun(made)) == ()


def test_renewing_changes_no_byte(folder: Path):
    before = {path: path.read_bytes() for path in folder.rglob("*.json")}
    renewal = renewed(folder)
    assert renewal.drifts == ()
    assert renewal.write(folder) == ()
    assert {path: path.read_bytes() for path in folder.rglob("*.json")} == before


def test_another_machine_changes_no_byte(folder: Path):
    """Bounds that another BLAS would give, a little elsewhere: they overlap, so the kept digits stay."""
    path = folder / "results.json"
    document = json.loads(path.read_text())
    bounds = document["claims"]["lemma_4_8"]["random-2"]["tightness"]["50 %"]
    bounds["lower"], bounds["upper"] = bounds["upper"] * (1 + 2.0**-45), bounds["upper"] * (1 + 2.0**-44)
    path.write_text(content_text(document))
    before = path.read_bytes()
    renewal = renewed(folder)
    assert renewal.drifts == ()
    renewal.write(folder)
    assert path.read_bytes() == before


def test_a_narrower_enclosure_takes_the_place_of_a_wide_one(folder: Path):
    path = folder / "results.json"
    before = path.read_bytes()
    document = json.loads(path.read_text())
    document["claims"]["lemma_4_8"]["random-2"]["tightness"]["50 %"] = {"lower": 0.0, "upper": 1.0}
    path.write_text(content_text(document))
    assert renewed(folder).drifts == ()
    renewed(folder).write(folder)
    assert path.read_bytes() == before


@pytest.mark.parametrize("instances", [COUNT, COUNT - 1])
def test_measures_of_other_instances_are_not_mixed(folder: Path, instances: int):
    """On other instances an enclosure may overlap by chance, and be narrower: it is not of the same number."""
    path = folder / "results.json"
    document = json.loads(path.read_text())
    document["sources"][0]["instances"] = instances
    bounds = document["claims"]["lemma_4_8"]["random-2"]["tightness"]["50 %"]
    before, bounds["lower"] = dict(bounds), bounds["upper"]
    path.write_text(content_text(document))
    renewed(folder).write(folder)
    after = json.loads(path.read_text())["claims"]["lemma_4_8"]["random-2"]["tightness"]["50 %"]
    assert after == (bounds if instances == COUNT else before)


def test_wide_enclosures_are_narrowed_and_stay_enclosures():
    """A difference quotient with delta = 2^-20 cancels in `ball`; Arb tells what it is."""
    claim, block = load_claim("hf_error"), RandomSweep(1).block(1)[:16]
    bounds = judge(claim, block).tightness
    lower, upper = reference_sweep._narrowed((claim,), block, {"hf_error": bounds})["hf_error"]
    wide = bounds[1] - bounds[0] > reference_sweep.WIDE_RELATIVE_WIDTH * bounds[1]
    assert wide.any()
    assert (upper - lower <= reference_sweep.WIDE_RELATIVE_WIDTH * upper).all()
    assert (lower <= bounds[1]).all()
    assert (bounds[0] <= upper).all()
    assert (lower[~wide] == bounds[0][~wide]).all()


# -- every kind of drift is noticed --------------------------------------------------------------------------
def test_a_changed_constant_is_noticed_everywhere(made: Path):
    found = drifts(ReferenceRun(made), planted("lemma_4_8", Fraction(5, 4)))
    assert {drift.claim for drift in found} == {"lemma_4_8"}
    assert {drift.part for drift in found} == {"witness", "results", "brackets"}
    text = "\n".join(map(str, found))
    # 4/5 is no double: the enclosure is outward
    assert (
        "lemma_4_8: witness: tightness was [1.0, 1.0] in the reference run and is [0.7999999999999999, 0.8] now" in text
    )
    assert "lemma_4_8: results: random-2: tightness at 100 % was [" in text


def test_a_constant_changed_by_little_is_noticed(made: Path):
    assert drifts(ReferenceRun(made), planted("theorem_4_11", 1 + Fraction(1, 10**8)))


def with_part(run: ReferenceResults, **changed: object) -> ReferenceResults:
    """The results with the first part of Lemma 4.8 changed."""
    part = dataclasses.replace(run.claims["lemma_4_8"]["random-2"], **changed)  # type: ignore[arg-type]
    return dataclasses.replace(run, claims={**run.claims, "lemma_4_8": {**run.claims["lemma_4_8"], "random-2": part}})


def test_an_enclosure_that_says_nothing_any_more_is_noticed(made: Path):
    """It holds the number that it held; but all others too."""
    run = ReferenceRun(made)
    tightness = run.results.claims["lemma_4_8"]["random-2"].tightness
    for wide in (Enclosure(0.0, None), Enclosure(0.0, 1.0)):
        fresh = with_part(run.results, tightness={**tightness, "50 %": wide})
        (drift,) = result_drifts(run, fresh)
        assert str(drift).startswith("lemma_4_8: results: random-2: tightness at 50 % was [")


def test_another_worst_instance_is_noticed(made: Path):
    run = ReferenceRun(made)
    (drift,) = result_drifts(run, with_part(run.results, worst_instance="random-2/1/0"))
    assert "random-2: worst instance was random-2/1/" in str(drift)


def test_a_new_claim_that_is_false_as_printed_is_noticed(made: Path):
    run = ReferenceRun(made)
    part = run.results.claims["lemma_4_8"]["random-2"]
    false = dataclasses.replace(part, violated=0, printed_form=Counts(7, 3, 0, 0))
    fresh = dataclasses.replace(run.results, claims={**run.results.claims, "lemma_9_9": {"random-2": false}})
    (drift,) = result_drifts(run, fresh)
    assert "lemma_9_9: results: random-2: printed form, violated was absent" in str(drift)


def test_a_false_theory_is_said_to_be_violated(made: Path):
    found = drifts(ReferenceRun(made), planted("lemma_4_8", Fraction(3, 4)))
    assert "lemma_4_8: witness: verdict was HOLDS in the reference run and is VIOLATED now" in map(str, found)
    assert any(drift.measure == "state" and drift.new == "contradicted" for drift in found)


def test_a_changed_hypothesis_is_noticed(made: Path):
    never = dataclasses.replace(load_claim("hf_error"), hypotheses=(NEVER,))
    found = drifts(ReferenceRun(made), tuple(never if c.id == never.id else c for c in few_claims()))
    text = "\n".join(map(str, found))
    assert "hf_error: witness: tightness was" in text
    assert "not certified" in text
    assert f"hf_error: results: random-2: vacuous was 0 in the reference run and is {COUNT} now" in text


def test_a_new_claim_and_a_lost_claim_are_noticed(made: Path):
    new = dataclasses.replace(load_claim("lemma_4_8"), id="lemma_9_9")
    assert not_kept(ReferenceRun(made), (*few_claims(), new)) == ("lemma_9_9",)
    assert drifts(ReferenceRun(made), (*few_claims(), new)) == ()
    false = with_constant(new, Fraction(1, 100))
    (found,) = drifts(ReferenceRun(made), (*few_claims(), false))
    assert re.fullmatch(
        r"lemma_9_9: results: random-2: violated was absent in the reference run and is \d+ now", str(found)
    )
    fewer = tuple(claim for claim in few_claims() if claim.id != "hf_error")
    assert "hf_error: claims: the claim was present in the reference run and is absent now" in map(
        str, drifts(ReferenceRun(made), fewer)
    )


@pytest.mark.alike
def test_a_corrupted_witness_is_noticed(folder: Path):
    path = folder / "witnesses" / "hf_error.json"
    document = json.loads(path.read_text())
    document["tightness"] = {"lower": 0.75, "upper": 0.75}
    path.write_text(json.dumps(document))
    text = "\n".join(map(str, drifts(ReferenceRun(folder))))
    assert "hf_error: witness: tightness was [0.75, 0.75] in the reference run and is [" in text

    document["instance"]["v"] = ["0"]  # nothing left to measure
    path.write_text(json.dumps(document))
    assert "not certified" in "\n".join(map(str, drifts(ReferenceRun(folder))))

    path.write_text(path.read_text()[:100])
    result = call("reference", "check", "--reference", str(folder))
    assert result.exit_code == 2
    assert "hf_error.json" in result.output
    assert "cut off" in result.output


def test_a_witness_under_another_name_is_refused(folder: Path):
    shutil.copy(folder / "witnesses" / "hf_error.json", folder / "witnesses" / "lemma_4_8.json")
    with pytest.raises(InputError, match=r"lemma_4_8\.json is a witness of hf_error"):
        _ = ReferenceRun(folder).witnesses


def test_a_lost_witness_is_noticed(folder: Path):
    (folder / "witnesses" / "hf_error.json").unlink()
    found = [str(drift) for drift in drifts(ReferenceRun(folder))]
    assert any("hf_error: brackets: state" in text and "no instance now" in text for text in found)


@pytest.mark.parametrize("name", ["results.json", "brackets.json"])
def test_a_tampered_measure_is_noticed(folder: Path, name: str):
    document = json.loads((folder / name).read_text())
    if name == "results.json":
        document["claims"]["lemma_4_8"]["random-2"]["tightness"]["100 %"]["lower"] += 4 * DRIFT_BETWEEN_MACHINES
        document["claims"]["lemma_4_8"]["random-2"]["tightness"]["100 %"]["upper"] += 4 * DRIFT_BETWEEN_MACHINES
    else:
        document["claims"]["lemma_4_8"]["proved"] = "43/50"
    (folder / name).write_text(json.dumps(document))
    found = drifts(ReferenceRun(folder))
    assert [drift.part for drift in found] == [name.removesuffix(".json")]


def test_a_changed_sweep_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reference_sweep, "reference_sweeps", lambda: [(RandomSweep(1), COUNT + 1)])
    assert any(drift.measure == "instances of random-2" for drift in drifts(ReferenceRun(folder)))


PLANT = """
from mamlcheck.claims.lemma_4_9 import second_moment
printed = second_moment.right
second_moment.right = lambda x: printed(x) * 72 / 125  # 3.125 to 1.8
"""


def test_the_regression_suite_fails_with_the_old_and_the_new_measure(tmp_path: Path):
    """pytest on the package, as a user runs it, with a constant of Lemma 4.9 lowered."""
    (tmp_path / "plant.py").write_text(PLANT)
    command = [sys.executable, "-m", "pytest", "--pyargs", "mamlcheck.reference_run", "-q", "-k", "test_witness"]
    good = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stdout
    bad = subprocess.run([*command, "-p", "plant"], cwd=tmp_path, capture_output=True, text=True, check=False,
                         env=_with_path(tmp_path))  # fmt: skip
    assert bad.returncode == 1
    assert "1 failed" in bad.stdout
    kept = read_witness(reference_folder() / "witnesses" / "lemma_4_9.second_moment.json").tightness
    assert f"lemma_4_9.second_moment: witness: tightness was [{kept[0]!r}, {kept[1]!r}]" in bad.stdout
    now = float(Fraction(kept[0]) / Fraction(72, 125))
    assert f"is [{str(now)[:10]}" in bad.stdout
    assert module.advice() in bad.stdout


def _with_path(folder: Path) -> dict[str, str]:
    import os

    paths = (str(folder), os.environ.get("PYTHONPATH"))
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


# -- renewing on purpose -------------------------------------------------------------------------------------
def _loose(tmp_path: Path) -> Witness:
    """A witness of Lemma 4.8 far from its bound."""
    block = parse_instance(instance_text(read_witness(reference_folder() / "witnesses" / "hf_error.json").instance))
    return certify(Witness("lemma_4_8", (0.0, 0.0), "rational", Hunted(0, 1, "by hand", 0, 0.0), block))


def test_of_several_witnesses_the_tightest_is_offered(tmp_path: Path):
    tight, loose = read_witness(reference_folder() / "witnesses" / "lemma_4_8.json"), _loose(tmp_path)
    other = read_witness(reference_folder() / "witnesses" / "hf_error.json")
    for given in ([tight, loose, other], [loose, other, tight]):
        assert tightest(given) == {"lemma_4_8": tight, "hf_error": other}


def test_update_keeps_the_tighter_witness(folder: Path, tmp_path: Path):
    tight = read_witness(folder / "witnesses" / "lemma_4_8.json")
    loose = _loose(tmp_path)
    assert loose.tightness[0] < tight.tightness[0]
    assert renewed(folder, better={"lemma_4_8": loose}).drifts == ()

    write_witness(folder / "witnesses" / "lemma_4_8.json", loose)
    renewal = renewed(folder, better={"lemma_4_8": tight})
    assert [d.old for d in renewal.drifts if d.part == "witness"] == [Enclosure.of(loose.tightness)]
    assert "witnesses/lemma_4_8.json" in renewal.write(folder)
    assert read_witness(folder / "witnesses" / "lemma_4_8.json").tightness == tight.tightness


@pytest.mark.alike
def test_update_shows_what_changed_and_writes_it(folder: Path, monkeypatch: pytest.MonkeyPatch):
    from mamlcheck.claims import hf_error

    printed = hf_error.right
    monkeypatch.setattr(hf_error, "right", lambda x: printed(x) * 2)
    assert call("reference", "check", "--reference", str(folder)).exit_code == 1
    result = call("reference", "update", "--reference", str(folder))
    assert result.exit_code == 0
    assert "hf_error: witness: tightness was [" in result.output
    assert "witnesses/hf_error.json, results.json, brackets.json" in result.output
    again = call("reference", "check", "--reference", str(folder))
    assert again.exit_code == 0
    assert "nothing drifted" in again.output


def test_update_makes_a_reference_run_from_nothing(tmp_path: Path):
    result = call("reference", "update", "--reference", str(tmp_path / "own"))
    assert result.exit_code == 0
    assert {row.state for row in ReferenceRun(tmp_path / "own").brackets.claims.values()} == {"no instance"}
    assert call("reference", "check", "--reference", str(tmp_path / "own"), "--json").exit_code == 0


def test_update_adopts_a_witness_file(folder: Path):
    shutil.move(folder / "witnesses" / "hf_error.json", folder / "found.json")
    result = call("reference", "update", "--reference", str(folder), "--adopt", str(folder / "found.json"))
    assert result.exit_code == 0
    assert "hf_error: witness: tightness was absent in the reference run and is [" in result.output
    assert (folder / "witnesses" / "hf_error.json").read_bytes() == (folder / "found.json").read_bytes()


def test_update_refuses_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "reports").mkdir()
    monkeypatch.setattr(module, "PACKAGE", tmp_path)
    monkeypatch.setattr(module, "shipped", lambda name: tmp_path / name)
    with pytest.raises(InputError, match=r"installed package.*--reference DIR"):
        writable_folder(None)
    result = call("reference", "update")
    assert result.exit_code == 2
    assert "installed package" in result.output


def test_update_refuses_a_folder_that_cannot_be_written(tmp_path: Path):
    (tmp_path / "file").write_text("")
    result = call("reference", "update", "--reference", str(tmp_path / "file"))
    assert result.exit_code == 2
    assert "cannot be written" in result.output


def test_check_says_what_is_missing(tmp_path: Path):
    result = call("reference", "check", "--reference", str(tmp_path))
    assert result.exit_code == 2
    assert "holds no reference run, since there is no " in result.output


def test_drifts_as_json(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reference_sweep, "reference_sweeps", lambda: [(RandomSweep(1), 20)])
    result = call("reference", "check", "--reference", str(folder), "--json")
    assert result.exit_code == 1
    document: dict[str, Any] = json.loads(result.stdout)
    assert {"part": "results", "claim": "(run)", "measure": "instances of random-2", "old": COUNT, "new": 20} in (
        document["drifts"]
    )


def test_the_kept_run_covers_every_claim_that_is_known():
    kept = ReferenceRun(reference_folder())
    assert set(kept.results.claims) == set(kept.brackets.claims) == set(kept.claims)
    assert set(CLAIMS) <= set(kept.claims) <= set(claim_ids())
    assert {source.name for source in kept.results.sources} == {"random-2", "grunfeld-2"}


@pytest.mark.alike
def test_a_claim_that_is_not_kept_is_named_and_no_failure(folder: Path):
    """By the command and, in a warning, by the tests that ship with the package."""
    for name in ("results.json", "brackets.json"):
        document = json.loads((folder / name).read_text())
        del document["claims"]["hf_error"]
        (folder / name).write_text(json.dumps(document))
    (folder / "witnesses" / "hf_error.json").unlink()
    result = call("reference", "check", "--reference", str(folder))
    assert result.exit_code == 0
    assert (
        f"hf_error is unknown to the reference run: `mamlcheck reference update --reference {folder}`" in result.output
    )
    document = json.loads(call("reference", "check", "--reference", str(folder), "--json").stdout)
    assert (document["drifts"], document["not_kept"]) == ([], ["hf_error"])
    with pytest.warns(UserWarning, match="hf_error is unknown to the reference run"):
        SHIPPED_TEST.test_every_claim_is_kept_or_named(ReferenceRun(folder))
    assert call("reference", "update", "--reference", str(folder)).exit_code == 0
    assert not_kept(ReferenceRun(folder), few_claims()) == ()


def test_who_asks_for_claims_is_known() -> None:
    """A module that is imported within a test of this file must not keep the few claims that stand there for all."""
    package = Path(mamlcheck.claims.__file__).parents[1]
    asking = re.compile(r"^from mamlcheck\.claims import [^\n]*\bload_claims\b", re.M)
    found = {
        ".".join(path.relative_to(package.parent).with_suffix("").parts)
        for path in package.rglob("*.py")
        if asking.search(path.read_text(encoding="utf-8"))
    }
    assert "mamlcheck.record.drifts" in found
    assert found <= {one.__name__ for one in ASK_FOR_CLAIMS}
