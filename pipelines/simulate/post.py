"""Sending the papers: the rows of each source, the files, and the truth beside them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.simulate import crossing_papers, deliveries, other_papers, placement_papers, truth
from pipelines.simulate.crossing_papers import REASONS, Desk, Rows
from pipelines.simulate.draws import Bools, Ints
from pipelines.simulate.events import Record
from pipelines.simulate.list_papers import Clerk, files_and_lines, is_usable
from pipelines.simulate.nation import Nation

#: Rows of crossings that are written at a time, whole days together.
BLOCK = 500_000
WORKERS = 2
#: Days whose file is sent a second time under another name, and how many days later.
RESENT = {60: 3, 233: 6}


@dataclass
class Written:
    """Counts of what was sent."""

    departures: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)

    def add(self, source: str, rows: int) -> None:
        self.rows[source] = self.rows.get(source, 0) + rows
        self.files[source] = self.files.get(source, 0) + 1


@dataclass(frozen=True)
class Proof:
    """What the truth says of files: persons behind records, rows that cannot be used."""

    persons: pa.Table
    invalid: pa.Table
    sizes: tuple[int, ...]


class Ledger:
    """Writes the truth as the files go out, in their order."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.invalid = folder, list[pa.Table]()
        self.persons: pq.ParquetWriter | None = None

    def add(self, proof: Proof) -> None:
        if self.persons is None:
            self.persons = pq.ParquetWriter(
                self.folder / "persons.parquet", proof.persons.schema, compression="zstd"
            )
        self.persons.write_table(proof.persons)
        self.invalid.append(proof.invalid)

    def close(self, departures: pa.Table) -> None:
        if self.persons is not None:
            self.persons.close()
        pq.write_table(
            pa.concat_tables(self.invalid), self.folder / "invalid_rows.parquet", compression="zstd"
        )
        pq.write_table(departures, self.folder / "departures.parquet", compression="zstd")


def send(nation: Nation, record: Record, out: Path, scale: float, harshness: float) -> Written:
    """Write all deliveries and the truth under `out`."""
    written, ledger = Written(), Ledger(out / "truth")
    _send_crossings(nation, record, _folder(out, "perlintasan"), harshness, ledger, written)
    _send_placements(nation, _folder(out, "penempatan"), harshness, ledger, written)
    departures = _send_lists(nation, record, _folder(out, "pemulangan"), harshness, ledger, written)
    ledger.close(departures)
    _send_others(nation, out, scale, written)
    written.departures = len(departures)
    return written


def _send_others(nation: Nation, out: Path, scale: float, written: Written) -> None:
    """Refusals, residents and takedowns; the truth says nothing of them."""
    for source, files in (
        ("penundaan", other_papers.refusals(nation, scale)),
        ("penduduk", other_papers.residents(nation)),
        ("takedown", other_papers.takedowns(nation, scale)),
    ):
        folder = _folder(out, source)
        for name, day, table in files:
            at = nation.calendar.delivered_at(day)
            deliveries.write(folder / name, table, deliveries.Dress(), at)
            written.add(source, len(table))


def _folder(out: Path, source: str) -> Path:
    folder = out / "landing" / source
    folder.mkdir(parents=True)
    return folder


def _blocks(delivered: Ints, size: int) -> Iterator[tuple[int, int]]:
    """Slices of rows in order of delivery: whole days, about `size` rows."""
    days, starts = np.unique(delivered, return_index=True)
    ends = np.append(starts[1:], len(delivered))
    start = 0
    for number, end in enumerate(ends):
        if end - start >= size or number == len(days) - 1:
            yield start, int(end)
            start = int(end)


def _send_crossings(
    nation: Nation, record: Record, folder: Path, harshness: float, ledger: Ledger, written: Written
) -> None:
    rows = crossing_papers.rows_of(record.events, nation.calendar, nation.seed)
    first = crossing_papers.is_first_valid(rows, len(record.events))
    desk = Desk(nation, record.events, harshness)

    def block(bounds: tuple[int, int]) -> Proof:
        here = np.arange(*bounds)
        return _crossing_block(desk, rows.take(here), first[here], folder)

    with ThreadPoolExecutor(WORKERS) as pool:
        for proof in pool.map(block, _blocks(rows.delivered, BLOCK)):
            ledger.add(proof)
            for size in proof.sizes:
                written.add("perlintasan", size)
    for day, later in RESENT.items():
        path = folder / _crossing_file(nation, day)
        name = path.name.replace(".csv", "_kirim_ulang.csv")
        deliveries.copy(path, name, nation.calendar.delivered_at(day + later))
        written.files["perlintasan"] += 1


