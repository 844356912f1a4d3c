"""The parameters of the outcome rules: declared in schemas/policy.yaml, overridden one by one.

A `policy.yaml` in PULANG_HOME may set single parameters for all time (`grace_days: 60`) or from a
day on (`grace_days: [{value: 60, valid_from: 2026-01-01}]`). Nothing else in the pipeline knows a
threshold: rules and figures take a `Policy` and say so in their signature.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictFloat, ValidationError, model_validator

from pipelines import whole
from pipelines.errors import PulangError
from pipelines.settings import SCHEMAS

DECLARED = SCHEMAS / "policy.yaml"
OVERRIDE = "policy.yaml"

Days = Annotated[int, Field(strict=True, ge=0, le=3660)]
Minutes = Annotated[int, Field(strict=True, ge=0, le=1440)]
Years = Annotated[int, Field(strict=True, ge=0, le=120)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Province = Annotated[str, Field(pattern=r"^\d{2}$")]
ListCategory = Literal["TPPO", "SCAM", "PEKERJA", "OVERSTAY", "SAKIT", "LAINNYA"]
Purpose = Literal[
    "tourism", "family", "business", "work", "pilgrimage", "study", "official", "health", "other"
]


class PolicyError(PulangError, ValueError):
    """A policy file that cannot be used; names the file and the parameter."""

    def __init__(self, path: Path, parameter: str, problem: str) -> None:
        super().__init__(f"{path}: {parameter}: {problem}")
        self.path = path
        self.parameter = parameter
        self.problem = problem


#: Parameters that a departure meets as they were on its day; every other has one value.
DATED = (
    "permitted_stay_days_default", "border_pass_stay_days", "grace_days", "working_age_min",
    "working_age_max", "transit_countries", "list_categories_proving_work", "exempt_purposes",
    "feed_gap_trip_days", "feed_gap_reach_days",
)  # fmt: skip


class Period(BaseModel):
    """A value and the first day on which it is in force; the next period ends it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Any
    valid_from: date


Periods = tuple[Period, ...]


