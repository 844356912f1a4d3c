"""Votes: what most say. Everything here is the same on every run, whatever the order of rows."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir


def of_most(votes: ir.Table, key: str, value: str) -> ir.Table:
    """(key, value) with most `votes`; of equals the smallest. Nulls have no vote. Key: `key`."""
    counted = votes.filter(votes[value].notnull()).group_by(key, value)
    return highest(counted.agg(votes=lambda t: t.votes.sum()), key, value, ["votes"])


def highest(rows: ir.Table, key: str, value: str, by: Sequence[str]) -> ir.Table:
    """(key, value) highest in the columns `by`; of equals the smallest value. Key: `key`."""
    order = ibis.window(group_by=key, order_by=[*(ibis.desc(name) for name in by), ibis.asc(value)])
    ranked = rows.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select(key, value)
