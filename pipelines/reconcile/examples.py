"""One example for each rule: what happened, as the records of a single person tell it.

The rule book prints them, and a test runs each through the rules. The border record of all begins
on RECORD_FROM, the night is that of AS_OF; everybody was born on BORN unless the example says
otherwise. All people are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

RECORD_FROM = date(2023, 1, 1)
AS_OF = date(2026, 1, 15)
BORN = date(1990, 5, 1)


@dataclass(frozen=True)
class Exit:
    """Left, declaring a destination."""

    on: date
    country: str
    purpose: str | None = None
    document: str = "PASPOR"


@dataclass(frozen=True)
class Entry:
    """Came home, declaring where from."""

    on: date
    country: str | None = None


@dataclass(frozen=True)
class Placed:
    """Placed by KP2MI, in force between two days."""

    since: date
    until: date
    country: str


@dataclass(frozen=True)
class Listed:
    """On a repatriation list."""

    on: date
    country: str
    category: str


@dataclass(frozen=True)
class Gap:
    """A day on which one direction of the border feed is missing."""

    on: date
    is_exit: bool


Event = Exit | Entry | Placed | Listed | Gap


@dataclass(frozen=True)
class Example:
    """What is known of one person, and the rule that decides the first departure."""

    rule: str
    events: tuple[Event, ...]
    born: date | None = BORN
    is_poorly_identified: bool = False


EXAMPLES: tuple[Example, ...] = (
    Example(
        "poorly_identified",
        (Exit(date(2025, 3, 1), "MYS"),),
        born=None,
        is_poorly_identified=True,
    ),
    Example("exempt_purpose", (Exit(date(2025, 3, 1), "MYS", purpose="study"),)),
    Example(
        "placement_diverted_by_list",
        (
            Placed(date(2025, 1, 10), date(2027, 1, 9), "MYS"),
            Exit(date(2025, 2, 1), "MYS"),
            Listed(date(2025, 9, 1), "MMR", "TPPO"),
        ),
    ),
    Example(
        "placement_covers",
        (Placed(date(2025, 1, 10), date(2027, 1, 9), "TWN"), Exit(date(2025, 2, 1), "TWN")),
    ),
    Example(
        "list_proves_work",
        (Exit(date(2025, 2, 1), "THA", purpose="tourism"), Listed(date(2025, 9, 1), "MMR", "SCAM")),
    ),
    Example("before_record_start", (Entry(date(2023, 6, 1), "MYS"),)),
    Example("feed_gap", (Gap(date(2025, 5, 28), is_exit=True), Entry(date(2025, 6, 1), "MYS"))),
    Example("no_exit_on_record", (Listed(date(2025, 9, 1), "KHM", "PEKERJA"),)),
    Example(
        "returned_within_stay",
        (Exit(date(2025, 3, 1), "SGP"), Entry(date(2025, 3, 31), "SGP")),
    ),
    Example(
        "return_implied",
        (Exit(date(2025, 3, 1), "SGP"), Exit(date(2025, 5, 1), "SGP"), Entry(date(2025, 5, 3))),
    ),
    Example(
        "placement_diverted_by_declaration",
        (Placed(date(2025, 1, 10), date(2027, 1, 9), "TWN"), Exit(date(2025, 2, 1), "KHM")),
    ),
    Example(
        "returned_late",
        (Exit(date(2025, 3, 1), "SGP"), Entry(date(2025, 4, 1), "SGP")),
    ),
    Example(
        "return_date_unknown",
        (Exit(date(2024, 3, 1), "SGP"), Exit(date(2025, 5, 1), "SGP"), Entry(date(2025, 5, 3))),
    ),
    Example("not_yet_due", (Exit(date(2025, 11, 1), "MYS"),)),
    Example("border_pass_overdue", (Exit(date(2025, 3, 1), "MYS", document="PLB"),)),
    Example("overdue_of_working_age", (Exit(date(2025, 3, 1), "MYS", purpose="tourism"),)),
    Example("outside_working_age", (Exit(date(2025, 3, 1), "MYS"),), born=date(1950, 5, 1)),
    Example("age_unknown", (Exit(date(2025, 3, 1), "MYS"),), born=None),
)
