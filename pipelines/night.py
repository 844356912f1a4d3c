"""The night: the stages in order. The one place that reads and writes the lake.

Each stage is one transaction; what it leaves behind is enough for the next run to go on from, so
a night that was killed is simply run again.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines import (
    __version__,
    contracts,
    keys,
    link,
    papers,
    reconcile,
    reference,
    settings,
    standardise,
    surface,
)
from pipelines.errors import PulangError
from pipelines.intake import arrivals, deliveries, gate, supersede, typed
from pipelines.lake import Lake, exists, open_lake
from pipelines.policy import Policy
from pipelines.publish import lookups, warehouse

PUBLISHED, WITHHELD = "published", "withheld"
# What the rules of a night are known by, in ops.nights.
RULES = ("policy_sha256", "contracts_sha256", "code_version")
Report = Callable[[str], None]


class ConservationError(PulangError):
    """Rows delivered are not rows accepted + quarantined + superseded."""


@dataclass
class Night:
    """One run of the night: where, as of when, and under which parameters."""

    lake: Lake
    now: settings.Settings
    secret: keys.Keys
    policy: Policy
    night: date
    number: int
    report: Report
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    seconds: dict[str, float] = field(default_factory=dict)
    linkage_model: str | None = None  # version and digest of the weights, once they are read

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Report a stage and keep its duration."""
        self.report(name)
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 3)

    def pseudonym(self, prefix: str) -> Callable[[ir.StringValue], ir.StringValue]:
        """The keyed pseudonym for persons (P) or departures (D)."""
        return lambda value: self.secret.pseudonym(value, prefix)


@dataclass(frozen=True)
class Outcome:
    """How the run ended. `is_new_key` asks for a warning to whoever runs it."""

    night: date
    number: int
    status: str
    seconds: dict[str, float]
    checks: list[dict[str, Any]]
    batches: list[dict[str, Any]]
    is_new_key: bool


def run(now: settings.Settings, night: date, report: Report = lambda _: None) -> Outcome:
    """Take in all that has landed, judge it, link, reconcile, surface and publish.

    Raises PolicyError, KeyMissingError, LakeBusyError, LakeShutError or ConservationError; the
    published file is then what it was.
    """
    policy = Policy.load(now.home.path)
    secret = keys.load(now.home.keys, now.key, exists(now.home))
    gate.load_ahead()
    with open_lake(now, secret) as lake:
        this = Night(lake, now, secret, policy, night, _next_number(lake), report)
        batches = intake(this)
        checks = judge(this)
        status = WITHHELD if gate.is_withheld(checks) else PUBLISHED
        if status == PUBLISHED:
            compute_and_publish(this, checks)
        _record(this, status, checks)
        verdicts = checks.to_pylist()
        return Outcome(night, this.number, status, this.seconds, verdicts, batches, secret.is_new)


def _next_number(lake: Lake) -> int:
    last = lake.table("ops", "nights").night_number.max().to_pyarrow().as_py()
    return (last or 0) + 1


# Intake


def intake(this: Night) -> list[dict[str, Any]]:
    """Deliveries -> records, quarantine and batches; asserts that no row was lost.

    Gives the rows of ops.batches of tonight's deliveries.
    """
    archive = arrivals.Archive(this.now.home.lake / "archive", this.secret.derive("archive"))
    with this.stage("intake"), this.lake.transaction():
        known = this.lake.table("ops", "batches").to_pyarrow().to_pylist()
        landed = arrivals.find(this.now.home.landing, list(contracts.sources()))
        batches: list[deliveries.Batch] = []
        for source in contracts.sources():
            of_source = [arrival for arrival in landed if arrival.source == source]
            new = deliveries.new_batches(of_source, known, archive)
            batches += _take_in_source(this, source, new)
        if batches:
            rows = deliveries.batch_rows(batches, known, this.night)
            this.lake.insert("ops", "batches", rows)
            _supersede(this, batches, is_first=not known)
            _count(this, batches)
    kept = this.lake.table("ops", "batches").order_by("source", "received_at", "file")
    tonight = {batch.batch_id for batch in batches}
    return [row for row in kept.to_pyarrow().to_pylist() if row["batch_id"] in tonight]


def _take_in_source(
    this: Night, source: str, new: Iterator[deliveries.Batch]
) -> list[deliveries.Batch]:
    """Read, judge and keep the rows of one source, each in a thread of its own."""
    contract, records = contracts.sources()[source], contracts.records_of(source)
    judge = this.lake.aside(lambda rows: typed.typed(rows, contract, records))
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


