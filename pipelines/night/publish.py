"""Publish: departures -> figures -> the published file; keeps what changed, and the night."""

from dataclasses import dataclass, replace
from typing import Any, Self

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from pipelines import access_log, contracts, link, reconcile, reference, standardise, surface
from pipelines.intake import feeds
from pipelines.lake import Lake
from pipelines.night.context import PUBLISHED, RULES, Night, last_published, records_of
from pipelines.night.health import write_page
from pipelines.night.intake import keep_night, verdicts
from pipelines.night.reconcile import Linked, published
from pipelines.night.standardise import standard
from pipelines.night.tidy import forget_old
from pipelines.publish import kept, lookups, warehouse
from pipelines.statements import Hold


def publish(this: Night) -> None:
    """The figures of the night into the published file, in one rename; then the night is kept.

    A night that is killed in between publishes the same again, under the same number.
    """
    lake = this.lake
    run = this.begin("publish")
    before = last_published(lake)
    file = this.now.home.warehouse
    base = kept.of_night(file, before["night_number"]) if run.past and before else None
    with lake.scratchpad() as hold:
        linked = Linked.of(lake)
        linked = replace(
            linked,
            placements=hold(linked.placements),
            repatriations=hold(linked.repatriations),
        )
        moved = Moved.since(lake, before, hold, are_few=base is not None) if before else None
        checks = verdicts(this)
        changed = hold(_changes(this, linked, moved, hold))
        log = access_log.head(lake)
        chances = hold(_chances(this, hold))
        tables = surfaced(this, linked, chances) | _accounts(this, checks, log)
        tables["changes"] = lake.table("reconciled", "changes").union(changed)
        tables |= lookups.tables(this.policy, reconcile.catalogue())
        patches = {"departures": _patch(this, moved, chances)} if base and moved else {}
        warehouse.write(lake.ibis, file, tables, base, patches)
        with access_log.alone(this.now), lake.transaction():
            lake.insert("reconciled", "changes", changed)
            keep_night(this, PUBLISHED, run.snapshot_id, log)
            this.enter(run)
    forget_old(lake, this.now)
    write_page(this)


@dataclass(frozen=True)
class Moved:
    """Departures of which anything is another than on the last published night.

    `before` is that night in ops.nights; `was` and `now` (key departure_key) are the departures as
    they were then and as they are.
    """

    before: dict[str, Any]
    was: ir.Table
    now: ir.Table

    @classmethod
    def since(cls, lake: Lake, before: dict[str, Any], hold: Hold, *, are_few: bool) -> Self:
        """Where they are few; after a rebuild, all of both nights."""
        then, name = before["snapshot_id"], ("reconciled", "departures")
        if not are_few:
            was = lake.table_at(*name, then)  # where those who were erased are blank rows
            return cls(before, was.filter(was.departure_key.notnull()), lake.table(*name))
        rows = hold(lake.changed(*name, then))
        went, came = (rows.filter(rows.is_now == side).drop("is_now") for side in (False, True))
        # Runs that published nothing may lie in between, and their versions with them.
        was, now = (
            one.difference(other, distinct=False) for one, other in ((went, came), (came, went))
        )
        return cls(before, hold(was), hold(now))


def _patch(this: Night, moved: Moved, chances: ir.Table) -> warehouse.Patch:
    """The published departures of tonight from those of the last night.

    Whoever is still away has another chance every night, and no other row changes by itself.
    """
    told = surface.with_chances(chances.select("departure_key"), chances)
    named = told.mutate(departure_id=this.pseudonym("D")(told.departure_key))
    return warehouse.Patch(
        gone=moved.was.select("departure_id"),
        fresh=surface.with_chances(moved.now, chances),
        told=named.drop("departure_key"),
        rows=this.lake.table("reconciled", "departures").count(),
    )


def _changes(this: Night, linked: Linked, moved: Moved | None, hold: Hold) -> ir.Table:
    """What became of departures since the last published night; nothing on the first."""
    lake = this.lake
    if not moved:
        return lake.table("reconciled", "changes").limit(0)
    before = moved.before
    then = before["snapshot_id"]
    changed = {name: hold(lake.changed("records", name, then)) for name in records_of(lake)}
    theirs = standard(lake).crossings.semi_join(changed["crossings"], "crossing_id")
    persons = {
        "crossings": link.crossings_with_person(
            theirs, lake.table("identity", "person_records").semi_join(theirs, "record_key")
        ),
        "placements": linked.placements, "repatriations": linked.repatriations,
    }  # fmt: skip
    nights = moved.was, moved.now
    differing = hold(reconcile.differing(*nights))
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


def surfaced(this: Night, linked: Linked, chances: ir.Table) -> dict[str, ir.Table]:
    """The figures of the night, by table of schemas/marts/; takes the chances of departures."""
    lake, countries = this.lake, reference.memtable("countries")
    departures, matches = (
        lake.table("reconciled", name) for name in ("departures", "list_matches")
    )
    traffic = lake.table("standard", "traffic")
    provinces, regencies = reference.memtable("provinces"), reference.memtable("regencies")
    gates = reference.memtable("gates")
    residents = standardise.population(lake.table("records", "population"), provinces, regencies)
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
        "gates": surface.gates(
            traffic, departures, lake.table("reconciled", "refusals"), gates, provinces
        ),
        "repatriations": surface.repatriations(
            linked.repatriations, matches, departures, provinces
        ),
        "coverage": surface.coverage(
            traffic,
            departures,
            linked.placements,
            linked.repatriations,
            matches,
            this.night,
        ),
        "benchmarks": surface.benchmarks(
            *published(),
            traffic,
            departures,
            linked.placements,
            linked.repatriations,
            matches,
            this.policy,
        ),
    }


def _chances(this: Night, hold: Hold) -> ir.Table:
    """How likely each departure counts as undocumented once everything is known."""
    lake, gates = this.lake, reference.memtable("gates")
    departures = lake.table("reconciled", "departures")
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
