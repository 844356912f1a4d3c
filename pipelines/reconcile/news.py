"""News: the records that came since the night before, and whether they correct known ones."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

# The columns of a departure that name records; `list_row` stands for list_file and list_number.
RECORDS = ("exit_crossing_id", "return_crossing_id", "placement_id", "list_row")

_NOT_CONTENT = ("batch_id", "row_number", "received_at", "superseded_by")


def with_list_row(departures: ir.Table) -> ir.Table:
    """Departures with `list_row`, the name of their leading list row (rows unchanged)."""
    return departures.mutate(list_row=_list_row(departures))


def _list_row(t: ir.Table) -> ir.StringValue:
    return t.list_file + "#" + t.list_number


def news(
    records: dict[str, ir.Table], persons: dict[str, ir.Table], known_batches: ir.Table
) -> ir.Table:
    """Current records that came in other deliveries than `known_batches` (key record).

    Takes all versions of crossings, placements and repatriations by name, the current ones with
    persons, and the deliveries (batch_id) of the night before. Columns: record, person_id,
    is_correction. What came again with the same content is no news.
    """
    keyed = {
        "crossings": lambda t: t.crossing_id,
        "placements": lambda t: t.placement_id,
        "repatriations": _list_row,
    }
    return ibis.union(
        *(
            _news(
                records[name].mutate(record=key(records[name])),
                persons[name].select("person_id", record=key(persons[name])),
                known_batches,
            )
            for name, key in keyed.items()
        )
    )


def _news(versions: ir.Table, persons: ir.Table, known_batches: ir.Table) -> ir.Table:
    fresh = versions.filter(versions.superseded_by.isnull()).anti_join(known_batches, "batch_id")
    fresh = fresh.select("record", content=_content(fresh))
    replaced = _counted_before(versions.semi_join(fresh, "record"), known_batches)
    both = fresh.left_join(replaced, "record").drop("record_right")
    told = both.filter((both.content != both.previous_content).fill_null(True))
    return told.left_join(persons, "record").select(
        "record", "person_id", is_correction=told.previous_content.notnull()
    )


def _counted_before(versions: ir.Table, known_batches: ir.Table) -> ir.Table:
    """The content of the version that counted the night before (key record)."""
    old = versions.semi_join(known_batches, "batch_id")
    newest = ibis.window(
        group_by="record",
        order_by=[ibis.desc("received_at"), ibis.desc("batch_id"), ibis.desc("row_number")],
    )
    ranked = old.mutate(place=ibis.row_number().over(newest), previous_content=_content(old))
    return ranked.filter(ranked.place == 0).select("record", "previous_content")


def _content(versions: ir.Table) -> ir.StringValue:
    """All that was delivered, as one text."""
    names = [n for n in versions.columns if n not in (*_NOT_CONTENT, "record")]
    return ibis.literal("\x1f").join([versions[n].cast("string").fill_null("") for n in names])
