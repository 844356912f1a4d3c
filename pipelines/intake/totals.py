"""Totals that a list states of itself, beside what its rows add up to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # what runs apart starts without the libraries behind contracts
    from pipelines.contracts import Table

LABEL = re.compile(
    r"^\W*(sub\s*-?\s*total|sub\s*-?\s*jumlah|grand\s+total|total|jumlah|jml)\b", re.I
)
SUB = re.compile(r"^\W*sub", re.I)
NUMBERS = re.compile(r"\d+(?:[.,]\d{3})*(?![\d.,]*\d)")
WORDS_BESIDE = re.compile(r"^(orang|org|wni|pmi|jiwa|pax|rows?|baris|[:=.\s])*$", re.I)


@dataclass(frozen=True)
class Stated:
    """A line that states a total: numbers by the column that they stand under, and others."""

    is_sub: bool
    under: Mapping[str, int]
    others: tuple[int, ...]


@dataclass(frozen=True)
class Total:
    """A stated total and what the rows above it come to."""

    position: str
    stated: int
    found: int


def stated(cells: list[str | None], places: Mapping[str, int]) -> Stated | None:
    """The total that a line states; None for any other line."""
    filled = [(n, cell) for n, cell in enumerate(cells) if cell]
    if not filled or not (label := LABEL.match(filled[0][1])):
        return None
    if not all(_numbers(cell) or WORDS_BESIDE.match(cell) for _, cell in filled[1:]):
        return None
    if len(filled) == 1 and not _numbers(filled[0][1]) and len(filled[0][1]) > label.end() + 40:
        return None
    columns = {n: name for name, n in places.items()}
    under = {columns[n]: _numbers(c)[0] for n, c in filled[1:] if n in columns and _numbers(c)}
    loose = [n for at, cell in filled if at not in columns or at == filled[0][0]
             for n in _numbers(cell)]  # fmt: skip
    return Stated(bool(SUB.match(filled[0][1])), under, tuple(loose))


def _numbers(cell: str) -> list[int]:
    """Whole numbers of a cell, with points or commas between thousands."""
    return [int(re.sub(r"[.,]", "", found)) for found in NUMBERS.findall(cell)]


@dataclass
class Tally:
    """Counts and sums of rows since the last total of each kind."""

    contract: Table
    totals: list[Total] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("sub", "total", "all"), 0))
    sums: dict[str, dict[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Columns of whole numbers are added up; ages are not."""
        self.summed = [
            c.name for c in self.contract.columns
            if c.logical_type == "integer" and "maximum" not in c.options
        ]  # fmt: skip
        self.sums = {scope: dict.fromkeys(self.summed, 0) for scope in self.rows}

    def count(self, values: Mapping[str, str | None]) -> None:
        """One more row."""
        for scope in self.rows:
            self.rows[scope] += 1
            for name in self.summed:
                text = re.sub(r"[.,\s]", "", values[name] or "")
                self.sums[scope][name] += int(text) if text.isdigit() else 0

    def add(self, position: str, said: Stated) -> None:
        """A line states a total: it may be of the rows since the last one, or of all."""
        scopes = ("sub", "total", "all") if said.is_sub else ("total", "all", "sub")
        of_columns = {name: n for name, n in said.under.items() if name in self.summed}
        for name, number in of_columns.items():
            self._compare(position, number, [self.sums[s][name] for s in scopes])
        numbers = [*said.others, *(n for k, n in said.under.items() if k not in self.summed)]
        if not of_columns and numbers:
            counts = [self.rows[scope] for scope in scopes]
            # Men and women apart are one total as well.
            match = next((n for n in [*numbers, sum(numbers)] if n in counts), numbers[0])
            self._compare(position, match, counts)
        for scope in ("sub",) if said.is_sub else ("sub", "total"):
            self.rows[scope] = 0
            self.sums[scope] = dict.fromkeys(self.summed, 0)

    def _compare(self, position: str, number: int, found: list[int]) -> None:
        counted = number if number in found else found[0]
        self.totals.append(Total(position, number, counted))
