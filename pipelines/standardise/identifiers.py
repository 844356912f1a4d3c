"""Document numbers, NIK, birth dates: normal form, placeholders, what a NIK says by itself."""

from collections.abc import Collection
from datetime import date

import ibis
import ibis.expr.types as ir

# Matched after normalising. One character repeated (0000000, XXXX) is a placeholder as well.
PLACEHOLDER_DOCUMENTS = (
    "NA", "NIHIL", "NULL", "NONE", "KOSONG", "TIDAKADA", "TDKADA", "TANPA", "TANPAPASPOR",
    "TANPADOKUMEN", "TIDAKDIKETAHUI", "UNKNOWN", "BELUMADA", "HILANG", "PASPOR", "SPLP", "PLB",
    "TIDAKADAPASPOR", "PASPORHILANG", "TIDAKPUNYA", "NOPASPOR",
)  # fmt: skip

_REPEATED = "|".join(f"{c}+" for c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_PLACEHOLDER = f"^({'|'.join(PLACEHOLDER_DOCUMENTS)}|{_REPEATED})?$"
_PLAIN = "^[A-Z]+[0-9]+$"  # no placeholder is written so

# Region (no part 00), day (women + 40), month, year, serial: PP 40/2019 and Permendagri 73/2022.
_PART = "(0[1-9]|[1-9][0-9])"
_DAY = "(0[1-9]|[12][0-9]|3[01]|4[1-9]|[56][0-9]|7[01])"
_MONTH = "(0[1-9]|1[0-2])"
NIK_PATTERN = f"^[1-9][0-9]{_PART}{_PART}{_DAY}{_MONTH}[0-9]{{6}}$"

# A NIK has a two-digit year and no century. Without a clock, years below 30 are read as 20xx.
FIRST_YEAR_OF_1900S = 30


def document_number(raw: ir.StringValue) -> ir.StringValue:
    """`raw` in capitals, letters and digits only; null when nothing or a placeholder is left.

    Nearly every number is capitals and digits already: one look tells, at a fifth of the cost.
    """
    number = raw.upper().re_replace("[^A-Z0-9]+", "")
    known = number.re_search(_PLACEHOLDER).ifelse(ibis.null(str), number)
    return raw.re_search(_PLAIN).ifelse(raw, known)


def nik(raw: ir.StringValue) -> ir.StringValue:
    """The 16 digits of a plausible NIK, else null.

    Plausible is: region, day and month in range, and not one digit repeated. Spaces, dots, dashes
    and a spreadsheet's apostrophe are taken away; a letter is not.
    """
    digits = raw.re_replace(r"[\s.'-]+", "")
    is_one_digit = digits.replace(digits.left(1), "") == ""
    return (digits.re_search(NIK_PATTERN) & ~is_one_digit).ifelse(digits, ibis.null(str))


def without_default_birth_dates(records: ir.Table, defaults: Collection[date]) -> ir.Table:
    """`records`, birth_date empty where it is one of `defaults`, which only fill the field.

    They tell no age, and two papers that bear one are no nearer to each other for it.
    """
    born = records.birth_date
    return records.mutate(birth_date=ibis.cases((born.notin(defaults), born)))


def nik_sex(number: ir.StringValue) -> ir.StringValue:
    """`P` where the day is counted from 41, else `L`; null without a NIK."""
    day = _nik_day(number)
    return ibis.cases((day > 40, "P"), (day <= 40, "L"))


def nik_birth_date(number: ir.StringValue) -> ir.DateValue:
    """The birth date in a NIK; null when the calendar has no such day (31 February)."""
    year = number.substr(10, 2).cast("int64")
    century = (year < FIRST_YEAR_OF_1900S).ifelse("20", "19")
    day = (_nik_day(number) % 40).cast("string").lpad(2, "0")
    text = ibis.literal("-").join([century + number.substr(10, 2), number.substr(8, 2), day])
    return text.try_cast("date")


def _nik_day(number: ir.StringValue) -> ir.IntegerValue:
    return number.substr(6, 2).cast("int64")
