"""Moments as numbers.

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
    days = (moment // DAY).cast("int64")
    # The engine makes date + interval a timestamp although Ibis calls it a date; say so, then cast.
    return (ibis.date(EPOCH) + days.as_interval("D")).cast("timestamp").cast("date")