def _supersede(this: Night, batches: list[deliveries.Batch], is_first: bool) -> None:
    """Mark the versions that tonight's deliveries replace, or that replace them."""
    new = None if is_first else ibis.memtable({"batch_id": [batch.batch_id for batch in batches]})
    for source in sorted({batch.arrival.source for batch in batches}):
        table = contracts.records_of(source)
        records = this.lake.table("records", table.name)
        keyed = records.mutate(
            record_key=supersede.record_key(records, table, contracts.sources()[source])
        )
        versions = keyed.select("batch_id", "row_number", "received_at", "record_key")
        losers = supersede.losers(versions, "record_key", this.lake.table("ops", "batches"), new)
        this.lake.mark_superseded(table.name, losers)


def _count(this: Night, new: list[deliveries.Batch]) -> None:
    """Count what became of every delivered row, and refuse to go on if one is missing."""
    lake, names = this.lake, [contracts.records_of(s).name for s in contracts.sources()]
    batches, quarantine = lake.table("ops", "batches"), lake.table("ops", "quarantine")
    records = [lake.table("records", name) for name in names]
    rows = lake.scratch(supersede.counts(batches, records, quarantine))
    lost = rows.filter(rows.rows != rows.accepted + rows.quarantined + rows.superseded)
    for wrong in lost.order_by("batch_id").limit(1).to_pyarrow().to_pylist():
        raise ConservationError(
            f"{wrong['file']}: {wrong['rows']} rows delivered, {wrong['accepted']} accepted, "
            f"{wrong['quarantined']} quarantined, {wrong['superseded']} superseded"
        )
    lake.replace("ops", "batches", rows)
    lake.drop_scratch(rows)
    this.report(f"intake: {len(new)} deliveries, {sum(b.rows for b in new):,} rows")


def judge(this: Night) -> pa.Table:
    """The gate of quality: every check of the contracts, with its verdict."""
    with this.stage("gate"):
        return gate.judge(this.lake, this.night, this.now.home.published / "quality")


def _record(this: Night, status: str, checks: pa.Table) -> None:
    """Keep the night and its checks in the lake."""
    row = {
        "night_number": this.number, "night": this.night, "outcome": status,
        "started_at": this.started_at, "finished_at": datetime.now(UTC),
        "snapshot_id": this.lake.snapshot_id, "stages": json.dumps(this.seconds),
        **_conditions(this),
    }  # fmt: skip
    with this.lake.transaction():
        this.lake.insert("ops", "nights", [row])
        numbered = checks.append_column(
            "night_number", pa.repeat(pa.scalar(this.number, pa.int64()), checks.num_rows)
        )
        this.lake.insert("ops", "checks", numbered)


def _conditions(this: Night) -> dict[str, str | None]:
    return {
        "linkage_model": this.linkage_model,
        "policy": json.dumps({n: this.policy.values[n] for n in this.policy.overrides}),
        "policy_sha256": this.policy.digest,
        "contracts_sha256": contracts.digest(),
        "code_version": __version__,
    }


# Link


@dataclass(frozen=True)
class Linked:
    """Standardised records with their persons, worked out once for the stages that follow."""

    crossings: ir.Table
    placements: ir.Table
    repatriations: ir.Table
    persons: ir.Table
    shared_identities: ir.Table


def link_persons(this: Night) -> Linked:
    """Records -> identities -> links -> persons; writes the schema `identity`."""
    lake = this.lake
    with this.stage("standardise"):
        of_night = papers.standardised(records_of(lake), lake.scratch, lake.scratchpad)
    with this.stage("link"):
        person_records = _person_records(this, of_night)
        persons = _persons(this, of_night.identities, person_records)
        linked = Linked(
            lake.scratch(
                link.crossings_with_person(
                    of_night.crossings,
                    records_of(lake)["crossings"],
                    of_night.keyed,
                    person_records,
                )
            ),
            lake.scratch(link.placements_with_person(of_night.placements, person_records)),
            lake.scratch(link.repatriations_with_person(of_night.repatriations, person_records)),
            persons,
            lake.scratch(link.shared_identities(of_night.identities, person_records)),
        )
        lake.drop_scratch(
            of_night.placements, of_night.repatriations, of_night.keyed, of_night.identities
        )
    return linked