class Parameter(BaseModel):
    """One declared parameter: its value or periods, with unit, reasons and legal basis."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Any = None
    valid_from: date | None = None
    periods: tuple[Period, ...] = ()
    unit: str
    reason_id: str
    reason_en: str
    legal_basis: str | None

    @property
    def in_order(self) -> tuple[Period, ...]:
        """The periods; a single value with its first day is one of them."""
        if self.valid_from is None:
            return self.periods
        return (Period(value=self.value, valid_from=self.valid_from),)

    @model_validator(mode="after")
    def _one_or_several(self) -> Self:
        if bool(self.periods) == (self.valid_from is not None):
            raise ValueError("give either value and valid_from, or periods")
        return self


class Policy(BaseModel):
    """The latest values. Field names are the parameter names; meanings stand in the YAML.

    Rules ask `history` for the parameters in DATED, since a change applies from its day only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    abroad_at_record_start: Literal["unknown", "none"]
    record_start_days: Days
    permitted_stay_days_default: Days
    border_pass_stay_days: Days
    grace_days: Days
    working_age_min: Years
    working_age_max: Years
    transit_countries: tuple[Country, ...]
    list_categories_proving_work: tuple[ListCategory, ...]
    exempt_purposes: tuple[Purpose, ...]
    feed_gap_trip_days: Days
    feed_gap_reach_days: Days
    feed_gap_window_days: Annotated[int, Field(strict=True, ge=7, le=366)]
    feed_gap_min_crossings: Annotated[int, Field(strict=True, ge=1)]
    feed_gap_partial_share: Annotated[StrictFloat, Field(ge=0.0, lt=1.0)]
    duplicate_scan_minutes: Minutes
    out_of_order_days: Days
    list_arrival_tolerance_days: Days
    same_return_days: Days
    late_record_days: Days
    open_contract_days: Days
    placement_exit_days: Days
    refusal_watch_days: Days
    default_birth_dates: tuple[date, ...]
    shared_place_majority: Annotated[StrictFloat, Field(gt=0.5, le=1.0)]
    watch_regions: tuple[Province, ...]
    interval_level: Annotated[StrictFloat, Field(gt=0.5, lt=1.0)]
    expected_level: Annotated[StrictFloat, Field(gt=0.5, lt=1.0)]
    benchmark_tolerance: Annotated[StrictFloat, Field(ge=0.0, lt=1.0)]
    retention_years: Annotated[int, Field(strict=True, ge=1, le=100)]

    overrides: tuple[str, ...] = ()
    changes: tuple[tuple[str, tuple[tuple[date, Any], ...]], ...] = ()

    @model_validator(mode="after")
    def _ages_in_order(self) -> Self:
        if self.working_age_min > self.working_age_max:
            raise ValueError("working_age_min is above working_age_max")
        return self

    @classmethod
    def load(cls, home: Path | None = None) -> Policy:
        """Read the declared policy and the overrides of one home.

        Raises PolicyError for an unreadable file, an unknown name or a value out of range.
        """
        periods = {name: parameter.in_order for name, parameter in declared().items()}
        path = (home / OVERRIDE) if home else DECLARED
        overrides = _mapping(path) if home and path.exists() else {}
        _refuse_unknown(path, overrides, periods)
        for name, given in overrides.items():
            periods[name] = _overridden(path, name, given, periods[name])
        for name, parts in periods.items():
            _refuse_disorder(path, name, parts)
        return _validated(path, periods, tuple(sorted(overrides)))

    def history(self, name: str) -> tuple[tuple[date, Any], ...]:
        """(first day, value) of a parameter, in order; the first holds for all time before too."""
        return dict(self.changes).get(name) or ((date.min, getattr(self, name)),)

    @property
    def values(self) -> dict[str, Any]:
        """Parameter values by name, as JSON types; those with several periods as a list of them."""
        plain = self.model_dump(mode="json", exclude={"overrides", "changes"})
        dated = {
            name: [
                {"value": value, "valid_from": first.isoformat()}
                for first, value in self.history(name)
            ]
            for name, _ in self.changes
        }
        return plain | dated

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of the values: equal digests, equal rules."""
        canonical = json.dumps(self.values, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def table(self) -> pa.Table:
        """One row per parameter and period (key `parameter`, `valid_from`), for every extract."""
        rows = [
            row for name, parameter in declared().items() for row in self._rows(name, parameter)
        ]
        return pa.Table.from_pylist(rows, schema=PARAMETERS)

    def _rows(self, name: str, parameter: Parameter) -> Iterator[dict[str, Any]]:
        told = parameter.model_dump(include={"unit", "reason_id", "reason_en", "legal_basis"})
        is_overridden = name in self.overrides
        dated = dict(self.changes).get(name)
        for first, value in dated or ((parameter.in_order[0].valid_from, self.values[name]),):
            yield told | {
                "parameter": name,
                "value": json.dumps(value),
                "valid_from": first,
                "is_overridden": is_overridden,
            }


PARAMETERS = pa.schema(
    [
        ("parameter", pa.string()),
        ("value", pa.string()),
        ("unit", pa.string()),
        ("reason_id", pa.string()),
        ("reason_en", pa.string()),
        ("legal_basis", pa.string()),
        ("valid_from", pa.date32()),
        ("is_overridden", pa.bool_()),
    ]
)


def declared() -> dict[str, Parameter]:
    """The parameters of schemas/policy.yaml by name, in the order of the file."""
    document = _mapping(DECLARED)
    return {name: _parameter(name, body) for name, body in document.items()}


def _parameter(name: str, body: Any) -> Parameter:
    try:
        return Parameter.model_validate(body)
    except ValidationError as error:
        raise PolicyError(DECLARED, name, _first_problem(error)) from None


def _mapping(path: Path) -> dict[str, Any]:
    try:
        document = whole.read_yaml(path)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PolicyError(path, "(file)", f"cannot be read: {error}") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise PolicyError(path, "(file)", "must be a mapping of parameter names to values")
    return {str(name): value for name, value in document.items()}


def _refuse_unknown(path: Path, overrides: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    for name in sorted(overrides):
        if name not in known:
            raise PolicyError(path, name, f"unknown parameter; known: {', '.join(sorted(known))}")


def _overridden(path: Path, name: str, given: Any, known: Periods) -> Periods:
    """One value for all time; or, from the first day that is given on, the given periods."""
    if not (isinstance(given, list) and given and all(isinstance(part, dict) for part in given)):
        return (Period(value=given, valid_from=known[0].valid_from),)
    try:
        periods = tuple(Period.model_validate(part) for part in given)
    except ValidationError as error:
        raise PolicyError(path, name, _first_problem(error)) from None
    kept = (period for period in known if period.valid_from < periods[0].valid_from)
    return (*kept, *periods)


def _refuse_disorder(path: Path, name: str, periods: Periods) -> None:
    days = [period.valid_from for period in periods]
    if days != sorted(set(days)):
        raise PolicyError(path, name, "periods must be in order of valid_from, one a day")
    if len(periods) > 1 and name not in DATED:
        raise PolicyError(path, name, "has one value for all time; only outcome rules have periods")


def _validated(path: Path, periods: Mapping[str, Periods], overrides: tuple[str, ...]) -> Policy:
    """The policy of the last day, after the values of every day of change were judged together."""
    days = sorted({period.valid_from for parts in periods.values() for period in parts})
    of_day = {day: _policy(path, {n: _on(p, day) for n, p in periods.items()}) for day in days}
    changes = tuple(
        (name, tuple((p.valid_from, getattr(of_day[p.valid_from], name)) for p in parts))
        for name, parts in periods.items()
        if len(parts) > 1
    )
    return of_day[days[-1]].model_copy(update={"overrides": overrides, "changes": changes})


def _on(periods: Periods, day: date) -> Any:
    """The value in force on a day; before the first period, its value too."""
    started = [period.value for period in periods if period.valid_from <= day]
    return started[-1] if started else periods[0].value


def _policy(path: Path, values: Mapping[str, Any]) -> Policy:
    try:
        return Policy.model_validate(values)
    except ValidationError as error:
        where = error.errors()[0]["loc"]
        raise PolicyError(
            path, str(where[0]) if where else "(file)", _first_problem(error)
        ) from None


def _first_problem(error: ValidationError) -> str:
    first = error.errors()[0]
    if not first["loc"]:
        return first["msg"].removeprefix("Value error, ")
    field = ".".join(str(part) for part in first["loc"][1:])
    return f"{field + ': ' if field else ''}{first['msg']} (got {first['input']!r})"