def _crossing_file(nation: Nation, delivered: int) -> str:
    """Named after the day of the crossings, which is the day before the delivery."""
    day = nation.calendar.date(delivered - 1)
    return f"perlintasan_{day:%Y%m%d}{deliveries.crossing_dress(delivered).suffix}"


def _crossing_block(desk: Desk, rows: Rows, first: Bools, folder: Path) -> Proof:
    """Write the files of some days."""
    nation, table = desk.nation, desk.table(rows)
    days, starts = np.unique(rows.delivered, return_index=True)
    sizes = np.diff(np.append(starts, len(rows)))
    for day, start, size in zip(days.tolist(), starts.tolist(), sizes.tolist(), strict=True):
        path = folder / _crossing_file(nation, day)
        at = nation.calendar.delivered_at(day)
        deliveries.write(path, table.slice(start, size), deliveries.crossing_dress(day), at)
    names = pa.array([_crossing_file(nation, day) for day in days.tolist()])
    file = names.take(pa.array(np.repeat(np.arange(len(days)), sizes)))
    number = np.arange(len(rows)) - np.repeat(starts, sizes) + 1
    person = desk.events.person[rows.event[first]]
    keys = truth.crossing_keys(nation, rows.event[first].astype(np.int64) + 1)
    return Proof(
        truth.persons("perlintasan", file.filter(pa.array(first)), keys, person),
        _invalid("perlintasan", file, number, rows.reason),
        tuple(sizes.tolist()),
    )


def _invalid(source: str, file: pa.Array, number: Ints, reason: Ints) -> pa.Table:
    bad = reason > 0
    words = pa.array(REASONS).take(pa.array(reason[bad]))
    return truth.invalid_rows(source, file.filter(pa.array(bad)), number[bad], words)


def _send_placements(
    nation: Nation, folder: Path, harshness: float, ledger: Ledger, written: Written
) -> None:
    rows = placement_papers.rows_of(nation)
    table = placement_papers.table(nation, rows, harshness)
    first = crossing_papers.is_first_valid(rows, len(nation.placements))
    weeks, starts = np.unique(rows.delivered, return_index=True)
    sizes = np.diff(np.append(starts, len(rows)))
    names = []
    for week, start, size in zip(weeks.tolist(), starts.tolist(), sizes.tolist(), strict=True):
        dress = deliveries.placement_dress(week)
        names.append(f"penempatan_{_week_name(nation, week)}{dress.suffix}")
        at = nation.calendar.delivered_at(
            int(placement_papers.delivery_day(np.asarray(week), nation.calendar))
        )
        deliveries.write(folder / names[-1], table.slice(start, size), dress, at)
        written.add("penempatan", size)
    file = pa.array(names).take(pa.array(np.repeat(np.arange(len(weeks)), sizes)))
    number = np.arange(len(rows)) - np.repeat(starts, sizes) + 1
    keys = placement_papers.keys_of(nation, rows).filter(pa.array(first))
    person = nation.placements.person[rows.event[first]]
    persons = truth.persons("penempatan", file.filter(pa.array(first)), keys, person)
    ledger.add(Proof(persons, _invalid("penempatan", file, number, rows.reason), ()))


def _week_name(nation: Nation, week: int) -> str:
    """Year and number of the week, counted from 1 January; the names sort in order of delivery."""
    calendar = nation.calendar
    year = calendar.year + (week > 52)
    return f"{year}-W{week % 53 + 1:02d}"


def _send_lists(
    nation: Nation, record: Record, folder: Path, harshness: float, ledger: Ledger, written: Written
) -> pa.Table:
    """The lists; returns the departures of the truth, which name their rows."""
    files, lines = files_and_lines(nation)
    table = Clerk(nation, harshness).table(lines)
    bounds = np.searchsorted(lines.file, np.arange(len(files) + 1))
    for number, file in enumerate(files):
        start, end = int(bounds[number]), int(bounds[number + 1])
        dress = deliveries.Dress(".xlsx" if file.is_sheet else ".csv")
        at = nation.calendar.delivered_at(file.delivered)
        deliveries.write(folder / file.name, table.slice(start, end - start), dress, at)
        written.add("pemulangan", end - start)
    names = pa.array([file.name for file in files], pa.string()).take(pa.array(lines.file))
    usable = is_usable(lines)
    good = lines.take(usable)
    person = nation.listings.person[good.listing]
    keys = pa.array(good.number).cast(pa.string())
    persons = truth.persons("pemulangan", names.filter(pa.array(usable)), keys, person)
    ledger.add(Proof(persons, _invalid("pemulangan", names, lines.number, lines.reason), ()))
    return truth.departures(nation, record, files, lines)
