"""Tables: what is read, what is refused and in which words, and that every source gives the same numbers."""

import csv
import gzip
import math
import pickle
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mamlcheck.errors import InputError, MamlcheckError, MissingExtra
from mamlcheck.tasks import columns, tables
from mamlcheck.tasks.tables import INTERCEPT, Scaling, Table, builtin_tables, read_table

SMALL = "firm,y,x,z\nA,1,0.5,3\nA,2,1.5,-1\nB,4,2.5,7\nB,8,0.25,1e2\n"


@pytest.fixture
def save(tmp_path):
    """Write a text (or bytes) to a file and return its path."""

    def write(content: str | bytes, name: str = "data.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return path

    return write


def same(first: Table, second: Table) -> bool:
    """Identical to the last bit, the name apart."""
    return (
        (first.task_names, first.features, first.target, first.scalings, first.notes)
        == (second.task_names, second.features, second.target, second.scalings, second.notes)
        and [block.tobytes() for block in first.a] == [block.tobytes() for block in second.a]
        and [block.tobytes() for block in first.b] == [block.tobytes() for block in second.b]
        and first.shape == second.shape
    )


def refused(said: list[str], *args, **kwargs) -> str:
    """The text of the InputError that read_table raises, which must hold all of `said`."""
    with pytest.raises(InputError) as caught:
        read_table(*args, **kwargs)
    text = str(caught.value)
    for part in said:
        assert part in text, f"{part!r} not in: {text}"
    return text


# ---------------------------------------------------------------------------------------------- Grunfeld


def grunfeld_rows() -> list[dict[str, str]]:
    path = Path(tables.__file__).parent / "data" / "grunfeld.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_grunfeld_file_is_the_full_panel():
    rows = grunfeld_rows()
    firms = list(dict.fromkeys(row["firm"] for row in rows))
    assert len(rows) == 220
    assert len(firms) == 11
    for firm in firms:
        assert [int(row["year"]) for row in rows if row["firm"] == firm] == list(range(1935, 1955))


def test_grunfeld_file_has_the_known_column_sums():
    known = {"year": "427790", "invest": "29328.618", "value": "217487.117", "capital": "56563.879"}
    rows = grunfeld_rows()
    assert {key: sum(Fraction(row[key]) for row in rows) for key in known} == {
        key: Fraction(value) for key, value in known.items()
    }


def test_grunfeld_numbers_are_the_doubles_of_the_file():
    table = read_table("grunfeld", standardise=False)
    rows = grunfeld_rows()
    assert table.shape == (11, 20, 2)
    assert (table.name, table.target, table.features) == ("grunfeld", "invest", ("value", "capital"))
    assert table.notes == ()
    a, b = table.stacked()
    assert a.shape == (11, 20, 2)
    assert b.shape == (11, 20)
    for k, row in enumerate(rows):
        i, j = divmod(k, 20)
        assert table.task_names[i] == row["firm"]
        # float(Fraction) rounds correctly, and shares no code with the reading of decimals.
        assert list(a[i, j]) == [float(Fraction(row["value"])), float(Fraction(row["capital"]))]
        assert b[i, j] == float(Fraction(row["invest"]))


def test_grunfeld_roles_can_be_replaced():
    table = read_table("grunfeld", task="year", target="value", features=["invest"])
    assert table.shape == (20, 11, 1)
    assert table.target == "value"


def test_built_in_tables_are_listed_and_all_can_be_read():
    assert builtin_tables() == ("grunfeld",)
    for name in builtin_tables():
        assert read_table(name).name == name


# ----------------------------------------------------------------------------------------- standardising


def test_standardised_numbers_agree_with_fifty_digits():
    table = read_table("grunfeld", intercept=True)
    rows = grunfeld_rows()
    a, b = table.stacked()
    got_of = {"value": a[:, :, 0].ravel(), "capital": a[:, :, 1].ravel(), "invest": b.ravel()}
    with mpmath.workdps(50):
        for name, got in got_of.items():
            x = [mpmath.mpf(float(row[name])) for row in rows]
            mean = mpmath.fsum(x) / len(x)
            scale = mpmath.sqrt(mpmath.fsum((t - mean) ** 2 for t in x) / len(x))
            # Centre, spread, difference and quotient each add a few units of 2^-53 of the largest |z|.
            bound = 16 * mpmath.mpf(2) ** -53 * max(abs((t - mean) / scale) for t in x)
            assert all(abs(float(g) - (t - mean) / scale) <= bound for g, t in zip(got, x, strict=True))
    assert table.features == ("value", "capital", INTERCEPT)
    assert (a[:, :, 2] == 1).all()
    assert table.scalings[2] == Scaling(INTERCEPT, 0.0, 1.0)


def test_scalings_reproduce_the_numbers():
    plain, scaled = read_table("grunfeld", standardise=False), read_table("grunfeld")
    for k, scaling in enumerate(scaled.scalings[:-1]):
        for raw, used in zip(plain.a, scaled.a, strict=True):
            assert np.array_equal((raw[:, k] - scaling.centre) / scaling.scale, used[:, k])
    target = scaled.scalings[-1]
    assert target.name == "invest"
    for raw, used in zip(plain.b, scaled.b, strict=True):
        assert np.array_equal((raw - target.centre) / target.scale, used)


@pytest.mark.parametrize("unit", [2.0**1021, 2.0**-1060, 5e-324])
def test_standardising_neither_overflows_nor_vanishes(unit):
    frame = pd.DataFrame({"t": list("AABB"), "y": [1, 2, 3, 4], "x": [1, 2, 4, 5]})
    scaled = frame.assign(x=frame.x * unit)
    assert scaled.x[3] == 5 * unit
    assert [x.tolist() for x in read_table(scaled, "t", "y").a] == [x.tolist() for x in read_table(frame, "t", "y").a]


def test_standardising_neighbouring_doubles():
    x = [1.0, math.nextafter(1, 2), math.nextafter(1, 2), math.nextafter(1, 0)]
    (scaling, _) = read_table(pd.DataFrame({"t": list("AABB"), "y": [1, 2, 3, 4], "x": x}), "t", "y").scalings
    assert scaling.scale > 0


def test_raw_numbers_are_untouched(save):
    table = read_table(save(SMALL), "firm", "y", standardise=False)
    assert [block.tolist() for block in table.a] == [[[0.5, 3], [1.5, -1]], [[2.5, 7], [0.25, 100]]]
    assert [block.tolist() for block in table.b] == [[1, 2], [4, 8]]
    assert table.task_names == ("A", "B")
    assert table.scalings == (Scaling("x", 0.0, 1.0), Scaling("z", 0.0, 1.0), Scaling("y", 0.0, 1.0))


def test_tables_are_read_only():
    table = read_table("grunfeld")
    for block in (*table.a, *table.b):
        with pytest.raises(ValueError, match="read-only"):
            block[0] = 0


# --------------------------------------------------------------------------------------- the same from all


@pytest.mark.parametrize("options", [{}, {"standardise": False}, {"intercept": True}], ids=str)
def test_every_source_gives_the_same_table(tmp_path, options):
    path = Path(tables.__file__).parent / "data" / "grunfeld.csv"
    pandas, polars = pd.read_csv(path), pl.read_csv(path)
    polars.write_parquet(tmp_path / "polars.parquet")
    pandas.to_parquet(tmp_path / "pandas.pq")
    pandas.to_csv(tmp_path / "semicolon.csv", sep=";", index=False)
    pandas.to_csv(tmp_path / "tab.tsv", sep="\t", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    quoted = tmp_path / "quoted.txt"
    pandas.to_csv(quoted, index=False, quoting=csv.QUOTE_ALL, lineterminator="\r")
    sources = [
        path,
        str(path),
        pandas,
        polars,
        pa.Table.from_pandas(pandas),
        pandas.convert_dtypes(),
        pandas.astype({"firm": "category"}),
        tmp_path / "polars.parquet",
        tmp_path / "pandas.pq",
        tmp_path / "semicolon.csv",
        tmp_path / "tab.tsv",
        quoted,
    ]
    expected = read_table("grunfeld", features=["year", "value", "capital"], **options)
    for source in sources:
        assert same(read_table(source, "firm", "invest", **options), expected), source


def test_decimal_and_narrow_columns_are_numbers():
    frame = pl.DataFrame({"t": ["A", "A"], "y": [1, 2], "x": [Decimal("0.1"), Decimal("0.7")]})
    assert read_table(frame, "t", "y", standardise=False).a[0].tolist() == [[0.1], [0.7]]
    narrow = pl.DataFrame({"t": ["A", "A"], "y": [1, 2], "x": pl.Series([0.1, 0.7], dtype=pl.Float32)})
    # A 32-bit number is widened exactly; it is not the double nearest to 0.1.
    assert read_table(narrow, "t", "y", standardise=False).a[0][0, 0] == float(np.float32(0.1)) != 0.1
    mixed = pd.DataFrame({"t": ["A", "A"], "y": [1, 2], "x": pd.Series([np.float32(0.5), 3], dtype=object)})
    assert read_table(mixed, "t", "y", standardise=False).a[0].tolist() == [[0.5], [3]]


def test_tasks_need_not_be_contiguous_and_may_be_numbers(save):
    text = "task,y,x\n2, 1 ,10\n01,2,20\n 2,3,30\n01,4,40\n"
    table = read_table(save(text), "task", "y", standardise=False)
    assert table.task_names == ("2", "01")
    assert [block.tolist() for block in table.b] == [[1, 3], [2, 4]]
    frame = pd.DataFrame({"task": [2, 1, 2, 1], "y": [1, 2, 3, 4], "x": [10, 20, 30, 40]})
    assert read_table(frame, "task", "y").task_names == ("2", "1")


def test_quoted_cells_and_blank_lines(save):
    text = '"firm, or so",y,"x ""1"""\n"A, Inc.",1,2\n\n"A, Inc.",3,4\n   \n'
    text += '"B\u2028\r\nLtd",5,6\n"B\u2028\r\nLtd",7,8\n\n'
    table = read_table(save(text), "firm, or so", "y", standardise=False)
    assert table.task_names == ("A, Inc.", "B\u2028\r\nLtd")
    assert table.features == ('x "1"',)
    refused(["row 4 (line 9 of the file)"], save(text.replace("7,8", "7,none")), "firm, or so", "y")


def test_separators_inside_quotes_do_not_count(save):
    path = save('"a,b,c,d";y;x\nA;1;2\nA;3;4\n')
    assert read_table(path, "a,b,c,d", "y").shape == (1, 2, 1)


def test_blanks_around_names_are_dropped():
    frame = pd.DataFrame({" t": ["A", "A ", "B", " B"], "y ": [1, 2, 3, 4], "x": [1, 2, 3, 5]})
    assert read_table(frame, "t", "y").task_names == ("A", "B")


def test_delimiter_given(save):
    assert read_table(save(SMALL.replace(",", "|")), "firm", "y", delimiter="|").features == ("x", "z")
    # One comma, one semicolon: which of them separates cannot be told.
    path = save("a;b,y\nA;1,2\nA;1,3\n")
    refused(["comma and semicolon equally often", "delimiter="], path, "a", "y")
    refused(["columns are 'a;b', 'y'"], path, "a", "y", delimiter=",")


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n"])
def test_delimiter_refused(save, delimiter):
    refused(["delimiter=", "give one character"], save(SMALL), "firm", "y", delimiter=delimiter)


def test_delimiter_is_for_csv_only(tmp_path):
    frame = pd.DataFrame({"t": ["A", "A"], "y": [1, 2], "x": [1, 2]})
    frame.to_parquet(tmp_path / "t.parquet")
    for source in (frame, tmp_path / "t.parquet", "grunfeld"):
        refused(["for CSV files only"], source, "t", "y", delimiter=",")


def test_names(save):
    assert read_table(save(SMALL, "panel.csv"), "firm", "y").name == "panel"
    assert read_table(pd.DataFrame({"t": ["A", "A"], "y": [1, 2], "x": [1, 2]}), "t", "y").name == "table"
    assert read_table(save(SMALL), "firm", "y", name="mine").name == "mine"


def test_folder_names_are_not_columns(tmp_path):
    folder = tmp_path / "region=9"
    folder.mkdir()
    pq.write_table(pa.table({"t": ["A", "A"], "y": [1, 2], "x": [1, 2]}), folder / "t.parquet")
    assert read_table(folder / "t.parquet", "t", "y").features == ("x",)


# -------------------------------------------------------------------------------------- what is left out


def test_text_and_empty_columns_are_left_out_with_a_note(save):
    table = read_table(save("t,y,x,who,gap\nA,1,2,me,\nA,3,4,you,\n"), "t", "y")
    assert table.features == ("x",)
    assert table.notes[0] == "left out the columns 'who', 'gap': no numbers there"


def test_a_misprint_does_not_hide_a_column(save):
    said = ["column 'x'", "1 cell is not a number", "'4o'", "row 2 (line 3 of the file)"]
    refused(said, save("t,y,x,z\nA,1,2,1\nA,3,4o,2\n"), "t", "y")


def test_constant_features_are_left_out_with_a_note(save):
    path = save("t,y,x,one\nA,1,2,1\nA,3,4,1\nB,5,6,1\nB,7,9,1\n")
    for features in (None, ["one", "x"]):
        table = read_table(path, "t", "y", features)
        assert table.features == ("x",)
        assert table.notes == ("left out the constant feature 'one'",)
        assert [scaling.name for scaling in table.scalings] == ["x", "y"]
    plain = read_table(path, "t", "y", standardise=False)
    assert plain.features == ("x", "one")
    assert plain.notes == ()


def test_nothing_but_constant_features(save):
    path = save("t,y,one\nA,1,1\nA,3,1\n")
    refused(["every feature", "'one'", "standardise=False"], path, "t", "y")
    table = read_table(path, "t", "y", intercept=True)
    assert table.features == (INTERCEPT,)


def test_constant_target(save):
    path = save("t,y,x\nA,1,2\nA,1,3\n")
    refused(["target 'y'", "is 1.0 in every row", "standardise=False"], path, "t", "y")
    assert read_table(path, "t", "y", standardise=False).b[0].tolist() == [1, 1]


def test_unnamed_columns_are_left_out_with_a_note(save, tmp_path):
    note = ("left out 1 column without a name",)
    indexed = pd.DataFrame({"t": ["A", "A"], "y": [1, 2], "x": [3, 5]}, index=[7, 9])
    indexed.to_csv(tmp_path / "i.csv")
    indexed.to_parquet(tmp_path / "i.parquet")
    for source in (tmp_path / "i.csv", tmp_path / "i.parquet", pd.read_csv(tmp_path / "i.csv")):
        table = read_table(source, "t", "y")
        assert table.features == ("x",)
        assert table.notes[:1] == note
    two = read_table(save("t,y,x,,\nA,1,2,,\nA,3,4,,\n"), "t", "y")
    assert two.notes[0] == "left out 2 columns without a name"
    refused(["no columns with names"], save(",,\n1,2,3\n"), "t", "y")


def test_one_task_is_noted(save):
    (note,) = read_table(save("t,y,x\nA,1,2\nA,3,4\n"), "t", "y").notes
    assert "one task, 'A'" in note


# --------------------------------------------------------------------------------------- tasks and rows

UNEQUAL = "t,y,x\nA,1,2\nA,3,4\nB,5,6\nB,7,9\nB,10,1e9\nC,1,1\nC,2,2\nC,3,3\nC,4,4\n"


def test_unequal_tasks_are_refused(save):
    said = ["unequal numbers of rows, 2 to 4", "'A': 2, 'B': 3, 'C': 4", "unequal='first'", "first 2 rows"]
    refused(said, save(UNEQUAL), "t", "y")


def test_unequal_tasks_cut_on_request(save):
    table = read_table(save(UNEQUAL), "t", "y", unequal="first")
    assert table.shape == (3, 2, 1)
    assert table.notes == ("kept the first 2 rows of each task, left out 3 of 9 rows ('B': 1, 'C': 2)",)
    # The rows left out have no part in the scaling either.
    kept = read_table(save("t,y,x\nA,1,2\nA,3,4\nB,5,6\nB,7,9\nC,1,1\nC,2,2\n", "kept.csv"), "t", "y")
    assert [x.tolist() for x in (*table.a, *table.b)] == [x.tolist() for x in (*kept.a, *kept.b)]


def test_unequal_must_be_a_known_word(save):
    refused(["unequal = 'drop'", "'error' or 'first'"], save(SMALL), "firm", "y", unequal="drop")


def test_one_row_per_task(save):
    path = save("id,firm,y,x\n1,A,1,2\n2,A,3,4\n3,B,5,6\n4,B,7,8\n")
    refused(["one row each (4 in all)", "no batch noise", "'firm', 'y', 'x'"], path, "id", "y")


def test_a_single_task_of_one_row(save):
    said = ["gives 2 tasks, but 1 task is of one row", "('B')", "add rows or remove"]
    for unequal in ("error", "first"):
        refused(said, save("t,y,x\nA,1,2\nA,3,4\nB,5,6\n"), "t", "y", unequal=unequal)


def test_long_lists_are_cut_short():
    many = pd.DataFrame({"t": [f"task{k}" for k in range(1000)], "y": range(1000), "x": range(1000)})
    many = pd.concat([many, many.iloc[:1]])
    assert len(refused(["999 tasks are", "and 987 more"], many, "t", "y")) < 500


# ------------------------------------------------------------------------------------------- column names


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("frim", "y", None), ["'frim' (task)", "'firm', 'y', 'x', 'z'", "did you mean 'firm'?"]),
        (("firm", "Y", None), ["'Y' (target)", "did you mean 'y'?"]),
        (("firm", "y", ["x", "price"]), ["'price' (feature)", "'firm', 'y', 'x', 'z'"]),
        ((None, "y", None), ["no task column was named", "task= one of 'firm'"]),
        (("firm", None, None), ["no target column was named", "target= one of 'firm'"]),
        ((3, "y", None), ["task = 3", "name of a column"]),
        (("firm", "y", [0]), ["feature = 0", "name of a column"]),
        (("firm", "firm", None), ["'firm' was named as task and as target"]),
        (("firm", "y", ["firm"]), ["'firm' is the task column"]),
        (("firm", "y", ["x", "y"]), ["'y' is the target column"]),
        (("firm", "y", ["x", "z", "x"]), ["names 'x' more than once"]),
        (("firm", "y", []), ["features is empty: name at least one of 'x', 'z', or leave"]),
        (("firm", "y", "x"), ["features = 'x'", "list of column names"]),
        (("firm", "y", {"x"}), ["features = {'x'}", "list of column names"]),
    ],
    ids=str,
)
def test_column_names_are_checked(save, names, said):
    refused(said, save(SMALL), *names)


