"""Schemas: they are made of the records, and every document that the program writes is valid under its own.

`python tests/formats/test_schemas.py` makes them anew.
"""

from __future__ import annotations

import inspect
import json
import types
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import click
import numpy as np
import pytest
from click.testing import CliRunner

from mamlcheck.check.results import BriefResults, Results
from mamlcheck.check.sweeps import RandomSweep
from mamlcheck.claims import load_claim
from mamlcheck.cli import main
from mamlcheck.errors import InputError
from mamlcheck.formats.brackets import Brackets
from mamlcheck.formats.chunks import ChunkRecord
from mamlcheck.formats.codec import Document, later_fields, plain, read, typed_fields
from mamlcheck.formats.conformance import Conformances, Diagnoses
from mamlcheck.formats.differences import Differences, Drifts, Renewed
from mamlcheck.formats.findings import Findings
from mamlcheck.formats.models import Models
from mamlcheck.formats.plans import PlanDocument
from mamlcheck.formats.proofs import Axioms, Proofs
from mamlcheck.formats.reference import ReferenceResults
from mamlcheck.formats.rocq import RocqFiles
from mamlcheck.formats.runs import RunResults, RunState
from mamlcheck.formats.shown import ShownInstance
from mamlcheck.formats.sweeps import SweptRange
from mamlcheck.formats.table1 import Table1
from mamlcheck.formats.trust import Trust
from mamlcheck.formats.witnesses import Hunts, WitnessRecord
from mamlcheck.proof.catalogue import has_proof
from mamlcheck.record import reference_sweep
from mamlcheck.record.reference import reference_folder

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed: pip install 'mamlcheck[test]'")

PLANTED = Path(__file__).parents[1] / "conformance" / "planted" / "numpy_wrong.py"
FOLDER = Path(str(files("mamlcheck"))) / "schemas"

KINDS: dict[str, Any] = {
    "results": Results | BriefResults,
    "chunk": ChunkRecord,
    "reference": ReferenceResults,
    "brackets": Brackets,
    "witness": WitnessRecord,
    "hunts": Hunts,
    "diff": Differences,
    "drifts": Drifts,
    "proofs": Proofs,
    "axioms": Axioms,
    "trust": Trust,
    "rocq": RocqFiles,
    "findings": Findings,
    "models": Models,
    "shown": ShownInstance,
    "plan": PlanDocument,
    "runs": RunResults,
    "run-state": RunState,
    "table1": Table1,
    "conformance": Conformances,
    "diagnosis": Diagnoses,
    "sweep": SweptRange,
    "renewed": Renewed,
}
INSTANCE = {
    "description": "An instance file: every number is exact, as text ('1/3', '0.1') or as a JSON number. What a family "
    "of tasks has is said in its file in mamlcheck/tasks/families, and which variables there are by "
    "mamlcheck.meta.variables; mamlcheck.meta.files reads it, and says where it is wrong.",
    "type": "object",
    "properties": {
        "format": {"const": "mamlcheck-instance"},
        "version": {"const": 1},
        "tasks": {"type": "object", "properties": {"kind": {"type": "string"}}, "required": ["kind"]},
        "sizes": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}},
    },
    "required": ["format", "version", "tasks"],
    "additionalProperties": {"$ref": "#/$defs/numbers"},
    "$defs": {
        "numbers": {
            "anyOf": [
                {"type": ["string", "number"]},
                {"type": "array", "items": {"$ref": "#/$defs/numbers"}},
            ]
        }
    },
}


# -- schemas of records ----------------------------------------------------------------------------------------------
SCALARS: dict[Any, dict[str, Any]] = {
    str: {"type": "string"}, int: {"type": "integer"}, float: {"type": "number"}, bool: {"type": "boolean"},
    type(None): {"type": "null"}, object: {},
}  # fmt: skip


def schema_of(kind: Any, found: dict[str, Any]) -> dict[str, Any]:
    """The schema of a type; those of the records in it are put into `found`."""
    if kind in SCALARS:
        return SCALARS[kind]
    origin, of = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema_of(one, found) for one in of]}
    if origin is Literal:
        return {"enum": list(of)}
    if origin is tuple and of[1:] == (Ellipsis,):
        return {"type": "array", "items": schema_of(of[0], found)}
    if origin is tuple:
        items = [schema_of(one, found) for one in of]
        return {"type": "array", "prefixItems": items, "minItems": len(of), "items": False}
    if origin is not None and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": schema_of(of[1], found)}
    assert is_dataclass(kind), kind
    if kind.__name__ not in found:
        found[kind.__name__] = {}
        found[kind.__name__] = record_schema(kind, found)
    return {"$ref": f"#/$defs/{kind.__name__}"}


