"""Delivered text -> typed columns, and the reason why a row cannot be accepted, if there is one.

The rules are those of the source's contract: types, vocabularies, bounds, and the checks of
severity `quarantine`. A value that cannot be read is empty; whether that matters, a check says.
"""

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines import contracts, moments
from pipelines.contracts import Check, Column, Table
from pipelines.intake.refusals import MISSING_COLUMN
from pipelines.lake import Lake

MONTHS = {
    name: f"{number}"
    for number, names in enumerate(
        (
            ("JANUARI", "JANUARY", "JAN"),
            ("FEBRUARI", "PEBRUARI", "FEBRUARY", "FEB", "PEB"),
            ("MARET", "MARCH", "MAR", "MRT"),
            ("APRIL", "APR"),
            ("MEI", "MAY"),
            ("JUNI", "JUNE", "JUN"),
            ("JULI", "JULY", "JUL"),
            ("AGUSTUS", "AUGUST", "AGUST", "AGU", "AGT", "AGS", "AUG"),
            ("SEPTEMBER", "SEP", "SEPT"),
            ("OKTOBER", "OCTOBER", "OKT", "OCT"),
            ("NOVEMBER", "NOPEMBER", "NOV", "NOP"),
            ("DESEMBER", "DECEMBER", "DES", "DEC"),
        ),
        start=1,
    )
    for name in names
}
NUMERIC_DATE = r"^(\d{1,2}) ?[/.\-] ?(\d{1,2}) ?[/.\-] ?(\d{4})$"
WORDS_DATE = r"(?i)^(\d{1,2})(?:st|nd|rd|th)?[ \-/.]*([a-z]+)[ \-/.,]*(\d{4})$"
ENGLISH_DATE = r"(?i)^([a-z]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})$"
YEAR_FIRST = r"^(\d{4})[/.\-](\d{1,2})[/.\-](\d{1,2})$"
# Any of the first three with a year of two digits: 31/12/90, 3-Mar-25, 3 Maret '25, Mar 3, 25
SHORT_YEAR = (
    r"(?i)^(\d{1,2} ?[/.\-] ?\d{1,2} ?[/.\-] ?|\d{1,2}(?:st|nd|rd|th)?[ \-/.]*[a-z]+[ \-/.,]*"
    r"|[a-z]+\.? \d{1,2}(?:st|nd|rd|th)?,? )['’]?(\d{2})(\s.*)?$"
)
TOGETHER = r"^((?:19|20)\d\d)(0\d|1[0-2])([0-3]\d)$"  # 20250901
TOGETHER_DAY_FIRST = r"^([0-3]\d)(0\d|1[0-2])((?:19|20)\d\d)$"  # 01092025
# 08:00, 8.00.00, pukul 08.00 WITA, 8:00 PM, behind something with a digit in it
CLOCK = (
    r"(?i)^(.*\d\S*?),?\s+(?:(?:pukul|pkl|jam)\.?\s*)?"
    r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*(am|pm)?\s*(wib|wita|wit)?$"
)
ZONES = {"WIB": "+07:00", "WITA": "+08:00", "WIT": "+09:00"}
WIB = ZONES["WIB"]
ISO_DATE = r"^\d{4}-\d{2}-\d{2}([ T].*)?$"
ISO_WITHOUT_SECONDS = r"^(\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2})([+\-Z].*)?$"
FULL_ISO = len("2025-12-31T23:59:59+07:00")
DAY_ALONE = len("2025-12-31")
# Senin, 1 September 2025; Senin 1 September 2025; Lombok Timur, 17-05-1990; Selong/17-05-1990
WORDS_BEFORE = (
    r"(?i)^(?:[^0-9]*[a-z][^0-9]*[,/;\n]\s*"
    r"|(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|tgl\.?|tanggal)\s+)+"
)
THOUSANDS = r"^\d{1,3}([.,\s]\d{3})+$"
YEARS = (
    r"(?i)^(\d{1,3})\s*(?:th|thn|tahun|yo|years?)\b\.?"
    r"(?:\s*\d{1,2}\s*(?:bl|bln|bulan|months?)\.?)?$"
)
LOST_DIGITS = r"(?i)^\d([.,]\d+E\+?|E\+)\d+$"
SERIAL = r"^\d{5}(\.0+)?$"
SERIAL_EPOCH = "1899-12-30"  # day 0 of spreadsheets, their 29 February 1900 included
DATED = ("date", "timestamp")
FIRST_DAY = "1900-01-01"  # where a contract names no minimum
CENTURY = 36_525  # days from a day of March 1900 or later to the same of the next century


