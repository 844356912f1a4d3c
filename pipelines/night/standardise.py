"""Standardise: records -> papers in standard form and the identities on them, and their counts."""

from collections.abc import Iterator
from dataclasses import replace

import ibis.expr.types as ir

from pipelines import papers, standardise, tallies
from pipelines.lake import Change, Lake
from pipelines.night.context import RECORDS, Night, Past, records_of
from pipelines.statements import Hold

PAPERS = ("crossings", "placements", "repatriations", "identities")
OTHERS = ("refusals", "recruitment", "population")  # of which only the words are looked at here
Rows = dict[str, ir.Table]


def standardise_records(this: Night) -> None:
    """Records -> the schema `standard`; only what records that came or went have touched."""
    lake, run = this.lake, this.begin("standardise")
    with lake.scratchpad() as hold:
        changes = list(_touched(this, run.past, hold) if run.past else _all(this, hold))
        with this.keeping(run):
            for change in changes:
                lake.make(change)


def _all(this: Night, hold: Hold) -> Iterator[Change]:
    """Everything anew."""
    lake = this.lake
    records = records_of(lake)
    fresh = _standardised(this, records, hold)
    for name in PAPERS:
        yield lake.change(hold, "standard", name, getattr(fresh, name), None)
    derived = {
        "traffic": standardise.traffic(standard(lake).crossings),  # once these are there
        "renumbered": hold(_renumbered(lake, records["crossings"])),
        "unresolved": hold(_unresolved(records | records_of(lake, OTHERS))),
    }
    for name, rows in derived.items():
        yield lake.change(hold, "standard", name, rows, None)


def _touched(this: Night, past: Past, hold: Hold) -> Iterator[Change]:
    """What records that came or went since have changed."""
    lake = this.lake
    names = (*RECORDS, *OTHERS)
    changed = {n: hold(lake.changed("records", n, past.snapshot_id)) for n in names}
    any_of = {n: rows for n, rows in changed.items() if _is_any(rows)}
    yield from _words(lake, any_of, hold)
    if not any_of.keys() & set(RECORDS):
        return
    touched = papers.Touched.by(changed, hold)
    records = {n: hold(rows) for n, rows in touched.records(records_of(lake)).items()}
    old = touched.papers(standard(lake))
    fresh = _standardised(this, records, hold)
    old, fresh = (replace(side, crossings=hold(side.crossings)) for side in (old, fresh))
    for name in PAPERS:
        yield lake.change(hold, "standard", name, getattr(fresh, name), getattr(old, name))
    came, went = (standardise.traffic(side.crossings) for side in (fresh, old))
    yield _moved(lake, "traffic", came, went, "crossings", hold)
    known, theirs = lake.table("standard", "renumbered"), records["crossings"]
    if _is_any(_late(changed["crossings"])):
        theirs = lake.table("records", "crossings")
    else:
        known = known.semi_join(touched.document_keys, "record_key")
    yield lake.change(hold, "standard", "renumbered", _renumbered(lake, theirs), known)


def _standardised(this: Night, records: Rows, hold: Hold) -> papers.Papers:
    defaults = this.policy.default_birth_dates
    return papers.standardised(records, defaults, hold, this.lake.scratchpad)


def _is_any(rows: ir.Table) -> bool:
    return bool(rows.count().to_pyarrow().as_py())


def _late(changed: ir.Table) -> ir.Table:
    """Versions that came after the one that counts, of which the document was not touched."""
    counting = changed.filter(changed.is_now & changed.superseded_by.isnull())
    return changed.anti_join(counting, "crossing_id")


def _renumbered(lake: Lake, crossings: ir.Table) -> ir.Table:
    """Of the documents of `crossings`; whatever was superseded lies in small files."""
    every = lake.table("records", "crossings")
    earlier = every.filter(every.superseded_by.notnull())
    return standardise.renumbered(earlier, crossings.filter(crossings.superseded_by.isnull()))


def _words(lake: Lake, changed: Rows, hold: Hold) -> Iterator[Change]:
    """Words that no reference table knows, of the records that changed."""
    if not changed:
        return
    came, went = (
        _unresolved({n: rows.filter(rows.is_now == side) for n, rows in changed.items()})
        for side in (True, False)
    )
    yield _moved(lake, "unresolved", came, went, "rows", hold)


def _unresolved(records: Rows) -> ir.Table:
    return standardise.unresolved(records, papers.purposes(), papers.reasons())


def _moved(lake: Lake, name: str, came: ir.Table, went: ir.Table, count: str, hold: Hold) -> Change:
    kept = lake.table("standard", name)
    moved = hold(tallies.moved(kept, came, went, count))
    return lake.change(hold, "standard", name, *tallies.replacing(kept, moved, count))


def standard(lake: Lake) -> papers.Papers:
    """The papers of the last night that standardised."""
    return papers.Papers(*(lake.table("standard", name) for name in PAPERS))