def test_an_unlike_name_gets_no_guess(save):
    assert "did you mean" not in refused(["no column 'price'"], save(SMALL), "price", "y")


def test_duplicate_column_names(save):
    refused(["more than one column named 'x'"], save("t,y,x, x\nA,1,2,3\nA,4,5,6\n"), "t", "y")
    frame = pd.DataFrame([["A", 1, 2, 3], ["A", 4, 5, 6]], columns=["t", "y", "x", "x"])
    refused(["more than one column named 'x'"], frame, "t", "y")
    refused(["more than one column named 'y'"], pa.table([["A"], [1], [2]], names=["t", "y", "y"]), "t", "y")


def test_intercept_name_is_taken():
    frame = pd.DataFrame({"t": ["A", "A"], "y": [1, 2], INTERCEPT: [1, 2]})
    assert read_table(frame, "t", "y").features == (INTERCEPT,)
    refused(["has a feature '(intercept)'"], frame, "t", "y", intercept=True)


def test_no_numeric_feature(save):
    refused(["no numeric column besides", "other columns: 'who'"], save("t,y,who\nA,1,p\nA,2,q\n"), "t", "y")
    refused(["other columns: none"], save("t,y\nA,1\nA,2\n"), "t", "y")


def test_columns_in_the_index():
    frame = pd.DataFrame({"t": ["A", "A"], "y": [1, 2], "x": [3, 5]}).set_index("t")
    refused(["no column 't'", "in the index: 't'", ".reset_index()"], frame, "t", "y")