def judge(
    lake: Lake, source: str, also: Callable[[ir.Table], ir.Table] = lambda rows: rows
) -> Callable[[pa.Table], pa.Table]:
    """`typed`, and what is `also` to be worked out, for deliveries of one source on Arrow rows;
    another thread may run it."""
    contract, records = contracts.sources()[source], contracts.records_of(source)
    return lake.aside(lambda rows: also(typed(rows, contract, records)))


def typed(delivered: ir.Table, contract: Table, records: Table) -> ir.Table:
    """Rows of text (contract columns, row_number, missing_column, ...) -> the records table.

    Adds `field` and `reason` of the first check that fails, empty for a row that is accepted; a
    row of a delivery without a required column fails for that. Other columns pass through.
    """
    origin = {c.source.split(".")[1]: c.name for c in records.columns if c.source}
    passed = [name for name in delivered.columns if name not in contract.names]
    # The views keep texts, values, bounds and verdict apart: written into each other, the engine
    # would work out each again for every use.
    texts = {name: _said(delivered[name], contract.column(name)) for name in origin}
    dated = [name for name in origin if contract.column(name).logical_type in DATED]
    shorts = {f"{name} is short": _has_short_year(delivered[name]) for name in dated}
    days = {
        f"{name} day": _usual(_is_full(texts[name]), ibis.null("string"), _day_said(texts[name]))
        for name in dated
        if contract.column(name).logical_type == "timestamp"
    }
    said = delivered.select(*passed, **texts, **shorts, **days).view()
    values = {name: _value(said, contract.column(name)) for name in origin}
    parsed = said.select(*passed, *shorts, **values).view()
    values = {name: parsed[name] for name in origin}
    values |= {name: _of_its_century(parsed, contract.column(name)) for name in dated}
    within = {name: _bounded(values[name], contract.column(name)) for name in origin}
    read = parsed.select(*passed, **within).view()
    judged = read.mutate(failure=_first_failure(read, contract)).view()
    renamed = {origin[name]: judged[name] for name in origin}
    return judged.select(*passed, **renamed, **_named_failure(judged, contract))


def _named_failure(judged: ir.Table, contract: Table) -> dict[str, ir.StringValue]:
    """`field` and `reason` of the failing check, or of the column that the delivery lacks."""
    checks = _row_checks(contract)
    fields = [(n, check.column or "") for n, check in enumerate(checks)]
    reasons = [(n, check.id) for n, check in enumerate(checks)]
    lacks = judged.missing_column.notnull()
    return {
        "field": ibis.coalesce(judged.missing_column, judged.failure.cases(*fields)),
        "reason": ibis.cases((lacks, MISSING_COLUMN), else_=judged.failure.cases(*reasons)),
    }


def _said(text: ir.StringValue, column: Column) -> ir.StringValue:
    """What a cell says of its column, without what stands around it; a year of two digits as 20xx,
    to be put right by `_of_its_century`."""
    if column.logical_type in DATED:
        day = _day_said(text) if column.logical_type == "date" else text
        return _usual(_is_iso(text), text, day.re_replace(SHORT_YEAR, r"\120\2\3"))
    for form, written in column.forms.items():
        text = text.re_replace(rf"(?i)^\W*{form}\W*$", written)
    return text


