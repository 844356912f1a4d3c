"""The desk of reviewers: pairs that linkage is unsure of go out as CSV, and verdicts come back.

Verdicts are appended to identity.judgements and nothing else is written; no night replaces them.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.csv as pa_csv

from pipelines import access_log, keys, link, settings
from pipelines.desks.front import NothingThereError
from pipelines.errors import PulangError
from pipelines.lake import CATALOG, Door, Lake, exists, open_lake, open_to_note, rows_of
from pipelines.link import review
from pipelines.link.judgements import PAIR, VERDICTS, paired
from pipelines.link.persons import Pseudonym

COLUMNS = (
    "review_id", "kind", "link_probability", "match_weight",
    "evidence_id", "evidence_en",
    "left_source", "left_file", "left_row", "right_source", "right_file", "right_row",
    "verdict", "judged_by", "why",
)  # fmt: skip
JUDGED = ("review_id", "verdict", "judged_by", "why")  # what is read back
GIVEN = pa.schema([("row", pa.int64()), *((name, pa.string()) for name in JUDGED)])
FIRST_ROW = 2  # of a spreadsheet, below the header

# A spreadsheet takes a text that begins like this for a formula; a quote before it prevents that.
# The quote itself is among them so that what was written can be told from what was added.
FORMULA = "=+-@\t\r'"
BOM = b"\xef\xbb\xbf"  # without it spreadsheets do not read UTF-8


class ReviewError(PulangError):
    """A review that cannot be written or taken in; nothing of it was."""


@dataclass(frozen=True)
class TakenIn:
    """Rows of a review: new judgements, judgements that were known, and rows without verdict."""

    new: int
    known: int
    skipped: int


def export(now: settings.Settings, file: Path, low: float, high: float) -> int:
    """Write the pairs with low <= probability < high that nobody has judged; gives their number.

    Raises ReviewError where the file exists (it may hold verdicts) or cannot be written.
    """
    if file.exists():
        raise ReviewError(f"{file} exists already; choose another file")
    with _opened(now, open_to_note) as (lake, pseudonym):
        judgements = lake.table("identity", "judgements")
        band = lake.scratch(
            review.in_band(lake.table("identity", "candidates"), judgements, low, high)
        )
        rows = lake.scratch(_delivered_rows(lake, band))
        form = review.grey_band(band, rows, lake.scratch(_in_words(band)), pseudonym)
        shown = form.select({name: _guarded(form[name]) for name in COLUMNS})
        order = ("kind", ibis.desc("link_probability"), "review_id")
        pairs = lake.ibis.to_pyarrow(shown.order_by(*order))
        access_log.note(lake, now, "review", {"pairs": pairs.num_rows})
    try:
        with file.open("xb") as out:
            out.write(BOM)
            pa_csv.write_csv(pairs, out)
    except OSError as error:
        raise ReviewError(f"{file} cannot be written: {error.strerror}") from None
    return int(pairs.num_rows)


def take_in(now: settings.Settings, file: Path, at: datetime) -> TakenIn:
    """Append the verdicts of a review, judged `at`; what was taken in before adds nothing.

    Raises ReviewError with row and field where one is wrong, and then takes in none.
    """
    rows = _rows(file)
    verdicts = [row for row in rows if row["verdict"]]
    _check(verdicts)
    with _opened(now, open_lake) as (lake, pseudonym), access_log.alone(now), lake.transaction():
        judgements = lake.table("identity", "judgements")
        named = lake.scratch(_named(lake, verdicts, pseudonym))
        for wrong in rows_of(named.filter(named.low_key.isnull()).order_by("row").limit(1)):
            raise _wrong(wrong["row"], "review_id", "names no pair that was scored or judged")
        new = lake.scratch(named.anti_join(paired(judgements), [*PAIR, *JUDGED[1:]]))
        lake.insert(
            "identity", "judgements",
            new.select(*JUDGED[1:], record_key=new.high_key, anchor_key=new.low_key,
                       judged_at=ibis.literal(at)),
        )  # fmt: skip
        added = int(new.count().to_pyarrow().as_py())
        access_log.enter(lake, at, now.actor, "judgement", {"new": added, "rows": len(verdicts)})
        return TakenIn(added, len(verdicts) - added, len(rows) - len(verdicts))


@contextmanager
def _opened(now: settings.Settings, door: Door) -> Iterator[tuple[Lake, Pseudonym]]:
    """The lake and the pseudonym of a pair. Raises NothingThereError before linkage has scored."""
    missing = NothingThereError(f"no scored pairs in {now.home.path}; run `pulang night` first")
    if not exists(now.home):
        raise missing
    secret = keys.load(now.home.keys, now.key, lake_exists=True)
    with door(now, secret) as lake:
        if "candidates" not in lake.ibis.list_tables(database=(CATALOG, "identity")):
            raise missing
        yield lake, lambda pair: secret.pseudonym(pair, "R")


# Out


def _delivered_rows(lake: Lake, band: ir.Table) -> ir.Table:
    ends = band.select("record_key").union(band.select(record_key=band.anchor_key))
    return review.delivered_rows(
        lake.scratch(ends.distinct()),
        lake.table("standard", "crossings"),
        lake.table("records", "placements"),
        lake.table("records", "repatriations"),
        lake.table("ops", "batches"),
    )


def _in_words(band: ir.Table) -> ir.Table:
    evidence = rows_of(band.select("evidence").drop_null().distinct())
    return review.in_words((row["evidence"] for row in evidence), link.declared())


def _guarded(value: ir.Value) -> ir.Value:
    """A text that no spreadsheet takes for a formula; `_unguarded` gives it back."""
    if not value.type().is_string():
        return value
    is_formula = ibis.or_(*(value.startswith(sign) for sign in FORMULA))
    return is_formula.ifelse(ibis.literal("'") + value, value)


# In


def _unguarded(text: str) -> str:
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in FORMULA else text


def _rows(file: Path) -> list[dict[str, Any]]:
    """Number and cells of JUDGED of every row; spreadsheets may write semicolons for commas."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            delimiter = ";" if ";" in lines.readline() else ","
            lines.seek(0)
            reader = csv.DictReader(lines, restval="", delimiter=delimiter)
            header, rows = list(reader.fieldnames or []), list(reader)
    except OSError as error:
        raise ReviewError(f"{file} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise ReviewError(f"{file} is not CSV in UTF-8") from None
    for name in JUDGED:
        if name not in header:
            raise ReviewError(f"{file} has no column {name}")
    for number, row in enumerate(rows, FIRST_ROW):
        if any(row.get(None, [])):
            raise _wrong(number, header[-1], "is followed by cells that belong to no column")
    cells = ({name: _unguarded(row[name].strip()).strip() for name in JUDGED} for row in rows)
    return [
        {"row": number, **row, "verdict": row["verdict"].lower()}
        for number, row in enumerate(cells, FIRST_ROW)
    ]


def _check(verdicts: list[dict[str, Any]]) -> None:
    """Whether every verdict is whole; raises ReviewError at the first that is not."""
    rows: dict[str, int] = {}
    for given in verdicts:
        if given["verdict"] not in VERDICTS:
            raise _wrong(given["row"], "verdict", f"is not {' or '.join(VERDICTS)}")
        for name in ("review_id", "judged_by", "why"):
            if not given[name]:
                raise _wrong(given["row"], name, "is empty")
        first = rows.setdefault(given["review_id"], given["row"])
        if first != given["row"]:
            raise _wrong(given["row"], "review_id", f"has its verdict in row {first} already")


def _wrong(row: int, field: str, what: str) -> ReviewError:
    """What is wrong with a cell, without quoting it."""
    return ReviewError(f"row {row}, {field}: {what}; nothing was taken in")


def _named(lake: Lake, verdicts: list[dict[str, Any]], pseudonym: Pseudonym) -> ir.Table:
    """`verdicts` with low_key and high_key, null where no pair has the review_id."""
    given = ibis.memtable(pa.Table.from_pylist(verdicts, GIVEN))
    candidates, judgements = (lake.table("identity", n) for n in ("candidates", "judgements"))
    known = review.pairs(candidates, judgements, pseudonym)
    return given.left_join(known, "review_id").select(*GIVEN.names, *PAIR)
