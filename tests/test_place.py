"""Things that are found by their place come in the order that they ask for."""

from __future__ import annotations

from mamlcheck.conformance.algorithms import algorithms
from mamlcheck.conformance.diagnosis.attempts import attempts
from mamlcheck.conformance.problems.kinds import kinds
from mamlcheck.place import modules_in


def test_order_then_name(tmp_path, monkeypatch):
    for name, text in {"d": "", "c": "", "b": "ORDER = 2", "a": "ORDER = 10"}.items():
        (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.setattr("sys.path", [str(tmp_path.parent)])
    (tmp_path / "__init__.py").write_text("")
    found = modules_in(tmp_path.name, [str(tmp_path)])
    assert [module.__name__.rpartition(".")[2] for module in found] == ["b", "a", "c", "d"]


def test_what_is_more_often_meant_is_tried_first():
    assert list(algorithms())[:3] == ["MAML", "FO-MAML", "HF-MAML"]
    assert next(iter(kinds())) == "tanh-cross-entropy"
    names = [attempt.explain.__module__.rpartition(".")[2] for attempt in attempts()]
    # What turns from one call to the next is looked for before what the first calls are.
    assert names[:2] == ["annealed", "matched"]
    assert names.index("other_length") < names.index("other_rate")
