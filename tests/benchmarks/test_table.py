"""The page of benchmarks: ratios to the first column of the same row, and every figure at its place."""

from __future__ import annotations

from table import PAGE, TABLES, page, times


def measured(table: str, row: str, column: str, seconds: float, instances: int = 1) -> dict[str, object]:
    info = {"table": table, "row": row, "column": column, "instances": instances}
    return {"extra_info": info, "stats": {"min": seconds}}


def test_the_first_column_is_1_and_the_others_are_times_as_long() -> None:
    found = times(
        {
            "benchmarks": [
                measured("sides", "(4, 8, 5), 512 at once", "NumPy by hand", 64.0, 64),
                measured("sides", "(4, 8, 5), 512 at once", "ours", 3.26, 2),
                measured("sides", "(16, 32, 50)", "NumPy by hand", 10.0),
                measured("sides", "(16, 32, 50)", "slow", 12_345.0),
                measured("hunt", "an evaluation", "mamlcheck", 30.0, 20),
                {"extra_info": {}, "stats": {"min": 1.0}},
            ]
        }
    )
    lines = page(found).splitlines()
    assert "| | NumPy by hand | ours | slow |" in lines
    assert "| (4, 8, 5), 512 at once | 1 | 1.6 | - |" in lines
    assert "| (16, 32, 50) | 1 | - | 1,234 |" in lines
    assert "| an evaluation | 1.5 |" in lines


def test_the_page_has_all_tables() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert [name for name, text in TABLES.items() if text not in written] == []
