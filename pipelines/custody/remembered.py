"""What stays of an erased record: keyed digests, by which it is known when it is sent again."""

import ibis
import ibis.expr.types as ir

from pipelines import contracts
from pipelines.intake import erased
from pipelines.lake import Lake
from pipelines.night.corrections import judged


def remember(lake: Lake, theirs: ir.Table, pseudonym: erased.Pseudonym) -> None:
    """Keep the digests of delivered rows (batch, number), of records and of what was set apart.

    A row that was corrected is known both as it came and as it counts.
    """
    for source in contracts.sources():
        found = [_digests(_of(lake, theirs, source), source, pseudonym)]
        came = _as_they_came(lake, theirs, source)
        with lake.delivered(judged(lake, came, source)) as rows:
            found.append(_digests(rows, source, pseudonym))
            known = lake.table("ops", "erased")
            new = ibis.union(*found, distinct=True).anti_join(known, ["source", "digest"])
            lake.insert("ops", "erased", new)


def _of(lake: Lake, theirs: ir.Table, source: str) -> ir.Table:
    records = lake.table("records", contracts.records_of(source).name)
    return _among(records, theirs)


def _as_they_came(lake: Lake, theirs: ir.Table, source: str) -> ir.Table:
    """Their rows set apart or corrected as orders that change nothing."""
    orders = lake.table("ops", "corrections")
    apart = lake.table("ops", "quarantine")
    common = [name for name in apart.columns if name in orders.columns]
    came = _among(ibis.union(apart.select(common), orders.select(common)), theirs)
    is_told = (came.source == source) & came.delivered_row.notnull()
    return came.filter(is_told).mutate(corrected_row=came.delivered_row)


def _among(rows: ir.Table, theirs: ir.Table) -> ir.Table:
    is_same = (rows.batch_id == theirs.batch, rows.row_number == theirs.number)
    return rows.semi_join(theirs, is_same)


def _digests(rows: ir.Table, source: str, pseudonym: erased.Pseudonym) -> ir.Table:
    told = erased.with_digests(rows, source, pseudonym)
    columns = (told.select(digest=name) for name in (erased.BY_KEY, erased.BY_PERSON))
    every = ibis.union(*columns, distinct=True).drop_null("digest")
    return every.select(source=ibis.literal(source), digest="digest")
