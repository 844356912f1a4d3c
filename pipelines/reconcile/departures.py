"""Departures: journeys with lists, placements and persons, each with its outcome."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from pipelines.moments import days_after, full_years
from pipelines.policy import Policy
from pipelines.reconcile.gaps import explained_days
from pipelines.reconcile.lists import list_matches, list_returns
from pipelines.reconcile.origin import origin
from pipelines.reconcile.periods import in_force, is_among
from pipelines.reconcile.placements import best_placements
from pipelines.reconcile.reasons import explain
from pipelines.reconcile.rules import decide

COLUMNS = (
    "departure_key",
    "person_id",
    "departed_on",
    "gate_code",
    "declared_country",
    "observed_country",
    "returned_on",
    "return_gate_code",
    "return_kind",
    "days_away",
    "origin_province_code",
    "origin_regency_code",
    "origin_basis",
    "sex",
    "age_at_departure",
    "outcome",
    "rule",
    "reasons",
    "link_probability",
    "outcome_since",
    "final_on",
    "purpose",
    "occurred_on",
    "exit_crossing_id",
    "return_crossing_id",
    "list_file",
    "list_number",
    "list_category",
    "placement_id",
    "placement_country",
    "next_exit_on",
    "due_on",
)


def departures(
    journeys: ir.Table,
    placements: ir.Table,
    repatriations: ir.Table,
    persons: ir.Table,
    permitted_stays: ir.Table,
    gaps: ir.Table,
    policy: Policy,
    as_of: date,
    coverage_from: date | None,
) -> ir.Table:
    """Give every departure its evidence and its outcome.

    Takes journeys (key departure_key), placements and list rows with persons, persons (key
    person_id), permitted_stays (key alpha3; days) and gaps of the feed (key gap_on, is_exit). Gives
    one row per exit, per entry without exit and per listed return with neither (key departure_key).
    `as_of` is the date of the night,
    `coverage_from` the first day of the border record; where there is none, it begins tonight.
    """
    matches = list_matches(journeys, repatriations, policy)
    returns = list_returns(matches, repatriations, policy)
    slim = _trips(journeys.select(_JOURNEY_COLUMNS), returns)
    placed = best_placements(slim, placements, policy)
    trips = _trips(journeys, returns)
    gathered = _gathered(trips, placed, persons, permitted_stays)
    gathered = _with_gaps(gathered, explained_days(gaps, policy))
    known = evidence(gathered, policy, as_of, coverage_from or as_of)
    decided = origin(explain(decide(known, policy), policy))
    return decided.select(COLUMNS)


_JOURNEY_COLUMNS = (
    "departure_key",
    "person_id",
    "departed_on",
    "declared_country",
    "returned_on",
    "return_gate_code",
    "return_kind",
)


def _trips(journeys: ir.Table, returns: ir.Table) -> ir.Table:
    """Journeys and listed returns together (key departure_key).

    An arrival on a list ends a journey whose return was not seen at the border.
    """
    both = journeys.outer_join(returns, "departure_key")
    is_ended_by_list = both.returned_on.isnull() & both.list_arrived_on.notnull()
    returned_on = both.returned_on.coalesce(both.list_arrived_on)
    return both.mutate(
        departure_key=both.departure_key.coalesce(both.departure_key_right),
        person_id=both.person_id.coalesce(both.list_person_id),
        returned_on=returned_on,
        return_gate_code=ibis.ifelse(is_ended_by_list, both.list_gate_code, both.return_gate_code),
        return_kind=ibis.ifelse(is_ended_by_list, "list", both.return_kind),
        occurred_on=both.departed_on.coalesce(returned_on),
        is_work_listed=both.is_work_listed.fill_null(False),
    ).drop("departure_key_right", "list_person_id")


def _gathered(
    trips: ir.Table, placed: ir.Table, persons: ir.Table, permitted_stays: ir.Table
) -> ir.Table:
    """Trips with their placement, their person and the permitted stay (key departure_key)."""
    stays = permitted_stays.select(stay_country="alpha3", stay_days="days")
    people = persons.select(
        "person_id",
        "sex",
        "birth_date",
        "nik_regency_code",
        "birth_province_code",
        "birth_regency_code",
        "birth_likely_regency_code",
        "is_poorly_identified",
    )
    return (
        trips.left_join(placed, "departure_key")
        .drop("departure_key_right")
        .left_join(people, "person_id")
        .drop("person_id_right")
        .left_join(stays, trips.declared_country == stays.stay_country)
        .drop("stay_country")
    )


def _with_gaps(trips: ir.Table, explained: ir.Table) -> ir.Table:
    """Add is_near_gap: what is missing of the trip may lie in a gap (key departure_key)."""
    trips = trips.view()
    is_exit_missing = trips.departed_on.isnull()
    joined = trips.left_join(
        explained,
        (trips.occurred_on == explained.seen_on) & (is_exit_missing == explained.is_exit_missing),
    )
    return joined.mutate(is_near_gap=joined.seen_on.notnull()).drop("seen_on", "is_exit_missing")


def evidence(gathered: ir.Table, policy: Policy, as_of: date, coverage_from: date) -> ir.Table:
    """Add the facts that rules and reasons weigh (key departure_key, rows unchanged)."""
    return _with_dates(_with_facts(gathered, policy, coverage_from), policy, as_of)


def _with_facts(t: ir.Table, policy: Policy, coverage_from: date) -> ir.Table:
    record_start_ends = coverage_from + timedelta(days=policy.record_start_days)
    is_transit = is_among(policy, "transit_countries", t.declared_country, t.occurred_on)
    is_transit = is_transit.fill_null(False)
    is_border_pass = t.is_border_pass.fill_null(False)
    is_placement_country = (t.declared_country == t.placement_country).fill_null(False)
    birth_date = t.birth_date.coalesce(t.list_birth_date)
    return t.mutate(
        is_poorly_identified=t.is_poorly_identified.fill_null(False),
        is_splp_return=t.is_splp_return.fill_null(False),
        has_placement=t.placement_id.notnull(),
        is_declared_transit=is_transit,
        is_declared_placement=is_placement_country,
        is_declared_elsewhere=(t.declared_country != t.placement_country).fill_null(False)
        & ~is_transit,
        is_at_record_start=t.occurred_on < ibis.literal(record_start_ends),
        sex=t.sex.coalesce(t.list_sex),
        age_at_departure=full_years(birth_date, t.occurred_on).coalesce(
            t.occurred_on.year() - t.list_birth_year
        ),
        days_away=t.returned_on.delta(t.departed_on, unit="day"),
        is_border_pass=is_border_pass,
        permitted_days=ibis.ifelse(
            is_border_pass,
            in_force(policy, "border_pass_stay_days", t.occurred_on),
            t.stay_days.coalesce(in_force(policy, "permitted_stay_days_default", t.occurred_on)),
        ),
        link_probability=ibis.least(
            t.placement_probability.fill_null(1.0), t.list_probability.fill_null(1.0)
        ),
    )


def _with_dates(t: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    is_open = t.return_kind == "none"
    grace_days = in_force(policy, "grace_days", t.occurred_on)
    due_on = days_after(t.departed_on, t.permitted_days + grace_days)
    dated = t.mutate(due_on=due_on, overdue_on=days_after(due_on, 1))
    last_evidence_on = ibis.greatest(
        dated.occurred_on,
        dated.returned_on.coalesce(dated.occurred_on),
        dated.list_arrived_on.coalesce(dated.occurred_on),
        dated.next_exit_on.coalesce(dated.occurred_on),
        ibis.ifelse(is_open, dated.due_on, dated.occurred_on),
    )
    return dated.mutate(
        is_overdue=is_open & (dated.due_on < ibis.literal(as_of)),
        diverted_on=dated.returned_on.coalesce(dated.overdue_on),
        gap_since=dated.overdue_on.coalesce(dated.occurred_on),
        final_on=days_after(last_evidence_on, policy.late_record_days),
    )
