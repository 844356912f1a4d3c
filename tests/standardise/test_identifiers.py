"""Document numbers and NIK: what is kept, what is a placeholder, what a NIK says."""

from datetime import date

import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.standardise.identifiers import (
    document_number,
    nik,
    nik_birth_date,
    nik_sex,
    without_default_birth_dates,
)

DOCUMENTS = {
    "A1234567": "A1234567",
    "b 8476447": "B8476447",
    "x d07515964": "XD07515964",
    "XD-41675969": "XD41675969",
    "PLB8970972": "PLB8970972",
    "X 0000001": "X0000001",
    "0000000": None,
    "X": None,
    "xxxx": None,
    "9999999": None,
    "-": None,
    "?": None,
    "N/A": None,
    "tidak ada": None,
    "TIDAK ADA PASPOR": None,
    "SPLP": None,
    "SPLP123": "SPLP123",
    "": None,
    None: None,
}

NIKS = {
    "3212096012950001": "3212096012950001",
    "3212 0960 1295 0001": "3212096012950001",
    "'3212096012950001": "3212096012950001",
    "32.12.09.601295.0001": "3212096012950001",
    "321209601295000": None,  # 15 digits
    "32120960129500011": None,  # 17 digits
    "0012096012950001": None,  # no province 00
    "3200096012950001": None,  # no regency 00
    "3212006012950001": None,  # no district 00
    "3212090012950001": None,  # day 00
    "3212090112950001": "3212090112950001",
    "3212093112950001": "3212093112950001",
    "3212093212950001": None,  # day 32
    "3212094012950001": None,  # day 40
    "3212094112950001": "3212094112950001",
    "3212097112950001": "3212097112950001",
    "3212097212950001": None,  # day 72
    "3212096000950001": None,  # month 00
    "3212096013950001": None,  # month 13
    "1111111111111111": None,
    "0000000000000000": None,
    "321209601295000A": None,
    "": None,
    None: None,
}

BIRTHS = {
    "3212096012950001": (date(1995, 12, 20), "P"),
    "3212092012950001": (date(1995, 12, 20), "L"),
    "3212093112950001": (date(1995, 12, 31), "L"),
    "3212097112950001": (date(1995, 12, 31), "P"),
    "3212094101050001": (date(2005, 1, 1), "P"),
    "3212090101290001": (date(2029, 1, 1), "L"),  # below 30 is 20xx
    "3212090101300001": (date(1930, 1, 1), "L"),
    "3212093102950001": (None, "L"),  # 31 February
    None: (None, None),
}


def test_document_numbers(evaluate):
    found = evaluate(document_number, list(DOCUMENTS))
    assert dict(zip(DOCUMENTS, found, strict=True)) == DOCUMENTS


def test_niks(evaluate):
    assert dict(zip(NIKS, evaluate(nik, list(NIKS)), strict=True)) == NIKS


def test_birth_date_and_sex_in_a_nik(evaluate):
    numbers = list(BIRTHS)
    found = zip(evaluate(nik_birth_date, numbers), evaluate(nik_sex, numbers), strict=True)
    assert dict(zip(numbers, found, strict=True)) == BIRTHS


numbers = st.text("ABXZ0129", min_size=1, max_size=9)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(numbers, st.sampled_from([" ", "-", ".", "  /"])), min_size=1))
def test_a_document_number_is_stable_under_case_and_separators(evaluate, pairs):
    plain = evaluate(document_number, [number for number, _ in pairs])
    loose = [separator.join(number.lower()) for number, separator in pairs]
    assert evaluate(document_number, loose) == plain
    assert evaluate(document_number, plain) == plain


@pytest.mark.parametrize(
    ("defaults", "known"),
    [
        ([date(1900, 1, 1)], [None, None, date(1899, 12, 31), date(1900, 1, 2)]),
        ([], [None, date(1900, 1, 1), date(1899, 12, 31), date(1900, 1, 2)]),
    ],
)
def test_a_default_birth_date_is_none(rows_of, defaults, known):
    born = [None, date(1900, 1, 1), date(1899, 12, 31), date(1900, 1, 2)]
    written = ibis.memtable(pa.table({"place": range(4), "birth_date": pa.array(born)}))
    found = rows_of(without_default_birth_dates(written, defaults).order_by("place"))
    assert [row["birth_date"] for row in found] == known