def _has_short_year(text: ir.StringValue) -> ir.BooleanValue:
    day = text.re_replace(WORDS_BEFORE, "")
    return _usual(_is_iso(text), ibis.literal(False), day.re_search(SHORT_YEAR).fill_null(False))


def _of_its_century(parsed: ir.Table, column: Column) -> ir.Value:
    """The value, one with a year of two digits in the only century in which it can be.

    It can be where the contract's `minimum` and its years before and after the delivery allow;
    where both centuries can, or none, it is empty.
    """
    value, is_short = parsed[column.name], parsed[f"{column.name} is short"]
    if "received_at" not in parsed.columns:
        return ibis.cases((~is_short, value))
    is_date = column.logical_type == "date"
    day = moments.as_number(value if is_date else moments.date_of(moments.microseconds(value)))
    is_later, is_earlier = (_can_be(n, parsed, column) for n in (day, day - 1_000_000))
    earlier = (
        moments.days_after(value, -CENTURY) if is_date else value - ibis.interval(days=CENTURY)
    )
    return ibis.cases(
        (~is_short, value), (is_later & ~is_earlier, value), (is_earlier & ~is_later, earlier)
    )


def _can_be(day: ir.IntegerValue, parsed: ir.Table, column: Column) -> ir.BooleanValue:
    """Whether a day, as yyyymmdd, is near enough to its delivery, which may be a day behind WIB."""
    minimum = str(column.options.get("minimum", FIRST_DAY))
    first = int(minimum[:DAY_ALONE].replace("-", ""))
    received_on = moments.date_of(moments.microseconds(parsed.received_at))
    years = ((moments.as_number(moments.days_after(received_on, 1)) - day) / 10_000).floor()
    return (day >= first) & years.between(-column.years_after, column.years_before)


def _value(said: ir.Table, column: Column) -> ir.Value:
    """The value of a column in `said`, which has the day of a moment beside it."""
    clean = said[column.name]
    if column.logical_type == "timestamp":
        return timestamp(clean, said[f"{column.name} day"])
    if column.logical_type == "date":
        return _day(clean)
    if column.logical_type == "integer":
        return _whole_number(clean)
    if column.vocabulary and not column.is_open_vocabulary:
        return _word(clean.upper(), column.vocabulary)
    return clean


def _whole_number(text: ir.StringValue) -> ir.IntegerValue:
    """`34`, `34.0`, `34 tahun`, `1.234.567`; what has a fraction is no whole number."""
    years = text.re_replace(YEARS, r"\1")
    plain = ibis.cases((years.re_search(THOUSANDS), years.re_replace(r"[.,\s]", "")), else_=years)
    number = plain.try_cast("float64")
    return ibis.cases((number == number.floor(), number.try_cast("int64")))


def _word(word: ir.StringValue, vocabulary: Mapping[str, str]) -> ir.StringValue:
    """The value a spelling stands for; an unknown one is kept."""
    spellings = {k: v for k, v in vocabulary.items() if k != v}
    return word.substitute(spellings) if spellings else word


def _bounded(value: ir.Value, column: Column) -> ir.Value:
    """Empty outside `minimum` and `maximum` of the contract."""
    low, high = column.options.get("minimum"), column.options.get("maximum")
    if low is None or high is None:
        return value
    bounds = [ibis.literal(bound).cast(value.type()) for bound in (low, high)]
    return ibis.cases((value.between(*bounds), value))


def date(text: ir.StringValue) -> ir.DateValue:
    """`YYYY-MM-DD`, `DD/MM/YYYY`, `31 Desember 1990`, `December 31, 1990`, or a sheet's serial.

    An impossible date is empty. Numbers are read day first, as Indonesian papers write them.
    """
    return _day(_day_said(text))


