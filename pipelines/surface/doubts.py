"""Doubts: links that were not made and may be true all the same."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

MADE = ("linked", "judged_different", "conflict")  # decisions that leave nothing open
OF_LISTS = ("list", "list_paper")  # kinds of link; one that proves work does not clear an exit
MOST = 0.99


def doubts(departures: ir.Table, candidates: ir.Table, person_records: ir.Table) -> ir.Table:
    """The chance that a departure is the half of another's (key departure_key; missed).

    An exit without return and a return without exit may be one journey of somebody taken for two
    persons; an exit without return may be covered by a placement taken for somebody else's. A list
    row that belongs to an exit after all leaves one undocumented departure, not two: the return
    gives way, the exit stands.
    """
    pairs = _pairs(candidates, person_records)
    is_half = (departures.return_kind == "none") | (departures.outcome == "unrecorded_exit")
    halves = departures.filter(is_half).select(
        "departure_key",
        "person_id",
        is_exit=(departures.return_kind == "none") & departures.outcome.isin(OPEN),
        is_return=departures.outcome == "unrecorded_exit",
    )
    exits, returns = halves.filter(halves.is_exit), halves.filter(halves.is_return)
    clearing = pairs.filter(pairs.kind.notin(OF_LISTS))
    of_exits = clearing.filter(clearing.kind == "placement").union(
        clearing.filter(clearing.kind != "placement").semi_join(
            returns, [("other_id", "person_id")]
        )
    )
    of_returns = pairs.semi_join(exits, [("other_id", "person_id")])
    return ibis.union(_missed(exits, of_exits), _missed(returns, of_returns))


OPEN = ("awaiting", "suspected_undocumented")


def _pairs(candidates: ir.Table, person_records: ir.Table) -> ir.Table:
    """(person_id, other_id, kind, chance), both ways round, of links between two persons."""
    left = candidates.filter(candidates.decision.notin(MADE)).select(
        "record_key", "anchor_key", "kind", "link_probability"
    )
    who = person_records.select("record_key", "person_id")
    joined = left.inner_join(who, "record_key")
    joined = joined.view().inner_join(
        who.select(anchor_key="record_key", other_id="person_id"), "anchor_key"
    )
    apart = joined.filter(joined.person_id != joined.other_id)
    ways = [("person_id", "other_id"), ("other_id", "person_id")]
    both = [
        apart.select("kind", "link_probability", person_id=apart[one], other_id=apart[other])
        for one, other in ways
    ]
    rows = ibis.union(*both, distinct=False)
    return rows.group_by("person_id", "other_id", "kind").agg(chance=rows.link_probability.max())


def _missed(halves: ir.Table, pairs: ir.Table) -> ir.Table:
    of_person = pairs.group_by("person_id").agg(
        missed=ibis.least(pairs.chance.cast("decimal(18, 9)").sum().cast("float64"), MOST)
    )
    return halves.inner_join(of_person, "person_id").select("departure_key", "missed")
