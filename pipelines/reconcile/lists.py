"""Rows of repatriation lists, gathered into returns and attached to journeys."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pipelines.policy import Policy
from pipelines.reconcile.periods import is_among

# The strongest statement first: a return on two lists carries the first of these that it has.
CATEGORIES = ("TPPO", "SCAM", "PEKERJA", "OVERSTAY", "SAKIT", "LAINNYA")


def list_matches(journeys: ir.Table, repatriations: ir.Table, policy: Policy) -> ir.Table:
    """Say for each list row to which departure it belongs.

    Takes journeys (key departure_key) and list rows with persons (key list_file, list_number).
    Gives the same key with `departure_key`, `position`, 0 for the row that leads its return, and
    `judged_on`, the day of the departure by which the rules of its time are chosen.
    """
    rows = _in_returns(repatriations, policy)
    attached = _attached(_leading(rows), journeys, policy)
    matched = rows.left_join(
        attached,
        (rows.leading_file == attached.attached_file)
        & (rows.leading_number == attached.attached_number),
    )
    own_key = "L:" + matched.leading_file + "#" + matched.leading_number
    return matched.select(
        "list_file",
        "list_number",
        departure_key=matched.attached_key.coalesce(own_key),
        position=matched.position,
        judged_on=matched.attached_on.coalesce(matched.leading_on),
    )


def list_returns(matches: ir.Table, repatriations: ir.Table, policy: Policy) -> ir.Table:
    """What the lists say about each departure (key departure_key), from all rows of its return.

    A row's statement counts before those of later rows; an address with a regency counts before
    one with a province alone.
    """
    rows = repatriations.join(matches, ["list_file", "list_number"])
    rows = rows.mutate(strength=rows.category.cases(*_ranked(CATEGORIES), else_=len(CATEGORIES)))

    def first(name: str) -> ir.Value:
        return rows[name].argmin(rows.position, where=rows[name].notnull())

    returns = rows.group_by("departure_key").agg(
        list_person_id=first("person_id"),
        list_file=first("list_file"),
        list_number=first("list_number"),
        list_arrived_on=rows.arrived_on.min(),
        list_category=rows.category.argmin(rows.strength * 1000 + rows.position),
        is_work_listed=is_among(
            policy, "list_categories_proving_work", rows.category, rows.judged_on
        ).any(),
        observed_country=first("country_code"),
        list_gate_code=first("gate_code"),
        list_regency_code=first("regency_code"),
        first_province_code=first("province_code"),
        list_sex=first("sex"),
        list_birth_date=first("birth_date"),
        list_birth_year=first("birth_year"),
        list_probability=rows.link_probability.min(),
    )
    return returns.mutate(
        list_province_code=returns.list_regency_code.left(2).coalesce(returns.first_province_code),
        is_work_listed=returns.is_work_listed.fill_null(False),
    ).drop("first_province_code")


def _ranked(names: tuple[str, ...]) -> list[tuple[str, int]]:
    return [(name, rank) for rank, name in enumerate(names)]


def _in_returns(repatriations: ir.Table, policy: Policy) -> ir.Table:
    """List rows with the row that leads their return (key list_file, list_number).

    Agencies write down the same arrival on lists of their own, some days apart.
    """
    rows = repatriations.select(
        "list_file",
        "list_number",
        "person_id",
        "arrived_on",
        traveller=repatriations.person_id.fill_null(
            repatriations.list_file + "#" + repatriations.list_number
        ),
    )
    order = [rows.arrived_on, rows.list_file, rows.list_number]
    life = ibis.window(group_by=rows.traveller, order_by=order)
    so_far = ibis.cumulative_window(group_by="traveller", order_by=order)
    gap = rows.arrived_on.delta(rows.arrived_on.lag().over(life), unit="day")
    rows = rows.mutate(starts=(gap.isnull() | (gap > policy.same_return_days)).cast("int64"))
    rows = rows.mutate(number=rows.starts.sum().over(so_far))
    one = ibis.window(
        group_by=["traveller", "number"], order_by=["arrived_on", "list_file", "list_number"]
    )
    return rows.mutate(
        position=ibis.row_number().over(one),
        leading_file=rows.list_file.first().over(one),
        leading_number=rows.list_number.first().over(one),
        leading_on=rows.arrived_on.first().over(one),
    )


def _leading(rows: ir.Table) -> ir.Table:
    """One row per return with a person (key list_file, list_number)."""
    return rows.filter((rows.position == 0) & rows.person_id.notnull()).select(
        "list_file", "list_number", "person_id", "arrived_on"
    )


def _attached(returns: ir.Table, journeys: ir.Table, policy: Policy) -> ir.Table:
    """The journey of each return that has one; a journey takes its earliest return only."""
    best = _best_journey(_candidates(returns, journeys, policy))
    claim = ibis.window(
        group_by="departure_key", order_by=["arrived_on", "list_file", "list_number"]
    )
    best = best.mutate(claim=ibis.row_number().over(claim))
    return best.filter(best.claim == 0).select(
        attached_file="list_file",
        attached_number="list_number",
        attached_key="departure_key",
        attached_on=best.departed_on.coalesce(best.returned_on),
    )


def _candidates(returns: ir.Table, journeys: ir.Table, policy: Policy) -> ir.Table:
    """Journeys of the same person that the return may end.

    An exit before the arrival that was still open then, give or take the tolerance; or an entry
    without exit within the tolerance.
    """
    slim = journeys.select(
        "departure_key", "person_id", "departed_on", "departed_at", "returned_on"
    )
    pairs = returns.join(slim, "person_id")
    late = pairs.returned_on.delta(pairs.arrived_on, unit="day")
    tolerance = policy.list_arrival_tolerance_days
    was_open = (pairs.departed_on <= pairs.arrived_on) & (
        pairs.returned_on.isnull() | (late >= -tolerance)
    )
    is_near_entry = pairs.departed_on.isnull() & (late.abs() <= tolerance)
    return pairs.mutate(days_apart=late.abs()).filter(was_open | is_near_entry)


def _best_journey(candidates: ir.Table) -> ir.Table:
    """The latest open exit, else the nearest entry (key list_file, list_number)."""
    preference = ibis.window(
        group_by=["list_file", "list_number"],
        order_by=[
            candidates.departed_on.isnull(),
            candidates.departed_at.desc(),
            ibis.ifelse(candidates.departed_on.isnull(), candidates.days_apart, 0),
            candidates.departure_key,
        ],
    )
    ranked = candidates.mutate(preference=ibis.row_number().over(preference))
    return ranked.filter(ranked.preference == 0)
