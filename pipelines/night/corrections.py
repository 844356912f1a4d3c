"""Releases and corrections that people ordered, carried out by the intake of the next night."""

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines import contracts
from pipelines.intake import corrections, erased, typed
from pipelines.lake import Lake, rows_of
from pipelines.night.context import Night


def judged(lake: Lake, orders: ir.Table, source: str) -> pa.Table:
    """The rows of orders of one source, typed, with `field` and `reason` where one is refused."""
    batches = {b["batch_id"]: b for b in rows_of(lake.table("ops", "batches"))}
    chunk = corrections.rows(rows_of(orders), batches, contracts.sources()[source])
    return typed.judge(lake, source)(chunk)


def carry_out(this: Night) -> dict[str, str]:
    """Take the rows of waiting orders in, in the place of what they were.

    Gives the source of each batch that was touched. An order that the contract refuses by now waits
    on; one whose row is not there any more does nothing.
    """
    orders = this.lake.table("ops", "corrections")
    waiting = orders.filter(orders.night.isnull())
    sources = rows_of(waiting.select("source").distinct().order_by("source"))
    touched: dict[str, str] = {}
    for row in sources:
        source = row["source"]
        touched |= dict.fromkeys(_of_source(this, waiting, source), source)
    return touched


def _of_source(this: Night, waiting: ir.Table, source: str) -> list[str]:
    """(batch_id) of each row that was taken in."""
    lake, name = this.lake, contracts.records_of(source).name
    mine = waiting.filter(waiting.source == source)
    records, apart = lake.table("records", name), lake.table("ops", "quarantine")
    rows = judged(lake, corrections.latest(mine), source)
    with lake.delivered(rows) as read, lake.scratchpad() as hold:
        there = records.select(*corrections.ROW).union(apart.select(*corrections.ROW))
        taken = read.filter(read.reason.isnull()).semi_join(there, corrections.ROW)
        fresh = hold(taken.mutate(superseded_by=ibis.null("string")))
        lake.put("records", name, fresh, records.semi_join(fresh, corrections.ROW))
        freed = apart.semi_join(fresh, corrections.ROW)
        lake.put("ops", "quarantine", freed.limit(0), freed)
        done = mine.semi_join(fresh, corrections.ROW)
        lake.put("ops", "corrections", done.mutate(night=ibis.literal(this.night)), done)
        known = erased.with_digests(fresh, source, this.pseudonym(erased.PREFIX))
        for name in (erased.BY_KEY, erased.BY_PERSON):  # somebody decided that they may be here
            lake.remove("ops", "erased", "digest", known.select(digest=name))
        found = rows_of(fresh.order_by(*corrections.ROW).select("batch_id"))
    this.report(f"corrections: {source}: {len(found)} of {rows.num_rows} rows")
    return [row["batch_id"] for row in found]