# -------------------------------------------------------------------------------------------------- cells


@pytest.mark.parametrize("cell", ["", "NA", "n/a", "NaN", "nan", "null", "None", "#N/A", "  "])
def test_missing_cells(save, cell):
    said = ["column 'x'", "2 values are missing or NaN", "row 2 (line 3 of the file)"]
    refused(said, save(f"t,y,x\nA,1,2\nA,3,{cell}\nA,4,5\nA,6,{cell}\n"), "t", "y")


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e309", "-1e400"])
def test_infinite_cells(save, cell):
    said = ["column 'y'", "1 value is infinite or beyond the largest double", "row 1 (line 2 of the file)"]
    refused(said, save(f"t,y,x\nA,{cell},2\nA,3,4\n"), "t", "y")


@pytest.mark.parametrize(
    ("cell", "advice"),
    [
        ("abc", "correct it"),
        ("1_000", "correct it"),
        ("0x10", "correct it"),
        ("\u0661\u0662", "write the digits 0 to 9"),
        ("1e", "correct it"),
        ("--1", "correct it"),
        ('"1,5"', "give decimal=',' if it is 1.5, or name the features without it by features="),
        ('"1,000.5"', "give decimal='.' if it is 1000.5"),
        ('"1.000,5"', "give decimal=',' if it is 1000.5"),
        ('"1,000"', "give decimal='.' if it is 1000.0, or give decimal=',' if it is 1.0"),
        ('"1,000,5"', "correct it"),
        ("a" * 100, "..."),
    ],
)
def test_text_where_numbers_belong(save, cell, advice):
    said = ["column 'x'", "1 cell is not a number", "row 2 (line 3 of the file)", advice]
    refused(said, save(f"t,y,x\nA,1,2\nA,3,{cell}\n"), "t", "y")


