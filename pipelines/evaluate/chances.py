"""Chances: of departures given 80 %, are eight in ten undocumented, and do the intervals hold?"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import ibis
import ibis.expr.types as ir

from pipelines.evaluate import outcomes
from pipelines.evaluate.columns import province_code, region_code
from pipelines.evaluate.regions import UNDOCUMENTED

EDGES = (0, 0.01, 0.05, *(tenth / 10 for tenth in range(1, 10)), 0.95, 0.99, 1)
BINS = tuple(pairwise(EDGES))
GRAINS = {"month": "M", "quarter": "Q", "year": "Y"}
LEVELS = ("province", "regency")
FINAL = "is_undocumented"
MARK = "|"


def known(
    truth: ir.Table, ours: ir.Table, list_matches: ir.Table, identities: ir.Table
) -> ir.Table:
    """Departures of truth with ours (departure_key, null where there is none) and their origin.

    `is_undocumented` is the final truth. A truth that does not tell it has the outcome of the run
    date, which is final enough for all but those awaited: null.
    """
    told = ibis.literal(MARK).join([_final(truth), _text(province_code(truth)),
                                    _text(region_code(truth.origin_regency_code))])  # fmt: skip
    rows = outcomes.matches(truth.mutate(outcome=told), ours, list_matches, identities)
    parts = rows.true_outcome.split(MARK)
    return rows.select(
        "departure_key",
        is_undocumented=ibis.cases((parts[0] == "yes", True), (parts[0] == "no", False)),
        province=parts[1].nullif(""),
        regency=parts[2].nullif(""),
    )


def _text(value: ir.StringValue) -> ir.StringValue:
    return value.fill_null("")


def _final(truth: ir.Table) -> ir.StringValue:
    """`yes`, `no` or nothing: travels through the matching as the outcome of the departure."""
    if FINAL in truth.columns:
        is_counted = truth[FINAL].cast("boolean")
    else:
        is_counted = truth.outcome.isin(UNDOCUMENTED)
        is_counted = ibis.cases((truth.outcome != "awaiting", is_counted))
    return ibis.cases((is_counted, "yes"), (~is_counted, "no"), else_="")


def bins(known: ir.Table, chances: ir.Table) -> ir.Table:
    """Our departures by undocumented_probability (key bin, its place in BINS).

    Takes `known` and chances (departure_key, undocumented_probability). A departure that truth does
    not have is not undocumented; one whose truth is not final is left out. A bin has its lower
    edge, the last one both.
    """
    true = known.filter(known.departure_key.notnull())
    joined = chances.left_join(true, "departure_key")
    is_known = joined.departure_key_right.isnull() | joined.is_undocumented.notnull()
    rows = joined.filter(is_known & joined.undocumented_probability.notnull()).select(
        given=joined.undocumented_probability,
        is_true=joined.is_undocumented.fill_null(False),
    )
    sorted_in = rows.mutate(bin=rows.given.bucket(EDGES, closed="left", close_extreme=True))
    return sorted_in.group_by("bin").agg(
        departures=lambda t: t.count(),
        mean_given=lambda t: t.given.mean(),
        true_share=lambda t: t.is_true.mean(),
    )


def calibration(known: ir.Table, chances: ir.Table) -> list[dict[str, Any]]:
    """The bins that have departures, in order, `from` to `to`."""
    rows = bins(known, chances).order_by("bin").to_pyarrow().to_pylist()
    return [
        {"from": BINS[row["bin"]][0], "to": BINS[row["bin"]][1],
         **{name: row[name] for name in ("departures", "mean_given", "true_share")}}
        for row in rows
    ]  # fmt: skip


def coverage(known: ir.Table, ours: ir.Table, hotspots: ir.Table) -> list[dict[str, Any]]:
    """How often the truth of a region lies in its interval (key grain, level).

    Takes `known`, departures (departure_key, occurred_on) and the published hotspots. Counted are
    regions and periods that have an undocumented departure, in truth or with us; a departure of
    truth that we do not have has no period and is left out.
    """
    days = ours.select("departure_key", "occurred_on")
    dated = known.filter(known.is_undocumented).inner_join(days, "departure_key")
    parts = [_true(dated, grain, level) for grain in GRAINS for level in LEVELS]
    true = ibis.union(*parts)
    key = ["period_start", "grain", "level", "region_code"]
    rows = hotspots.left_join(true, key)
    counted = rows.mutate(true=rows.true.fill_null(0))
    some = counted.filter((counted.true > 0) | (counted.undocumented > 0))
    result: list[dict[str, Any]] = (
        some.group_by("grain", "level")
        .agg(
            regions=some.count(),
            covered_share=some.true.between(some.expected_low, some.expected_high).mean(),
            below_share=(some.true < some.expected_low).mean(),
            above_share=(some.true > some.expected_high).mean(),
            expected=some.expected_undocumented.sum(),
            true=some.true.sum().cast("int64"),
        )
        .order_by("grain", "level")
        .to_pyarrow()
        .to_pylist()
    )
    return result


def _true(dated: ir.Table, grain: str, level: str) -> ir.Table:
    """Undocumented departures of truth by region (key period_start, region_code)."""
    placed = dated.filter(dated[level].notnull())
    return placed.group_by(
        period_start=placed.occurred_on.truncate(GRAINS[grain]).cast("date"),
        grain=ibis.literal(grain),
        level=ibis.literal(level),
        region_code=placed[level],
    ).agg(true=placed.count())
