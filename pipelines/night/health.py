"""How the nights run: what operators look at, on a screen and as `published/operations.html`.

Counts, codes and names of files; never a delivered value.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis

from pipelines import contracts
from pipelines.intake import measures
from pipelines.lake import Lake, rows_of
from pipelines.night.context import ORDER, Night, latest_checks
from pipelines.publish import operations

NIGHTS = 30
COUNTS = ("rows", "accepted", "quarantined", "superseded")
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Health:
    """State of a home: nights (newest first, with seconds by stage), freshness and deliveries by
    source, quarantine, failed checks of the latest night, refused files."""

    nights: Rows
    freshness: Rows
    sources: Rows
    quarantine: Rows
    checks: Rows
    refused: Rows


def look(lake: Lake) -> Health:
    """The state as the lake has it now."""
    batches, quarantine = lake.table("ops", "batches"), lake.table("ops", "quarantine")
    sources = batches.group_by("source").agg(
        deliveries=batches.count(), **{name: batches[name].sum() for name in COUNTS}
    )
    reasons = quarantine.group_by("source", "reason", "field").agg(rows=quarantine.count())
    latest = latest_checks(lake)
    is_refused = batches.status_reason.notnull() & (batches.status != "repeated")
    refused = batches.filter(is_refused).select("source", "file", "status_reason")
    nights = _nights(lake)
    return Health(
        nights=nights,
        freshness=list(_freshness(lake, nights[0]["night"])) if nights else [],
        sources=rows_of(sources.order_by("source")),
        quarantine=rows_of(reasons.order_by("source", "reason", "field")),
        checks=rows_of(latest.filter(~latest.passed).order_by("source", "check_id", "column_name")),
        refused=rows_of(
            refused.select("source", "file", "status_reason").order_by("source", "file")
        ),
    )


def write_page(this: Night) -> None:
    """The operations page, beside the published file; written for withheld nights too."""
    found = look(this.lake)
    operations.write(vars(found), ORDER, this.now.home.published / "operations.html")


def _nights(lake: Lake) -> Rows:
    """The latest nights, each with `seconds` by stage; of a stage that ran twice, the later."""
    nights, stages = lake.table("ops", "nights"), lake.table("ops", "stages")
    latest = rows_of(nights.order_by(ibis.desc("night_number")).limit(NIGHTS))
    runs = stages.semi_join(nights, "night_number").order_by("finished_at", "stage")
    of_night: dict[int, dict[str, float]] = {row["night_number"]: {} for row in latest}
    for run in rows_of(runs.select("night_number", "stage", "seconds")):
        if run["night_number"] in of_night:
            of_night[run["night_number"]][run["stage"]] = run["seconds"]
    return [
        row | {"seconds": {s: of_night[n][s] for s in ORDER if s in of_night[n]}}
        for row in latest
        for n in [row["night_number"]]
    ]


def _freshness(lake: Lake, night: date) -> Iterator[dict[str, Any]]:
    """Per source: the agreed days, the newest event, how far it lies before `night`; the latest
    delivery. Nothing is late where nothing was agreed."""
    batches = lake.table("ops", "batches")
    for source, contract in contracts.sources().items():
        records = lake.table("records", contracts.records_of(source).name)
        given = measures.delivered(source, records)
        of_source = batches.filter(batches.source == source)
        received = of_source.received_at.max().to_pyarrow().as_py()
        newest, agreed = None, None
        if contract.latency:
            name, agreed = contract.latency
            told = measures.newest_event(contract.column(name), given.column(name), night)
            newest = told.to_pyarrow().as_py()
        behind = (night - newest).days if newest else None
        yield {
            "source": source, "agreed_days": agreed, "newest_event_on": newest,
            "days_behind": behind, "last_received_at": received,
            "is_late": agreed is not None and (behind is None or behind > agreed),
        }  # fmt: skip
