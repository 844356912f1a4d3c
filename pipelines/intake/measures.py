"""What the gate measures: one number per check, worked out where the rows are.

A check of severity `stop` or `warn` in the contract of a source becomes a `Measure`: a number over
the current records (or over all deliveries) of that source, and the bounds it must keep. All
numbers of a source are one query with one row; no value of a record leaves it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from pipelines import contracts
from pipelines.contracts import Check, Column, ContractError, Table

SEVERITIES = ("stop", "warn")
AHEAD_OF_UTC = timedelta(hours=7)  # a night is a date in WIB; Ibis keeps sessions at UTC

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
    """One check of one source. `value` is null when there is nothing, or too little, to judge."""

    source: str
    check_id: str
    column: str
    severity: str
    title_id: str
    description: str
    unit: str
    bounds: Bounds
    rows_at_least: int
    value: ir.NumericScalar

    @property
    def name(self) -> str:
        """Name of the number in the row of measures; unique in its source."""
        return f"{self.column}.{self.check_id}" if self.column else self.check_id

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
    """What a source has delivered up to now: its current records, and all its deliveries."""

    contract: Table
    records: ir.Table
    batches: ir.Table

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


def delivered(source: str, records: ir.Table, batches: ir.Table) -> Delivered:
    """The current versions of `records` (key: that of the source) and the batches of `source`."""
    return Delivered(
        contract=contracts.sources()[source],
        records=records.filter(records.superseded_by.isnull()),
        batches=batches.filter(batches.source == source),
    )


def measures(given: Delivered, night: date) -> list[Measure]:
    """Every check of the source that judges tables, in the order of its contract."""
    checks = given.contract.checks_of(*SEVERITIES)
    return [*measures_of(given, checks), *_freshness(given, night)]


def measures_of(given: Delivered, checks: list[Check]) -> list[Measure]:
    """What these checks measure; ContractError for one that the gate cannot act on."""
    return [_measure(given, check) for check in checks]


def row(given: Delivered, wanted: list[Measure]) -> ir.Table:
    """One row with one number per measure, named by `Measure.name`."""
    return given.records.agg(**{measure.name: measure.value for measure in wanted})


def amount(number: float, unit: str) -> str:
    """A number with its unit: whole rows and days, percentages to two digits."""
    if unit != "percent":
        return f"{number:.0f} {unit.removesuffix('s') if number == 1 else unit}"
    return "< 0.01 %" if 0 < number < 0.01 else f"{round(number, 2):g} %"


def _measure(given: Delivered, check: Check) -> Measure:
    metric = check.rule.metric or next(iter(check.arguments), "")
    if metric not in METRICS:
        raise ContractError(f"{given.contract.name}.{check.id}: no gate measures {metric!r}")
    return Measure(
        source=given.contract.name,
        check_id=check.id,
        column=check.column or "",
        severity=check.severity,
        title_id=TITLES_ID[metric],
        description=check.description,
        unit=check.rule.unit or "rows",
        bounds=bounds_of(check),
        rows_at_least=_rows_at_least(check),
        value=METRICS[metric](given, check),
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


def _nulls(given: Delivered, check: Check) -> ir.NumericScalar:
    return _counted(given, check, given.checked(check).isnull())


def _missing(given: Delivered, check: Check) -> ir.NumericScalar:
    """Null, or one of the words that stand for nothing."""
    column = given.checked(check)
    words = [str(w).upper() for w in check.arguments["missingValues"] if w is not None]
    return _counted(given, check, column.isnull() | column.upper().isin(words))


def _invalid(given: Delivered, check: Check) -> ir.NumericScalar:
    """Neither null nor a spelling of the vocabulary."""
    column = given.checked(check)
    vocabulary = given.contract.column(check.column or "").vocabulary
    if not vocabulary:
        raise ContractError(f"{given.contract.name}.{check.id}: the column has no vocabulary")
    return _counted(given, check, column.notnull() & column.upper().notin(list(vocabulary)))


def _duplicates(given: Delivered, check: Check) -> ir.NumericScalar:
    """Rows beyond the first of their value."""
    column = given.checked(check)
    # Digests are counted, not texts: 22 million numbers take a third of the time and memory, and
    # two of them meet by chance once in 75,000 nights.
    return _in_unit(check, column.count() - column.hash().nunique(), given.records.count())


def _quarantined(given: Delivered, check: Check) -> ir.NumericScalar:
    """Of all delivered rows; null below `rowsAtLeast`, where a share says little."""
    batches = given.batches.agg(rows=_.rows.sum(), quarantined=_.quarantined.sum())
    share = _in_unit(check, batches.quarantined, batches.rows)
    is_enough = batches.rows >= _rows_at_least(check)
    return batches.select(share=ibis.cases((is_enough, share))).as_scalar()


def _counted(given: Delivered, check: Check, is_bad: ir.BooleanColumn) -> ir.NumericScalar:
    return _in_unit(check, is_bad.sum().fill_null(0), given.records.count())


def _in_unit(check: Check, bad: ir.NumericValue, rows: ir.NumericValue) -> ir.NumericValue:
    """A count, or a percentage of `rows`; a percentage of no rows is null."""
    if check.rule.unit == "percent":
        return bad.cast("float64") * 100 / rows.nullif(0)
    return bad


METRICS: Mapping[str, Callable[[Delivered, Check], ir.NumericScalar]] = {
    "rowCount": lambda given, _: given.records.count(),
    "nullValues": _nulls,
    "missingValues": _missing,
    "invalidValues": _invalid,
    "duplicateValues": _duplicates,
    "quarantinedShare": _quarantined,
}


def _freshness(given: Delivered, night: date) -> list[Measure]:
    """Days from the newest record to the night, where the contract promises a latency.

    A date after the night is an error of a record and makes no feed fresh.
    """
    if given.contract.latency is None:
        return []
    name, days = given.contract.latency
    newest = newest_event(given.contract.column(name), given.column(name), night)
    return [
        Measure(
            source=given.contract.name,
            check_id="stale_feed",
            column=name,
            severity="warn",
            title_id=TITLES_ID["freshness"],
            description="Days since the newest record; an older feed has probably stopped.",
            unit="days",
            bounds=Bounds(high=days),
            rows_at_least=0,
            value=ibis.literal(night).delta(newest, unit="day"),
        )
    ]


def newest_event(column: Column, values: ir.Column, night: date) -> ir.DateScalar:
    """Date in WIB of the newest value that is not after the night."""
    if column.logical_type == "date":
        return values.max(where=values <= ibis.literal(night))
    midnight = datetime.combine(night + timedelta(days=1), time(), UTC) - AHEAD_OF_UTC
    moment = values.max(where=values < ibis.literal(midnight, type=values.type()))
    return (moment + ibis.literal(AHEAD_OF_UTC)).date()
