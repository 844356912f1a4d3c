"""What the lake holds on one person: delivered rows of every version, and what was made of them.

`Held` names it by keys, so that it can be shown (subject.py) or erased (erasure.py).
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from pipelines import standardise
from pipelines.errors import PulangError
from pipelines.intake.redact import plain, plain_text
from pipelines.lake import Lake, rows_of
from pipelines.record_keys import list_key, placement_key

# Records of persons, with the column of their travel document.
RECORDS = {
    "crossings": "document_number", "placements": "passport_number",
    "repatriations": "document_number", "refusals": "document_number",
}  # fmt: skip
BETWEEN_CELLS = re.compile(r"[,;|\t]")


class AskedError(PulangError):
    """A request that does not say who is asked for."""


@dataclass(frozen=True)
class Asked:
    """Who is asked for: any of a NIK, a document, or a name together with a birth date."""

    nik: str | None = None
    document_number: str | None = None
    name: str | None = None
    birth_date: date | None = None

    def matches(self, t: ir.Table, document: str, name: str) -> ir.BooleanValue:
        """Rows of `t` that bear one of them, written in any of the usual ways."""
        found = [ibis.literal(False)]
        if self.nik:
            found.append(standardise.nik(t.nik) == standardise.nik(ibis.literal(self.nik)))
        if self.document_number:
            wanted = standardise.document_number(ibis.literal(self.document_number))
            found.append(standardise.document_number(t[document]) == wanted)
        if self.name and self.birth_date:
            wanted = standardise.standard_name(ibis.literal(self.name))
            same = standardise.standard_name(t[name]) == wanted
            found.append(same & (t.birth_date == ibis.literal(self.birth_date)))
        return ibis.or_(*(is_so.fill_null(False) for is_so in found))


def asked(given: dict[str, Any]) -> Asked:
    """A request as read from a file. Raises AskedError, without quoting it."""
    known = {name: str(value).strip() for name, value in given.items() if value}
    if unknown := known.keys() - vars(Asked()).keys():
        raise AskedError(f"{len(unknown)} unknown fields; known are {', '.join(vars(Asked()))}")
    try:
        born = date.fromisoformat(known["birth_date"]) if "birth_date" in known else None
    except ValueError:
        raise AskedError("birth_date is not like 1990-12-31") from None
    if not (known.keys() & {"nik", "document_number"} or (known.get("name") and born)):
        raise AskedError("say nik, document_number, or name together with birth_date")
    return Asked(known.get("nik"), known.get("document_number"), known.get("name"), born)


@dataclass
class Held:
    """One or more persons by the keys of all that is held on them.

    `rows` are (table of records, batch_id, row_number); `quarantined` (batch_id, row_number) of
    what was set apart or is under an order; `lists` (list_file, list_number). `sightings` are
    documents, NIK and names as delivered.
    """

    persons: list[str]
    record_keys: list[str] = field(default_factory=list)
    record_ids: list[str] = field(default_factory=list)
    departures: list[str] = field(default_factory=list)
    lists: list[tuple[str, str]] = field(default_factory=list)
    rows: list[tuple[str, str, int]] = field(default_factory=list)
    quarantined: list[tuple[str, int]] = field(default_factory=list)
    sightings: list[str] = field(default_factory=list)

    @property
    def row_keys(self) -> list[tuple[str, int]]:
        """(batch_id, row_number) of everything delivered."""
        return sorted({(batch, row) for _, batch, row in self.rows} | set(self.quarantined))


def persons(lake: Lake, who: Asked) -> list[str]:
    """The person_ids that a request may mean; several where linkage does not know better."""
    identities = lake.table("standard", "identities")
    crossings, standard = lake.table("records", "crossings"), lake.table("standard", "crossings")
    placements, lists = (lake.table("records", n) for n in ("placements", "repatriations"))
    crossed = crossings.filter(who.matches(crossings, RECORDS["crossings"], "full_name"))
    placed = placements.filter(who.matches(placements, RECORDS["placements"], "full_name"))
    listed = lists.filter(who.matches(lists, RECORDS["repatriations"], "full_name"))
    keys = ibis.union(
        identities.filter(who.matches(identities, "document_number", "name")).select("record_key"),
        standard.semi_join(crossed, "crossing_id").select("record_key"),
        placed.select(record_key=placement_key(placed.placement_id)),
        listed.select(record_key=list_key(listed.list_file, listed.list_number)),
    )
    records = lake.table("identity", "person_records")
    found = records.semi_join(keys, "record_key").select("person_id").distinct()
    return sorted(row["person_id"] for row in rows_of(found))


def of(lake: Lake, person_ids: list[str], who: Asked | None = None) -> Held:
    """All that is held on these persons, and what bears the words of the request itself."""
    held = Held(sorted(person_ids))
    records = lake.table("identity", "person_records")
    mine = records.filter(records.person_id.isin(held.persons))
    held.record_keys = sorted(row["record_key"] for row in rows_of(mine))
    departures = lake.table("reconciled", "departures")
    left = rows_of(departures.filter(departures.person_id.isin(held.persons)))
    held.departures = sorted({row[k] for row in left for k in ("departure_id", "departure_key")})
    delivered = {name: rows_of(theirs) for name, theirs in _delivered(lake, held).items()}
    sighted = [row | {"table": name} for name, rows in delivered.items() for row in rows]
    requests = [*_sighted(sighted), *([who] if who else [])]
    refusals = lake.table("records", "refusals")
    for request in requests:
        matches = request.matches(refusals, RECORDS["refusals"], "full_name")
        sighted += [row | {"table": "refusals"} for row in rows_of(refusals.filter(matches))]
    held.rows = sorted({(row["table"], row["batch_id"], row["row_number"]) for row in sighted})
    ids = ("crossing_id", "placement_id", "refusal_id")
    held.record_ids = sorted({row[name] for row in sighted for name in ids if row.get(name)})
    held.lists = sorted(
        {(r["list_file"], r["list_number"]) for r in sighted if r["table"] == "repatriations"}
    )
    held.quarantined = _quarantined(lake, requests)
    held.sightings = sorted(_words(sighted))
    return held


def _delivered(lake: Lake, held: Held) -> dict[str, ir.Table]:
    """Every version of the records behind the identities of `held`."""
    standard, crossings = lake.table("standard", "crossings"), lake.table("records", "crossings")
    placements, lists = (lake.table("records", n) for n in ("placements", "repatriations"))
    theirs = standard.filter(standard.record_key.isin(held.record_keys))
    return {
        "crossings": crossings.semi_join(theirs, "crossing_id"),
        "placements": placements.filter(
            placement_key(placements.placement_id).isin(held.record_keys)
        ),
        "repatriations": lists.filter(
            list_key(lists.list_file, lists.list_number).isin(held.record_keys)
        ),
    }


def _sighted(rows: Iterable[dict[str, Any]]) -> list[Asked]:
    """Requests for the same person by each way in which a row names them."""
    named = {
        Asked(row["nik"], row[RECORDS[row["table"]]], row["full_name"], row["birth_date"])
        for row in rows
    }
    return sorted(named, key=repr)


def _words(rows: Iterable[dict[str, Any]]) -> set[str]:
    found = {row[name] for row in rows for name in ("full_name", "nik", RECORDS[row["table"]])}
    return {word for word in found if word}


def _quarantined(lake: Lake, requests: list[Asked]) -> list[tuple[str, int]]:
    """Rows set apart, or under an order, that bear a document or NIK, or name and birth date, as
    whole cells."""
    numbers = {plain(n) for r in requests for n in (r.nik, r.document_number) if n} - {""}
    named = {(plain(r.name), str(r.birth_date)) for r in requests if r.name and r.birth_date}
    apart, orders = lake.table("ops", "quarantine"), lake.table_if_there("ops", "corrections")
    said = ibis.union(
        apart.select("batch_id", "row_number", text="delivered_row"),
        orders.select("batch_id", "row_number", text="delivered_row"),
        orders.select("batch_id", "row_number", text="corrected_row"),
    )
    found = set()
    # One row after the other: only what was set apart or ordered, and looks alike.
    alike = said.filter(_looks_alike(said.text, numbers, {name for name, _ in named}))
    for row in rows_of(alike):
        cells = cells_of(row["text"])
        there = {plain(cell) for cell in cells}
        if there & numbers or any(name in there and born in cells for name, born in named):
            found.add((row["batch_id"], row["row_number"]))
    return sorted(found)


def _looks_alike(text: ir.StringValue, numbers: set[str], names: set[str]) -> ir.BooleanValue:
    bare = plain_text(text)
    return ibis.or_(ibis.literal(False), *(bare.contains(word) for word in numbers | names))


def cells_of(delivered: str) -> list[str]:
    """The cells of a quarantined row: JSON, or the text of a malformed line."""
    try:
        return [str(cell) for cell in json.loads(delivered).values() if cell]
    except (ValueError, AttributeError):
        return BETWEEN_CELLS.split(delivered)
