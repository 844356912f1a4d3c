"""Small worlds of papers: a case states what matters, bystanders make frequencies mean something.

All people are invented. Moments are days counted from 1 January 2025.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines import reference
from pipelines.link import evidence, matching
from pipelines.link.blocking import Known
from pipelines.link.identities import SHAPE
from tests.link.people import MOMENT, Row

BORN = date(1990, 5, 17)
SOURCES = {"placement": "penempatan", "list": "pemulangan"}
IDENTITY = pa.schema(
    [
        (name, {
            "birth_year": pa.int64(), "records": pa.int64(), "birth_date": pa.date32(),
            "event_on": pa.date32(), "first_received_at": MOMENT, "first_event_at": MOMENT,
            "last_event_at": MOMENT, "spellings": pa.list_(pa.string()),
            "words": pa.list_(pa.int64()), "whole_name": pa.int64(),
            "word_pairs": pa.list_(pa.int64()), "places": pa.list_(pa.string()),
        }.get(name, pa.string()))
        for name in SHAPE
    ]
)  # fmt: skip
CROSSING = pa.schema(
    [("crossing_id", pa.string()), ("is_exit", pa.bool_()), ("crossed_at", MOMENT),
     ("crossed_on", pa.date32()), ("document_number", pa.string()), ("country_code", pa.string())]
)  # fmt: skip
CLUSTER = pa.schema(
    [("record_key", pa.string()), ("cluster_id", pa.string()), ("has_document", pa.bool_()),
     ("has_paper", pa.bool_())]
)  # fmt: skip

HELD = count()


def on(day: int) -> date:
    """So many days after 1 January 2025."""
    return date(2025, 1, 1) + timedelta(days=day)


def at(day: int, hour: int = 8) -> datetime:
    """That day in the morning."""
    return datetime(2025, 1, 1, hour, tzinfo=UTC) + timedelta(days=day)


def paper(key: str, kind: str, **given: Any) -> Row:
    """An identity. A document bears the number of its key; its bearer is as old as his date."""
    row: Row = dict.fromkeys(SHAPE) | {
        "source": SOURCES.get(kind, "perlintasan"), "kind": kind, "record_key": key,
        "records": 1, "first_received_at": at(0), "first_event_at": at(0),
    }  # fmt: skip
    if kind in ("document", "splp"):
        row["document_number"] = key.removeprefix("D:")
    row |= given
    if row["birth_year"] is None and row["birth_date"] is not None:
        row["birth_year"] = row["birth_date"].year
    return row


def crossed(document: str | None, day: int, is_exit: bool, country: str = "MYS") -> Row:
    """A crossing of a document, `D:` or not."""
    number = document.removeprefix("D:") if document else None
    return {
        "crossing_id": f"{number}/{day}/{is_exit}", "is_exit": is_exit, "crossed_at": at(day),
        "crossed_on": on(day), "document_number": number, "country_code": country,
    }  # fmt: skip


def left(document: str, day: int, country: str = "MYS") -> Row:
    """An exit."""
    return crossed(document, day, True, country)


def came(document: str, day: int, country: str = "MYS") -> Row:
    """An entry."""
    return crossed(document, day, False, country)


def table(rows: Iterable[Row], schema: pa.Schema) -> ir.Table:
    """Rows as a table, also when there is none."""
    return ibis.memtable(pa.Table.from_pylist(list(rows), schema))


def rows(con: Any, expression: Any) -> list[Row]:
    """Rows of an expression."""
    return list(con.to_pyarrow(expression).to_pylist())


def hold(con: Any) -> Any:
    """The scratch of an engine."""

    def held(expression: ir.Table) -> ir.Table:
        return con.create_table(f"world_{next(HELD)}", expression, temp=True)

    return held


def known(
    con: Any,
    papers: Iterable[Row],
    places: Iterable[tuple[str, str]] = (),
    crossings: Iterable[Row] = (),
) -> Known:
    """What linkage knows of these papers before it compares them."""
    held = hold(con)
    named: dict[str, list[str]] = {}
    for key, code in places:
        named[key] = sorted({*named.get(key, []), code})
    told = held(
        table((row | {"places": named.get(row["record_key"], [])} for row in papers), IDENTITY)
    )
    return spelt(held, told, held(table(crossings, CROSSING)))


def spelt(held: matching.Hold, papers: ir.Table, crossings: ir.Table) -> Known:
    """What linkage knows of papers that have their places already."""
    name_words = reference.memtable("name_words")
    keys = matching.name_keys(held, papers, name_words)
    bare = papers.drop("spellings", "words", "whole_name", "word_pairs")
    told = held(bare.left_join(keys, "name").drop("name_right").select(*SHAPE))
    return matching.known(held, told, crossings, held(evidence.bearers(told)), name_words)


def words(con: Any, known: Known) -> ir.Table:
    """The words of all names and what each proves."""
    held = hold(con)
    names = held(known.identities.select("name").drop_null().distinct())
    forms = matching.words_of(held, names, known.name_words)
    return held(evidence.weighed(forms, known.bearers, known.name_words))


def trips(con: Any, crossings: Iterable[Row], keys: Iterable[str]) -> ir.Table:
    """The trips on these documents."""
    documents = [key for key in keys if key.startswith("D:")]
    numbers = [key.removeprefix("D:") for key in documents]
    borne = ibis.memtable(
        pa.table(
            {"record_key": pa.array(documents, pa.string()),
             "travel_document": pa.array(numbers, pa.string())}
        )
    )  # fmt: skip
    return hold(con)(evidence.trips(table(crossings, CROSSING), borne))