@pytest.mark.parametrize("cell", ["1", "+1.", "-.5", "1.25e-3", "7E+2", "  4 ", '"6"', "1e-400"])
def test_decimals_are_read_as_the_nearest_double(save, cell):
    table = read_table(save(f"t,y,x\nA,1,{cell}\nA,3,9\n"), "t", "y", standardise=False)
    assert table.a[0][0, 0] == float(Fraction(cell.strip('" ')))


def frames(**columns):
    return [pd.DataFrame(columns), pl.DataFrame(columns, strict=False), pa.table(columns)]


def test_cells_of_data_frames():
    for frame in frames(t=["A", "A"], y=[1.0, None], x=[1, 2]):
        refused(["column 'y'", "1 value is missing or NaN", "row 2:"], frame, "t", "y")
    for frame in frames(t=["A", "A"], y=[1.0, math.nan], x=[1, 2]):
        refused(["column 'y'", "1 value is missing or NaN", "row 2:"], frame, "t", "y")
    for frame in frames(t=["A", "A"], y=[1.0, -math.inf], x=[1, 2]):
        refused(["column 'y'", "1 value is infinite", "row 2:"], frame, "t", "y")
    for frame in frames(t=["A", "A"], y=[1, 2], x=["1", "2"]):
        refused(["column 'x'", "2 cells are not a number", "convert it to numbers"], frame, "t", "y", ["x"])
        refused(["column 'x'", "convert it to numbers"], frame, "t", "y")
    for frame in frames(t=["A", "A"], y=[True, False], x=[1, 2]):
        refused(["column 'y'", "turn true and false into 1 and 0"], frame, "t", "y")
    frame = pd.DataFrame({"t": ["A", "A"], "x": [1, 2]})
    refused(["'y'", "1 value is missing"], frame.assign(y=[1, pd.NA]), "t", "y")
    refused(["'y'", "1 value is infinite"], frame.assign(y=pd.Series([1, 10**400], dtype=object)), "t", "y")


