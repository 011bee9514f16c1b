"""Has `identify` judge all variants and prints how many it names: `python tests/conformance/variants/score.py`.

--only PATTERN takes the variants whose id it matches, --jobs N processes do the work, --json FILE keeps each sentence,
--sentences prints those of all that is not named, and --write renews expected.txt by the outcome of all variants. Each
outcome goes to standard error as soon as it is known.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context

for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(library, "1")

from outcome import ALARM, EXPECTED, FIT, NAMED, NEAR, PRECISIONS, UNKNOWN, WRONG, Outcome, outcome  # noqa: E402
from variant import FRAMEWORKS, RIGHT_KINDS, WRONG_KINDS, all_variants  # noqa: E402

HEADER = """\
# Variants that are not named, or raise a false alarm: a word, the id and the precision. fit: a best fit that says all;
# near: another best fit; unknown: not recognised; wrong: an untrue sentence; alarm: a right one that is not called so.
# Made by `score.py --write`.
"""
COLUMNS = (NAMED, FIT, NEAR, UNKNOWN, WRONG)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="regular expression for ids")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--sentences", action="store_true")
    parser.add_argument("--write", action="store_true")
    said = parser.parse_args()
    if said.write and said.only:
        parser.error("--write takes the outcome of all variants: leave out --only")
    asked = [(n.id, dtype) for n in all_variants() if re.search(said.only, n.id) for dtype in precisions(n.kind)]
    with tempfile.TemporaryDirectory(prefix="mamlcheck-jax-") as folder:
        compiled_once(folder)
        with ProcessPoolExecutor(said.jobs, mp_context=get_context("spawn")) as pool:
            found = []
            for one in pool.map(of_id, *zip(*asked, strict=True)):
                print(f"{one.outcome:8} {one.id} {one.dtype} {one.seconds:.1f} s", file=sys.stderr, flush=True)
                found.append(one)
    print("\n".join(table(found)))
    if said.sentences:
        for one in found:
            if one.entry:
                print(f"\n{one.outcome} {one.id} {one.dtype}\n  {one.sentence}")
    if said.json:
        with open(said.json, "w") as file:
            json.dump([asdict(one) for one in found], file, indent=1)
    if said.write:
        EXPECTED.write_text(HEADER + "".join(f"{one.entry}\n" for one in found if one.entry))


def precisions(kind: str) -> tuple[str, ...]:
    """Those that variants of a kind are judged in: a false alarm may be of one precision alone."""
    return PRECISIONS if kind in RIGHT_KINDS else PRECISIONS[:1]


def compiled_once(folder: str) -> None:
    """Have JAX keep what it compiles, which is most of the time that its variants take."""
    os.environ["JAX_COMPILATION_CACHE_DIR"] = folder
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"


def of_id(name: str, dtype: str) -> Outcome:
    """The outcome of the variant of this id."""
    return outcome(next(n for n in all_variants() if n.id == name), dtype)


def table(found: list[Outcome]) -> Iterator[str]:
    """The counts of wrong variants by framework and kind, and those of right ones, within 80 columns."""
    yield f"{'wrong variants':<22}{'all':>5}" + "".join(f"{c if c != WRONG else 'WRONG':>9}" for c in COLUMNS)
    for framework in (*FRAMEWORKS, ""):
        for kind in (*WRONG_KINDS, "") if framework else ("",):
            row = [
                o
                for o in found
                if o.id.startswith(framework) and in_kind(o, kind) and o.id.split("-")[1] in WRONG_KINDS
            ]
            if row:
                name = f"{framework} {kind}" if kind else f"{framework or 'all'} together"
                counts = "".join(f"{sum(o.outcome == c for o in row):>9}" for c in COLUMNS)
                yield f"{name:<22}{len(row):>5}{counts}"
    yield "named: all that has to be said is said. fit: by a best fit. near: another best fit."
    yield "unknown: not recognised, no wrong word. WRONG: untrue, or beside the point."
    yield ""
    yield f"{'right variants':<22}{'all':>5}" + "".join(f"{'alarms ' + dtype:>18}" for dtype in PRECISIONS)
    for framework in (*FRAMEWORKS, ""):
        row = [o for o in found if o.id.startswith(framework) and o.id.split("-")[1] in RIGHT_KINDS]
        if row:
            counts = [sum(o.outcome == ALARM for o in row if o.dtype == dtype) for dtype in PRECISIONS]
            each = len({o.id for o in row})
            yield f"{framework or 'all':<22}{each:>5}" + "".join(f"{count:>18}" for count in counts)
    yield f"{sum(o.seconds for o in found):.0f} CPU seconds"


def in_kind(one: Outcome, kind: str) -> bool:
    return not kind or one.id.split("-")[1] == kind


if __name__ == "__main__":
    main()
