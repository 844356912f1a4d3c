"""Intake and the gate: deliveries -> records, quarantine and batches -> verdicts."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import ibis
import pyarrow as pa

from pipelines import access_log, contracts
from pipelines.intake import arrivals, deliveries, erased, feeds, gate, supersede, typed
from pipelines.night import corrections
from pipelines.night.context import WITHHELD, ConservationError, Night, latest_checks
from pipelines.night.health import write_page


def fetch(this: Night) -> None:
    """Fetch what feeds have; before the intake, and no part of it. The gate tells who failed."""
    for one in feeds.fetch_all(this.now.home.path, this.now.home.landing):
        this.report(f"fetch: {one.feed}: {one.error or f'{one.files} files'}")


def take_in(this: Night) -> list[dict[str, Any]]:
    """Deliveries -> records, quarantine and batches; asserts that no row was lost.

    Gives the rows of ops.batches of tonight's deliveries.
    """
    run = this.begin("intake")
    with this.keeping(run):
        known = this.lake.table("ops", "batches").to_pyarrow().to_pylist()
        batches = _take_in_landed(this, known)
        touched = {batch.batch_id: batch.arrival.source for batch in batches}
        touched |= corrections.carry_out(this)
        if touched:
            lost = _supersede(this, touched, is_first=not known)
            _count(this, sorted(touched.keys() | lost) if run.past else None)
            this.report(f"intake: {len(batches)} deliveries, {sum(b.rows for b in batches):,} rows")
    kept = this.lake.table("ops", "batches").order_by("source", "received_at", "file")
    tonight = {batch.batch_id for batch in batches}
    return [row for row in kept.to_pyarrow().to_pylist() if row["batch_id"] in tonight]


def _take_in_landed(this: Night, known: list[dict[str, Any]]) -> list[deliveries.Batch]:
    """Everything that has landed and is not among the `known` rows of ops.batches."""
    archive = arrivals.Archive(this.now.home.lake / "archive", this.secret.derive("archive"))
    found = arrivals.settled(arrivals.find(this.now.home.landing, list(contracts.sources())))
    landed = [a for a in found if this.only is None or a.number in this.only]
    batches: list[deliveries.Batch] = []
    for source in contracts.sources():
        of_source = [arrival for arrival in landed if arrival.source == source]
        new = deliveries.new_batches(of_source, known, archive)
        batches += _take_in_source(this, source, new)
    arrivals.refuse_changed(batch.arrival for batch in batches)
    if batches:
        rows = deliveries.batch_rows(batches, known, this.night)
        this.lake.insert("ops", "batches", rows)
    return batches


def _take_in_source(
    this: Night, source: str, new: Iterator[deliveries.Batch]
) -> list[deliveries.Batch]:
    """Read, judge and keep the rows of one source, each in a thread of its own."""
    contract, records = contracts.sources()[source], contracts.records_of(source)
    judge = erased.judge(this.lake, source, this.pseudonym(erased.PREFIX))
    intake = deliveries.Intake(new, contract, judge)
    if judged := intake.judged():
        with this.lake.delivered(judged) as rows:
            accepted = rows.filter(rows.reason.isnull())
            current = accepted.mutate(superseded_by=ibis.null("string"))
            this.lake.insert("records", records.name, current)
    if refused := intake.refused_rows():
        with this.lake.delivered(refused) as rows:
            this.lake.insert("ops", "quarantine", typed.quarantined(rows, contract))
    if malformed := intake.malformed_rows():
        this.lake.insert("ops", "quarantine", malformed)
    return intake.batches


def _supersede(this: Night, touched: dict[str, str], is_first: bool) -> set[str]:
    """Mark the versions that the rows of touched batches replace, or that replace them.

    `touched` is batch_id -> source. Gives the batches of the versions.
    """
    lost: set[str] = set()
    new = None if is_first else ibis.memtable({"batch_id": sorted(touched)})
    for source in sorted(set(touched.values())):
        table = contracts.records_of(source)
        records = this.lake.table("records", table.name)
        keyed = records.mutate(
            record_key=supersede.record_key(records, table, contracts.sources()[source])
        )
        versions = keyed.select("batch_id", "row_number", "received_at", "record_key")
        losers = supersede.losers(versions, "record_key", this.lake.table("ops", "batches"), new)
        lost.update(this.lake.mark_superseded(table.name, losers))
    return lost


def _count(this: Night, touched: list[str] | None) -> None:
    """Count what became of every delivered row, and refuse to go on if one is missing.

    Of the batches `touched`, or of all: nothing became of the rows of others since.
    """
    lake, names = this.lake, [contracts.records_of(s).name for s in contracts.sources()]
    batches, quarantine = lake.table("ops", "batches"), lake.table("ops", "quarantine")
    records = [lake.table("records", name) for name in names]
    if touched is not None:
        batches, quarantine, *records = (
            rows.filter(rows.batch_id.isin(touched)) for rows in (batches, quarantine, *records)
        )
    rows = lake.scratch(supersede.counts(batches, records, quarantine))
    lost = rows.filter(rows.rows != rows.accepted + rows.quarantined + rows.superseded)
    for wrong in lost.order_by("batch_id").limit(1).to_pyarrow().to_pylist():
        raise ConservationError(
            f"{wrong['file']}: {wrong['rows']} rows delivered, {wrong['accepted']} accepted, "
            f"{wrong['quarantined']} quarantined, {wrong['superseded']} superseded"
        )
    lake.put("ops", "batches", rows, None if touched is None else batches)
    lake.drop_scratch(rows)


def judge(this: Night) -> pa.Table:
    """The gate of quality: every check of the contracts, with its verdict.

    A night that is withheld ends here, and is kept as such.
    """
    run, docs = this.begin("gate"), this.now.home.published / "quality"
    since = run.past.snapshot_id if run.past else None
    judged = gate.judge(this.lake, this.night, docs, since)
    fetched = feeds.verdicts(this.now.home.landing)
    fetches = pa.Table.from_pylist(fetched, judged.checks.schema)
    checks = pa.concat_tables([judged.checks, fetches])
    with access_log.alone(this.now), this.keeping(run):
        this.lake.forget_night("ops", "checks", this.number)
        _keep_checks(this, checks)
        this.lake.replace("ops", "measured", judged.measured)
        if gate.is_withheld(checks):
            keep_night(this, WITHHELD, this.lake.snapshot_id, access_log.head(this.lake))
    if gate.is_withheld(checks):
        write_page(this)
    return checks


def verdicts(this: Night) -> pa.Table:
    """The checks of the last gate, kept under the number of this night."""
    last = latest_checks(this.lake)
    rows = last.order_by("source", "check_id", "column_name").to_pyarrow()
    numbers = set(rows["night_number"].to_pylist())
    checks = rows.drop_columns(["night_number"])
    if numbers != {this.number}:  # another night ran in between, and its verdicts hold
        _keep_checks(this, checks)
    return checks


def _keep_checks(this: Night, checks: pa.Table) -> None:
    numbers = pa.repeat(pa.scalar(this.number, pa.int64()), checks.num_rows)
    this.lake.insert("ops", "checks", checks.append_column("night_number", numbers))


def keep_night(this: Night, outcome: str, snapshot_id: int, log: access_log.Head) -> None:
    """Enter the night in ops.nights, with the snapshot that it was computed from, and in the log.

    `log` is the end of the log that the night vouches for.
    """
    at = datetime.now(UTC)
    row = {
        "night_number": this.number, "night": this.night, "outcome": outcome,
        "started_at": this.started_at, "finished_at": at,
        "snapshot_id": snapshot_id, **log.anchor, **this.rules,
    }  # fmt: skip
    this.lake.insert("ops", "nights", [row])
    told = {name: row[name] for name in ("night_number", "night", "outcome")}
    access_log.enter(this.lake, at, this.now.actor, "night", told)
