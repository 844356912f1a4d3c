"""What the gate measures: one number per check, worked out where the rows are.

A check of severity `stop` or `warn` in the contract of a source becomes a `Measure`: a number over
the current records (or over all deliveries) of that source, and the bounds it must keep. It is
made of what is counted; no value of a record leaves the engine.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from pipelines import contracts
from pipelines.contracts import Check, Column, ContractError, Table

SEVERITIES = ("stop", "warn")
# What is counted beside the records that fail a check.
ROWS, DELIVERED, SET_APART, AGE = "rows", "delivered", "quarantined", "age"
REPEATED = "duplicateValues"
AHEAD_OF_UTC = timedelta(hours=7)  # a night is a date in WIB; Ibis keeps sessions at UTC

Numbers = dict[str, Any]  # whole numbers by name; AGE is none where there is no record
Judged = Callable[[Numbers], float | None]

TITLES_ID = {
    "rowCount": "Jumlah catatan yang berlaku",
    "nullValues": "Nilai kosong",
    "missingValues": "Nilai kosong atau tak terpakai",
    "duplicateValues": "Nilai ganda",
    "invalidValues": "Nilai di luar daftar",
    "quarantinedShare": "Bagian kiriman yang dikarantina",
    "freshness": "Umur catatan terbaru",
}


@dataclass(frozen=True)
class Bounds:
    """The interval that a number must lie in; None where a side is open."""

    low: float | None = None
    high: float | None = None
    is_low_strict: bool = False
    is_high_strict: bool = False

    def text(self, unit: str) -> str:
        """As people read it: `= 0 rows`, `> 0 rows`, `≤ 20 %`."""
        if self.low is not None and self.low == self.high:
            return f"= {amount(self.low, unit)}"
        sides = []
        if self.low is not None:
            sides.append(f"{'>' if self.is_low_strict else '≥'} {amount(self.low, unit)}")
        if self.high is not None:
            sides.append(f"{'<' if self.is_high_strict else '≤'} {amount(self.high, unit)}")
        return ", ".join(sides)


@dataclass(frozen=True)
class Measure:
    """One check of one source. `judged` makes its number of what is counted, and none when there
    is nothing, or too little, to judge."""

    source: str
    check_id: str
    column: str
    severity: str
    title_id: str
    description: str
    unit: str
    bounds: Bounds
    rows_at_least: int
    judged: Judged

    @property
    def name(self) -> str:
        """Name of the number in the row of measures; unique in its source."""
        return _name(self.check_id, self.column)

    @property
    def expected(self) -> str:
        """What the contract asks for."""
        floor = f" (≥ {self.rows_at_least} rows)" if self.rows_at_least else ""
        return self.bounds.text(self.unit) + floor

    @property
    def nothing(self) -> str:
        """What is observed when the number is null."""
        return f"< {self.rows_at_least} rows" if self.rows_at_least else "no rows"


@dataclass(frozen=True)
class Delivered:
    """Current records of a source."""

    contract: Table
    records: ir.Table

    def column(self, name: str) -> ir.Column:
        """The column of the records that holds this column of the delivery."""
        origin = f"{self.contract.name}.{name}"
        for column in contracts.records_of(self.contract.name).columns:
            if column.source == origin:
                return self.records[column.name]
        raise ContractError(f"no column of the records holds {origin}")

    def checked(self, check: Check) -> ir.Column:
        """The column that a check is about."""
        if check.column is None:
            raise ContractError(f"{self.contract.name}.{check.id}: a rule on a column, without one")
        return self.column(check.column)


def delivered(source: str, records: ir.Table) -> Delivered:
    """The current versions of `records` (key: that of the source)."""
    return Delivered(contracts.sources()[source], records.filter(records.superseded_by.isnull()))


def measures(source: str) -> list[Measure]:
    """Every check of the source that judges tables, in the order of its contract."""
    contract = contracts.sources()[source]
    return [*measures_of(contract, contract.checks_of(*SEVERITIES)), *_freshness(contract)]


def measures_of(contract: Table, checks: list[Check]) -> list[Measure]:
    """What these checks measure; ContractError for one that the gate cannot act on."""
    return [_measure(contract, check) for check in checks]


def counts(given: Delivered, checks: list[Check]) -> dict[str, ir.IntegerScalar]:
    """How many records there are (ROWS), and how many fail each check that looks at one record.

    Of records that came and went they can be added and taken away.
    """
    failing = {
        _name(check.id, check.column): FAILING[metric](given, check)
        for check in checks
        if (metric := _metric(check)) in FAILING
    }
    failed = {name: is_bad.sum().fill_null(0) for name, is_bad in failing.items()}
    return {ROWS: given.records.count(), **failed}


def repeats(given: Delivered, checks: list[Check]) -> dict[str, ir.IntegerScalar]:
    """How many records are beyond the first of their value, for each check that asks for it."""
    # Digests are counted, not texts: 22 million numbers take a third of the time and memory, and
    # two of them meet by chance once in 75,000 nights.
    return {
        name: values.count() - values.hash().nunique()
        for name, values in _unrepeated(given, checks).items()
    }


def more_repeats(
    given: Delivered, changed: Delivered, checks: list[Check]
) -> dict[str, ir.IntegerScalar]:
    """By how much `repeats` of `given` grew with `changed`: what came (is_now) and what went."""
    every, moved = _unrepeated(given, checks), _unrepeated(changed, checks)
    is_now = changed.records.is_now
    return {
        name: _more(
            given.records.select(value=values.hash()),
            changed.records.select(value=moved[name].hash(), step=is_now.ifelse(1, -1)),
        )
        for name, values in every.items()
    }


def _more(values: ir.Table, moved: ir.Table) -> ir.IntegerScalar:
    """Only values that came or went are counted."""
    steps = moved.drop_null("value").group_by("value").agg(step=_.step.sum())
    now = values.semi_join(steps, "value").group_by("value").agg(now=_.count())
    beside = steps.left_join(now, "value")
    count = beside.now.fill_null(0)
    grown = _beyond_first(count) - _beyond_first(count - beside.step)
    return grown.sum().fill_null(0)


def _beyond_first(count: ir.IntegerValue) -> ir.IntegerValue:
    return ibis.greatest(count - 1, 0)


def _unrepeated(given: Delivered, checks: list[Check]) -> dict[str, ir.Column]:
    """The columns of which no value may be repeated, by the name of the check."""
    return {
        _name(check.id, check.column): given.checked(check)
        for check in checks
        if _metric(check) == REPEATED
    }


def row(wanted: list[Measure], numbers: Numbers) -> pa.Table:
    """One row with one number per measure, named by `Measure.name`."""
    judged = {measure.name: measure.judged(numbers) for measure in wanted}
    return pa.table({name: pa.array([number], pa.float64()) for name, number in judged.items()})


def amount(number: float, unit: str) -> str:
    """A number with its unit: whole rows and days, percentages to two digits."""
    if unit != "percent":
        return f"{number:.0f} {unit.removesuffix('s') if number == 1 else unit}"
    return "< 0.01 %" if 0 < number < 0.01 else f"{round(number, 2):g} %"


def _metric(check: Check) -> str:
    return check.rule.metric or next(iter(check.arguments), "")


def _name(check_id: str, column: str | None) -> str:
    return f"{column}.{check_id}" if column else check_id


def _measure(contract: Table, check: Check) -> Measure:
    metric = _metric(check)
    if metric not in TITLES_ID:
        raise ContractError(f"{contract.name}.{check.id}: no gate measures {metric!r}")
    return Measure(
        source=contract.name,
        check_id=check.id,
        column=check.column or "",
        severity=check.severity,
        title_id=TITLES_ID[metric],
        description=check.description,
        unit=check.rule.unit or "rows",
        bounds=bounds_of(check),
        rows_at_least=_rows_at_least(check),
        judged=partial(JUDGED.get(metric, _failed), check),
    )


def _said(check: Check) -> dict[str, Any]:
    """The bounds as written: beside a library metric, or inside one of our own rules."""
    if check.rule.metric:
        return check.rule.model_dump(exclude_none=True)
    return dict(next(iter(check.arguments.values())))


def _rows_at_least(check: Check) -> int:
    return int(_said(check).get("rowsAtLeast", 0))


def bounds_of(check: Check) -> Bounds:
    """Bounds of a rule, in the words of the Open Data Contract Standard."""
    said = _said(check)
    low, high = said.get("mustBeBetween", (None, None))
    low = said.get("mustBe", said.get("mustBeGreaterOrEqualTo", low))
    high = said.get("mustBe", said.get("mustBeLessOrEqualTo", high))
    found = Bounds(
        low=said.get("mustBeGreaterThan", low),
        high=said.get("mustBeLessThan", high),
        is_low_strict="mustBeGreaterThan" in said,
        is_high_strict="mustBeLessThan" in said,
    )
    if found == Bounds():
        raise ContractError(f"{check.id}: no bound that the gate can judge")
    return found


def _nulls(given: Delivered, check: Check) -> ir.BooleanColumn:
    return given.checked(check).isnull()


def _missing(given: Delivered, check: Check) -> ir.BooleanColumn:
    """Null, or one of the words that stand for nothing."""
    column = given.checked(check)
    words = [str(w).upper() for w in check.arguments["missingValues"] if w is not None]
    return column.isnull() | column.upper().isin(words)


def _invalid(given: Delivered, check: Check) -> ir.BooleanColumn:
    """Neither null nor a spelling of the vocabulary."""
    column = given.checked(check)
    vocabulary = given.contract.column(check.column or "").vocabulary
    if not vocabulary:
        raise ContractError(f"{given.contract.name}.{check.id}: the column has no vocabulary")
    return column.notnull() & column.upper().notin(list(vocabulary))


# Whether a record fails a check that looks at it alone.
FAILING: Mapping[str, Callable[[Delivered, Check], ir.BooleanColumn]] = {
    "nullValues": _nulls,
    "missingValues": _missing,
    "invalidValues": _invalid,
}


def _failed(check: Check, numbers: Numbers) -> float | None:
    return _in_unit(check, numbers[_name(check.id, check.column)], numbers[ROWS])


def _quarantined(check: Check, numbers: Numbers) -> float | None:
    """Of all delivered rows; none below `rowsAtLeast`, where a share says little."""
    rows = numbers[DELIVERED]
    return _in_unit(check, numbers[SET_APART], rows) if rows >= _rows_at_least(check) else None


def _in_unit(check: Check, bad: int, rows: int) -> float | None:
    """A count, or a percentage of `rows`; a percentage of no rows is none."""
    if check.rule.unit == "percent":
        return bad * 100 / rows if rows else None
    return bad


# What is judged by other numbers than how many records fail.
JUDGED: Mapping[str, Callable[[Check, Numbers], float | None]] = {
    "rowCount": lambda _, numbers: numbers[ROWS],
    "quarantinedShare": _quarantined,
}


def _freshness(contract: Table) -> list[Measure]:
    """Days from the newest record to the night, where the contract promises a latency.

    A date after the night is an error of a record and makes no feed fresh.
    """
    if contract.latency is None:
        return []
    name, days = contract.latency
    return [
        Measure(
            source=contract.name,
            check_id="stale_feed",
            column=name,
            severity="warn",
            title_id=TITLES_ID["freshness"],
            description="Days since the newest record; an older feed has probably stopped.",
            unit="days",
            bounds=Bounds(high=days),
            rows_at_least=0,
            judged=lambda numbers: numbers.get(AGE),
        )
    ]


def age(given: Delivered, night: date) -> dict[str, ir.IntegerScalar]:
    """Days from the newest record to the night, where the contract promises a latency."""
    if given.contract.latency is None:
        return {}
    name, _ = given.contract.latency
    newest = newest_event(given.contract.column(name), given.column(name), night)
    return {AGE: ibis.literal(night).delta(newest, unit="day")}


def newest_event(column: Column, values: ir.Column, night: date) -> ir.DateScalar:
    """Date in WIB of the newest value that is not after the night."""
    if column.logical_type == "date":
        return values.max(where=values <= ibis.literal(night))
    midnight = datetime.combine(night + timedelta(days=1), time(), UTC) - AHEAD_OF_UTC
    moment = values.max(where=values < ibis.literal(midnight, type=values.type()))
    return (moment + ibis.literal(AHEAD_OF_UTC)).date()