def _person_records(this: Night, of_night: papers.Papers) -> ir.Table:
    """Who is who tonight, and what changed since the last linked night."""
    lake = this.lake
    judgements = lake.table("identity", "judgements")
    with lake.scratchpad() as hold:
        known = papers.known(of_night, hold)
        model, weights = link.declared(), link.weights(this.now.home.path)
        this.linkage_model = weights.version
        found = link.Linking(lake.con, hold, known, model, weights).run(
            judgements, of_night.crossings
        )
        person_records = hold(
            link.person_records(
                of_night.identities,
                found.members,
                found.links,
                hold(standardise.renumbered(lake.table("records", "crossings"))),
                this.pseudonym("P"),
            )
        )
        changed = hold(_history(this, person_records, judgements))
        with lake.transaction():
            lake.replace("identity", "links", found.links)
            lake.replace("identity", "candidates", link.kept(found.candidates))
            lake.replace("identity", "person_records", person_records)
            lake.insert("identity", "person_history", changed)
    return lake.table("identity", "person_records")


def last_linked(lake: Lake) -> dict[str, Any] | None:
    """The row of ops.nights of the latest night that linked; none before the first."""
    nights = lake.table("ops", "nights")
    linked = nights.filter(nights.linkage_model.notnull())
    rows = linked.order_by(ibis.desc("night_number")).limit(1).to_pyarrow().to_pylist()
    return rows[0] if rows else None


def _history(this: Night, person_records: ir.Table, judgements: ir.Table) -> ir.Table:
    before = last_linked(this.lake)
    new = judgements
    if before:
        new = judgements.filter(judgements.judged_at > before["started_at"])
    is_new_model = before is not None and before["linkage_model"] != this.linkage_model
    return link.history(
        this.lake.table("identity", "person_records"), person_records, new, is_new_model,
        this.number,
    )  # fmt: skip


def _persons(this: Night, identities: ir.Table, person_records: ir.Table) -> ir.Table:
    regions = standardise.Regions.shipped()
    places = this.lake.scratch(standardise.birth_places(identities.birth_place, regions))
    persons = link.persons(
        identities, person_records, reference.memtable("nik_prefixes"), places,
        [ibis.literal(day) for day in this.policy.default_birth_dates],
    )  # fmt: skip
    with this.lake.transaction():
        this.lake.replace("identity", "persons", persons)
    this.lake.drop_scratch(places)
    return this.lake.table("identity", "persons")


def crossings_with_person(lake: Lake) -> ir.Table:
    """The current crossings and the persons that the latest night gave them. Key: crossing_id."""
    records = lake.table("records", "crossings")
    keyed = lake.scratch(papers.travellers(records, lake.scratch))
    person_records = lake.table("identity", "person_records")
    return link.crossings_with_person(
        papers.standard_crossings(records), records, keyed, person_records
    )


# Reconcile, surface, publish


def compute_and_publish(this: Night, checks: pa.Table) -> None:
    """Records -> persons -> departures -> figures -> the published file."""
    linked = link_persons(this)
    with this.stage("reconcile"):
        reconciled = reconcile_departures(this, linked)
    with this.stage("publish"):
        tables = surfaced(this, linked, reconciled) | _accounts(this, checks)
        tables |= lookups.tables(this.policy, reconcile.catalogue())
        warehouse.write(this.lake.ibis, this.now.home.warehouse, tables)


def reconcile_departures(this: Night, linked: Linked) -> dict[str, ir.Table]:
    """Journeys, outcomes and findings; writes the schema `reconciled`."""
    lake, policy = this.lake, this.policy
    record_starts_on = linked.crossings.crossed_on.min().to_pyarrow().as_py()
    gaps = lake.scratch(reconcile.feed_gaps(linked.crossings, policy))
    journeys = lake.scratch(reconcile.journeys(linked.crossings, policy))
    matches = lake.scratch(reconcile.list_matches(journeys, linked.repatriations, policy))
    departures = reconcile.departures(
        journeys, linked.placements, linked.repatriations, linked.persons,
        reference.memtable("permitted_stays"), gaps, policy, this.night, record_starts_on,
    )  # fmt: skip
    findings = reconcile.findings(
        linked.crossings, journeys, linked.placements, gaps, policy, this.night, record_starts_on,
        linked.shared_identities,
        standardise.unresolved(**records_of(lake), purposes=papers.purposes()),
    )  # fmt: skip
    announced = reconcile.announced(*published())
    findings = findings.union(reconcile.list_total_mismatches(linked.repatriations, announced))
    named = departures.mutate(departure_id=this.pseudonym("D")(departures.departure_key))
    written = {"departures": named, "findings": findings, "list_matches": matches}
    with lake.transaction():
        for name, rows in written.items():
            lake.replace("reconciled", name, rows)
    _keep_changes(this, linked)
    lake.drop_scratch(gaps, journeys, matches)
    return {name: lake.table("reconciled", name) for name in (*written, "changes")}


