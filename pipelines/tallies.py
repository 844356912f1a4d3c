"""Counts that are kept from night to night, and moved by what came and went.

Counting a nation anew takes a pass over it; what a night changes is few.
"""

import ibis.expr.types as ir


def moved(kept: ir.Table, came: ir.Table, went: ir.Table, count: str) -> ir.Table:
    """The groups of a kept table of which the count is another. Key: all its columns but `count`.

    `came` and `went` are counted as it is. Columns: `before` and `now`.
    """
    key = [column for column in kept.columns if column != count]
    signed = came.union(went.mutate(**{count: -went[count]})).select(*kept.columns)
    steps = signed.group_by(key).agg(moved=signed[count].sum())
    told = steps.filter(steps.moved != 0).left_join(kept, key)
    before = told[count].fill_null(0)
    return told.select(*key, before=before, now=before + told.moved)


def replacing(kept: ir.Table, moved: ir.Table, count: str) -> tuple[ir.Table, ir.Table]:
    """What takes the place of the groups that `moved`, and their rows in `kept`."""
    fresh = moved.filter(moved.now > 0).rename({count: "now"}).drop("before")
    return fresh, kept.semi_join(moved, [column for column in kept.columns if column != count])
