"""Intervals around counts: exact Poisson bounds, and shrunken rates for small regions."""

from __future__ import annotations

from functools import lru_cache
from statistics import NormalDist

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from scipy.special import gammaincinv

# Counts up to here are looked up; above, Byar's approximation differs by less than 0.0001.
EXACT_UP_TO = 100_000
SPREAD = "decimal(38, 15)"


@lru_cache(maxsize=4)
def poisson_bounds(level: float, up_to: int = EXACT_UP_TO) -> pa.Table:
    """Exact bounds of a Poisson mean (key events: 0 to up_to; low, high).

    Garwood (1936): half the chi-square quantiles with 2n and 2n + 2 degrees of freedom, which are
    the quantiles of gamma distributions of shape n and n + 1.
    """
    events = np.arange(up_to + 1, dtype="int64")
    tail = (1.0 - level) / 2.0
    low = np.concatenate([[0.0], gammaincinv(events[1:], tail)])
    high = gammaincinv(events + 1, 1.0 - tail)
    return pa.table({"events": events, "events_low": low, "events_high": high})


def with_poisson_bounds(table: ir.Table, count: str, level: float) -> ir.Table:
    """Add events_low and events_high, the bounds of the mean behind `count` (rows unchanged)."""
    bounds = ibis.memtable(poisson_bounds(level))
    joined = table.left_join(bounds, table[count] == bounds.events)
    return joined.mutate(
        events_low=joined.events_low.coalesce(_byar(joined[count], -_z(level))),
        events_high=joined.events_high.coalesce(_byar(joined[count] + 1, _z(level))),
    ).drop("events")


def _z(level: float) -> float:
    return NormalDist().inv_cdf((1.0 + level) / 2.0)


def _byar(count: ir.IntegerValue, z: float) -> ir.FloatingValue:
    """Byar's approximation of a Poisson bound (Breslow and Day 1987, p. 69)."""
    events = count.cast("float64").nullif(0.0)
    return events * (1 - 1 / (9 * events) + z / (3 * events.sqrt())).pow(3)


def smoothed_rate(table: ir.Table, count: str, population: str, group: list[str]) -> ir.Table:
    """Add smoothed_rate: each region's rate drawn towards the rate of its group.

    Global empirical Bayes (Marshall 1991): with group mean m and the weighted variance s2 of the
    raw rates, the variance between regions is A = max(0, s2 - m / mean population), and a region
    with population n keeps the share A / (A + m / n) of its distance from m. Null without
    population.
    """
    peers = ibis.window(group_by=group)
    people = table[population].nullif(0).cast("float64")
    rates = table.mutate(people=people, raw_rate=table[count] / people)
    counted = ibis.ifelse(rates.people.notnull(), rates[count], 0)
    rates = rates.mutate(
        mean_rate=counted.sum().over(peers) / rates.people.sum().over(peers),
        mean_people=rates.people.mean().over(peers),
    )
    # Summed as decimals: a sum of floats depends on the order in which threads bring them.
    spread = (rates.people * (rates.raw_rate - rates.mean_rate).pow(2)).cast(SPREAD)
    rates = rates.mutate(
        between=spread.sum().over(peers).cast("float64") / rates.people.sum().over(peers)
        - rates.mean_rate / rates.mean_people
    )
    rates = rates.mutate(between=ibis.greatest(rates.between, 0.0))
    kept = rates.between / (rates.between + rates.mean_rate / rates.people).nullif(0.0)
    away = rates.raw_rate - rates.mean_rate
    return rates.mutate(smoothed_rate=rates.mean_rate + kept.fill_null(0.0) * away).drop(
        "people", "raw_rate", "mean_rate", "mean_people", "between"
    )