def test_missing_tasks(save):
    said = ["task column 't'", "1 value is missing", "which task it belongs to"]
    refused([*said, "row 2 (line 3 of the file)"], save("t,y,x\nA,1,2\n ,3,4\nA,5,6\n"), "t", "y")
    for frame in frames(t=["A", None, "A"], y=[1, 2, 3], x=[1, 2, 3]):
        refused([*said, "row 2:"], frame, "t", "y")
    refused([*said, "row 2:"], pl.DataFrame({"t": [1.0, math.nan], "y": [1, 2], "x": [1, 2]}), "t", "y")
    # Namibia is not missing.
    assert read_table(save("t,y,x\nNA,1,2\nNA,3,4\n"), "t", "y").task_names == ("NA",)


# -------------------------------------------------------------------------------- numbers as people write them

WAGES = "firm;wage;hours\nA;{};1\nA;{};2\nB;{};3\nB;{};5\n"


def wages(*cells: str) -> str:
    return WAGES.format(*cells)


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (("1,5", "2,5", "3", "4,25"), [1.5, 2.5, 3, 4.25]),
        (("1.234,56", "987,5", "1.000.000", "-2,5e-1"), [1234.56, 987.5, 1e6, -0.25]),
        (("987", "1.234", "2", "12.345.678"), [987, 1234, 2, 12345678]),
    ],
)
@pytest.mark.parametrize("as_target", [True, False])
def test_a_decimal_comma(save, cells, numbers, as_target):
    """As a feature and as the target: read when it is said, else refused with that advice, and never left out."""
    path = save(wages(*cells))
    roles = ("firm", "wage") if as_target else ("firm", "hours")
    table = read_table(path, *roles, decimal=",", standardise=False)
    found = np.concatenate(table.b) if as_target else np.concatenate(table.a)[:, 0]
    assert found.tolist() == numbers
    assert table.notes == ()
    refused(["column 'wage'", "decimal=','"], path, *roles)


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (("987", "1.234", "2", "3"), [987, 1.234, 2, 3]),
        (("987", "1,234", "2", "3"), [987, 1234, 2, 3]),
        (("1,234.5", "1,234,567", ".5", "1e3"), [1234.5, 1234567, 0.5, 1000]),
    ],
)
def test_a_decimal_point_that_is_given(save, cells, numbers):
    table = read_table(save(wages(*cells)), "firm", "wage", decimal=".", standardise=False)
    assert np.concatenate(table.b).tolist() == numbers


