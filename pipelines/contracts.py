"""schemas/ -> columns, Arrow schemas, checks and meanings. Fields are said there once.

The contracts are Open Data Contract Standard v3 documents; this module reads the parts that the
pipeline acts on. `Check.severity` says what a failure means: `quarantine` splits off the row,
`stop` withholds publication, `warn` is shown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
from open_data_contract_standard.model import (
    CustomProperty,
    DataQuality,
    EnumValue,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)

from pipelines import whole
from pipelines.errors import PulangError
from pipelines.settings import SCHEMAS

ARROW_TYPES: Mapping[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "array of string": pa.list_(pa.string()),
    "array of integer": pa.list_(pa.int64()),
}
DIRECT_IDENTIFIER = "direct-identifier"
LONG_AGO = 200  # years; the `minimum` of a date decides


class ContractError(PulangError):
    """A contract that says something the pipeline cannot act on."""


@dataclass(frozen=True)
class Check:
    """One quality rule of a contract. `column` is None for a rule on whole rows or tables."""

    id: str
    severity: str
    column: str | None
    description: str
    rule: DataQuality

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of a library metric, or the body of one of our own rules."""
        body = self.rule.implementation if self.rule.type == "custom" else self.rule.arguments
        return dict(body) if isinstance(body, dict) else {}


@dataclass(frozen=True)
class Column:
    """One field: its name, type, meaning in two languages and protection class."""

    name: str
    logical_type: str
    classification: str
    description_en: str
    description_id: str
    is_key: bool
    is_required: bool
    is_open_vocabulary: bool
    aliases: tuple[str, ...]
    vocabulary: Mapping[str, str] = field(hash=False)
    options: Mapping[str, Any] = field(hash=False)
    source: str | None
    # Other ways to write a value: a pattern for the whole of it, and what it is written as.
    forms: Mapping[str, str] = field(hash=False)
    # How far from its delivery a day may lie whose year has two digits.
    years_before: int
    years_after: int

    @property
    def arrow_type(self) -> pa.DataType:
        """Type of the column in Arrow, DuckDB and Spark."""
        return ARROW_TYPES[self.logical_type]


@dataclass(frozen=True)
class Table:
    """One table of a contract: a delivery, a lake table or a published table."""

    name: str
    grain: str
    description_en: str
    description_id: str
    columns: tuple[Column, ...]
    checks: tuple[Check, ...]
    latency: tuple[str, int] | None
    is_keyed_by_file: bool

    @cached_property
    def arrow_schema(self) -> pa.Schema:
        """Arrow schema in the order of the contract."""
        return pa.schema([(c.name, c.arrow_type) for c in self.columns])

    @cached_property
    def names(self) -> list[str]:
        """Column names in the order of the contract."""
        return [c.name for c in self.columns]

    @cached_property
    def keys(self) -> list[str]:
        """Names of the key columns."""
        return [c.name for c in self.columns if c.is_key]

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        return {c.name: c for c in self.columns}[name]

    def checks_of(self, *severities: str) -> list[Check]:
        """Checks of these severities, in the order of the contract."""
        return [c for c in self.checks if c.severity in severities]


def _custom(properties: list[CustomProperty] | None, name: str) -> Any:
    return next((p.value for p in properties or [] if p.property == name), None)


def _vocabulary(values: list[EnumValue] | None) -> dict[str, str]:
    """Every accepted spelling in upper case -> the value it stands for."""
    spellings = {}
    for value in values or []:
        for word in [value.value, *(_custom(value.customProperties, "synonyms") or [])]:
            spellings[str(word).upper()] = str(value.value)
    return spellings


def _logical_type(prop: SchemaProperty) -> str:
    """`array of string` for an array with items of that type."""
    of = f" of {prop.items.logicalType}" if prop.items else ""
    return f"{prop.logicalType}{of}"


