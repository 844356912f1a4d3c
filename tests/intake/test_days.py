"""Days and moments: what is read as which, in every form that papers give them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.intake import sheets, typed
from tests import papers
from tests.intake.judged import SEPTEMBER, checked, read_as

# Dates

NEW_YEARS_EVE = [
    "1990-12-31", "31/12/1990", "31-12-1990", "31.12.1990", "31 Desember 1990", "31 desember 1990",
    "31 DESEMBER 1990", "31 Des 1990", "31-Des-1990", "31/Des/1990", "31 December 1990",
    "31 Desember, 1990", "31  Desember  1990", "33238", "33238.0", "1990-12-31 00:00:00",
    "1990-12-31 00:00", "1990-12-31T00:00", "1990-12-31T23:59:59+07:00",
    "1990-12-31 00:00:00.000000", "Dec. 31, 1990", "Senin 31 Desember 1990", "31-12-1990 14.30.05",
    "Monday, December 31, 1990", "Lombok Timur / 31 Desember 1990", "SELONG\n31-12-1990",
    "31 - 12 - 1990", "1990.12.31", "19901231", "31121990", "31st December 1990", "31DES1990",
    "Dec 31st, 1990", "tgl 31/12/1990", "31 Desember 1990 pukul 14.00 WIB",
    "SELONG, tgl 31-12-1990", "Senin, 31/12/1990 08:00 WITA", "31-DEC-1990 08.00.00.000000 AM",
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
    "08:00", "1/6/2025 13:00 AM", "1/6/2025 8:00 PMX", "1 Juni 08.00", "01/06/25 08:00",
    "now", "epoch", "infinity", "-", "belum diketahui", "45809.33", "20250601T080000",
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
