"""The parameters of the outcome rules: declared in schemas/policy.yaml, overridden one by one.

A `policy.yaml` in PULANG_HOME may set single parameters (`grace_days: 60`). Nothing else in the
pipeline knows a threshold: rules and figures take a `Policy` and say so in their signature.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, Field, StrictFloat, ValidationError, model_validator

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


class Parameter(BaseModel):
    """One declared parameter: its value with unit, reasons, legal basis and first day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Any
    unit: str
    reason_id: str
    reason_en: str
    legal_basis: str | None
    valid_from: date


class Policy(BaseModel):
    """The values in force. Field names are the parameter names; meanings stand in the YAML."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    abroad_at_record_start: Literal["unknown", "none"]
    record_start_days: Days
    permitted_stay_days_default: Days
    grace_days: Days
    working_age_min: Years
    working_age_max: Years
    transit_countries: tuple[Country, ...]
    list_categories_proving_work: tuple[ListCategory, ...]
    exempt_purposes: tuple[Purpose, ...]
    duplicate_scan_minutes: Minutes
    list_arrival_tolerance_days: Days
    same_return_days: Days
    late_record_days: Days
    open_contract_days: Days
    placement_exit_days: Days
    default_birth_dates: tuple[date, ...]
    watch_regions: tuple[Province, ...]
    interval_level: Annotated[StrictFloat, Field(gt=0.5, lt=1.0)]

    overrides: tuple[str, ...] = ()

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
        values = {name: parameter.value for name, parameter in declared().items()}
        path = (home / OVERRIDE) if home else DECLARED
        overrides = _mapping(path) if home and path.exists() else {}
        _refuse_unknown(path, overrides, values)
        return _validated(path, {**values, **overrides}, tuple(sorted(overrides)))

    @property
    def values(self) -> dict[str, Any]:
        """Parameter values by name, as JSON types."""
        return self.model_dump(mode="json", exclude={"overrides"})

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON of the values: equal digests, equal rules."""
        canonical = json.dumps(self.values, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def table(self) -> pa.Table:
        """One row per parameter (key `parameter`), as shown in the brief and every extract."""
        rows = [self._row(name, parameter) for name, parameter in declared().items()]
        return pa.Table.from_pylist(rows, schema=PARAMETERS)

    def _row(self, name: str, parameter: Parameter) -> dict[str, Any]:
        return {
            "parameter": name,
            **parameter.model_dump(),
            "value": json.dumps(self.values[name]),
            "is_overridden": name in self.overrides,
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
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
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


def _validated(path: Path, values: Mapping[str, Any], overrides: tuple[str, ...]) -> Policy:
    try:
        return Policy.model_validate({**values, "overrides": overrides})
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