def _day_said(text: ir.StringValue) -> ir.StringValue:
    """The day without the clock behind it, and the weekday or place before it."""
    day = text.re_replace(CLOCK, r"\1").re_replace(WORDS_BEFORE, "")
    day = day.re_replace(TOGETHER, r"\1-\2-\3").re_replace(TOGETHER_DAY_FIRST, r"\1-\2-\3")
    return _usual(_is_iso(text), text, day)


def _is_iso(text: ir.StringValue) -> ir.BooleanValue:
    return (text.length() == DAY_ALONE) & text[4].isin(["-", "/"])


def _day(said: ir.StringValue) -> ir.DateValue:
    others = ibis.coalesce(_worded_date(said), _serial_date(said), _year_first(said))
    return _usual(_is_iso(said), said.try_cast("date"), others)


def _usual(is_usual: ir.BooleanValue, value: ir.Value, others: ir.Value) -> ir.Value:
    """The usual form alone, and the dear ways of reading only for rows that are not in it.

    A case keeps them apart: what coalesced ways share, the engine would work out for every row.
    """
    return ibis.cases((is_usual, value), else_=others)


def _assembled(year: ir.StringValue, month: ir.StringValue, day: ir.StringValue) -> ir.DateValue:
    return (year + "-" + _two_digits(month) + "-" + _two_digits(day)).try_cast("date")


def _two_digits(number: ir.StringValue) -> ir.StringValue:
    """`07` of 7, `00` of nothing. Not `lpad`, which writes its text out three times."""
    return (ibis.literal("00") + number).right(2)


def _in_numbers(text: ir.StringValue, form: str, *, year: int, day: int) -> ir.DateValue:
    parts = _assembled(*(text.re_extract(form, group) for group in (year, 2, day)))
    return ibis.cases((text.re_search(form), parts))


def _year_first(text: ir.StringValue) -> ir.DateValue:
    day = _in_numbers(text, YEAR_FIRST, year=1, day=3)
    return ibis.coalesce(day, ibis.cases((text.re_search(ISO_DATE), text[:10].try_cast("date"))))


def _worded_date(text: ir.StringValue) -> ir.DateValue:
    """`31/12/1990`, `31 Desember 1990`, `December 31, 1990`."""
    day_first = text.re_replace(ENGLISH_DATE, r"\2 \1 \3")
    return ibis.coalesce(_in_numbers(text, NUMERIC_DATE, year=3, day=1), _named_month(day_first))


def _named_month(text: ir.StringValue) -> ir.DateValue:
    day, word, year = (text.re_extract(WORDS_DATE, group) for group in (1, 2, 3))
    read = _assembled(year, word.upper().cases(*MONTHS.items()), day)
    return ibis.cases((text.re_search(WORDS_DATE), read))


def _serial_date(text: ir.StringValue) -> ir.DateValue:
    days = text.try_cast("float64").try_cast("int64")
    serial = moments.days_after(ibis.literal(SERIAL_EPOCH).cast("date"), days)
    return ibis.cases((text.re_search(SERIAL), serial))


def timestamp(text: ir.StringValue, said: ir.StringValue | None = None) -> ir.TimestampValue:
    """ISO 8601 with offset; without one it is WIB. Also a day as `date` reads it, alone or with a
    clock behind it: `01/06/2025 08.00 WITA`, `1 Juni 2025 pukul 8:00 PM`.

    An impossible time is empty, not midnight. `said` is the day in it, where that is worked out
    already.
    """
    with_seconds = text.re_replace(ISO_WITHOUT_SECONDS, r"\1:00\2")
    day = _day(_day_said(text) if said is None else said).cast("string")
    clock = ibis.cases((text.re_search(CLOCK), _clock(text)), else_=" 00:00:00" + WIB)
    has_day_alone = ~text.contains(":") | text.re_search(CLOCK)
    iso = ibis.coalesce(
        _moment(text + WIB),
        _moment(with_seconds + WIB),
        ibis.cases((text.length() > DAY_ALONE, _moment(with_seconds))),
    )
    # The engine casts 01/06/25 as well, to the year 1.
    others = ibis.coalesce(
        ibis.cases((text[4] == "-", iso)), ibis.cases((has_day_alone, _moment(day + clock)))
    )
    return _usual(_is_full(text), _moment(text), others)


