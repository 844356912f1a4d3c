"""Moments as numbers, and days between and after dates.

The engine shifts, truncates and casts a time with a zone by the rules of calendars, ten to a
hundred times slower than it counts; national tables count.
"""

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

EPOCH = "1970-01-01"
SECOND = 1_000_000  # microseconds
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND


@ibis.udf.scalar.builtin(name="epoch_us")
def microseconds(moment: dt.Timestamp(timezone="UTC")) -> dt.int64:  # type: ignore[valid-type]
    """Microseconds since 1970 in UTC. DuckDB's name; Spark calls it unix_micros."""


def date_of(moment: ir.IntegerValue) -> ir.DateValue:
    """The date of a moment in microseconds since 1970."""
    return days_after(ibis.date(EPOCH), (moment // DAY).cast("int64"))


def days_after(day: ir.DateValue, days: ir.IntegerValue | int) -> ir.DateValue:
    """The date so many days later.

    Engines make a timestamp of a date plus an interval while Ibis calls it a date, so a plain cast
    would be dropped as needless.
    """
    step = ibis.interval(days=days) if isinstance(days, int) else days.as_interval("D")
    return (day + step).cast("timestamp").cast("date")


def full_years(born: ir.DateValue, on: ir.DateValue) -> ir.IntegerValue:
    """The age on a date: the difference of both as yyyymmdd, without its last four digits."""
    return ((as_number(on) - as_number(born)) / 10_000).floor().cast("int32")


def as_number(day: ir.DateValue) -> ir.IntegerValue:
    """A date as yyyymmdd."""
    return day.year() * 10_000 + day.month() * 100 + day.day()
