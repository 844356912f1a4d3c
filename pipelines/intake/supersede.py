"""Corrections: which version of a record counts, and which it replaces."""

import ibis
import ibis.expr.types as ir

from pipelines.contracts import Table


def record_key(records: ir.Table, table: Table, contract: Table) -> ir.StringValue:
    """The key of the source; where the contract says so, the name of the file belongs to it."""
    sourced = {c.source: c.name for c in table.columns if c.source}
    names = [sourced[f"{contract.name}.{key}"] for key in contract.keys]
    if contract.is_keyed_by_file:
        names = ["list_file", *names]
    return ibis.literal("\x1f").join([records[name] for name in names])


def losers(versions: ir.Table, key: str, batches: ir.Table, new: ir.Table | None) -> ir.Table:
    """Versions that another version of the same key replaces.

    The version received last wins: by time of receipt, then file name, then row number. Keys:
    (batch_id, row_number); `superseded_by` is the batch of the winner, received_at of the version.
    Only keys of which a version is in the batches `new` (batch_id) are looked at, where given.
    """
    marked = versions.mutate(key_hash=versions[key].hash())
    if new is not None:
        asked = marked.semi_join(new, "batch_id").select("key_hash").distinct()
        marked = marked.semi_join(asked, "key_hash")
    counted = marked.group_by("key_hash").agg(versions=lambda t: t.count())
    repeated = counted.filter(counted.versions > 1)
    rivals = marked.semi_join(repeated, "key_hash").join(
        batches.select("batch_id", "file"), "batch_id"
    )
    newest = [ibis.desc("received_at"), ibis.desc("file"), ibis.desc("row_number")]
    order = ibis.window(group_by=key, order_by=newest)
    ranked = rivals.mutate(
        place=ibis.row_number().over(order), winner=rivals.batch_id.first().over(order)
    )
    return ranked.filter(ranked.place > 0).select(
        "batch_id", "row_number", "received_at", superseded_by=ranked.winner
    )


def counts(batches: ir.Table, records: list[ir.Table], quarantine: ir.Table) -> ir.Table:
    """`batches` with accepted, quarantined and superseded counted anew from the rows themselves.

    Every row of a delivery that repeats another is superseded; it has no rows of its own. One that
    was destroyed has none any more, and keeps the counts that it had.
    """
    kept = ibis.union(*(_fates(table) for table in records), distinct=False)
    apart = quarantine.group_by("batch_id").agg(set_apart=lambda t: t.count())
    found = batches.left_join(kept, "batch_id").left_join(apart, "batch_id")
    repeated, destroyed = found.status == "repeated", found.status == "destroyed"
    fates = {
        "accepted": found.current.fill_null(0),
        "quarantined": found.set_apart.fill_null(0),
        "superseded": repeated.ifelse(found.rows, found.replaced.fill_null(0)),
    }
    return found.select(
        *[c for c in batches.columns if c not in fates],
        **{name: destroyed.ifelse(found[name], count) for name, count in fates.items()},
    )


def _fates(records: ir.Table) -> ir.Table:
    return records.group_by("batch_id").agg(
        current=lambda t: t.superseded_by.isnull().sum(),
        replaced=lambda t: t.superseded_by.notnull().sum(),
    )