def _is_full(text: ir.StringValue) -> ir.BooleanValue:
    return text.length() == FULL_ISO


def _clock(text: ir.StringValue) -> ir.StringValue:
    """` 20:00:00+07:00` of `8.00 PM`; empty for 13:00 AM."""
    hour = text.re_extract(CLOCK, 2).try_cast("int64")
    half = text.re_extract(CLOCK, 5).upper()
    of_day = ibis.cases(
        (half == "", hour), (hour > 12, ibis.null("int64")), (half == "PM", hour % 12 + 12),
        else_=hour % 12,
    )  # fmt: skip
    seconds = _two_digits(text.re_extract(CLOCK, 4))
    zone = text.re_extract(CLOCK, 6).upper().cases(*ZONES.items(), else_=WIB)
    hours = _two_digits(of_day.cast("string"))
    return " " + hours + ":" + text.re_extract(CLOCK, 3) + ":" + seconds + zone


def _moment(text: ir.StringValue) -> ir.TimestampValue:
    return text.try_cast("timestamp('UTC')")


def _first_failure(values: ir.Table, contract: Table) -> ir.IntegerValue:
    """Position of the first failing check among `_row_checks`; empty for an accepted row."""
    checks = _row_checks(contract)
    return ibis.cases(*((_fails(c, values, contract), n) for n, c in enumerate(checks)))


def _row_checks(contract: Table) -> list[Check]:
    """The checks that split rows, in the order of the contract; rules on whole rows come last."""
    return sorted(contract.checks_of("quarantine"), key=lambda c: c.column is None)


def _fails(check: Check, values: ir.Table, contract: Table) -> ir.BooleanValue:
    if check.rule.metric == "nullValues" and check.column:
        return values[check.column].isnull()
    if check.rule.metric == "invalidValues" and "pattern" in check.arguments and check.column:
        return ~values[check.column].re_search(check.arguments["pattern"]).fill_null(False)
    if check.rule.metric == "invalidValues" and check.column:
        allowed = set(contract.column(check.column).vocabulary.values())
        return ~values[check.column].isin(sorted(allowed)).fill_null(False)
    if "lostDigits" in check.arguments and check.column:
        value = values[check.column]
        # Few cells have an E; the rest is not looked at twice.
        return ibis.cases((value.upper().contains("E"), value.re_search(LOST_DIGITS)), else_=False)
    if "anyOf" in check.arguments:
        usable = (_usable(name, values, contract) for name in check.arguments["anyOf"])
        # A case looks at the next column only for rows where this one says nothing.
        return ibis.cases(*((says, False) for says in usable), else_=True)
    raise NotImplementedError(f"{contract.name}: check {check.id} cannot split rows")


def _usable(name: str, values: ir.Table, contract: Table) -> ir.BooleanValue:
    """Whether the column says anything: not empty, and not one of its words for nothing."""
    missing = [
        word
        for check in contract.checks
        if check.column == name and check.rule.metric == "missingValues"
        for word in check.arguments["missingValues"]
    ]
    value = values[name]
    return value.notnull() & ~value.upper().isin(missing) if missing else value.notnull()


def quarantined(refused: ir.Table, contract: Table) -> ir.Table:
    """Rows of ops.quarantine: delivered rows with field and reason, their cells as JSON."""
    cells = ibis.struct({name: refused[name] for name in contract.names})
    return refused.select(
        *["batch_id", "row_number", "field", "reason", "file_position"],
        source=ibis.literal(contract.name),
        delivered_row=cells.cast("json").cast("string"),
    )