def _keep_changes(this: Night, linked: Linked) -> None:
    """Append what became of departures since the last linked night; nothing on the first.

    That night is read by its snapshot, so that a run that was killed and begun again says the
    same. An open transaction would show its own rows in the snapshot too.
    """
    lake, before = this.lake, last_linked(this.lake)
    if not before:
        return
    then, now = before["snapshot_id"], _conditions(this)
    persons = {
        "crossings": linked.crossings, "placements": linked.placements,
        "repatriations": linked.repatriations,
    }  # fmt: skip
    with lake.scratchpad() as hold:
        known = lake.table_at("ops", "batches", then)
        nights = (
            lake.table_at("reconciled", "departures", then),
            lake.table("reconciled", "departures"),
        )
        changed = hold(
            reconcile.changes(
                hold(reconcile.differing(*nights)),
                *nights,
                hold(reconcile.news(records_of(lake), persons, known)),
                are_rules_new=any(before[name] != now[name] for name in RULES),
                is_linkage_new=before["linkage_model"] != now["linkage_model"],
                night=this.night,
                night_number=this.number,
            )
        )
        with lake.transaction():
            lake.forget_night("reconciled", "changes", this.number)
            lake.insert("reconciled", "changes", changed)


def published() -> tuple[ir.Table, ir.Table]:
    """What agencies published, and how it is measured."""
    return reference.memtable("published_figures"), reference.memtable("published_measures")


def records_of(lake: Lake) -> dict[str, ir.Table]:
    names = ("crossings", "placements", "repatriations")
    return {name: lake.table("records", name) for name in names}


def surfaced(this: Night, linked: Linked, reconciled: dict[str, ir.Table]) -> dict[str, ir.Table]:
    """The figures of the night, by table of schemas/marts/."""
    departures, matches = reconciled["departures"], reconciled["list_matches"]
    provinces, regencies = reference.memtable("provinces"), reference.memtable("regencies")
    gates = reference.memtable("gates")
    chances = _chances(this, departures, gates)
    return {
        "departures": surface.with_chances(departures, chances),
        "findings": reconciled["findings"],
        "changes": reconciled["changes"],
        "hotspots": surface.hotspots(
            departures,
            chances,
            linked.placements,
            provinces,
            regencies,
            surface.agreement(linked.persons, linked.placements, linked.repatriations),
            surface.unplaced(linked.persons),
            this.policy,
        ),
        "corridors": surface.corridors(departures, provinces, gates),
        "gates": surface.gates(linked.crossings, departures, gates, provinces),
        "repatriations": surface.repatriations(
            linked.repatriations, matches, departures, provinces
        ),
        "coverage": surface.coverage(
            linked.crossings,
            departures,
            linked.placements,
            linked.repatriations,
            matches,
            this.night,
        ),
        "benchmarks": surface.benchmarks(
            *published(),
            linked.crossings,
            departures,
            linked.placements,
            linked.repatriations,
            matches,
            this.policy,
        ),
    }


def _chances(this: Night, departures: ir.Table, gates: ir.Table) -> ir.Table:
    """How likely each departure counts as undocumented once everything is known."""
    lake = this.lake
    with lake.scratchpad() as hold:
        missed = surface.doubts(
            departures, lake.table("identity", "candidates"),
            lake.table("identity", "person_records"),
        )  # fmt: skip
        countries = reference.memtable("countries")
        found = surface.chances(departures, missed, gates, countries, this.policy, this.night, hold)
        return lake.scratch(found)


def _accounts(this: Night, checks: pa.Table) -> dict[str, ir.Table]:
    """What came in and how it was judged."""
    nights = this.lake.table("ops", "nights")
    schema = contracts.marts()["nights"].arrow_schema
    known = {"night_number": this.number, "night": this.night, "snapshot_id": this.lake.snapshot_id}
    tonight = ibis.memtable(pa.Table.from_pylist([known | _conditions(this)], schema))
    return {
        "batches": this.lake.table("ops", "batches"),
        "nights": nights.filter(nights.outcome == PUBLISHED).select(*schema.names).union(tonight),
        "checks": ibis.memtable(checks),
    }