@pytest.mark.parametrize("cells", [("987", "1.234", "2", "3"), ("1.234", "2.345", "10.000", "-5.678")])
def test_a_point_that_may_stand_between_thousands_is_not_guessed(save, cells):
    said = ["column 'wage'", "'1.234', which may be 1.234 or 1234.0", "decimal='.' or decimal=','"]
    refused(said, save(wages(*cells)), "firm", "wage")
    refused(said, save(wages(*cells)), "firm", "hours")
    # A column that is not used cannot harm.
    assert read_table(save("t;y;x;z\nA;1;2;1.234\nA;3;5;987\n"), "t", "y", ["x"]).features == ("x",)


@pytest.mark.parametrize("other", ["1.5", "0.123", "-.25", "1234.567", "1.2345", "2.000e1", "1.", "01.234"])
def test_one_decimal_is_enough_to_tell(save, other):
    """No thousands are written like the other cell."""
    table = read_table(save(wages("987", "1.234", "2", other)), "firm", "wage", standardise=False)
    assert np.concatenate(table.b).tolist() == [987, 1.234, 2, float(other)]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (("12%", "7.5 %", "3%", "4%"), "without the per cent sign"),
        (("$12", "$7.50", "-$3", "$4"), "without the sign of the currency"),
        (("12 \u20ac", "7,50 \u20ac", "3 \u20ac", "4 \u20ac"), "without the sign of the currency"),
        (("1 234,5", "2 345", "1 000", "9 999"), "the digits 0 to 9 and a decimal point, with nothing between"),
        (("1'234", "2'345", "1'000", "9'999"), "the digits 0 to 9 and a decimal point, with nothing between"),
        (("1\u202f234", "2\u202f345", "1\u202f000", "9\u202f999"), "the digits 0 to 9 and a decimal point"),
        (("(12)", "(7)", "(3)", "(4)"), "the digits 0 to 9 and a decimal point"),
        (("\u22121", "\u22122", "\u22123", "\u22124"), "the digits 0 to 9 and a decimal point"),
        (("1,00,000", "2,00,000", "12,34,567", "9,00,000"), "the digits 0 to 9 and a decimal point"),
    ],
)
def test_what_a_person_reads_as_a_number_is_not_left_out(save, cells, said):
    path = save(wages(*cells))
    refused(["column 'wage'", "4 cells are not a number", said, "without it by features="], path, "firm", "hours")
    assert "features=" not in refused(["column 'wage'", said], path, "firm", "wage")  # the target cannot be left out


@pytest.mark.parametrize(
    "text", ["2020-01-05", "01.02.2020", "1.2.3", "A12", "12:30", "3rd", "12 or so", "030 123 456"]
)
def test_text_with_digits_is_left_out_with_a_note(save, text):
    table = read_table(save(f"t;y;x;when\nA;1;2;{text}\nA;3;5;{text}\n"), "t", "y")
    assert table.features == ("x",)
    assert table.notes[0] == "left out the column 'when': no numbers there"


@pytest.mark.parametrize(("cell", "decimal"), [("1.5", ","), ("1234.5", ","), ("1,5", "."), ("0,123", ".")])
def test_a_number_of_another_convention_than_the_one_given(save, cell, decimal):
    said = [f"first {cell!r}", f"with decimal={decimal!r} numbers are written 1234{decimal}5"]
    refused(said, save(wages("1", "2", cell, "3")), "firm", "wage", decimal=decimal)