def record_schema(kind: Any, found: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    if issubclass(kind, Document):
        properties = {"format": {"const": kind.FORMAT}, "version": {"const": kind.VERSION}}
    properties |= {name: schema_of(hint, found) for name, hint in typed_fields(kind)}
    return {
        "description": inspect.getdoc(kind),
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in later_fields(kind)],
        "additionalProperties": False,
    }


def schema(name: str) -> dict[str, Any]:
    """The schema of a document, whole."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:mamlcheck:{name}"}
    if name == "instance":
        return head | INSTANCE
    if name == "mamlcheck":
        every = [one for one in NAMES if one != "mamlcheck"]
        return head | {
            "description": "Any document that mamlcheck prints with --json, or writes: one schema for all of them.",
            "oneOf": [{"$ref": f"urn:mamlcheck:{one}"} for one in every],
            "$defs": {one: schema(one) for one in every},
        }
    found: dict[str, Any] = {}
    return head | schema_of(KINDS[name], found) | {"$defs": found}


def text_of(name: str) -> str:
    return json.dumps(schema(name), indent=1) + "\n"


NAMES = (*KINDS, "instance", "mamlcheck")


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_that_ships_is_of_the_records(name: str) -> None:
    shipped = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert shipped == text_of(name), "make it anew with: python tests/formats/test_schemas.py"
    jsonschema.Draft202012Validator.check_schema(json.loads(shipped))


def test_there_is_no_other_schema() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(f"{name}.json" for name in NAMES)


# -- documents that the program writes -------------------------------------------------------------------------------
def validator(name: str) -> Any:
    return jsonschema.Draft202012Validator(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def call(line: str) -> str:
    done = CliRunner().invoke(main, line.split(), prog_name="mamlcheck")
    assert done.exit_code in (0, 1), done.output
    return str(done.stdout)


COMMANDS = {
    "results": "check lemma_4_8 theorem_4_11 --instances 70 --json",
    "brackets": "brackets lemma_4_8 hf_error --json",
    "hunts": "hunt hf_error --evaluations 600 --json",
    "proofs": "prove hf_error lemma_4_8 --json",
    "axioms": "prove --axioms --json",
    "trust": "prove --trust --json",
    "findings": "findings --json",
    "models": "derive MAML --json",
    "shown": "show random-2/1/9 --json",
    "runs": "run --steps 3 --seeds 2 --json",
    "table1": "table1 --json",
    "conformance": f"conform {PLANTED}:first_order_sold_as_second --json",
    "diagnosis": f"identify {PLANTED}:first_order_sold_as_second --json",
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_commands_print_is_valid_and_comes_back(name: str) -> None:
    held(name, json.loads(call(COMMANDS[name])))


def held(name: str, content: Any) -> None:
    """Hold a document against its schema; it comes back from its record the same, and spoiled it is refused by both."""
    check = validator(name)
    check.validate(content)
    kinds = get_args(KINDS[name]) if get_origin(KINDS[name]) is types.UnionType else (KINDS[name],)
    assert validator("mamlcheck").is_valid(content), "one schema for whatever is printed"
    (record,) = [made for kind in kinds if (made := attempt(kind, content)) is not None]
    assert plain(record) == content
    assert read(type(record), plain(record)) == record
    needed = [key for key in content if key not in later_fields(type(record))]
    check.validate({key: content[key] for key in needed})  # as it was written before the others were added
    read(type(record), {key: content[key] for key in needed})
    for spoiled in (content | {"stray": 1}, {key: value for key, value in content.items() if key != needed[-1]}):
        assert not check.is_valid(spoiled)
        assert not validator("mamlcheck").is_valid(spoiled)
        with pytest.raises(InputError):
            read(type(record), spoiled)


@pytest.mark.parametrize("name", ["conformance", "diagnosis"])
def test_of_several_subjects_there_is_one_document(name: str) -> None:
    found = json.loads(call(COMMANDS[name].replace(" --json", f" {PLANTED}:first_order_sold_as_second --json")))
    held(name, found)
    first, second = found["subjects"]
    assert first == second


# What each command prints with --json, beside those above; a command that is in neither has no --json, and says why.
MORE = {
    "sweep": "sweep hf_error --range 0:512 --jobs 1 --store store --json",
    "merge": "merge store --json",
    "report": "report --instances 8 --out out --json",
    "plan": "plan --data grunfeld --accuracy 1/10 --json",
    "diff": "diff out/results.json out/results.json --json",
    "reference check": "reference check --json",
    "reference update": "reference update --reference own --json",
    "prove": "prove --rocq rocq hf_error --json",
}


def test_one_schema_validates_whatever_any_command_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reference_sweep, "reference_sweeps", lambda: [(RandomSweep(1), 8)])
    for line in (*COMMANDS.values(), *MORE.values()):
        content = json.loads(call(line))
        validator("mamlcheck").validate(content)
        assert content["format"].startswith("mamlcheck-"), line
        assert not validator("mamlcheck").is_valid(content | {"format": "mamlcheck-none"})
    held("sweep", json.loads(call(MORE["sweep"])))
    held("renewed", json.loads(call(MORE["reference update"])))


def test_every_command_has_json_and_is_tried() -> None:
    tried = {" ".join(word for word in line.split()[:2] if not word.startswith("-")) for line in COMMANDS.values()}
    tried |= {line.split()[0] for line in COMMANDS.values()} | set(MORE)
    for name, command in commands_of(main):
        assert any("--json" in parameter.opts for parameter in command.params), name
        assert name in tried, name


def commands_of(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def attempt(kind: Any, content: Any) -> Any:
    try:
        return read(kind, content)
    except InputError:
        return None


def test_files_for_rocq_are_valid_and_come_back(tmp_path: Path) -> None:
    content = json.loads(call(f"prove --rocq {tmp_path / 'rocq'} hf_error --json"))
    held("rocq", content)
    assert (content["version"], content["rocq"]) == (RocqFiles.VERSION, ""), "Rocq was not asked"
    asked = RocqFiles.from_json(content | {"rocq": "9.0.1"})
    assert RocqFiles.from_json(json.loads(asked.text())) == asked
    assert json.loads(asked.text())["version"] == RocqFiles.VERSION


def test_plans_are_valid() -> None:
    for line in ("--data grunfeld --accuracy 1/10", "--constants L=1,rho=1,sigma=1,sigma~=1,sigma_H=1 --accuracy 1"):
        held("plan", json.loads(call(f"plan {line} --json")))


def test_a_report_is_valid(tmp_path: Path) -> None:
    call(f"report --instances 70 --out {tmp_path} --subject {PLANTED}:first_order_sold_as_second")
    content = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    held("results", content)
    assert None not in (content["brackets"], content["conformance"], content["findings"], content["command"])
    for name, claim in content["claims"].items():
        assert bool(claim["proof"]) == (has_proof(name) and not load_claim(name).of_runs)
        assert bool(claim["waterfall"]) == (bool(claim["proof"]) and claim["worst"] is not None)
    assert Results.from_json(content).text() == (tmp_path / "results.json").read_text(encoding="utf-8")


def test_the_reference_run_is_valid_and_comes_back() -> None:
    folder = reference_folder()
    for name, path in (("reference", folder / "results.json"), ("brackets", folder / "brackets.json")):
        held(name, json.loads(path.read_text(encoding="utf-8")))
    for path in (folder / "witnesses").glob("*.json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        held("witness", content)
        validator("instance").validate(content["instance"])


def test_the_example_of_a_report_is_valid_and_comes_back() -> None:
    held("results", json.loads((reference_folder().parent / "example" / "results.json").read_text(encoding="utf-8")))


def test_saved_instances_are_valid(tmp_path: Path) -> None:
    for k in (0, 70, 130, 200, 260, 330):
        call(f"show random-2/1/{k} --json --no-waterfall --save {tmp_path / 'saved.json'}")
        content = json.loads((tmp_path / "saved.json").read_text(encoding="utf-8"))
        validator("instance").validate(content)
        for wrong in (content | {"tasks": {}}, content | {"version": 2}, content | {"alpha": {}}):
            assert not validator("instance").is_valid(wrong)


def test_what_a_file_of_runs_says_is_valid(tmp_path: Path) -> None:
    call(f"run --steps 3 --seeds 2 --save {tmp_path / 'runs.npz'} --json")
    with np.load(tmp_path / "runs.npz") as found:
        content = json.loads(bytes(found["head"]))
    held("run-state", content)
    validator("instance").validate(content["instance"])


def test_differences_and_drifts_are_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in (1, 2):
        (tmp_path / f"{seed}.json").write_text(call(f"check hf_error --instances 8 --seed {seed} --json"))
    held("diff", json.loads(call(f"diff {tmp_path / '1.json'} {tmp_path / '2.json'} --json")))
    monkeypatch.setattr(reference_sweep, "reference_sweeps", lambda: [(RandomSweep(1), 8)])
    drifted = json.loads(call("reference check --json"))
    assert drifted["drifts"]
    held("drifts", drifted)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for one in NAMES:
        (FOLDER / f"{one}.json").write_text(text_of(one), encoding="utf-8")
