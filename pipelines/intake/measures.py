"""What the gate measures: one number per check, worked out where the rows are.

A check of severity `stop` or `warn` in the contract of a source becomes a `Measure`: a number over
the current records (or over all deliveries) of that source, and the bounds it must keep. All
numbers of a source are one query with one row; no value of a record leaves it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from pipelines import contracts
from pipelines.contracts import Check, Column, ContractError, Table

SEVERITIES = ("stop", "warn")
DAY_OF_WIB = ibis.interval(hours=7)  # a night is a date in WIB; Ibis keeps sessions at UTC

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


def delivered(source: str, records: ir.Table, batches: ir.Table) -> Delivered:
    """The current versions of `records` (key: that of the source) and the batches of `source`."""
    return Delivered(
        contract=contracts.sources()[source],
        records=records.filter(records.superseded_by.isnull()),
        batches=batches.filter(batches.source == source),
    )


def measures(given: Delivered, night: date) -> list[Measure]:
    """Every check of the source that judges tables, in the order of its contract."""
    found = [_measure(given, check) for check in given.contract.checks_of(*SEVERITIES)]
    return [*found, *_freshness(given, night)]


def row(given: Delivered, wanted: list[Measure]) -> ir.Table:
    """One row with one number per measure, named by `Measure.name`."""
    over_batches = {m.name: m.value for m in wanted if _is_of_batches(m)}
    over_records = {m.name: m.value for m in wanted if not _is_of_batches(m)}
    # A number without a name of a measure keeps either side from being empty.
    records = given.records.agg(**over_records, records=given.records.count())
    return records.cross_join(given.batches.agg(**over_batches, batches=given.batches.count()))


def amount(number: float, unit: str) -> str:
    """A number with its unit: whole rows and days, four digits of a percentage."""
    return f"{number:.4g} %" if unit == "percent" else f"{number:.0f} {unit}"


def _measure(given: Delivered, check: Check) -> Measure:
    metric = check.rule.metric or next(iter(check.arguments), "")
    if metric not in METRICS:
        raise ContractError(f"{given.contract.name}.{check.id}: no gate measures {metric!r}")
    said = check.rule.model_dump() if check.rule.metric else check.arguments[metric]
    rows_at_least = int(said.get("rowsAtLeast", 0))
    return Measure(
        source=given.contract.name,
        check_id=check.id,
        column=check.column or "",
        severity=check.severity,
        title_id=TITLES_ID[metric],
        description=check.description,
        unit="percent" if check.rule.unit == "percent" else "rows",
        bounds=_bounds(check, said),
        rows_at_least=rows_at_least,
        value=METRICS[metric](given, check, rows_at_least),
    )


def _bounds(check: Check, said: Mapping[str, Any]) -> Bounds:
    """Bounds of a rule, in the words of the Open Data Contract Standard."""
    asked = {word: value for word, value in said.items() if value is not None}
    low, high = asked.get("mustBeBetween", (None, None))
    low = asked.get("mustBe", asked.get("mustBeGreaterOrEqualTo", low))
    high = asked.get("mustBe", asked.get("mustBeLessOrEqualTo", high))
    above, below = asked.get("mustBeGreaterThan"), asked.get("mustBeLessThan")
    found = Bounds(
        low=above if above is not None else low,
        high=below if below is not None else high,
        is_low_strict=above is not None,
        is_high_strict=below is not None,
    )
    if found == Bounds():
        raise ContractError(f"{check.id}: no bound that a gate can judge")
    return found


def _row_count(given: Delivered, _: Check, __: int) -> ir.NumericScalar:
    return given.records.count()


def _nulls(given: Delivered, check: Check, _: int) -> ir.NumericScalar:
    return _counted(given, check, given.column(check.column or "").isnull())


def _missing(given: Delivered, check: Check, _: int) -> ir.NumericScalar:
    """Null, or one of the words that stand for nothing."""
    column = given.column(check.column or "")
    words = [str(w).upper() for w in check.arguments.get("missingValues", []) if w is not None]
    return _counted(given, check, column.isnull() | column.upper().isin(words))


def _invalid(given: Delivered, check: Check, _: int) -> ir.NumericScalar:
    """Neither null nor a spelling of the vocabulary."""
    column = given.column(check.column or "")
    vocabulary = list(given.contract.column(check.column or "").vocabulary)
    return _counted(given, check, column.notnull() & column.upper().notin(vocabulary))


def _duplicates(given: Delivered, check: Check, _: int) -> ir.NumericScalar:
    """Rows beyond the first of their value."""
    column = given.column(check.column or "")
    return _in_unit(check, column.count() - column.nunique(), given.records.count())


def _quarantined(given: Delivered, check: Check, rows_at_least: int) -> ir.NumericScalar:
    """Of all delivered rows; null below `rows_at_least`, where a share says little."""
    rows = given.batches.rows.sum().fill_null(0)
    share = _in_unit(check, given.batches.quarantined.sum(), rows)
    return ibis.cases((rows >= rows_at_least, share))


def _counted(given: Delivered, check: Check, is_bad: ir.BooleanColumn) -> ir.NumericScalar:
    return _in_unit(check, is_bad.sum().fill_null(0), given.records.count())


def _in_unit(check: Check, bad: ir.NumericScalar, rows: ir.NumericScalar) -> ir.NumericScalar:
    """A count, or a percentage of `rows`; null without rows."""
    if check.rule.unit == "percent":
        return bad.cast("float64") * 100 / rows.nullif(0)
    return bad.nullif(ibis.cases((rows == 0, bad)))


METRICS: Mapping[str, Callable[[Delivered, Check, int], ir.NumericScalar]] = {
    "rowCount": _row_count,
    "nullValues": _nulls,
    "missingValues": _missing,
    "invalidValues": _invalid,
    "duplicateValues": _duplicates,
    "quarantinedShare": _quarantined,
}


def _is_of_batches(measure: Measure) -> bool:
    return measure.title_id == TITLES_ID["quarantinedShare"]


def _freshness(given: Delivered, night: date) -> list[Measure]:
    """Days from the newest record to the night, where the contract promises a latency.

    A date after the night is an error of a record and makes no feed fresh.
    """
    if given.contract.latency is None:
        return []
    name, days = given.contract.latency
    happened_on = _date(given.contract.column(name), given.column(name))
    until = ibis.literal(night)
    newest = happened_on.max(where=happened_on <= until)
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
            value=until.delta(newest, unit="day"),
        )
    ]


def _date(column: Column, values: ir.Column) -> ir.DateColumn:
    return (values + DAY_OF_WIB).date() if column.logical_type == "timestamp" else values