def test_decimal_is_checked_and_for_csv_only(save):
    refused(["decimal=';'", "'.' or ','"], save(SMALL), "firm", "y", decimal=";")
    refused(["decimal=',' is for CSV files only"], pd.DataFrame({"t": ["A", "A"], "y": [1, 2]}), "t", "y", decimal=",")
    refused(["decimal='.' is for CSV files only"], "grunfeld", decimal=".")


def test_decimals_agree_with_pandas(save):
    """An independent reader, on random numbers written with points between thousands and a decimal comma."""
    rng = np.random.default_rng(5)
    values = np.round(rng.standard_normal(200) * 10.0 ** rng.integers(0, 8, 200), 4)
    texts = [f"{value:,.4f}".translate(str.maketrans(",.", ".,")) for value in values.tolist()]
    path = save("t;y;x\n" + "".join(f"A;{text};{k}\n" for k, text in enumerate(texts)))
    ours = np.concatenate(read_table(path, "t", "y", decimal=",", standardise=False).b)
    theirs = pd.read_csv(path, sep=";", decimal=",", thousands=".")["y"]
    assert ours.tolist() == theirs.tolist() == values.tolist()


# ------------------------------------------------------------------------------------- missing and many rows

GAPS = "t,y,x,z\nA,1,2,\nA,2,-999,4\nA,3,5,-999.0\nB,.,1,1\nB,6,3,2\nB,7,4,9\n"
MARKS = ["-999", "."]


def test_marks_of_missing_are_named(save):
    path = save(GAPS)
    refused(["column 'y'", "'.' in row 4", "correct it"], path, "t", "y", ["x"])
    said = [
        "column 'x'",
        "1 value is missing",
        "row 2 (line 3 of the file)",
        "leave their rows out by drop_missing=True",
    ]
    refused(said, path, "t", "y", ["x"], na=MARKS)
    refused(["column 'z'", "2 values are missing"], path, "t", "y", ["z"], na=MARKS)  # -999.0 is -999
    refused(["na = '.'", "a list"], path, "t", "y", na=".")


def test_rows_with_a_missing_value_are_dropped_and_counted(save):
    table = read_table(save(GAPS), "t", "y", ["x"], na=MARKS, drop_missing=True, standardise=False)
    assert [x.tolist() for x in table.b] == [[1, 3], [6, 7]]
    assert [x.ravel().tolist() for x in table.a] == [[2, 5], [3, 4]]
    assert table.notes == ("left out 2 of 6 rows with a missing value ('x': 1, 'y': 1)",)
    whole = read_table(save(SMALL), "firm", "y", drop_missing=True)
    assert whole.notes == ()


def test_a_row_keeps_its_number_when_others_are_dropped(save):
    said = ["column 'x'", "'3o'", "row 4 (line 5 of the file)"]
    refused(said, save("t,y,x\nA,,1\nA,2,2\nA,3,5\nA,4,3o\n"), "t", "y", drop_missing=True)


def test_a_task_without_a_complete_row_is_named(save):
    path = save("t,y,x\nA,1,2\nA,2,3\nB,,4\nB,5,NA\n,6,7\n")
    refused(["task column 't'", "drop_missing=True"], path, "t", "y")
    (dropped, ended, single) = read_table(path, "t", "y", drop_missing=True).notes
    assert dropped == "left out 3 of 5 rows with a missing value ('t': 1, 'x': 1, 'y': 1)"
    assert ended == "no row of the task 'B' is complete: left out"
    assert "one task, 'A'" in single
    refused(["every row", "missing value in 't', 'x', 'y'"], save("t,y,x\nA,,2\nA,2,\n"), "t", "y", drop_missing=True)
    refused(
        ["1 task is of one row only ('B')"], save("t,y,x\nA,1,2\nA,2,3\nB,,4\nB,5,6\n"), "t", "y", drop_missing=True
    )


def test_a_mark_of_missing_counts_in_the_task_column_too(save):
    path = save("t,y,x\nA,1,2\nA,2,3\n?,3,4\n")
    assert read_table(path, "t", "y", na=["?"], drop_missing=True).task_names == ("A",)


def test_the_same_from_a_data_frame(save):
    path = save(GAPS)
    options = {"features": ["x"], "na": MARKS, "drop_missing": True}
    from_file = read_table(path, "t", "y", **options)
    for frame in (pd.read_csv(path, na_values=["."]), pl.read_csv(path, null_values=["."])):
        assert same(from_file, read_table(frame, "t", "y", **options))


def test_the_first_rows_of_each_task_are_kept(save):
    path = save(UNEQUAL)
    table = read_table(path, "t", "y", max_rows=2, standardise=False)
    assert [x.tolist() for x in table.b] == [[1, 3], [5, 7], [1, 2]]
    assert table.notes == ("kept at most the first 2 rows of each task, left out 3 of 9 rows",)
    refused(["unequal numbers of rows, 2 to 3", "'C': 3", "first 2 rows"], path, "t", "y", max_rows=3)
    cut = read_table(path, "t", "y", max_rows=3, unequal="first", standardise=False)
    assert [x.tolist() for x in cut.b] == [x.tolist() for x in table.b]
    assert len(cut.notes) == 2
    assert read_table("grunfeld", max_rows=10**6).notes == ()
    for wrong in (1, 0, -3, 2.5, True):
        refused([f"max_rows={wrong!r}", "an integer from 2 on"], path, "t", "y", max_rows=wrong)


