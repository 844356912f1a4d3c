"""What people ask of a home: its state, its figures, its accuracy. Only reads it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines import (
    contracts,
    keys,
    modes,
    night,
    settings,
    standardise,
)
from pipelines import evaluate as accuracy
from pipelines.errors import PulangError
from pipelines.lake import CATALOG, Door, Lake, exists, open_lake
from pipelines.night import health
from pipelines.record_keys import document_key, list_key, placement_key

READ: Door = partial(open_lake, read_only=True)
# What `evaluate` reads of a crossing.
CROSSED = ("crossing_id", "document_number", "document_type", "person_id")


class NothingThereError(PulangError):
    """What was asked for does not exist yet; the message says what makes it."""


class QueryError(PulangError):
    """The published warehouse refused the query."""


@dataclass(frozen=True)
class Status(health.Health):
    """State of a home; `unknown_folders` are those of landing/ that no contract knows,
    `open_to_others` what more accounts may enter than should."""

    unknown_folders: list[str]
    open_to_others: list[str]


def secret_of(now: settings.Settings) -> keys.Keys:
    """The secret of a home that has a lake. Raises NothingThereError or KeyMissingError."""
    if not exists(now.home):
        raise NothingThereError(f"no lake in {now.home.path}; run `pulang night` first")
    return keys.load(now.home.keys, now.key, lake_exists=True)


@contextmanager
def reading(now: settings.Settings) -> Iterator[Lake]:
    with opened(now, READ) as lake:
        yield lake


@contextmanager
def opened(now: settings.Settings, door: Door) -> Iterator[Lake]:
    with door(now, secret_of(now)) as lake:
        yield lake


@contextmanager
def published(
    now: settings.Settings, file: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published warehouse, or a kept file of it, to be read. Raises NothingThereError."""
    if not now.home.warehouse.exists():
        raise NothingThereError(f"nothing published in {now.home.path}; run `pulang night` first")
    con = duckdb.connect(str(file or now.home.warehouse), read_only=True)
    try:
        yield con
    finally:
        con.close()


def status(now: settings.Settings) -> Status:
    """Nights, freshness, deliveries, quarantine and checks; never a delivered value."""
    from pipelines.intake import arrivals

    with reading(now) as lake:
        unknown = arrivals.unknown_folders(now.home.landing, list(contracts.sources()))
        return Status(
            **vars(health.look(lake)), unknown_folders=unknown,
            open_to_others=modes.open_to_others(now.home),
        )  # fmt: skip


def query(now: settings.Settings, sql: str, file: Path | None = None) -> pa.Table:
    """Rows of the published warehouse, or of a kept file, read only. Raises QueryError."""
    with published(now, file) as con:
        try:
            return con.sql(sql).to_arrow_table()
        except duckdb.Error as error:
            raise QueryError(str(error)) from None


def evaluate(now: settings.Settings, truth: Path) -> dict[str, Any]:
    """Accuracy of the latest night against `truth/persons.parquet` and `departures.parquet`."""
    files = {name: truth / f"{name}.parquet" for name in ("persons", "departures")}
    for file in files.values():
        if not file.is_file():
            raise NothingThereError(f"{file} is not there")
    with reading(now) as lake:
        known = accuracy.Truth(**{n: lake.ibis.read_parquet(f) for n, f in files.items()})
        crossings = night.crossings_with_person(lake)
        found = accuracy.Night(
            person_records=lake.table("identity", "person_records"),
            crossings=lake.scratch(crossings.select(*CROSSED)),
            departures=lake.table("reconciled", "departures"),
            list_matches=lake.table("reconciled", "list_matches"),
            written=lake.scratch(_written(lake)),
            batches=lake.table("ops", "batches"),
            scored=_scored(lake),
            **_published(now, lake),
        )
        return accuracy.evaluate(known, found, lake.scratch)


def _published(now: settings.Settings, lake: Lake) -> dict[str, ir.Table]:
    """Published chances and hotspots; nothing where the warehouse has none."""
    if not now.home.warehouse.exists():
        return {}
    lake.ibis.attach(now.home.warehouse, "published", read_only=True)
    departures, hotspots = (
        lake.ibis.table(name, database=("published", "main")) for name in ("departures", "hotspots")
    )
    if "undocumented_probability" not in departures.columns:
        return {}
    keyed = lake.table("reconciled", "departures").select("departure_id", "departure_key")
    chances = departures.select("departure_id", "undocumented_probability")
    return {"chances": keyed.inner_join(chances, "departure_id"), "hotspots": hotspots}


def _written(lake: Lake) -> ir.Table:
    """The ways in which current records write each identity: `evaluate.Night.written`."""
    travellers = standardise.traveller_tuples(lake.table("records", "crossings"))
    placements = _current(lake.table("records", "placements"))
    lists = _current(lake.table("records", "repatriations"))
    parts = (
        _ways(
            travellers.filter(travellers.document_number.notnull()),
            document_key(travellers.document_number),
            name=travellers.name,
            records=travellers.records,
        ),
        _ways(placements, placement_key(placements.placement_id)),
        _ways(lists, list_key(lists.list_file, lists.list_number)),
    )
    return ibis.union(*parts, distinct=False)


def _current(records: ir.Table) -> ir.Table:
    return records.filter(records.superseded_by.isnull())


def _ways(rows: ir.Table, key: ir.StringValue, **of_documents: ir.Value) -> ir.Table:
    columns = {"name": ibis.null("string"), "records": ibis.literal(1), **of_documents}
    return rows.select(
        "sex",
        record_key=key,
        is_dated=rows.birth_date.notnull(),
        name=columns["name"],
        records=columns["records"].cast("int64"),
    )


def _scored(lake: Lake) -> ir.Table | None:
    """The pairs that linkage scored; none where the lake was written by a linkage without."""
    if "candidates" in lake.ibis.list_tables(database=(CATALOG, "identity")):
        return lake.table("identity", "candidates")
    return None
