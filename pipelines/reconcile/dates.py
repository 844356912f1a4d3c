"""Days between and after dates."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def days_after(day: ir.DateValue, days: ir.IntegerValue | int) -> ir.DateValue:
    """The date so many days later.

    Engines make a timestamp of a date plus an interval while Ibis calls it a date, so a plain cast
    would be dropped as needless.
    """
    step = ibis.interval(days=days) if isinstance(days, int) else days.as_interval("D")
    return (day + step).cast("timestamp").cast("date")


def full_years(born: ir.DateValue, on: ir.DateValue) -> ir.IntegerValue:
    """The age on a date: the difference of both as yyyymmdd, without its last four digits."""
    return ((_as_number(on) - _as_number(born)) / 10_000).floor().cast("int32")


def _as_number(day: ir.DateValue) -> ir.IntegerValue:
    return day.year() * 10_000 + day.month() * 100 + day.day()
