"""Reconcile: persons and their records -> journeys, outcomes, findings; writes `reconciled`."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from pipelines import link, papers, reconcile, reference, standardise
from pipelines.lake import Lake
from pipelines.night.context import Night, Past
from pipelines.night.standardise import standard
from pipelines.record_keys import list_key, placement_key
from pipelines.statements import Hold

REFUSED = ibis.memtable({"code": [reconcile.LEFT_BY_ANOTHER_GATE]})


@dataclass(frozen=True)
class Linked:
    """Papers in standard form with the persons that linkage gave them."""

    crossings: ir.Table
    placements: ir.Table
    repatriations: ir.Table
    persons: ir.Table
    shared_identities: ir.Table

    @classmethod
    def of(cls, lake: Lake, affected: ir.Table | None = None) -> "Linked":
        """Those of the persons `affected` (person_id), or all."""
        of_night, records = standard(lake), lake.table("identity", "person_records")
        persons = lake.table("identity", "persons")
        if affected is not None:
            records = records.semi_join(affected, "person_id")
            persons = persons.semi_join(affected, "person_id")
            crossings = of_night.crossings.semi_join(records, "record_key")
        else:
            crossings = of_night.crossings
        return cls(
            link.crossings_with_person(crossings, records),
            link.placements_with_person(of_night.placements, records),
            link.repatriations_with_person(of_night.repatriations, records),
            persons,
            link.shared_identities(of_night.identities, records),
        )

    def held(self, hold: Hold) -> "Linked":
        """The same, worked out once; all but the crossings, which are too many to be kept."""
        worked = ("placements", "repatriations", "shared_identities")
        return replace(self, **{name: hold(getattr(self, name)) for name in worked})


def crossings_with_person(lake: Lake) -> ir.Table:
    """The current crossings and the persons that the latest night gave them. Key: crossing_id."""
    return Linked.of(lake).crossings


def reconcile_departures(this: Night) -> None:
    """Journeys, outcomes and findings of the persons for whom anything may be another."""
    lake, policy, run = this.lake, this.policy, this.begin("reconcile")
    with lake.scratchpad() as hold:
        past, traffic = run.past, lake.table("standard", "traffic")
        record_starts_on = _first_day(traffic)
        gaps = hold(reconcile.feed_gaps(traffic, policy))
        if past:
            then = lake.table_at("standard", "traffic", past.snapshot_id)
            past = past if _first_day(then) == record_starts_on else None
        affected = hold(_affected(this, past, gaps)) if past else None
        linked = Linked.of(lake, affected).held(hold)
        journeys, findings = _lives(this, linked, record_starts_on, hold)
        departures = reconcile.departures(
            journeys, linked.placements, linked.repatriations, linked.persons,
            reference.memtable("permitted_stays"), gaps, policy, this.night, record_starts_on,
        )  # fmt: skip
        named = departures.mutate(departure_id=this.pseudonym("D")(departures.departure_key))
        matches = hold(reconcile.list_matches(journeys, linked.repatriations, policy))
        of_records = hold(_findings_of_records(this, gaps))
        known = {
            "departures": (named, _of(lake, "departures", affected)),
            "list_matches": (matches, _matched(lake, matches, past)),
        }
        changes = [lake.change(hold, "reconciled", name, *rows) for name, rows in known.items()]
        with this.keeping(run):
            for change in changes:
                lake.make(change)
            if affected is None:
                lake.clear("reconciled", "findings")
            else:
                lake.remove("reconciled", "findings", "person_id", affected)
            lake.remove_unnamed("reconciled", "findings", "person_id")
            lake.insert("reconciled", "findings", findings)
            lake.insert("reconciled", "findings", of_records)
            _put_refused(this)
            lake.replace("reconciled", "gaps", gaps)


def _lives(
    this: Night, linked: Linked, record_starts_on: date | None, hold: Hold
) -> tuple[ir.Table, ir.Table]:
    """The journeys and the findings of persons.

    A nation's crossings fill the memory; they are given up before anything else is made.
    """
    with this.lake.scratchpad() as briefly:
        # Without what says only where a crossing stands: few of them are asked for it.
        crossings = briefly(linked.crossings.drop("is_known_gate", "batch_id", "row_number"))
        journeys = hold(reconcile.journeys(crossings, this.policy))
        findings = reconcile.findings_of_persons(
            crossings, standard(this.lake).crossings, journeys, linked.placements,
            linked.shared_identities, this.policy, this.night, record_starts_on,
        )  # fmt: skip
        return journeys, hold(findings)


def _refusals(this: Night) -> ir.Table:
    """The current refusals with the persons they met, and who of them left soon after."""
    lake = this.lake
    told = standardise.refusals(
        lake.table("records", "refusals"), papers.reasons(), reference.memtable("countries"),
        reference.memtable("gates"),
    )  # fmt: skip
    named = link.refusals_with_person(
        told, standard(lake).identities, lake.table("identity", "person_records")
    )
    return reconcile.followed(named, lake.table("reconciled", "departures"), this.policy)


def _put_refused(this: Night) -> None:
    """What became of refused people is worked out whole: they are few."""
    lake = this.lake
    with lake.scratchpad() as hold:
        followed = hold(_refusals(this))
        found = hold(reconcile.left_by_another_gate(followed))
        lake.replace("reconciled", "refusals", followed)
        lake.remove("reconciled", "findings", "code", REFUSED)
        lake.insert("reconciled", "findings", found)


def _findings_of_records(this: Night, gaps: ir.Table) -> ir.Table:
    """What is found in the records as a whole."""
    of_night = standard(this.lake)
    unresolved = this.lake.table("standard", "unresolved")
    announced = reconcile.announced(*published())
    return ibis.union(
        reconcile.findings_of_records(of_night.crossings, gaps, unresolved),
        reconcile.list_total_mismatches(of_night.repatriations, announced),
        reconcile.stated_total_mismatches(this.lake.table("ops", "batches")),
    )


def published() -> tuple[ir.Table, ir.Table]:
    """What agencies published, and how it is measured."""
    return reference.memtable("published_figures"), reference.memtable("published_measures")


def _of(lake: Lake, name: str, affected: ir.Table | None) -> ir.Table | None:
    """Rows of a reconciled table that are of the persons affected, None for all."""
    if affected is None:
        return None
    return lake.table("reconciled", name).semi_join(affected, "person_id")


def _matched(lake: Lake, matches: ir.Table, past: Past | None) -> ir.Table | None:
    """Matches of the rows of lists that came, went or were matched again, None for all."""
    if past is None:
        return None
    known, key = lake.table("reconciled", "list_matches"), papers.LIST_ROW
    came_or_went = lake.changed("standard", "repatriations", past.snapshot_id).select(*key)
    rows = came_or_went.union(matches.select(*key)).distinct()
    return known.semi_join(rows, key)


def _first_day(traffic: ir.Table) -> date | None:
    """The day on which the border record begins."""
    first: date | None = traffic.crossed_on.min().to_pyarrow().as_py()
    return first


def _affected(this: Night, past: Past, gaps: ir.Table) -> ir.Table:
    """The persons (person_id) for whom anything may be another since `past`.

    Their records, links or attributes changed; a stay ran out, or a placement became overdue, with
    the date; or a day of the border feed went missing, or came.
    """
    lake, since = this.lake, past.snapshot_id
    records = lake.table("identity", "person_records")
    keys = ibis.union(
        lake.changed("standard", "crossings", since).select("record_key"),
        lake.changed("standard", "identities", since).select("record_key"),
        _placed(lake.changed("standard", "placements", since)),
        _listed(lake.changed("standard", "repatriations", since)),
        _placed(_newly_overdue(this, past)),
    )
    changed = (lake.changed("identity", n, since) for n in ("person_records", "persons"))
    return ibis.union(
        records.semi_join(keys, "record_key").select("person_id"),
        *(table.select("person_id") for table in changed),
        _run_out(this, past).select("person_id"),
        _near_other_gaps(this, gaps).select("person_id"),
    ).distinct()


def _placed(rows: ir.Table) -> ir.Table:
    return rows.select(record_key=placement_key(rows.placement_id))


def _listed(rows: ir.Table) -> ir.Table:
    return rows.select(record_key=list_key(rows.list_file, rows.list_number))


def _days(this: Night, past: Past) -> tuple[date, date]:
    return min(past.night, this.night), max(past.night, this.night)


def _newly_overdue(this: Night, past: Past) -> ir.Table:
    """Placements that became old enough, or are no longer, to be expected to have an exit."""
    patience = timedelta(days=this.policy.placement_exit_days)
    first, last = _days(this, past)
    placements = standard(this.lake).placements
    after, until = ibis.literal(first - patience), ibis.literal(last - patience)
    return placements.filter((placements.valid_from > after) & (placements.valid_from <= until))


def _run_out(this: Night, past: Past) -> ir.Table:
    """Open departures of which stay and grace ran out between the two nights, or no longer have."""
    first, last = _days(this, past)
    departures = this.lake.table("reconciled", "departures")
    is_open = departures.return_kind == "none"
    return departures.filter(
        is_open & (departures.due_on >= ibis.literal(first)) & (departures.due_on < last)
    )


def _near_other_gaps(this: Night, gaps: ir.Table) -> ir.Table:
    """Departures of which a gap explains what is missing tonight but did not before, or reverse."""
    lake, policy = this.lake, this.policy
    was, now = (
        reconcile.explained_days(days, policy) for days in (lake.table("reconciled", "gaps"), gaps)
    )
    other = was.difference(now).union(now.difference(was))
    departures = lake.table("reconciled", "departures")
    sided = departures.mutate(
        seen_on="occurred_on", is_exit_missing=departures.departed_on.isnull()
    )
    return sided.semi_join(other, ["seen_on", "is_exit_missing"])
