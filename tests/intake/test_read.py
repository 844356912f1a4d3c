"""Reading: every format and shape of a delivery, and the numbers of its rows."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from unittest import mock

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import contracts
from pipelines.intake import arrivals, csv_reader, headers, read
from tests import papers

CROSSINGS = contracts.sources()["perlintasan"]
LISTS = contracts.sources()["pemulangan"]
ROWS = [
    papers.crossing("A1", nama_lengkap="SITI RAHAYU, S.PD", nik="5203015705900001"),
    papers.crossing("A2", nama_lengkap="ANDRÉ", waktu_perlintasan="2025-06-02T08:00:00+07:00"),
]
OF_PAGES = ("file_position", "missing_column")  # columns that only sheets and pages have
SHORT = "id_perlintasan,nama_lengkap\n"


def opened(path: Path, contract: Any = CROSSINGS) -> tuple[read.Delivery, list[papers.Row]]:
    """The delivery, read to its end, and its rows."""
    [arrival] = arrivals.find(path.parent.parent, [path.parent.name])
    delivery = read.open_delivery(path, arrivals.fingerprint(arrival).encoding, contract)
    found = [row for table in read.rows(delivery) for row in table.to_pylist()]
    return delivery, [{k: v for k, v in row.items() if k not in OF_PAGES} for row in found]


def delivered(tmp_path: Path, name: str, content: Any) -> tuple[read.Delivery, list[papers.Row]]:
    return opened(papers.write(tmp_path / "perlintasan" / name, content))


def only(rows: list[papers.Row], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


# Formats

TEXTS = {
    "comma.csv": papers.csv_text(ROWS),
    "semicolon.csv": papers.csv_text(ROWS, ";"),
    "tab.csv": papers.csv_text(ROWS, "\t"),
    "bar.csv": papers.csv_text(ROWS, "|"),
    "byte_order_mark.csv": "\ufeff" + papers.csv_text(ROWS),
    "latin.csv": papers.csv_text(ROWS).encode("latin-1"),
    "windows_lines.csv": papers.csv_text(ROWS).replace("\n", "\r\n"),
    "old_mac_lines.csv": papers.csv_text(ROWS).replace("\r\n", "\r"),
    "no_last_line_end.csv": papers.csv_text(ROWS).rstrip(),
    "UPPER.CSV": papers.csv_text(ROWS),
    "packed.csv.gz": papers.csv_text(ROWS),
    "packed_latin.csv.gz": papers.csv_text(ROWS).encode("latin-1"),
    "packed.csv.zst": papers.csv_text(ROWS, ";"),
    "table.parquet": ROWS,
    "sheet.xlsx": ROWS,
}


@pytest.mark.parametrize("name", TEXTS)
def test_every_format_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    delivery, rows = delivered(tmp_path, name, TEXTS[name])
    assert rows == [row | {"row_number": n} for n, row in enumerate(ROWS, start=1)]
    assert (delivery.rows, delivery.malformed) == (2, [])
    assert delivery.unknown == delivery.missing == []


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("daftar.pdf", b"%PDF-1.7", "unreadable_file"),
        ("daftar.txt", papers.csv_text(ROWS), "unknown_format"),
        ("empty.csv", "", "empty_file"),
        ("empty.csv.gz", "", "empty_file"),
        ("not_packed.csv.gz", b"id_perlintasan\nA1\n", "unreadable_file"),
        ("not_a_table.parquet", b"PAR1 and no more", "unreadable_file"),
        ("not_a_sheet.xlsx", b"PK and no more", "unreadable_file"),
    ],
)
def test_what_cannot_be_read_is_refused_for_a_closed_reason(
    tmp_path: Path, name: str, content: Any, reason: str
) -> None:
    path = papers.write(tmp_path / "perlintasan" / "x.csv", ROWS).with_name(name)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    if name == "empty.csv.gz":
        papers.write(path, "")
    with pytest.raises(read.UnreadableError) as error:
        opened_alone(path)
    assert error.value.reason == reason


def opened_alone(path: Path) -> None:
    (path.parent / "x.csv").unlink()
    opened(path)


@pytest.mark.parametrize("name", ["cut.csv.gz", "cut.csv.zst", "cut.parquet", "cut.xlsx"])
def test_a_file_that_breaks_off_is_refused_as_a_whole(tmp_path: Path, name: str) -> None:
    path = papers.write(tmp_path / "perlintasan" / name, ROWS * 2000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(read.UnreadableError) as error:
        opened(path)
    assert error.value.reason == "unreadable_file"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", SHORT),
        ("a.csv", SHORT.strip()),
        ("a.csv", SHORT + "\n\n"),
        ("a.csv.gz", SHORT),
        ("a.xlsx", [{"id_perlintasan": None, "nama_lengkap": None}]),
    ],
)
def test_a_header_alone_is_a_delivery_without_rows(tmp_path: Path, name: str, content: Any) -> None:
    delivery, rows = delivered(tmp_path, name, content)
    assert (delivery.rows, rows) == (0, [])
    assert delivery.columns == {"id_perlintasan": "id_perlintasan", "nama_lengkap": "nama_lengkap"}


def test_a_parquet_file_without_rows_is_a_delivery_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "perlintasan" / "a.parquet"
    path.parent.mkdir()
    pq.write_table(pa.table({"id_perlintasan": pa.array([], pa.string())}), path)
    delivery, rows = opened(path)
    assert (delivery.rows, rows) == (0, [])


# Columns


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    backwards = papers.csv_text(ROWS, columns=reversed(ROWS[0]))
    _, rows = delivered(tmp_path, "a.csv", backwards)
    assert rows == [row | {"row_number": n} for n, row in enumerate(ROWS, start=1)]


def test_aliases_lead_to_the_columns_of_the_contract(tmp_path: Path) -> None:
    delivery, rows = delivered(tmp_path, "a.csv", "ID Lintas,No. Paspor,Nama\nA1,C1,SITI\n")
    assert delivery.columns == {
        "id_perlintasan": "ID Lintas", "nomor_dokumen": "No. Paspor", "nama_lengkap": "Nama",
    }  # fmt: skip
    assert only(rows, "id_perlintasan", "nomor_dokumen", "nama_lengkap") == [("A1", "C1", "SITI")]


def test_the_name_of_the_contract_wins_over_an_alias() -> None:
    columns, unknown, _ = headers.match(["nama", "nama_lengkap"], CROSSINGS)
    assert columns == {"nama_lengkap": "nama_lengkap"}
    assert unknown == ["nama"]


def test_one_delivered_column_serves_one_column_of_the_contract() -> None:
    placements = contracts.sources()["penempatan"]
    shared = [
        (a, b) for a in CROSSINGS.columns for b in CROSSINGS.columns
        if a.name < b.name and {a.name, *a.aliases} & {b.name, *b.aliases}
    ]  # fmt: skip
    assert shared == []
    for contract in (CROSSINGS, placements, LISTS):
        columns, _, missing = headers.match(contract.names, contract)
        assert columns == {name: name for name in contract.names}
        assert missing == []


def test_unknown_and_missing_columns_are_named(tmp_path: Path) -> None:
    delivery, rows = delivered(tmp_path, "a.csv", "id_perlintasan,arah,warna\nA1,KELUAR,biru\n")
    assert delivery.unknown == ["warna"]
    required = [c.name for c in CROSSINGS.columns if c.is_required]
    assert delivery.missing == [n for n in required if n not in ("id_perlintasan", "arah")]
    assert {"nik", "nomor_angkutan"}.isdisjoint(delivery.missing)
    assert rows[0]["nama_lengkap"] is None


def test_rows_under_unknown_columns_alone_are_still_counted(tmp_path: Path) -> None:
    content = [{"warna": "biru"}, {"warna": "hijau"}]
    delivery, rows = delivered(tmp_path, "a.parquet", content)
    assert (delivery.rows, delivery.unknown) == (2, ["warna"])
    assert only(rows, "row_number", "id_perlintasan") == [(1, None), (2, None)]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.xlsx"])
def test_without_a_header_the_first_line_is_a_row_too(tmp_path: Path, name: str) -> None:
    content = "A1,KELUAR,CGK\nA2,MASUK,CGK\n"
    if name == "a.xlsx":
        content = [{"A1": "A2", "KELUAR": "MASUK", "CGK": "CGK"}]
    delivery, rows = delivered(tmp_path, name, content)
    assert (delivery.rows, rows) == (2, [])
    assert [(m.row_number, m.reason) for m in delivery.malformed] == [
        (1, "no_header"), (2, "no_header"),
    ]  # fmt: skip
    assert "A1" in delivery.malformed[0].text
    assert delivery.missing == headers.missing({}, CROSSINGS)


def test_empty_and_repeated_names_hide_no_column(tmp_path: Path) -> None:
    content = "id_perlintasan,nama_lengkap,nama_lengkap,\nA1,SITI,BUDI,x\n"
    delivery, rows = delivered(tmp_path, "a.csv", content)
    assert delivery.unknown == ["nama_lengkap#3", "column#4"]
    assert only(rows, "nama_lengkap") == [("SITI",)]


@given(data=st.data())
def test_a_header_is_matched_whatever_its_case_and_separators(data: st.DataObject) -> None:
    def written(name: str) -> str:
        separators = st.sampled_from([" ", "_", "-", ".", "  ", " / "])
        parts = name.split("_")
        whole = parts[0] + "".join(data.draw(separators) + part for part in parts[1:])
        shape = data.draw(st.sampled_from([str.upper, str.lower, str.title]))
        return shape(data.draw(st.sampled_from(["", " ", "_"])) + whole)

    chosen = {c.name: data.draw(st.sampled_from([c.name, *c.aliases])) for c in CROSSINGS.columns}
    header = data.draw(st.permutations([written(name) for name in chosen.values()]))
    columns, unknown, missing = headers.match(header, CROSSINGS)
    plain = {name: headers.plain(found) for name, found in columns.items()}
    assert plain == chosen
    assert (unknown, missing) == ([], [])


# Rows

RAGGED = SHORT + "A1,SITI\nA2\nA3,BUDI\nA4,AGUS,x\n\nA5,WATI\nA6\n"


def test_ragged_lines_are_malformed_under_their_own_numbers(tmp_path: Path) -> None:
    delivery, rows = delivered(tmp_path, "a.csv", RAGGED)
    assert [(m.row_number, m.text) for m in delivery.malformed] == [
        (2, "A2"), (4, "A4,AGUS,x"), (6, "A6"),
    ]  # fmt: skip
    assert only(rows, "row_number", "id_perlintasan") == [(1, "A1"), (3, "A3"), (5, "A5")]
    assert delivery.rows == 6


@pytest.mark.parametrize("content", [SHORT + "A1\nA2\n", SHORT + "A1\nA2,SITI\n"])
def test_malformed_lines_count_wherever_they_stand(tmp_path: Path, content: str) -> None:
    delivery, rows = delivered(tmp_path, "a.csv", content)
    assert delivery.rows == 2 == len(rows) + len(delivery.malformed)


def test_line_breaks_in_quotes_belong_to_their_row(tmp_path: Path) -> None:
    content = SHORT + 'A1,"SITI\nRAHAYU"\nA2\n"A3","BUDI ""BUD"" S, JR"\n'
    delivery, rows = delivered(tmp_path, "a.csv", content)
    assert only(rows, "row_number", "id_perlintasan", "nama_lengkap") == [
        (1, "A1", "SITI\nRAHAYU"), (3, "A3", 'BUDI "BUD" S, JR'),
    ]  # fmt: skip
    assert [m.row_number for m in delivery.malformed] == [2]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_blank_lines_are_no_rows(tmp_path: Path, name: str) -> None:
    blank = {"id_perlintasan": None, "nama_lengkap": None}
    full = [{"id_perlintasan": key, "nama_lengkap": "SITI"} for key in ("A1", "A2")]
    content = SHORT + "\nA1,SITI\n\n\nA2,SITI\n\n" if name == "a.csv" else [full[0], blank, full[1]]
    delivery, rows = delivered(tmp_path, name, content)
    assert (delivery.rows, [r["id_perlintasan"] for r in rows]) == (2, ["A1", "A2"])


def test_empty_rows_without_end_are_each_looked_at_once(tmp_path: Path) -> None:
    """A spreadsheet exports them down to its last formatted line; read against each other, 200,000
    of them would take hours."""
    delivery, rows = delivered(tmp_path, "a.csv", SHORT + "A1,SITI\n" + ",\n" * 200_000)
    assert delivery.rows == len(rows) == 200_001
    assert only(rows[:2], "id_perlintasan", "nama_lengkap") == [("A1", "SITI"), (None, None)]


def test_white_space_is_trimmed_and_nothing_is_null(tmp_path: Path) -> None:
    _, rows = delivered(tmp_path, "a.csv", SHORT + "  A1 ,\t\nA2, \u00a0 \n")
    assert only(rows, "id_perlintasan", "nama_lengkap") == [("A1", None), ("A2", None)]


LINES = st.sampled_from(["K{n},SITI", "K{n}", "K{n},A,B", 'K{n},"A\nB"', ",", "", "K{n},é"])


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(LINES, max_size=60), block=st.sampled_from([64, 150, 1 << 24]))
def test_every_row_has_one_number(
    lines: list[str], block: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("law") / "perlintasan" / "a.csv"
    told = [line.format(n=n) for n, line in enumerate(filter(None, lines), start=1)]
    blank_again = iter(told)
    body = [next(blank_again) if line else "" for line in lines]
    papers.write(path, SHORT + "".join(f"{line}\n" for line in body))
    with mock.patch.object(csv_reader, "CSV_BLOCK", block):
        delivery, rows = opened(path)
    good = [row["row_number"] for row in rows]
    bad = [m.row_number for m in delivery.malformed]
    assert sorted(good + bad) == list(range(1, len(told) + 1))
    assert delivery.rows == len(told)
    for number, key in only(rows, "row_number", "id_perlintasan"):
        assert key in (f"K{number}", None)
    assert all(m.text.startswith(f"K{m.row_number}") for m in delivery.malformed)


# Typed cells


def test_typed_columns_of_parquet_become_readable_text(tmp_path: Path) -> None:
    path = tmp_path / "perlintasan" / "a.parquet"
    path.parent.mkdir()
    moment = datetime(2025, 6, 1, 1, tzinfo=UTC)
    columns = {
        "id_perlintasan": pa.array([17]),
        "waktu_perlintasan": pa.array([moment], pa.timestamp("us", "Asia/Jakarta")),
        "tanggal_lahir": pa.array([date(1990, 5, 17)]),
        "nik": pa.array([5203011705900001]),
        "arah": pa.array(["KELUAR"]).dictionary_encode(),
        "nama_lengkap": pa.array(["SITI"], pa.large_string()),
        "kode_tpi": pa.nulls(1),
    }
    pq.write_table(pa.table(columns), path)
    _, [row] = opened(path)
    assert row["id_perlintasan"] == "17"
    assert row["waktu_perlintasan"] == "2025-06-01 08:00:00.000000+0700"
    assert (row["tanggal_lahir"], row["nik"]) == ("1990-05-17", "5203011705900001")
    assert (row["arah"], row["nama_lengkap"], row["kode_tpi"]) == ("KELUAR", "SITI", None)


@pytest.mark.parametrize(
    "table",
    [
        pa.table({"id_perlintasan": ["A1"], "nama_lengkap": [["SITI", "RAHAYU"]]}),
        pa.table([pa.array(["A1"])] * 2, names=["id_perlintasan", "id_perlintasan"]),
    ],
    ids=["nested", "two columns of one name"],
)
def test_a_parquet_file_that_is_no_table_of_values_is_refused(
    tmp_path: Path, table: pa.Table
) -> None:
    path = tmp_path / "perlintasan" / "a.parquet"
    path.parent.mkdir()
    pq.write_table(table, path)
    with pytest.raises(read.UnreadableError):
        opened(path)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (datetime(2025, 9, 1), "2025-09-01"),
        (datetime(2025, 9, 1, 8, 30), "2025-09-01T08:30:00"),
        (date(1990, 5, 17), "1990-05-17"),
        (45901, "45901"),
        (34.0, "34"),
        (34.5, "34.5"),
        ("5203011705900001", "5203011705900001"),
        ("  SITI ", "SITI"),
        (999999999999999, "999999999999999"),
    ],
)
def test_cells_of_a_sheet_become_the_text_that_people_see(
    tmp_path: Path, cell: Any, text: str
) -> None:
    _, [row] = delivered(tmp_path, "a.xlsx", [{"id_perlintasan": "A1", "nama_lengkap": cell}])
    assert row["nama_lengkap"] == text


def test_a_nik_that_a_spreadsheet_made_a_number_is_not_guessed(tmp_path: Path) -> None:
    number = {"id_perlintasan": "A1", "nik": 5203011705900001}
    _, [row] = delivered(tmp_path, "a.xlsx", [number])
    assert row["nik"] == "5.203012E+15"


def test_a_table_may_stand_anywhere_on_the_first_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for line in ([], [], [None, "no", "nama"], [None, 1, "SITI"], [], [None, 2, "BUDI"]):
        book.active.append(line)
    book.create_sheet("catatan").append(["no", "nama"])
    (tmp_path / "pemulangan").mkdir()
    book.save(tmp_path / "pemulangan" / "a.xlsx")
    delivery, rows = opened(tmp_path / "pemulangan" / "a.xlsx", LISTS)
    assert only(rows, "row_number", "no", "nama") == [(1, "1", "SITI"), (3, "2", "BUDI")]
    assert delivery.rows == 2


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pemulangan").mkdir()
    openpyxl.Workbook().save(tmp_path / "pemulangan" / "a.xlsx")
    with pytest.raises(read.UnreadableError) as error:
        opened(tmp_path / "pemulangan" / "a.xlsx", LISTS)
    assert error.value.reason == "empty_file"
