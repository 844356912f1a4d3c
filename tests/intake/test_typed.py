"""Typed: what is read as which date, time or word, and which rows are set apart and why."""

import json
from typing import Any

import ibis
import pyarrow as pa
import pytest

from pipelines import contracts
from pipelines.intake import typed
from tests import papers
from tests.intake.judged import SOURCES, checked

MADE = {"perlintasan": papers.crossing, "penempatan": papers.placement, "pemulangan": papers.listed}
EVENTS = {
    "perlintasan": "waktu_perlintasan",
    "penempatan": "tanggal_selesai_proses",
    "pemulangan": "tanggal_tiba",
}


def verdicts(con: Any, source: str, rows: list[papers.Row]) -> list[tuple[str | None, ...]]:
    return [(row["field"], row["reason"]) for row in checked(con, source, rows)]


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
