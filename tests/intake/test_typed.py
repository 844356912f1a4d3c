"""Typed: what is read as which date, time or word, and which rows are set apart and why."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import contracts
from pipelines.intake import sheets, typed
from tests import papers

SOURCES = contracts.sources()
MADE = {"perlintasan": papers.crossing, "penempatan": papers.placement, "pemulangan": papers.listed}
EVENTS = {
    "perlintasan": "waktu_perlintasan",
    "penempatan": "tanggal_selesai_proses",
    "pemulangan": "tanggal_tiba",
}


@pytest.fixture(scope="module")
def con() -> Iterator[Any]:
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


def read_as(con: Any, function: Any, texts: list[str]) -> list[Any]:
    table = ibis.memtable(pa.table({"n": range(len(texts)), "x": pa.array(texts, pa.string())}))
    found = con.to_pyarrow(table.select("n", y=function(table.x)).order_by("n"))
    return list(found["y"].to_pylist())


SEPTEMBER = datetime(2025, 9, 2, 3, tzinfo=UTC)


def checked(
    con: Any,
    source: str,
    rows: list[papers.Row],
    received_at: datetime | None = None,
    **marks: Any,
) -> list[papers.Row]:
    """Rows of a delivery, typed; in their order."""
    contract = SOURCES[source]
    texts = pa.schema([(name, pa.string()) for name in contract.names])
    strings = [{k: None if v is None else str(v) for k, v in row.items()} for row in rows]
    table = pa.Table.from_pylist(strings, texts)
    made = {
        "row_number": pa.array(range(1, len(rows) + 1), pa.int64()),
        "batch_id": pa.array(["B1"] * len(rows)),
        "list_file": pa.array(["daftar.xlsx"] * len(rows)),
        "missing_column": pa.array([marks.get("missing_column")] * len(rows), pa.string()),
    }
    if received_at:
        moment = pa.array([received_at] * len(rows), pa.timestamp("us", "UTC"))
        made["received_at"] = moment
    for name, values in made.items():
        table = table.append_column(name, values)
    found = typed.typed(ibis.memtable(table), contract, contracts.records_of(source))
    return list(con.to_pyarrow(found.order_by("row_number")).to_pylist())


def verdicts(con: Any, source: str, rows: list[papers.Row]) -> list[tuple[str | None, ...]]:
    return [(row["field"], row["reason"]) for row in checked(con, source, rows)]


# Dates

NEW_YEARS_EVE = [
    "1990-12-31", "31/12/1990", "31-12-1990", "31.12.1990", "31 Desember 1990", "31 desember 1990",
    "31 DESEMBER 1990", "31 Des 1990", "31-Des-1990", "31/Des/1990", "31 December 1990",
    "31 Desember, 1990", "31  Desember  1990", "33238", "33238.0", "1990-12-31 00:00:00",
    "1990-12-31 00:00", "1990-12-31T00:00", "1990-12-31T23:59:59+07:00",
    "1990-12-31 00:00:00.000000", "Dec. 31, 1990", "Senin 31 Desember 1990", "31-12-1990 14.30.05",
    "Monday, December 31, 1990", "Lombok Timur / 31 Desember 1990", "SELONG\n31-12-1990",
    "31 - 12 - 1990", "1990.12.31", "19901231", "31121990", "31st December 1990", "31DES1990",
    "Dec 31st, 1990", "tgl 31/12/1990", "31 Desember 1990 pukul 14.00 WIB", "SELONG, tgl 31-12-1990",
    "Senin, 31/12/1990 08:00 WITA", "31-DEC-1990 08.00.00.000000 AM",
]  # fmt: skip


def test_one_date_in_every_form(con: Any) -> None:
    assert read_as(con, typed.date, NEW_YEARS_EVE) == [date(1990, 12, 31)] * len(NEW_YEARS_EVE)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1/2/1990", date(1990, 2, 1)),  # day first
        ("01-02-1990", date(1990, 2, 1)),
        ("29/02/2000", date(2000, 2, 29)),
        ("1 Pebruari 2024", date(2024, 2, 1)),
        ("10 Nopember 1975", date(1975, 11, 10)),
        ("2 Agt 1980", date(1980, 8, 2)),
        ("10000", date(1927, 5, 18)),
        ("45658", date(2025, 1, 1)),
    ],
)
def test_a_date_is_read_day_first(con: Any, text: str, day: date) -> None:
    assert read_as(con, typed.date, [text]) == [day]


NO_DATES = [
    "1990-02-30", "30/02/1990", "29/02/1900", "31/4/1990", "12/31/1990", "1990-13-01", "0/1/1990",
    "32 Januari 1990", "31 Foo 1990", "Desember 1990", "1990", "31/12/90", "90-12-31",
    "19903112", "33238.5", "9999", "123456", "-33238", "1e4", "0000-00-00", "tidak tahu", "-",
    "sebelum 31-12-1990", "Foo 31, 1990", "Des/31/1990", "31/31/1990 14:30",
    "today", "epoch", "infinity", "1990-12-31xx", "18901231",
    "sekitar 31/12/1990",
]  # fmt: skip


def test_an_impossible_or_unclear_date_is_empty(con: Any) -> None:
    assert read_as(con, typed.date, NO_DATES) == [None] * len(NO_DATES)


MONTH_NAMES = [
    "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
    "Oktober", "November", "Desember",
]  # fmt: skip
FORMS = {
    "iso": date.isoformat,
    "slashes": lambda d: f"{d.day:02}/{d.month:02}/{d.year:04}",
    "dashes": lambda d: f"{d.day:02}-{d.month:02}-{d.year:04}",
    "dots, unpadded": lambda d: f"{d.day}.{d.month}.{d.year}",
    "words": lambda d: f"{d.day} {MONTH_NAMES[d.month - 1]} {d.year}",
    "abbreviated": lambda d: f"{d.day:02}-{MONTH_NAMES[d.month - 1][:3].upper()}-{d.year}",
    "serial": lambda d: str((d - date(1899, 12, 30)).days),
    "sheet": lambda d: sheets.cell(datetime(d.year, d.month, d.day)),
    "midnight": lambda d: f"{d.isoformat()} 00:00:00",
}


@settings(max_examples=10, deadline=None)
@given(days=st.lists(st.dates(date(1930, 1, 1), date(2099, 12, 31)), min_size=1, max_size=50))
def test_a_date_survives_every_form(con: Any, days: list[date]) -> None:
    texts = [form(day) for form in FORMS.values() for day in days]
    assert read_as(con, typed.date, texts) == days * len(FORMS)


# Years of two digits, in deliveries of 2 September 2025

EVENT, BORN, CONTRACT = "tanggal_selesai_proses", "tanggal_lahir", "tanggal_akhir_kontrak"


@pytest.mark.parametrize(
    ("column", "text", "day"),
    [
        (EVENT, "01/02/25", date(2025, 2, 1)),
        (EVENT, "3-Mar-25", date(2025, 3, 3)),
        (EVENT, "12 Agustus '25", date(2025, 8, 12)),
        (EVENT, "Senin, 1/9/25", date(2025, 9, 1)),
        (EVENT, "Mar 3, 25", date(2025, 3, 3)),
        (EVENT, "3/9/25", date(2025, 9, 3)),  # it is tomorrow already in Jakarta
        (EVENT, "4/9/25", None),  # not there yet, and before the contract's minimum a century ago
        (EVENT, "31-12-99", date(1999, 12, 31)),
        (EVENT, "31-12-89", None),
        (EVENT, "29/02/24", date(2024, 2, 29)),
        (EVENT, "31/02/25", None),
        (BORN, "17-05-90", date(1990, 5, 17)),
        (BORN, "Selong, 17-05-90", date(1990, 5, 17)),
        (BORN, "Selong, 17.05.90", date(1990, 5, 17)),
        (BORN, "17 Mei 05", date(2005, 5, 17)),
        (BORN, "03/09/14", date(2014, 9, 3)),  # 1914 would be 111 years old by now
        (BORN, "04/09/14", None),
        (BORN, "04/09/15", None),  # 10 years old, or 109
        (BORN, "17/05/25", None),
        (BORN, "17/12/25", date(1925, 12, 17)),  # of a delivery in September
        (CONTRACT, "31/01/27", date(2027, 1, 31)),
        (CONTRACT, "31/01/45", None),
    ],
)
def test_a_year_of_two_digits_is_read_where_one_century_can_be(
    con: Any, column: str, text: str, day: date | None
) -> None:
    target = {EVENT: "processed_on", BORN: "birth_date", CONTRACT: "contract_ends_on"}[column]
    [row] = checked(con, "penempatan", [papers.placement("1", **{column: text})], SEPTEMBER)
    assert row[target] == day


def test_a_moment_with_a_year_of_two_digits(con: Any) -> None:
    texts = ("01/06/25 08:00", "1-Jun-25 09.00 WITA", "01/06/45 08:00")
    rows = [papers.crossing("1", waktu_perlintasan=text) for text in texts]
    eight = datetime(2025, 6, 1, 1, tzinfo=UTC)
    found = checked(con, "perlintasan", rows, SEPTEMBER)
    assert [row["crossed_at"] for row in found] == [eight, eight, None]


# Times

ONE_MOMENT = [
    "2025-06-01T08:00:00+07:00", "2025-06-01T08:00:00", "2025-06-01 08:00:00", "2025-06-01T08:00",
    "2025-06-01 08:00", "2025-06-01T01:00:00Z", "2025-06-01T01:00Z", "2025-06-01T09:00:00+08:00",
    "2025-06-01T09:00+08:00", "2025-06-01T10:00:00+09:00", "2025-06-01T08:00:00.000+07:00",
    "2025-06-01 08:00:00.000000+0700", "2025-06-01T08:00:00+07", "2025-05-31T20:00:00-05:00",
    "01/06/2025 08:00", "01/06/2025 08:00:00", "1/6/2025 8:00", "1/6/2025 8:00:00",
    "01-06-2025 08.00", "01-06-2025 08.00.00", "1 Juni 2025 08:00", "01/06/2025 08:00 WIB",
    "01/06/2025 09.00 WITA", "1 Juni 2025 pukul 10.00 WIT", "Minggu, 1 Juni 2025, pkl. 08.00",
    "01-JUN-2025 08.00.00.000000 AM", "2025/06/01 08:00", "1/6/2025 8:00 am",
]  # fmt: skip


def test_one_moment_in_every_form(con: Any) -> None:
    eight_in_jakarta = datetime(2025, 6, 1, 1, tzinfo=UTC)
    assert read_as(con, typed.timestamp, ONE_MOMENT) == [eight_in_jakarta] * len(ONE_MOMENT)


@pytest.mark.parametrize("text", ["2025-06-01", "01/06/2025", "1 Juni 2025", "45809"])
def test_a_day_alone_begins_at_midnight_in_jakarta(con: Any, text: str) -> None:
    assert read_as(con, typed.timestamp, [text]) == [datetime(2025, 5, 31, 17, tzinfo=UTC)]


NO_TIMES = [
    "2025-02-30T08:00:00+07:00", "31/02/2025 08:00", "2025-06-31", "2025-06-01T25:00:00+07:00",
    "2025-06-01T08:61:00+07:00", "2025-06-01 25:00", "01/06/2025 25:00", "01/06/2025 08:61",
    "08:00", "1/6/2025 13:00 AM", "1/6/2025 8:00 PMX", "1 Juni 08.00", "01/06/25 08:00", "now", "epoch", "infinity", "-", "belum diketahui", "45809.33", "20250601T080000",
]  # fmt: skip


def test_an_impossible_time_is_empty_and_not_midnight(con: Any) -> None:
    assert read_as(con, typed.timestamp, NO_TIMES) == [None] * len(NO_TIMES)


SECONDS = st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30)).map(
    lambda moment: moment.replace(microsecond=0)
)


@settings(max_examples=10, deadline=None)
@given(moments=st.lists(st.tuples(SECONDS, st.integers(-12, 14)), min_size=1, max_size=50))
def test_a_moment_survives_whatever_its_offset(
    con: Any, moments: list[tuple[datetime, int]]
) -> None:
    signed = [(m, h, f"{'-' if h < 0 else '+'}{abs(h):02}:00") for m, h in moments]
    texts = [f"{m.isoformat(mark)}{offset}" for mark in "T " for m, _, offset in signed]
    expected = [m.replace(tzinfo=UTC) - timedelta(hours=h) for m, h in moments]
    assert read_as(con, typed.timestamp, texts) == expected * 2


# Bounds: the first and the last value that the contract allows, and their neighbours


@pytest.mark.parametrize(
    ("source", "column", "target", "texts", "kept"),
    [
        (
            "perlintasan", "waktu_perlintasan", "crossed_at",
            ["1989-12-31T23:59:59Z", "1990-01-01T00:00:00Z",
             "2100-01-01T00:00:00Z", "2100-01-01T00:00:01Z"],
            [False, True, True, False],
        ),
        (
            "perlintasan", "tanggal_lahir", "birth_date",
            ["1899-12-31", "1900-01-01", "2100-01-01", "2100-01-02"], [False, True, True, False],
        ),
        (
            "penempatan", "tanggal_selesai_proses", "processed_on",
            ["1989-12-31", "1990-01-01", "2100-01-01", "2100-01-02"], [False, True, True, False],
        ),
        (
            "penempatan", "tanggal_akhir_kontrak", "contract_ends_on",
            ["1989-12-31", "1990-01-01", "2100-01-01", "2100-01-02"], [False, True, True, False],
        ),
        (
            "pemulangan", "tanggal_tiba", "arrived_on",
            ["1989-12-31", "1990-01-01", "2100-01-01", "2100-01-02"], [False, True, True, False],
        ),
        ("pemulangan", "umur", "age", ["-1", "0", "120", "121"], [False, True, True, False]),
    ],
)  # fmt: skip
def test_values_outside_the_bounds_of_the_contract_are_empty(
    con: Any, source: str, column: str, target: str, texts: list[str], kept: list[bool]
) -> None:
    rows = [MADE[source](n, **{column: text}) for n, text in enumerate(texts)]
    found = checked(con, source, rows)
    assert [row[target] is not None for row in found] == kept


def test_ages(con: Any) -> None:
    ages = {
        "34": 34,
        "34.0": 34,
        "034": 34,
        "tiga puluh": None,
        "34 th": 34,
        "34,5": None,
        "34.5": None,
        "1e9": None,
    }
    found = checked(con, "pemulangan", [papers.listed(1, umur=text) for text in ages])
    assert [row["age"] for row in found] == list(ages.values())
    assert {row["reason"] for row in found} == {None}


# Vocabularies


WORDS = [
    ("arah", "direction", "keluar", "KELUAR"),
    ("arah", "direction", "Berangkat", "KELUAR"),
    ("arah", "direction", "M", "MASUK"),
    ("jenis_kelamin", "sex", "Laki-laki", "L"),
    ("jenis_kelamin", "sex", "p", "P"),
    ("jenis_kelamin", "sex", "M", "L"),  # male, not masuk
    ("jenis_kelamin", "sex", "X", "X"),  # kept, never guessed
    ("jenis_dokumen", "document_type", "Passport", "PASPOR"),
    ("jenis_dokumen", "document_type", "KARTU", "KARTU"),
    ("moda", "mode", "Feri", "LAUT"),
    ("tujuan_perjalanan", "purpose", "Umroh", "Umroh"),  # open: kept here, mapped later
    ("kode_tpi", "gate_code", "zzz", "zzz"),
]


def test_words_of_the_contract(con: Any) -> None:
    rows = [papers.crossing("A1", **{column: text}) for column, _, text, _ in WORDS]
    found = checked(con, "perlintasan", rows)
    read = [row[target] for row, (_, target, _, _) in zip(found, WORDS, strict=True)]
    assert read == [value for *_, value in WORDS]
    assert {row["reason"] for row in found} == {None}


@pytest.mark.parametrize("source", MADE)
def test_every_spelling_stands_for_a_value_of_its_vocabulary(con: Any, source: str) -> None:
    spelled = 0
    origin = {c.source: c.name for c in contracts.records_of(source).columns}
    for column in SOURCES[source].columns:
        if column.is_open_vocabulary:
            continue
        spellings = list(column.vocabulary)
        rows = [MADE[source](n, **{column.name: w.lower()}) for n, w in enumerate(spellings)]
        target = origin[f"{source}.{column.name}"]
        found = [row[target] for row in checked(con, source, rows)] if rows else []
        assert found == list(column.vocabulary.values())
        spelled += len(spellings)
    assert spelled > 10


# Reasons

NOBODY = {
    "perlintasan": {"nomor_dokumen": None, "nik": None, "nama_lengkap": None},
    "penempatan": {"nomor_paspor": None, "nik": None, "nama": None},
    "pemulangan": {"nomor_dokumen": None, "nik": None, "nama": None},
}
DOCUMENT = {
    "perlintasan": "nomor_dokumen",
    "penempatan": "nomor_paspor",
    "pemulangan": "nomor_dokumen",
}
NAME = {"perlintasan": "nama_lengkap", "penempatan": "nama", "pemulangan": "nama"}


@pytest.mark.parametrize("source", MADE)
def test_a_sound_row_is_accepted(con: Any, source: str) -> None:
    assert verdicts(con, source, [MADE[source]("1")]) == [(None, None)]


@pytest.mark.parametrize("source", MADE)
def test_a_missing_key(con: Any, source: str) -> None:
    assert verdicts(con, source, [MADE[source](None)]) == [(SOURCES[source].keys[0], "missing_key")]


@pytest.mark.parametrize("source", MADE)
def test_a_missing_or_impossible_event(con: Any, source: str) -> None:
    wrong = (None, "2025-02-30", "kemarin", "1989-12-31")
    rows = [MADE[source]("1", **{EVENTS[source]: text}) for text in wrong]
    assert verdicts(con, source, rows) == [(EVENTS[source], "bad_event_date")] * len(wrong)


def test_an_unknown_direction(con: Any) -> None:
    wrong = (None, "TRANSIT", "BATAL", "DITOLAK", "KELUAR MASUK")
    rows = [papers.crossing("A1", arah=text) for text in wrong]
    assert verdicts(con, "perlintasan", rows) == [("arah", "unknown_direction")] * len(wrong)


IDENTITIES = [  # document, NIK, name, whether somebody is meant
    (None, None, None, False),
    (None, None, "tidak ada", False),
    ("X0000000", None, "NN", False),
    ("-", None, "-", False),
    ("TIDAK ADA", None, "Unknown", False),
    ("C1000001", None, None, True),
    (None, "5203011705900001", None, True),
    (None, "5203011705900001", "TANPA NAMA", True),
    (None, None, "SITI", True),
    ("0000000", None, "SITI", True),
]


@pytest.mark.parametrize("source", MADE)
def test_a_row_needs_a_document_a_nik_or_a_usable_name(con: Any, source: str) -> None:
    rows = [
        MADE[source]("1", **{DOCUMENT[source]: document, "nik": nik, NAME[source]: name})
        for document, nik, name, _ in IDENTITIES
    ]
    expected = [(None, None) if found else ("", "no_identity") for *_, found in IDENTITIES]
    assert verdicts(con, source, rows) == expected


@pytest.mark.parametrize("source", MADE)
def test_of_several_reasons_the_first_of_the_contract_is_given(con: Any, source: str) -> None:
    contract = SOURCES[source]
    checks = contract.checks_of("quarantine")
    order = [(c.column or "", c.id) for c in sorted(checks, key=lambda c: c.column is None)]
    key = contract.keys[0]
    wrong: dict[tuple[str, str], papers.Row] = {
        (key, "missing_key"): {key: None},
        (key, "lost_digits"): {key: "5.20301E+15"},
        ("arah", "unknown_direction"): {"arah": "TRANSIT"},
        (EVENTS[source], "bad_event_date"): {EVENTS[source]: "kemarin"},
        ("nik", "lost_digits"): {"nik": "5,20301E+15"},
        ("", "no_identity"): NOBODY[source],
    }
    assert set(order) <= set(wrong)
    rows = []
    for n in range(len(order)):
        after = [field for reason in reversed(order[n:]) for field in wrong[reason].items()]
        if order[n] != ("", "no_identity") and ("nik", "lost_digits") in order[n:]:
            after = [*after, ("nik", "5.2E+15")]
        rows.append(MADE[source]("1", **dict(after)))
    assert verdicts(con, source, rows) == order


@pytest.mark.parametrize("source", MADE)
def test_a_poor_birth_date_nik_place_or_gate_is_no_reason(con: Any, source: str) -> None:
    contract = SOURCES[source]
    poor = {
        name: "?!" for name in contract.names
        if name not in (contract.keys[0], EVENTS[source], "arah", NAME[source])
    }  # fmt: skip
    empty = dict.fromkeys(poor)
    assert verdicts(con, source, [MADE[source]("1", **p) for p in (poor, empty)]) == [
        (None, None), (None, None),
    ]  # fmt: skip


def test_rows_without_a_required_column_fail_for_it(con: Any) -> None:
    rows = [papers.crossing("A1"), papers.crossing(None)]
    found = checked(con, "perlintasan", rows, missing_column="kode_tpi")
    assert [(r["field"], r["reason"]) for r in found] == [("kode_tpi", "missing_column")] * 2


def test_set_apart_rows_keep_their_cells_as_delivered(con: Any) -> None:
    contract = SOURCES["perlintasan"]
    row = papers.crossing("A1", waktu_perlintasan='kemarin, "pagi"')
    texts = pa.schema([(name, pa.string()) for name in contract.names])
    marks = {"batch_id": ["B1"], "row_number": [7], "field": ["f"], "reason": ["r"],
             "file_position": ["sheet 1 row 8"]}  # fmt: skip
    refused = pa.Table.from_pylist([row], texts)
    for name, values in marks.items():
        refused = refused.append_column(name, pa.array(values))
    table = typed.quarantined(ibis.memtable(refused), contract)
    [found] = con.to_pyarrow(table).to_pylist()
    assert json.loads(found.pop("delivered_row")) == row
    assert found == {
        "batch_id": "B1", "row_number": 7, "field": "f", "reason": "r", "source": "perlintasan",
        "file_position": "sheet 1 row 8",
    }  # fmt: skip