def _column(prop: SchemaProperty) -> Column:
    kind = _logical_type(prop)
    if prop.name is None or kind not in ARROW_TYPES:
        raise ContractError(f"{prop.name}: logicalType {kind!r} is not known")
    return Column(
        name=prop.name,
        logical_type=kind,
        classification=prop.classification or "",
        description_en=prop.description or "",
        description_id=_custom(prop.customProperties, "description_id") or prop.businessName or "",
        is_key=bool(prop.primaryKey),
        is_required=bool(prop.required),
        is_open_vocabulary=_custom(prop.customProperties, "vocabulary") == "open",
        aliases=tuple(s.synonym for s in prop.synonyms or [] if s.synonym),
        vocabulary=_vocabulary(prop.enum),
        options=prop.logicalTypeOptions or {},
        source=next(iter(prop.transformSourceObjects or []), None),
        forms={f["pattern"]: f["value"] for f in _custom(prop.customProperties, "forms") or []},
        years_before=_custom(prop.customProperties, "years_before") or LONG_AGO,
        years_after=_custom(prop.customProperties, "years_after") or 0,
    )


def _checks(schema: SchemaObject) -> Iterator[Check]:
    owners = [(None, schema.quality), *((p.name, p.quality) for p in schema.properties or [])]
    for column, rules in owners:
        for rule in rules or []:
            if not rule.id or not rule.severity:
                raise ContractError(f"{schema.name}.{column}: a rule needs an id and a severity")
            yield Check(rule.id, rule.severity, column, rule.description or "", rule)


def _latency(contract: OpenDataContractStandard) -> tuple[str, int] | None:
    """The event column and the days within which its newest value should arrive."""
    for sla in contract.slaProperties or []:
        if sla.property == "latency" and sla.element and sla.value is not None:
            return sla.element.split(".")[-1], int(sla.value)
    return None


def _table(schema: SchemaObject, contract: OpenDataContractStandard) -> Table:
    return Table(
        name=schema.name or "",
        grain=schema.dataGranularityDescription or "",
        description_en=schema.description or "",
        description_id=_custom(schema.customProperties, "description_id") or "",
        columns=tuple(_column(p) for p in schema.properties or []),
        checks=tuple(_checks(schema)),
        latency=_latency(contract),
        is_keyed_by_file=bool(_custom(schema.customProperties, "keyed_by_file")),
    )


def _read(file: Path) -> OpenDataContractStandard:
    return OpenDataContractStandard.model_validate(whole.read_yaml(file))


def _folder(name: str) -> Iterator[tuple[str, Table]]:
    for file in sorted((SCHEMAS / name).glob("*.yaml")):
        contract = _read(file)
        for schema in contract.schema_ or []:
            yield file.stem, _table(schema, contract)


@cache
def sources() -> dict[str, Table]:
    """Deliveries by source, keyed by the name of their landing folder."""
    return {table.name: table for _, table in _folder("sources")}


@cache
def lake() -> dict[tuple[str, str], Table]:
    """Lake tables by (schema, table)."""
    return {(schema, table.name): table for schema, table in _folder("lake")}


@cache
def marts() -> dict[str, Table]:
    """Published tables by name."""
    return {table.name: table for _, table in _folder("marts")}


@cache
def extracts() -> dict[tuple[str, str], Table]:
    """Tables of audit extracts by (kind of extract, table)."""
    return {(kind, table.name): table for kind, table in _folder("extracts")}


@cache
def records_of(source: str) -> Table:
    """The records table into which the deliveries of `source` go."""
    for (schema, _), table in lake().items():
        origins = {(c.source or "").split(".")[0] for c in table.columns}
        if schema == "records" and source in origins:
            return table
    raise ContractError(f"no table of schemas/lake/records.yaml takes {source}")


@cache
def digest() -> str:
    """SHA-256 of all contracts, in the order of their paths."""
    total = sha256()
    for file in sorted(SCHEMAS.rglob("*.yaml")):
        total.update(file.relative_to(SCHEMAS).as_posix().encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def dictionary() -> pa.Table:
    """One row per column of the published tables, in the order of the contracts."""
    rows = [
        (table.name, c.name, c.logical_type, c.classification, c.description_en, c.description_id)
        for table in marts().values()
        for c in table.columns
    ]
    return pa.Table.from_arrays(
        [pa.array(values, pa.string()) for values in zip(*rows, strict=True)],
        schema=marts()["dictionary"].arrow_schema,
    )
