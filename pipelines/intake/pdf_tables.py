"""Words and ruled lines of a page -> lines of cells. Geometry only; nothing here knows of PDF."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from pipelines.intake import totals

NEAR = 2.5  # points: rules closer than this are one
GAP = 0.75  # of a line's height: white wider than this parts two cells
WHITE = 2.0  # points: a column's margin is at least so wide
ROWS = 8
CROSSED = 0.02  # share of lines that may cross the white between two columns
CELLS = 3  # from which a line of text is of a table
NUMBERED = re.compile(r"^\(?\d{1,6}[.)]?$")

Line = list[str | None]
Merged = list[tuple[int, int, int, int]]


@dataclass(frozen=True)
class Word:
    """A word and its box, from the left and the top."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> tuple[float, float]:
        """Centre of the box."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True)
class Rule:
    """A ruled line: upright at x, or level at y, from one end to the other."""

    is_upright: bool
    at: float
    start: float
    end: float


def lines(words: list[Word], rules: list[Rule]) -> tuple[list[Line], Merged]:
    """Lines of cells from top to bottom, and merged ranges of them."""
    uprights = [rule for rule in rules if rule.is_upright]
    levels = [rule for rule in rules if not rule.is_upright]
    columns = _clustered([(rule.at, rule.end - rule.start) for rule in uprights])
    bands = _clustered([(rule.at, rule.end - rule.start) for rule in levels])
    if len(columns) > CELLS and len(bands) > 1:
        # A row that goes on on the next page has no rule below it; its upright rules end there.
        ends = [(at, 0.0) for rule in uprights for at in (rule.start, rule.end)]
        bands = _clustered([*((rule.at, 0.0) for rule in levels), *ends])
        return _Ruled(words, uprights, levels, columns, bands).lines()
    return _by_white(words, bands), []


def _clustered(rules: list[tuple[float, float]]) -> list[float]:
    """Places of rules, near ones taken together."""
    groups: list[list[float]] = []
    for at, _ in sorted(rules):
        if groups and at - groups[-1][-1] <= NEAR:
            groups[-1].append(at)
        else:
            groups.append([at])
    return [sum(group) / len(group) for group in groups]


def text_lines(words: Iterable[Word]) -> list[list[Word]]:
    """Words by line of text, from top to bottom, each from left to right."""
    found: list[list[Word]] = []
    for word in sorted(words, key=lambda w: (w.middle[1], w.left)):
        height = word.bottom - word.top
        if found and abs(found[-1][0].middle[1] - word.middle[1]) < max(2.0, 0.5 * height):
            found[-1].append(word)
        else:
            found.append([word])
    return [sorted(line, key=lambda w: w.left) for line in found]


def _said(words: Iterable[Word]) -> str | None:
    """Words of a cell as they are read; a word broken by a hyphen stays as it is printed."""
    return " ".join(w.text for line in text_lines(words) for w in line) or None


class _Ruled:
    """A table whose cells are ruled."""

    def __init__(
        self,
        words: list[Word],
        uprights: list[Rule],
        levels: list[Rule],
        columns: list[float],
        bands: list[float],
    ) -> None:
        self.words, self.uprights, self.levels = words, uprights, levels
        self.columns, self.bands = columns, bands

    def lines(self) -> tuple[list[Line], Merged]:
        """Text above, the bands of the table with what stands between them, text below."""
        inside: dict[int, list[Word]] = {}
        outside: list[Word] = []
        for word in self.words:
            band = self._band(word)
            if band is None:
                outside.append(word)
            else:
                inside.setdefault(band, []).append(word)
        placed: list[tuple[float, Line, Merged, int | None]] = [
            (line[0].middle[1], [" ".join(w.text for w in line)], [], None)
            for line in text_lines(outside)
        ]
        for band in range(len(self.bands) - 1):
            if self._is_of_table(band):
                placed += self._rows(band, inside.get(band, []))
        placed.sort(key=lambda p: p[0])
        return self._assembled(placed)

    def _assembled(
        self, placed: list[tuple[float, Line, Merged, int | None]]
    ) -> tuple[list[Line], Merged]:
        found: list[Line] = []
        merged: Merged = []
        at_band: dict[int, int] = {}
        for _, line, spans, band in placed:
            at = len(found)
            merged += [(at, left, at, right) for _, left, _, right in spans]
            if band is not None:
                at_band.setdefault(band, at)
            found.append(line)
        return self._merged_down(found, merged, at_band)

    def _merged_down(
        self, found: list[Line], merged: Merged, at_band: dict[int, int]
    ) -> tuple[list[Line], Merged]:
        """Cells without a rule below them go on in the band below; their text moves to the top."""
        for place, (left, right) in enumerate(pairwise(self.columns)):
            middle = (left + right) / 2
            top: int | None = None
            for band in range(len(self.bands) - 1):
                here = at_band.get(band)
                below = at_band.get(band + 1)
                if here is None or below is None or below != here + 1:
                    top = None
                    continue
                edge = [r for r in self.levels if abs(r.at - self.bands[band + 1]) <= NEAR]
                if not edge or any(_covers(r, self.bands[band + 1], middle) for r in edge):
                    top = None
                    continue
                top = here if top is None else top
                more = _cell(found[below], place)
                if more:
                    _put(
                        found[top], place, " ".join(filter(None, (_cell(found[top], place), more)))
                    )
                    _put(found[below], place, None)
                merged = [m for m in merged if m[:2] != (top, place) or m[3] != place]
                merged.append((top, place, below, place))
        return found, merged

    def _band(self, word: Word) -> int | None:
        """The band of the table that a word stands in; None for text beside it."""
        x, y = word.middle
        band = _between(self.bands, y)
        borders = self._borders(band) if band is not None else []
        if len(borders) < 2 or not self.columns[borders[0]] <= x < self.columns[borders[-1]]:
            return None
        return band

    def _is_of_table(self, band: int) -> bool:
        return len(self._borders(band)) > 1

    def _borders(self, band: int) -> list[int]:
        """Columns that are ruled beside this band."""
        middle = (self.bands[band] + self.bands[band + 1]) / 2
        return [
            n
            for n, x in enumerate(self.columns)
            if any(abs(r.at - x) <= NEAR and r.start - 1 <= middle <= r.end + 1
                   for r in self.uprights)
        ]  # fmt: skip

    def _rows(self, band: int, words: list[Word]) -> list[tuple[float, Line, Merged, int | None]]:
        """The cells of a band; more rows than one where its first column counts on."""
        borders = self._borders(band)
        spans = [(0, a, 0, b - 1) for a, b in pairwise(borders) if b - a > 1]
        rows = []
        for n, part in enumerate(_counted_on(words, self.columns, borders)):
            line: Line = [None] * (len(self.columns) - 1)
            for a, b in pairwise(borders):
                of_cell = [w for w in part if self.columns[a] <= w.middle[0] < self.columns[b]]
                line[a] = _said(of_cell)
            y = self.bands[band] + 0.5 + n * 0.001
            rows.append((y, line, spans, band if n == 0 else None))
        return rows


def _counted_on(words: list[Word], columns: list[float], borders: list[int]) -> list[list[Word]]:
    """The words of a band by row, where rows are numbered and not ruled from each other."""
    if len(borders) < CELLS:
        return [words]
    right = columns[borders[1]]
    numbers = text_lines(w for w in words if w.middle[0] < right)
    is_number = [len(n) == 1 and bool(NUMBERED.match(n[0].text)) for n in numbers]
    if len(numbers) < 2 or not all(is_number[1:]):  # the first may be the title of the column
        return [words]
    starts = [line[0].top - 1 for line in numbers]
    rows: list[list[Word]] = [[] for _ in starts]
    for word in words:
        rows[max(0, sum(start <= word.top for start in starts) - 1)].append(word)
    return rows


def _covers(rule: Rule, y: float, x: float) -> bool:
    return abs(rule.at - y) <= NEAR and rule.start - 1 <= x <= rule.end + 1


def _between(places: Sequence[float], value: float) -> int | None:
    for n, (low, high) in enumerate(pairwise(places)):
        if low <= value < high:
            return n
    return None


def _cell(line: Line, place: int) -> str | None:
    return line[place] if place < len(line) else None


def _put(line: Line, place: int, text: str | None) -> None:
    if place < len(line):
        line[place] = text


# Without rules


def _by_white(words: list[Word], bands: list[float]) -> list[Line]:
    """Lines of cells where only white parts the columns; `bands` are level rules, if there are."""
    found = text_lines(words)
    parted = [_parted(line) for line in found]
    margins = _margins(
        [[(c[0].left, c[-1].right) for c in line] for line in _of_table(parted, bands)]
    )
    if len(margins) < CELLS - 1:
        return [[" ".join(w.text for w in line)] for line in found]
    lines: list[Line] = []
    bottoms: list[float] = []
    row_bands = _row_bands(found, margins, bands)
    height = median(w.bottom - w.top for w in words)
    last: int | None = None
    for line, cells, band in zip(found, parted, row_bands, strict=True):
        bottom = max(w.bottom for w in line)
        if len(cells) < 2 and not _is_within(cells[0], margins):
            lines.append([" ".join(w.text for w in line)])
            band = None
        elif band is not None and band == last:
            _append(lines[-1], _in_columns(line, margins))
        else:
            row = _in_columns(line, margins)
            distance = line[0].top - bottoms[-1] if bottoms and band is None else height + 1
            if _is_more_of(row, lines, distance, height):
                _append(lines[-1], row)
                bottoms[-1] = bottom
                continue
            lines.append(row)
        last = band
        bottoms.append(bottom)
    return lines


def _of_table(parted: list[list[list[Word]]], bands: list[float]) -> list[list[list[Word]]]:
    """Lines of several cells, and those between the same two level rules as one of them."""
    of_lines = [_between(bands, line[0][0].middle[1]) for line in parted]
    begun = {b for b, line in zip(of_lines, parted, strict=True) if len(line) >= CELLS}
    return [
        line
        for band, line in zip(of_lines, parted, strict=True)
        if len(line) >= CELLS or (band is not None and band in begun)
    ]


def _in_columns(line: list[Word], margins: list[float]) -> Line:
    row: Line = [None] * (len(margins) + 1)
    for word in line:
        place = sum(word.middle[0] > margin for margin in margins)
        row[place] = " ".join(filter(None, (row[place], word.text)))
    return row


def _row_bands(
    found: list[list[Word]], margins: list[float], bands: list[float]
) -> list[int | None]:
    """For each line of text, the band between two level rules that is one row with it.

    Such a band has one line that begins in the first column.
    """
    of_lines = [_between(bands, line[0].middle[1]) for line in found]
    begun = Counter(
        band for line, band in zip(found, of_lines, strict=True) if line[0].middle[0] < margins[0]
    )
    return [band if band is not None and begun[band] == 1 else None for band in of_lines]


def _parted(line: list[Word]) -> list[list[Word]]:
    cells = [[line[0]]]
    for before, word in pairwise(line):
        if word.left - before.right > GAP * (word.bottom - word.top):
            cells.append([])
        cells[-1].append(word)
    return cells


def _margins(of_table: list[list[tuple[float, float]]]) -> list[float]:
    """Middles of the white that (nearly) no line of the table crosses."""
    if not of_table:
        return []
    right = int(max(end for line in of_table for _, end in line)) + 2
    crossed = [0] * (right + 1)
    for line in of_table:
        for start, end in line:
            for x in range(max(0, int(start)), min(right, int(end)) + 1):
                crossed[x] += 1
    # A title wider than its column may touch the next; where rows are many, one line may cross.
    allowed = max(CROSSED * len(of_table), 1.0 if len(of_table) >= ROWS else 0.0)
    margins = []
    white: int | None = None
    for x, count in enumerate(crossed):
        if count <= allowed:
            white = x if white is None else white
        elif white is not None:
            if white > 0 and x - white >= WHITE:
                margins.append(_whitest(crossed, white, x))
            white = None
    return margins


def _whitest(crossed: list[int], start: int, end: int) -> float:
    """The middle of the longest stretch that the fewest lines cross."""
    fewest = min(crossed[start:end])
    best = (0, -start)
    for x in range(start, end):
        if crossed[x] == fewest:
            length = next((n for n in range(end - x) if crossed[x + n] != fewest), end - x)
            best = max(best, (length, -x))
    length, left = best
    return -left + length / 2


def _is_within(cell: list[Word], margins: list[float]) -> bool:
    """Whether a text lies in one column."""
    left, right = cell[0].left, cell[-1].right
    return not any(left < margin < right for margin in margins)


def _is_more_of(row: Line, lines: list[Line], distance: float, height: float) -> bool:
    """Whether a line goes on with the cells of the row above: nothing in the first column."""
    if not lines or row[0] or len(lines[-1]) != len(row) or distance > height:
        return False
    first = next(cell for cell in row if cell)
    return bool(lines[-1][0]) and not totals.LABEL.match(first)


def _append(line: Line, more: Line) -> None:
    for place, text in enumerate(more):
        if text:
            line[place] = " ".join(filter(None, (line[place], text)))
