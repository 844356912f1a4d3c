"""News: the records that came since the night before, and whether they correct known ones."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

# The columns of a departure that name records; `list_row` stands for list_file and list_number.
RECORDS = ("exit_crossing_id", "return_crossing_id", "placement_id", "list_row")

_NOT_CONTENT = ("batch_id", "row_number", "received_at", "superseded_by", "is_now")


def with_list_row(departures: ir.Table) -> ir.Table:
    """Departures with `list_row`, the name of their leading list row (rows unchanged)."""
    return departures.mutate(list_row=_list_row(departures))


def _list_row(t: ir.Table) -> ir.StringValue:
    return t.list_file + "#" + t.list_number


def news(changed: dict[str, ir.Table], persons: dict[str, ir.Table]) -> ir.Table:
    """Current records that came since the night before (key record).

    Takes the versions of crossings, placements and repatriations that came or went since (all
    columns and is_now), by name, and the current records with persons. Columns: record, person_id,
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
                changed[name].mutate(record=key(changed[name])),
                persons[name].select("person_id", record=key(persons[name])),
            )
            for name, key in keyed.items()
        )
    )


def _news(changed: ir.Table, persons: ir.Table) -> ir.Table:
    """A version that counts now against the one that counted before, which went."""
    counting = changed.filter(changed.superseded_by.isnull())
    came, went = (counting.filter(side) for side in (counting.is_now, ~counting.is_now))
    version = ["batch_id", "row_number"]
    fresh = came.anti_join(went, version)
    fresh = fresh.select("record", content=_content(fresh))
    replaced = went.anti_join(came, version)
    replaced = replaced.select("record", previous_content=_content(replaced))
    both = fresh.left_join(replaced, "record").drop("record_right")
    told = both.filter((both.content != both.previous_content).fill_null(True))
    return told.left_join(persons, "record").select(
        "record", "person_id", is_correction=told.previous_content.notnull()
    )


def _content(versions: ir.Table) -> ir.StringValue:
    """All that was delivered, as one text."""
    names = [n for n in versions.columns if n not in (*_NOT_CONTENT, "record")]
    return ibis.literal("\x1f").join([versions[n].cast("string").fill_null("") for n in names])
