"""Regions: would a reader of our figures look where truth would have them look?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis.expr.types as ir
from scipy import stats

from pipelines.evaluate.columns import province_code, region_code

UNDOCUMENTED = ("confirmed_undocumented", "suspected_undocumented", "unrecorded_exit")
TOP = 5

Counts = Mapping[str, float]


def undocumented(departures: ir.Table) -> ir.Table:
    """Undocumented departures by origin (key province_code, regency_code; null when not known).

    Takes departures of truth or `reconciled.departures`. A province missing beside a regency is
    that of the regency.
    """
    rows = departures.filter(departures.outcome.isin(UNDOCUMENTED))
    return rows.group_by(
        province_code=province_code(rows), regency_code=region_code(rows.origin_regency_code)
    ).agg(departures=lambda t: t.count())


def report(truth: ir.Table, ours: ir.Table, provinces: Counts, regencies: Counts) -> dict[str, Any]:
    """Agreement of two results of `undocumented`; `provinces` and `regencies` are populations.

    `rank_correlation` is Spearman's over all provinces, those without departures included. The top
    five are regencies with departures, ties by code; by rate, where the population is known.
    """
    truth_rows, our_rows = truth.to_pyarrow().to_pylist(), ours.to_pyarrow().to_pylist()
    true, said = _by(truth_rows, "province_code"), _by(our_rows, "province_code")
    true_local, said_local = _by(truth_rows, "regency_code"), _by(our_rows, "regency_code")
    codes = sorted(provinces.keys() | true.keys() | said.keys())
    peopled = [code for code in codes if provinces.get(code)]
    return {
        "rank_correlation": rank_correlation(true, said, codes),
        "rank_correlation_by_rate": rank_correlation(
            _rates(true, provinces), _rates(said, provinces), peopled
        ),
        "top5_match": top_match(true_local, said_local),
        "top5_match_by_rate": top_match(
            _rates(true_local, regencies), _rates(said_local, regencies)
        ),
        "undocumented": {"truth": _total(truth_rows), "ours": _total(our_rows)},
        "provinces": [_beside(code, true, said) for code in codes],
    }


def rank_correlation(truth: Counts, ours: Counts, codes: list[str]) -> float | None:
    """Spearman's over `codes`, ties at their mean rank; none where one side is all alike."""
    sides = [[side.get(code, 0) for code in codes] for side in (truth, ours)]
    if any(len(set(values)) < 2 for values in sides):
        return None
    return float(stats.spearmanr(*sides).statistic)


def top_match(truth: Counts, ours: Counts) -> float | None:
    """The share of truth's first five that are among ours; none where truth has none."""
    wanted, found = _top(truth), _top(ours)
    return len(wanted & found) / len(wanted) if wanted else None


def _top(counts: Counts) -> set[str]:
    some = (code for code, count in counts.items() if count > 0)
    return set(sorted(some, key=lambda code: (-counts[code], code))[:TOP])


def _total(rows: list[dict[str, Any]]) -> int:
    return sum(row["departures"] for row in rows)


def _by(rows: list[dict[str, Any]], level: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        if code := row[level]:
            counts[code] = counts.get(code, 0) + row["departures"]
    return counts


def _rates(counts: Counts, population: Counts) -> dict[str, float]:
    known = (code for code in counts if population.get(code))
    return {code: counts[code] / population[code] for code in known}


def _beside(code: str, truth: Counts, ours: Counts) -> dict[str, Any]:
    return {"code": code, "truth": truth.get(code, 0), "ours": ours.get(code, 0)}
