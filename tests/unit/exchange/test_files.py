"""Tables are read however they were written, and what we write is read back as it was."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from guitara_app.exchange.files import read_table, write_xlsx
from guitara_app.kit.errors import Invalid
from guitara_app.kit.spreadsheets import csv_text, freed

# What clients, services and staff can hold: no control characters but line breaks and tabs, no blanks around.
TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\n\t"), max_size=30
).map(str.strip)


def rows(content: bytes) -> list[list[str]]:
    return [cells for _, cells in read_table(content).rows]


@given(st.lists(st.tuples(TEXT, TEXT, st.sampled_from(["x", "=1+1", "'=1", "''@x", "-2", "\tx", "'", "O'Hara"]))))
def test_what_leaves_as_csv_comes_back_as_it_was(lines: list[tuple[str, str, str]]) -> None:
    content = csv_text(("A", "B", "C"), lines).encode()
    assert rows(content) == [[cell.strip() for cell in line] for line in lines]


@given(st.lists(st.tuples(TEXT, TEXT, st.just("x")), max_size=5))
def test_what_leaves_as_excel_comes_back_as_it_was(lines: list[tuple[str, str, str]]) -> None:
    out = BytesIO()
    write_xlsx(out, "Sheet", ("A", "B", "C"), lines)
    assert rows(out.getvalue()) == [list(line) for line in lines]


def test_what_looks_like_an_escape_of_excel_stays() -> None:
    out = BytesIO()
    write_xlsx(out, "Sheet", ("A", "B"), [["_x0041_ O'Hara", "=1+1"]])
    assert rows(out.getvalue()) == [["_x0041_ O'Hara", "=1+1"]]


@given(TEXT)
def test_no_cell_acts_and_each_is_freed_again(cell: str) -> None:
    [line] = csv_text(("A",), [[cell]]).removeprefix("\ufeff").split("\r\n", 1)[1:]
    written = line.removesuffix("\r\n").strip('"')
    assert not written.startswith(("=", "+", "-", "@", "\uff1d", "\uff0b"))
    assert freed(f"'{cell}") == (cell if cell.lstrip("'").startswith(("=", "+", "-", "@")) else freed(f"'{cell}"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Name,Town\nJosé,Pasig\n".encode(), ""),
        ("\ufeffName,Town\r\nJosé,Pasig\r\n".encode(), ""),
        ("Name;Town\nJosé;Pasig\n".encode(), "Its columns are parted by semicolons."),
        ("Name\tTown\nJosé\tPasig\n".encode(), "Its columns are parted by tabs."),
        ("Name,Town\nJosé,Pasig\n".encode("utf-16"), "This file is UTF-16."),
        (
            "Name,Town\nJosé,Pasig\n".encode("cp1252"),
            "This file is not UTF-8, so it was read as Windows-1252. Look whether letters such as ñ are right.",
        ),
        ("\n\nName,Town\n\nJosé,Pasig\n,,\n".encode(), ""),
    ],
)
def test_however_it_was_written(content: bytes, said: str) -> None:
    table = read_table(content)
    assert (table.columns, [cells for _, cells in table.rows]) == (["Name", "Town"], [["José", "Pasig"]])
    assert table.said == said


def test_rows_are_counted_as_a_spreadsheet_counts() -> None:
    table = read_table(b'Name,Notes\nA,"two\nlines"\n\nB,"a ""quoted"" word, and a comma"\n')
    assert list(table.rows) == [(2, ["A", "two\nlines"]), (4, ["B", 'a "quoted" word, and a comma'])]


def test_excel_gives_values_not_formulas() -> None:
    book, out = Workbook(), BytesIO()
    sheet = book.active
    sheet.append(["Name", "Minutes", "Price", "On sale", ""])
    sheet.append(["Shiatsu", 60, 500.5, True, None])
    sheet.append(["=1+1", 60.0, 500.0, False])
    book.save(out)
    table = read_table(out.getvalue())
    assert table.columns == ["Name", "Minutes", "Price", "On sale"]
    # Nobody has worked out that formula, so it says nothing.
    assert [cells for _, cells in table.rows] == [["Shiatsu", "60", "500.5", "yes"], ["", "60", "500", "no"]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"\x00\x01\x02",
        b"PK\x03\x04 no zip",
        b"\xd0\xcf\x11\xe0old",
        b"Name\xff\x81,Town\n",
        b'"Name,Town\nA,B\n',
    ],
)
def test_what_is_no_table_is_told(content: bytes) -> None:
    with pytest.raises(Invalid):
        list(read_table(content).rows)


def test_a_zip_that_is_no_workbook_is_told() -> None:
    from zipfile import ZipFile

    out = BytesIO()
    with ZipFile(out, "w") as packed:
        packed.writestr("x", "y")
    with pytest.raises(Invalid, match="neither a CSV nor an Excel file"):
        read_table(out.getvalue())


def test_a_workbook_that_is_a_bomb_is_refused() -> None:
    from zipfile import ZIP_DEFLATED, ZipFile

    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as packed, packed.open("x", "w") as part:
        for _ in range(260):
            part.write(bytes(2**20))
    assert len(out.getvalue()) < 2**20
    with pytest.raises(Invalid, match="too large once it is unpacked"):
        read_table(out.getvalue())
