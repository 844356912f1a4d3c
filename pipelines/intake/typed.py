"""Delivered text -> typed columns, and the reason why a row cannot be accepted, if there is one.

The rules are those of the source's contract: types, vocabularies, bounds, and the checks of
severity `quarantine`. A value that cannot be read is empty; whether that matters, a check says.
"""

from collections.abc import Callable, Mapping

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines import contracts
from pipelines.contracts import Check, Column, Table
from pipelines.lake import Lake

MONTHS = {
    name: number
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
WORDS_DATE = r"^(\d{1,2})[ \-/.]+([A-Za-z]+)[ \-/.,]+(\d{4})$"
ENGLISH_DATE = r"^([A-Za-z]+)\.? (\d{1,2}),? (\d{4})$"
NUMERIC_DATE = r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})$"
NUMERIC_TIME = r"^\d{1,2}[/.\-]\d{1,2}[/.\-]\d{4}[ T]+(\d{1,2}[:.]\d{2}(?:[:.]\d{2})?)$"
ISO_DATE = r"^\d{4}-\d{2}-\d{2}([ T].*)?$"
ISO_WITHOUT_SECONDS = r"^(\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2})([+\-Z].*)?$"
FULL_ISO = len("2025-12-31T23:59:59+07:00")
DAY_ALONE = len("2025-12-31")
# Senin, 1 September 2025; Senin 1 September 2025; Lombok Timur, 17-05-1990; Selong/17-05-1990
WORDS_BEFORE = (
    r"(?i)^(?:[^0-9]*[a-z][^0-9]*[,/;\n]\s*|(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu)\s+)"
)
THOUSANDS = r"^\d{1,3}([.,\s]\d{3})+$"
YEARS = r"(?i)^(\d{1,3})\s*(?:th|thn|tahun|yo|years?)\b\.?$"
LOST_DIGITS = r"(?i)^\d([.,]\d+E\+?|E\+)\d+$"
WIB = "+07:00"
SERIAL = r"^\d{5}(\.0+)?$"
SERIAL_EPOCH = "1899-12-30"  # day 0 of spreadsheets, their 29 February 1900 included


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
    values = {name: _value(delivered[name], contract.column(name)) for name in origin}
    # The views keep values, bounds and verdict apart: written into each other, the engine would
    # work out each value again for every use.
    parsed = delivered.select(*passed, **values).view()
    within = {name: _bounded(parsed[name], contract.column(name)) for name in origin}
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
        "reason": ibis.cases((lacks, "missing_column"), else_=judged.failure.cases(*reasons)),
    }


def _value(clean: ir.StringValue, column: Column) -> ir.Value:
    if column.logical_type == "date":
        return date(clean)
    if column.logical_type == "timestamp":
        return timestamp(clean)
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
    has_time = text.contains(":") | (text.length() > DAY_ALONE)
    return _usual(~has_time, _day_alone(text), _day_among_words(text))


def _day_alone(text: ir.StringValue) -> ir.DateValue:
    others = ibis.coalesce(_worded_date(text), _serial_date(text), _day_after_words(text))
    is_iso = (text.length() == DAY_ALONE) & text[4].isin(["-", "/"])
    return _usual(is_iso, text.try_cast("date"), others)


def _usual(is_usual: ir.BooleanValue, value: ir.Value, others: ir.Value) -> ir.Value:
    """The usual form alone, and the dear ways of reading only for rows that are not in it.

    A case keeps them apart: what coalesced ways share, the engine would work out for every row.
    """
    return ibis.cases((is_usual, value), else_=others)


def _assembled(year: ir.StringValue, month: ir.Value, day: ir.StringValue) -> ir.DateValue:
    parts = year + "-" + month.cast("string").lpad(2, "0") + "-" + day.lpad(2, "0")
    return parts.try_cast("date")


def _numeric_date(text: ir.StringValue) -> ir.DateValue:
    day, month, year = (text.re_extract(NUMERIC_DATE, group) for group in (1, 2, 3))
    return ibis.cases((text.re_search(NUMERIC_DATE), _assembled(year, month, day)))


def _worded_date(text: ir.StringValue) -> ir.DateValue:
    """`31/12/1990`, `31 Desember 1990`, `December 31, 1990`."""
    return ibis.coalesce(
        _numeric_date(text),
        _named_month(text, WORDS_DATE, day=1, month=2),
        _named_month(text, ENGLISH_DATE, day=2, month=1),
    )


def _named_month(text: ir.StringValue, form: str, day: int, month: int) -> ir.DateValue:
    number = text.re_extract(form, month).upper().cases(*MONTHS.items())
    read = _assembled(text.re_extract(form, 3), number, text.re_extract(form, day))
    return ibis.cases((text.re_search(form), read))


def _serial_date(text: ir.StringValue) -> ir.DateValue:
    days = text.try_cast("float64").try_cast("int64")
    serial = ibis.literal(SERIAL_EPOCH).cast("date") + days.as_interval("D")
    # DuckDB makes date + interval a timestamp although Ibis calls it a date; say so, then cast.
    return ibis.cases((text.re_search(SERIAL), serial.cast("timestamp").cast("date")))


def _day_among_words(text: ir.StringValue) -> ir.DateValue:
    return ibis.coalesce(
        _iso_with_time(text), _numeric_with_time(text), _worded_date(text), _day_after_words(text)
    )


def _day_after_words(text: ir.StringValue) -> ir.DateValue:
    """The day behind a weekday, or behind a place and what parts them."""
    day = text.re_replace(WORDS_BEFORE, "")
    is_iso = (day.length() == DAY_ALONE) & (day[4] == "-")
    found = _usual(is_iso, day.try_cast("date"), _worded_date(day))
    return ibis.cases((text.re_search(WORDS_BEFORE), found))


def _iso_with_time(text: ir.StringValue) -> ir.DateValue:
    return ibis.cases((text.re_search(ISO_DATE), text.substr(0, 10).try_cast("date")))


def _numeric_with_time(text: ir.StringValue) -> ir.DateValue:
    day = text.re_extract(r"^(\S+)\s", 1)
    return ibis.cases((text.re_search(NUMERIC_TIME), _numeric_date(day)))


def timestamp(text: ir.StringValue) -> ir.TimestampValue:
    """ISO 8601 with offset; without one it is WIB. Also `DD/MM/YYYY HH:MM[:SS]`, or a day alone.

    An impossible time is empty, not midnight.
    """
    with_seconds = text.re_replace(ISO_WITHOUT_SECONDS, r"\1:00\2")
    clock = text.re_extract(NUMERIC_TIME, 1).replace(".", ":")
    day = _numeric_date(text.re_extract(r"^(\S+?)[ T]", 1)).cast("string")
    others = ibis.coalesce(
        _moment(text + WIB),
        _moment(with_seconds + WIB),
        ibis.cases((text.length() > DAY_ALONE, _moment(with_seconds))),
        ibis.cases((clock.length() <= len("23:59"), _moment(day + " " + clock + ":00" + WIB))),
        _moment(day + " " + clock + WIB),
        _moment(_day_alone(text).cast("string") + " 00:00:00" + WIB),
    )
    return _usual(text.length() == FULL_ISO, _moment(text), others)


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
