"""NumPy: the wrong samples."""

from __future__ import annotations

from complex_steps import chosen
from numpy_parts import maml, of_tasks
from said import NOT_MAML_ALONE, QUERY, SUPPORT
from variant import wrong

every_second_sample = wrong(
    "batch[::2]: the inner steps see every second support sample, 3 of 5",
    of_tasks(lambda p, t: maml(p, tuple(part[::2] for part in t.inner), t.outer), steps=(1, 2)),
    lambda o: o.maml(inner=lambda t: chosen(t.inner, [0, 2, 4])),
    (SUPPORT, r"every (second|other)|\b3\b.*\b5\b|\b(3|three) of|3/5|samples? (1, 3|0, 2)"),
    NOT_MAML_ALONE,
)

query_off_by_one = wrong(
    "y[:-1]: the last of 7 query samples is left out",
    of_tasks(lambda p, t: maml(p, t.inner, tuple(part[:-1] for part in t.outer)), steps=(1, 2)),
    lambda o: o.maml(outer=lambda t: chosen(t.outer, slice(6))),
    (QUERY, r"\b6\b.*\b7\b|first (6|six)|\b(6|six) (of|samples)|6/7|last (one|sample)|(one|1) sample (less|fewer)"),
    NOT_MAML_ALONE,
)