# -------------------------------------------------------------------------------------------------- files


def test_no_such_file(tmp_path):
    refused(["no file", "'grunfeld'"], tmp_path / "absent.csv", "t", "y")
    refused(["no file 'grunfield'", "did you mean 'grunfeld'?"], "grunfield")


def test_not_a_file(tmp_path):
    refused(["it is a folder"], tmp_path, "t", "y")


def test_unreadable_file(save, monkeypatch):
    path = save(SMALL)

    def deny(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", deny)
    refused(["cannot read", "Permission denied"], path, "firm", "y")


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_empty_file(save, content):
    refused(["is empty", "header"], save(content), "t", "y")


def test_header_only(save):
    refused(["no rows", "'t', 'y', 'x'"], save("t,y,x\n"), "t", "y")
    refused(["no rows"], pd.DataFrame({"t": [], "y": [], "x": []}), "t", "y")
    refused(["no columns"], pd.DataFrame(), "t", "y")
    refused(["no columns"], pl.DataFrame(), "t", "y")


def test_ragged_rows(save):
    said = ["line 3", "has 2 cells, the header has 3 (separated by comma)"]
    refused(said, save("t,y,x\nA,1,2\nA,3\n"), "t", "y")
    refused(["line 2", "has 4 cells"], save("t,y,x\nA,1,2,3\nA,3,4\n"), "t", "y")
    refused(["line 2", "has 1 cell,"], save("t,y,x\nA\n"), "t", "y")


def test_packed_files(save):
    plain = read_table(save(SMALL), "firm", "y")
    for name in ("data.csv.gz", "data.tsv.gz", "DATA.CSV.GZ", "data.gz"):
        table = read_table(save(gzip.compress(SMALL.encode()), name), "firm", "y")
        assert same(table, plain)
        assert table.name.lower() == "data"
    whole = gzip.compress(SMALL.encode())
    for content in (SMALL.encode(), whole[:-9], whole[:12] + b"\xff" * 9 + whole[21:], b""):
        refused(
            ["data.csv.gz' is", "pack it again" if content else "is empty"], save(content, "data.csv.gz"), "firm", "y"
        )
    refused(["ends in '.gz'"], save(whole, "data.xlsx.gz"), "firm", "y")


def test_a_packed_file_is_not_unpacked_without_end(save, monkeypatch):
    long = SMALL.encode() + b"A,1,2\n" * 10**5
    packed = save(gzip.compress(long), "data.csv.gz")
    monkeypatch.setattr(columns, "LARGEST_FILE", len(long) - 1)
    assert packed.stat().st_size < columns.LARGEST_FILE
    refused([f"holds more than {len(long) - 1:,} bytes", "fewer rows"], packed, "firm", "y")


def test_wrong_delimiter_is_said(save):
    refused(["columns are 't|y|x' (separated by comma; delimiter= says otherwise)"], save("t|y|x\nA|1|2\n"), "t", "y")


@pytest.mark.parametrize("content", ['t,y,x\nA,1,"2\nA,3,4\n', 't,y,x\nA,1,"2"3\nA,3,4\n'])
def test_broken_quotes(save, content):
    refused(["not a proper CSV file", "quote"], save(content), "t", "y")


def test_not_utf8(save):
    refused(["not UTF-8", "byte 1 is 0xff"], save("t,y\n".encode("utf-16")), "t", "y")
    refused(["not UTF-8", "byte 8 is 0xe9"], save("t,y,x\nR\u00e9,1,2\n".encode("latin-1")), "t", "y")


def test_other_kinds_of_file(save):
    refused(["ends in '.xlsx'", ".csv", "save it as CSV"], save(b"PK", "book.xlsx"), "t", "y")
    refused(["as a Parquet file"], save("not parquet", "t.parquet"), "t", "y")


def test_other_kinds_of_source():
    refused(["from a dict", "pandas or polars DataFrame", "'grunfeld'"], {"t": ["A"]}, "t", "y")
    refused(["from a LazyFrame", ".collect()"], pl.LazyFrame({"t": ["A"]}), "t", "y")
    refused(["from a int"], 3, "t", "y")
    refused(["from a Series"], pd.Series([1, 2]), "t", "y")


def test_parquet_without_pyarrow(tmp_path, monkeypatch):
    pq.write_table(pa.table({"t": ["A", "A"], "y": [1, 2], "x": [1, 2]}), tmp_path / "t.parquet")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtra, match=r"pip install 'mamlcheck\[tables\]'") as caught:
        read_table(tmp_path / "t.parquet", "t", "y")
    assert isinstance(caught.value, ImportError)
    assert isinstance(caught.value, MamlcheckError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.package, again.extra) == (str(caught.value), "pyarrow", "tables")


def test_csv_imports_no_data_frame_library():
    code = (
        "import sys; from mamlcheck.tasks.tables import read_table; read_table('grunfeld');"
        "print([name for name in ('pandas', 'polars', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
