"""Days of the simulated year, counted from 1 January (day 0); deliveries go on to the run date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from pipelines.simulate.draws import Floats, Ints

#: Never: a day after every other day (a traveller who has not come back).
NEVER = 32_000
#: Traffic by month, January first; the school holidays and December are the peaks (assumption,
#: after BPS wisnas).
MONTH_WEIGHTS = (0.97, 0.92, 0.90, 1.00, 1.00, 1.08, 1.06, 0.96, 0.96, 1.00, 1.02, 1.13)
WIB = dt.timezone(dt.timedelta(hours=7))
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Calendar:
    """The year, and the run date on which the truth is stated (15 January of the next year)."""

    year: int

    @property
    def first(self) -> dt.date:
        return dt.date(self.year, 1, 1)

    @property
    def run_date(self) -> dt.date:
        return dt.date(self.year + 1, 1, 15)

    @property
    def days(self) -> int:
        """Days of crossings; what happens on the last of them is delivered on the run date."""
        return (self.run_date - self.first).days

    @property
    def length(self) -> int:
        """Days of the calendar year."""
        return (dt.date(self.year + 1, 1, 1) - self.first).days

    @property
    def first_epoch(self) -> int:
        """1 January in days since 1970."""
        return (self.first - EPOCH).days

    def date(self, day: int) -> dt.date:
        return self.first + dt.timedelta(days=int(day))

    def day(self, month: int, day: int) -> int:
        return (dt.date(self.year, month, day) - self.first).days

    def delivered_at(self, day: int) -> float:
        """Time of a delivery: 20:00 WIB of that day, in seconds since 1970."""
        evening = dt.time(20, tzinfo=WIB)
        return dt.datetime.combine(self.date(day), evening).timestamp()

    def spread(self, draws: Floats) -> Ints:
        """Draws in [0, 1) to days, by the season."""
        months = [self.date(day).month - 1 for day in range(self.days)]
        steps = np.cumsum(np.asarray(MONTH_WEIGHTS)[months])
        return np.searchsorted(steps / steps[-1], draws, side="right").clip(0, self.days - 1)
