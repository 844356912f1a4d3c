"""Publish: departures -> figures -> the published file; keeps what changed, and the night."""

from dataclasses import replace

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from pipelines import access_log, contracts, link, reconcile, reference, standardise, surface
from pipelines.intake import feeds
from pipelines.night.context import PUBLISHED, RULES, Night, last_published, records_of
from pipelines.night.health import write_page
from pipelines.night.intake import keep_night, verdicts
from pipelines.night.reconcile import Linked, published, refusals
from pipelines.night.standardise import standard
from pipelines.night.tidy import forget_old
from pipelines.publish import lookups, warehouse


def publish(this: Night) -> None:
    """The figures of the night into the published file, in one rename; then the night is kept.

    A night that is killed in between publishes the same again, under the same number.
    """
    lake = this.lake
    run = this.begin("publish")
    with lake.scratchpad() as hold:
        linked = Linked.of(lake)
        linked = replace(
            linked,
            placements=hold(linked.placements),
            repatriations=hold(linked.repatriations),
        )
        checks, changed = verdicts(this), hold(_changes(this, linked, hold))
        log = access_log.head(lake)
        tables = surfaced(this, linked, hold) | _accounts(this, checks, log)
        tables["changes"] = lake.table("reconciled", "changes").union(changed)
        tables |= lookups.tables(this.policy, reconcile.catalogue())
        warehouse.write(lake.ibis, this.now.home.warehouse, tables)
        with access_log.alone(this.now), lake.transaction():
            lake.insert("reconciled", "changes", changed)
            keep_night(this, PUBLISHED, run.snapshot_id, log)
            this.enter(run)
    forget_old(lake, this.now)
    write_page(this)


def _changes(this: Night, linked: Linked, hold: link.Hold) -> ir.Table:
    """What became of departures since the last published night; nothing on the first."""
    lake, before = this.lake, last_published(this.lake)
    if not before:
        return lake.table("reconciled", "changes").limit(0)
    then = before["snapshot_id"]
    changed = {name: hold(lake.changed("records", name, then)) for name in records_of(lake)}
    theirs = standard(lake).crossings.semi_join(changed["crossings"], "crossing_id")
    persons = {
        "crossings": link.crossings_with_person(
            theirs, lake.table("identity", "person_records").semi_join(theirs, "record_key")
        ),
        "placements": linked.placements, "repatriations": linked.repatriations,
    }  # fmt: skip
    moved = hold(lake.changed("reconciled", "departures", then).select("departure_key").distinct())
    nights = lake.table_at("reconciled", "departures", then), lake.table("reconciled", "departures")
    differing = hold(
        reconcile.differing(*(night.semi_join(moved, "departure_key") for night in nights))
    )
    was, now = (hold(night.semi_join(differing, "departure_key")) for night in nights)
    return reconcile.changes(
        differing,
        was,
        now,
        reconcile.news(changed, persons),
        are_rules_new=any(before[name] != this.rules[name] for name in RULES),
        is_linkage_new=before["linkage_model"] != this.rules["linkage_model"],
        night=this.night,
        night_number=this.number,
    )


def surfaced(this: Night, linked: Linked, hold: link.Hold) -> dict[str, ir.Table]:
    """The figures of the night, by table of schemas/marts/."""
    lake, countries = this.lake, reference.memtable("countries")
    departures, matches = (
        lake.table("reconciled", name) for name in ("departures", "list_matches")
    )
    crossings = standard(lake).crossings
    provinces, regencies = reference.memtable("provinces"), reference.memtable("regencies")
    gates = reference.memtable("gates")
    residents = standardise.population(lake.table("records", "population"), provinces, regencies)
    chances = hold(_chances(this, departures, gates, hold))
    return {
        "departures": surface.with_chances(departures, chances),
        "findings": lake.table("reconciled", "findings"),
        "regions": surface.with_latest_population(
            lookups.regions(provinces, regencies, this.policy.watch_regions), residents
        ),
        "recruitment": surface.recruitment(
            standardise.recruitment(lake.table("records", "recruitment"), countries),
            departures,
            countries,
        ),
        "hotspots": surface.hotspots(
            departures,
            chances,
            linked.placements,
            provinces,
            regencies,
            residents,
            surface.trust(linked.persons, linked.placements, linked.repatriations, regencies),
            this.policy,
        ),
        "corridors": surface.corridors(departures, provinces, gates),
        "gates": surface.gates(crossings, departures, refusals(this), gates, provinces),
        "repatriations": surface.repatriations(
            linked.repatriations, matches, departures, provinces
        ),
        "coverage": surface.coverage(
            crossings,
            departures,
            linked.placements,
            linked.repatriations,
            matches,
            this.night,
        ),
        "benchmarks": surface.benchmarks(
            *published(),
            crossings,
            departures,
            linked.placements,
            linked.repatriations,
            matches,
            this.policy,
        ),
    }


def _chances(this: Night, departures: ir.Table, gates: ir.Table, hold: link.Hold) -> ir.Table:
    """How likely each departure counts as undocumented once everything is known."""
    lake = this.lake
    missed = surface.doubts(
        departures, lake.table("identity", "candidates"),
        lake.table("identity", "person_records"),
    )  # fmt: skip
    countries = reference.memtable("countries")
    return surface.chances(departures, missed, gates, countries, this.policy, this.night, hold)


def _accounts(this: Night, checks: pa.Table, log: access_log.Head) -> dict[str, ir.Table]:
    """What came in and how it was judged."""
    nights = this.lake.table("ops", "nights")
    schema = contracts.marts()["nights"].arrow_schema
    known = {"night_number": this.number, "night": this.night}
    tonight = ibis.memtable(pa.Table.from_pylist([known | this.rules | log.anchor], schema))
    return {
        "batches": this.lake.table("ops", "batches"),
        "nights": nights.filter(nights.outcome == PUBLISHED).select(*schema.names).union(tonight),
        # How a fetch went says nothing of what came, and a replay fetches nothing.
        "checks": ibis.memtable(checks.filter(pc.field("check_id") != feeds.CHECK)),
    }
