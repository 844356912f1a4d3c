"""The placement that covers a departure in time, the best where there are several."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pipelines.moments import days_after
from pipelines.policy import Policy


def valid_windows(placements: ir.Table, policy: Policy) -> ir.Table:
    """Valid placements of known persons with a closed window (key placement_id).

    A contract without end is taken to last `open_contract_days`.
    """
    valid = placements.filter(placements.is_valid & placements.person_id.notnull())
    open_end = days_after(valid.valid_from, policy.open_contract_days)
    return valid.mutate(valid_to=valid.valid_to.coalesce(open_end))


def best_placements(trips: ir.Table, placements: ir.Table, policy: Policy) -> ir.Table:
    """The placement of each departure that has one (key departure_key).

    Takes trips (departure_key, person_id, occurred_on, declared_country, observed_country). A
    placement counts from its first to its last day. Preferred: the country where the person was
    observed, then the stated country, then the latest placement.
    """
    windows = valid_windows(placements, policy).select(
        "person_id",
        "placement_id",
        "valid_from",
        "valid_to",
        placement_country="country_code",
        placement_regency_code="regency_code",
        placement_province_code="province_code",
        placement_probability="link_probability",
    )
    pairs = trips.join(windows, "person_id")
    pairs = pairs.filter(pairs.occurred_on.between(pairs.valid_from, pairs.valid_to))
    preference = ibis.window(
        group_by=pairs.departure_key,
        order_by=[_destination_rank(pairs), pairs.valid_from.desc(), pairs.placement_id],
    )
    ranked = pairs.mutate(preference=ibis.row_number().over(preference))
    return ranked.filter(ranked.preference == 0).select(
        "departure_key", *(name for name in windows.columns if name not in _UNUSED)
    )


_UNUSED = ("person_id", "valid_from", "valid_to")


def _destination_rank(pairs: ir.Table) -> ir.IntegerValue:
    return ibis.cases(
        (pairs.placement_country == pairs.observed_country, 0),
        (pairs.placement_country == pairs.declared_country, 1),
        else_=2,
    )
