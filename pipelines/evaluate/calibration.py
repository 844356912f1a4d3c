"""Calibration: of the pairs that linkage calls 90 % sure, are nine in ten true?"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import ibis
import ibis.expr.types as ir

# Narrow at both ends: a threshold stands near one, and most candidates near nought.
EDGES = (0, 0.01, 0.05, *(tenth / 10 for tenth in range(1, 10)), 0.95, 0.99, 0.999, 1)
BINS = tuple(pairwise(EDGES))
ALL = "all"


def bins(scored: ir.Table, identities: ir.Table) -> ir.Table:
    """Scored pairs by probability. Key: kind, bin (its place in BINS).

    Takes the scored pairs (record_key, anchor_key, kind, link_probability) and
    `linkage.identities`; a pair of which truth does not know both is left out. Kind `all` counts
    the pairs of every kind. A bin has its lower edge, and the last one both.
    """
    known = identities.filter(identities.person_key.notnull()).select("identity", "person_key")
    one = known.select(record_key="identity", person_key="person_key")
    other = known.select(anchor_key="identity", other_key="person_key")
    judged = scored.inner_join(one, "record_key").inner_join(other, "anchor_key")
    sorted_in = judged.select(
        "kind",
        "link_probability",
        is_true=judged.person_key == judged.other_key,
        bin=judged.link_probability.bucket(EDGES, closed="left", close_extreme=True),
    )
    both = ibis.union(sorted_in, sorted_in.mutate(kind=ibis.literal(ALL)), distinct=False)
    return (
        both.filter(both.bin.notnull())
        .group_by("kind", "bin")
        .agg(
            pairs=lambda t: t.count(),
            mean_probability=lambda t: t.link_probability.mean(),
            true_share=lambda t: t.is_true.mean(),
        )
    )


def report(scored: ir.Table, identities: ir.Table) -> list[dict[str, Any]]:
    """The bins that have pairs, in order, `from` to `to`; those of kind `all` first."""
    rows = bins(scored, identities).order_by("kind", "bin").to_pyarrow().to_pylist()
    ordered = sorted(rows, key=lambda row: row["kind"] != ALL)
    return [_shown(row) for row in ordered]


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    low, high = BINS[row["bin"]]
    figures = {name: row[name] for name in ("pairs", "mean_probability", "true_share")}
    return {"kind": row["kind"], "from": low, "to": high, **figures}
