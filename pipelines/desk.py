"""What people ask of a home: its state, its figures, one departure, its accuracy. Only reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines import contracts, keys, link, night, reconcile, settings, standardise
from pipelines import evaluate as accuracy
from pipelines.errors import PulangError
from pipelines.lake import CATALOG, Lake, exists, open_lake
from pipelines.link.identities import list_key, placement_key

# What `evaluate` reads of a crossing.
CROSSED = ("crossing_id", "document_number", "document_type", "person_id")


class NothingThereError(PulangError):
    """What was asked for does not exist yet; the message says what makes it."""


class QueryError(PulangError):
    """The published warehouse refused the query."""


@dataclass(frozen=True)
class Status:
    """State of a home: nights (newest first), deliveries by source, quarantine, failed checks."""

    nights: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    refused: list[dict[str, Any]]
    unknown_folders: list[str]


@contextmanager
def _reading(now: settings.Settings) -> Iterator[Lake]:
    if not exists(now.home):
        raise NothingThereError(f"no lake in {now.home.path}; run `pulang night` first")
    secret = keys.load(now.home.keys, now.key, lake_exists=True)
    with open_lake(now, secret, read_only=True) as lake:
        yield lake


def status(now: settings.Settings) -> Status:
    """Nights, batches, quarantine and checks; never a delivered value."""
    from pipelines.intake import arrivals

    with _reading(now) as lake:
        nights = lake.table("ops", "nights").order_by(ibis.desc("night_number")).limit(10)
        batches, checks = lake.table("ops", "batches"), lake.table("ops", "checks")
        sources = batches.group_by("source").agg(
            deliveries=batches.count(),
            **{n: batches[n].sum() for n in ("rows", "accepted", "quarantined", "superseded")},
        )
        quarantine = lake.table("ops", "quarantine")
        reasons = quarantine.group_by("source", "reason", "field").agg(rows=quarantine.count())
        latest = checks.filter(checks.night_number == checks.night_number.max())
        refused = batches.filter(
            batches.status_reason.notnull() & (batches.status != "repeated")
        ).select("source", "file", "status_reason")
        return Status(
            rows_of(nights),
            rows_of(sources.order_by("source")),
            rows_of(reasons.order_by("source", "reason", "field")),
            rows_of(latest.filter(~latest.passed).order_by("source", "check_id", "column_name")),
            rows_of(refused.order_by("source", "file")),
            arrivals.unknown_folders(now.home.landing, list(contracts.sources())),
        )


def rows_of(table: ir.Table) -> list[dict[str, Any]]:
    """The rows of a small table, one dictionary each."""
    found: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return found


def query(now: settings.Settings, sql: str) -> pa.Table:
    """Rows of the published warehouse, opened for reading only. Raises QueryError."""
    if not now.home.warehouse.exists():
        raise NothingThereError(f"nothing published in {now.home.path}; run `pulang night` first")
    con = duckdb.connect(str(now.home.warehouse), read_only=True)
    try:
        return con.sql(sql).to_arrow_table()
    except duckdb.Error as error:
        raise QueryError(str(error)) from None
    finally:
        con.close()


def explain(now: settings.Settings, departure_id: str) -> dict[str, Any]:
    """One departure: its outcome, the rule and reasons in words, links, and the delivered rows.

    The rows are named by file, row number and digest; what they contain stays in the lake.
    """
    with _reading(now) as lake:
        departures = lake.table("reconciled", "departures")
        found = rows_of(departures.filter(departures.departure_id == departure_id))
        if not found:
            raise NothingThereError(f"no departure {departure_id} in the latest night")
        departure = found[0]
        catalogue = {rule["rule"]: rule for rule in reconcile.catalogue().to_pylist()}
        sentences = {reason["code"]: reason for reason in reconcile.reason_codes().to_pylist()}
        codes = [code for code in (departure["reasons"] or "").split(";") if code]
        hidden = ("departure_key", "exit_crossing_id", "return_crossing_id", "placement_id")
        return {
            "departure": {k: v for k, v in departure.items() if k not in hidden},
            "rule": catalogue[departure["rule"]],
            "reasons": [sentences[code] for code in codes],
            "links": _links(lake, departure["person_id"]),
            "delivered_rows": rows_of(_evidence(lake, departure)),
        }


def _links(lake: Lake, person_id: str) -> list[dict[str, Any]]:
    """How the records of the person were linked, counted by source and rule."""
    records = lake.table("identity", "person_records")
    mine = records.filter(records.person_id == person_id)
    counted = mine.group_by("source", "link_rule").agg(
        identities=mine.count(), link_probability=mine.link_probability.min()
    )
    rules = {rule.name: rule for rule in link.declared().rules}
    return [
        row
        | {
            "reason_en": rules[row["link_rule"]].reason_en if row["link_rule"] in rules else "",
            "reason_id": rules[row["link_rule"]].reason_id if row["link_rule"] in rules else "",
        }
        for row in rows_of(counted.order_by("source", "link_rule"))
    ]


def _evidence(lake: Lake, departure: dict[str, Any]) -> ir.Table:
    """(role, source, file, row_number, sha256, received_at) of every row behind a departure."""
    crossings, placements = lake.table("records", "crossings"), lake.table("records", "placements")
    lists, matches = (
        lake.table("records", "repatriations"),
        lake.table("reconciled", "list_matches"),
    )
    listed = lists.semi_join(
        matches.filter(matches.departure_key == departure["departure_key"]),
        ["list_file", "list_number"],
    )
    parts = [
        _cited(crossings, crossings.crossing_id == departure["exit_crossing_id"], "exit"),
        _cited(crossings, crossings.crossing_id == departure["return_crossing_id"], "return"),
        _cited(placements, placements.placement_id == departure["placement_id"], "placement"),
        _cited(listed, ibis.literal(True), "list"),
    ]
    rows = ibis.union(*parts, distinct=False)
    batches = lake.table("ops", "batches").select("batch_id", "source", "file", "sha256")
    return (
        rows.inner_join(batches, "batch_id")
        .select("role", "source", "file", "row_number", "sha256", "received_at", "is_current")
        .order_by("role", "received_at", "file", "row_number")
    )


def _cited(records: ir.Table, condition: ir.BooleanValue, role: str) -> ir.Table:
    return records.filter(condition).select(
        "batch_id", "row_number", "received_at",
        role=ibis.literal(role), is_current=records.superseded_by.isnull(),
    )  # fmt: skip


def evaluate(now: settings.Settings, truth: Path) -> dict[str, Any]:
    """Accuracy of the latest night against `truth/persons.parquet` and `departures.parquet`."""
    files = {name: truth / f"{name}.parquet" for name in ("persons", "departures")}
    for file in files.values():
        if not file.is_file():
            raise NothingThereError(f"{file} is not there")
    with _reading(now) as lake:
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
        )
        return accuracy.evaluate(known, found, lake.scratch)


def _written(lake: Lake) -> ir.Table:
    """The ways in which current records write each identity: `evaluate.Night.written`."""
    travellers = standardise.traveller_tuples(lake.table("records", "crossings"))
    placements = _current(lake.table("records", "placements"))
    lists = _current(lake.table("records", "repatriations"))
    parts = (
        _ways(
            travellers.filter(travellers.document_number.notnull()),
            ibis.literal("D:") + travellers.document_number,
            name=travellers.name,
            records=travellers.records,
        ),
        _ways(placements, placement_key(placements)),
        _ways(lists, list_key(lists)),
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
