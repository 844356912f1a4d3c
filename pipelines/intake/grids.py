"""Pages of cells -> the rows of the contract's table on them, and an account of everything else.

A page is a sheet of a workbook or a page of a PDF. The table is found by its header; titles,
totals, signatures and repeated headers are no rows: they are listed in `Found.skipped`. Whatever
might be a row is one, or is set apart with its cells.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipelines.contracts import Table
from pipelines.intake import headers
from pipelines.intake.refusals import FRAGMENT, HIDDEN_SHEET, NO_HEADER, MalformedRow
from pipelines.intake.totals import Tally, Total, stated

Cells = list[str | None]
HEADER_LINES = 3
FEWEST = 2  # words of the contract make a header
MANY_COLUMNS = 6
NUMBER = re.compile(r"^\(?\d+[.)]*$")
NUMERIC = re.compile(r"^[\d\s.,/:%()+-]+$")
CAPTION = re.compile(r"^\s*([^:]{2,40}?)\s*:\s*(\S.*)$", re.DOTALL)
UNMARKED = ("0", "-", "X0")


@dataclass(frozen=True)
class Page:
    """Lines of cells as they stand; `merged` are (top, left, bottom, right) from 0."""

    label: str
    lines: list[Cells]
    name: str = ""
    is_hidden: bool = False
    goes_on: bool = False  # the table of the page before may go on without a header
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


@dataclass
class Layout:
    """Where the columns of the contract stand under one header."""

    top: int
    height: int
    width: int
    titles: list[str]
    places: dict[str, int]
    choices: dict[str, dict[int, str]]  # a column whose words have columns of their own (L | P)
    captions: dict[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> set[str]:
        """Columns of the contract that this table gives a value."""
        return {*self.places, *self.choices, *self.captions}

    @property
    def worth(self) -> tuple[int, int]:
        """Of two ways to read a header, the one that finds more."""
        return len(self.columns), len(self.choices)

    @property
    def needed(self) -> int:
        """Filled cells from which a line without a key counts as a row."""
        found = len(self.places) + len(self.choices)
        return 3 if found >= MANY_COLUMNS else 2 if found > 2 else 1


@dataclass
class Row:
    """One row of the table."""

    row_number: int
    position: str
    values: dict[str, str | None]
    missing: str | None


@dataclass
class Found:
    """What a file of pages holds."""

    columns: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    apart: list[MalformedRow] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    used: list[str] = field(default_factory=list)  # lines of headers, lower lines of rows
    has_table: bool = False


def read(pages: list[Page], contract: Table) -> Found:
    """Every row of the contract's table on these pages, numbered through all of them."""
    found, before, start = Found(), None, 0
    tally = Tally(contract)
    without: list[_PageReader] = []
    for page in pages:
        reader = _PageReader(page, contract, found, tally, start)
        layout = reader.read(before if page.goes_on else None)
        if layout is None and not page.is_hidden:
            without.append(reader)
        before, start = layout or before, reader.last
    wide = max(3, before.needed) if before else 1
    for reader in without:
        reader.without_header(wide, start)
        start = reader.last
    found.totals = tally.totals
    if not found.has_table:
        found.missing = headers.missing({}, contract)
    return found


class _PageReader:
    """Reads one page; `last` is the number of the last line that counts as a row's."""

    def __init__(self, page: Page, contract: Table, found: Found, tally: Tally, start: int) -> None:
        self.page, self.contract, self.found, self.tally = page, contract, found, tally
        self.start = self.last = start
        self.layout: Layout | None = None
        self.body_top = 0
        self.has_rows = False  # under the present header
        self.loose: list[int] = []  # lines that are rows only if another row follows
        self.words = headers.known_words(contract)
        self.filled_down = _filled_down(page)
        self.spans = _spans(page)

    def read(self, before: Layout | None) -> Layout | None:
        """Take the rows of this page; gives the layout of its table, None where it has none."""
        if self.page.is_hidden:
            self._set_all_apart(HIDDEN_SHEET)
            return None
        if before is not None and self._is_like(before):
            self.layout = before
        at = 0
        while at < len(self.page.lines):
            header = self._header(at)
            if header:
                self._begin(header)
                at = header.top + header.height
                continue
            self._line(at)
            at += 1
        if self.layout is not None:
            self._end()
        return self.layout

    # Headers

    def _header(self, at: int) -> Layout | None:
        """The header that begins at this line, in its best height; None where none does."""
        if not self._is_wordy(at):
            return None
        best = self._layout(at, 1)
        for height in range(2, HEADER_LINES + 1):
            if at + height > len(self.page.lines) or self._is_data(at + height - 1):
                break
            higher = self._layout(at, height)
            if higher.worth > best.worth:
                best = higher
        if best.height > 1:
            lower = self._layout(at + 1, best.height - 1)
            if lower.worth >= best.worth:
                return None  # the first line is a title
        least = FEWEST if self.layout is None else max(FEWEST, len(self.layout.columns) // 2)
        return best if len(best.columns) >= least else None

    def _is_wordy(self, at: int) -> bool:
        """Whether the line has words for columns; outside a table, it or the line below it."""
        if self.layout is not None:
            return self._hits(at) >= FEWEST
        return self._hits(at) > 0 or (
            at + 1 < len(self.page.lines)
            and sum(map(bool, self.page.lines[at])) > 1
            and self._hits(at + 1) >= FEWEST
        )

    def _hits(self, at: int) -> int:
        return sum(headers.canonical(cell) in self.words for cell in self.page.lines[at] if cell)

    def _is_data(self, at: int) -> bool:
        cells = [cell for cell in self.page.lines[at] if cell]
        return not cells or any(NUMERIC.match(cell) for cell in cells)

    def _layout(self, at: int, height: int) -> Layout:
        lines = self.page.lines[at : at + height]
        width = max(len(line) for line in lines)
        levels = [self._spread(line, at + n, width, n < height - 1) for n, line in enumerate(lines)]
        columns = [[level[place] for level in levels] for place in range(width)]
        titles = [" ".join(dict.fromkeys(t for t in column if t)) for column in columns]
        alternatives = [_alternatives(column) for column in columns]
        choices = _choices(columns, self.contract)
        chosen = {place for of_column in choices.values() for place in of_column}
        free = [[] if n in chosen else names for n, names in enumerate(alternatives)]
        places = headers.places(free, self.contract)
        return Layout(
            at,
            height,
            width,
            titles,
            {k: v for k, v in places.items() if k not in choices},
            choices,
        )

    def _spread(self, line: Cells, at: int, width: int, is_parent: bool) -> Cells:
        """The line with a merged title over each column that it stands over."""
        spread = [*line, *[None] * (width - len(line))]
        for place in range(width):
            span = self.spans.get((at, place))
            if span:
                spread[place] = span
        below = self.page.lines[at + 1] if at + 1 < len(self.page.lines) else []
        if is_parent and not self.page.merged:
            for place in range(1, width):
                has_child = place < len(below) and below[place]
                if not spread[place] and has_child and spread[place - 1]:
                    before = below[place - 1] if place - 1 < len(below) else None
                    spread[place] = spread[place - 1] if before else None
        return spread

    def _begin(self, header: Layout) -> None:
        """A table begins here, or the header of the one above comes again."""
        is_again = self.layout is not None and self.layout.places == header.places
        self._end()
        self.start = self.last
        self.found.used += [self._position(header.top + n) for n in range(header.height)]
        if is_again and self.layout:
            self._skip(header.top, header.height, "repeated header")
            header.captions = self.layout.captions
        else:
            header.captions = self._captions(header)
        self.layout, self.body_top = header, header.top + header.height
        self.has_rows = False
        found = self.found
        if not found.has_table:
            found.columns = {name: header.titles[n] for name, n in header.places.items()}
            found.columns |= {name: name for name in [*header.choices, *header.captions]}
            found.missing = headers.missing(header.columns, self.contract)
        used = {*header.places.values(), *(n for c in header.choices.values() for n in c)}
        for place, title in enumerate(header.titles):
            if title and place not in used:
                self._note_unknown(title)
        found.has_table = True

    def _captions(self, header: Layout) -> dict[str, str]:
        """What titles say for every row (`Negara: Myanmar`), for columns that the table lacks."""
        said: dict[str, str] = {}
        lines = self.page.lines[: header.top]
        texts = [_joined(line) for line in lines] + [_sheet_caption(self.page.name)]
        for label, value in (m.groups() for m in map(CAPTION.match, texts) if m):
            name = self._column_of(label)
            if name and name not in header.columns and name not in self.contract.keys:
                said.setdefault(name, " ".join(value.split()))
        return said

    def _column_of(self, label: str) -> str | None:
        word = headers.canonical(label)
        for column in self.contract.columns:
            if word in map(headers.canonical, headers.names(column)):
                return column.name
        return None

    # Lines

    def _line(self, at: int) -> None:
        layout, cells = self.layout, self.page.lines[at]
        if not any(cells):
            return
        if layout is None:
            self.loose.append(at)
            return
        number = self.start + at - self.body_top + 1
        filled = [name for name, n in layout.places.items() if n < len(cells) and cells[n]]
        if at == self.body_top and _is_numbering(cells):
            self._skip(at, 1, "column numbers")
        elif said := stated(cells, layout.places):
            self._skip(at, 1, "total")
            self.tally.add(self._position(at), said)
        elif self._goes_on_above(at, layout):
            self._join(at, layout)
        elif self._is_row(filled, cells, layout):
            self._settle_loose()
            self.has_rows = True
            self._keep(at, number, layout)
        elif self._is_numbered_only(filled, cells, layout):
            self._skip(at, 1, "number without content")
        else:
            self.loose.append(at)

    def _is_row(self, filled: list[str], cells: Cells, layout: Layout) -> bool:
        if len(filled) >= layout.needed:
            return True
        keys = [name for name in self.contract.keys if name in filled]
        if not keys or len(filled) < 2:
            return False
        value = cells[layout.places[keys[0]]] or ""
        return not self.contract.is_keyed_by_file or bool(NUMBER.match(value))

    def _is_numbered_only(self, filled: list[str], cells: Cells, layout: Layout) -> bool:
        return (
            self.contract.is_keyed_by_file
            and filled == self.contract.keys
            and bool(NUMBER.match(cells[layout.places[filled[0]]] or ""))
            and sum(map(bool, cells)) == 1
        )

    def _goes_on_above(self, at: int, layout: Layout) -> bool:
        """Whether the key of this line is the lower part of a merged cell: one row over lines."""
        keys = [layout.places[k] for k in self.contract.keys if k in layout.places]
        return bool(self.found.rows and keys) and all(
            self.filled_down.get((at, place)) is not None for place in keys
        )

    def _join(self, at: int, layout: Layout) -> None:
        values, cells = self.found.rows[-1].values, self.page.lines[at]
        self.found.used.append(self._position(at))
        for name, place in layout.places.items():
            more = cells[place] if place < len(cells) else None
            if more:
                values[name] = " ".join(filter(None, (values[name], more)))

    def _keep(self, at: int, number: int, layout: Layout) -> None:
        cells = self.page.lines[at]
        values: dict[str, str | None] = dict.fromkeys(self.contract.names)
        values |= layout.captions
        for name, place in layout.places.items():
            own = cells[place] if place < len(cells) else None
            values[name] = own or self.filled_down.get((at, place))
        for name, places in layout.choices.items():
            marked = [w for n, w in places.items() if n < len(cells) and _is_marked(cells[n])]
            values[name] = marked[0] if len(marked) == 1 else None
        lacks = headers.missing(layout.columns, self.contract)
        row = Row(number, self._position(at), values, lacks[0] if lacks else None)
        self.found.rows.append(row)
        self.tally.count(values)
        self.last = max(self.last, number)
        for n, cell in enumerate(cells):
            if cell and not (layout.titles[n] if n < layout.width else ""):
                self._note_unknown(f"column#{n + 1}")

    def _note_unknown(self, title: str) -> None:
        if title not in self.found.unknown:
            self.found.unknown.append(title)

    # What is no row

    def _settle_loose(self) -> None:
        """Lines between rows: one cell is a heading; more are a fragment of something."""
        for at in self.loose:
            cells = self.page.lines[at]
            if sum(map(bool, cells)) == 1 or not self.has_rows:
                self._skip(at, 1, "heading")
            else:
                self._set_apart(at, FRAGMENT)
        self.loose = []

    def _end(self) -> None:
        """Lines above a header are titles, lines below the last row its signatures."""
        for at in self.loose:
            self._skip(at, 1, "title" if self.layout is None else "after the table")
        self.loose = []

    def without_header(self, wide: int, start: int) -> None:
        """A page without a table: lines of `wide` cells may be rows of one, others are words."""
        self.start = self.last = start
        self.body_top, self.loose = 0, []
        for at, cells in enumerate(self.page.lines):
            if sum(map(bool, cells)) >= wide:
                self._set_apart(at, NO_HEADER)
            else:
                self._skip(at, 1, "no table")

    def _set_all_apart(self, reason: str) -> None:
        for at, cells in enumerate(self.page.lines):
            if any(cells):
                self._set_apart(at, reason)

    def _set_apart(self, at: int, reason: str) -> None:
        number = self.start + at - self.body_top + 1
        text = json.dumps([cell for cell in self.page.lines[at] if cell], ensure_ascii=False)
        position = self._position(at)
        self.found.apart.append(MalformedRow(number, text, reason, position=position))
        self.last = max(self.last, number)

    def _skip(self, at: int, height: int, what: str) -> None:
        for n in range(at, at + height):
            if any(self.page.lines[n]):
                self.found.skipped.append(f"{self._position(n)}: {what}")

    def _position(self, at: int) -> str:
        return f"{self.page.label} row {at + 1}"

    def _is_like(self, before: Layout) -> bool:
        widest = max((len(line) for line in self.page.lines), default=0)
        return widest == before.width


def _alternatives(column: list[str | None]) -> list[str]:
    """Names of one column, the fullest first: `Tanggal` over `Lahir`, either way round, alone."""
    parts = list(dict.fromkeys(part for part in column if part))
    if not parts:
        return []
    whole = [" ".join(parts), " ".join(reversed(parts)), parts[-1], parts[0]]
    return list(dict.fromkeys(whole))


def _choices(columns: list[list[str | None]], contract: Table) -> dict[str, dict[int, str]]:
    """Columns of the contract whose words are titles of columns under one: L and P under Sex."""
    under: dict[str, dict[int, str]] = {}
    for place, column in enumerate(columns):
        parts = list(dict.fromkeys(part for part in column if part))
        if len(parts) > 1:
            under.setdefault(headers.canonical(" ".join(parts[:-1])), {})[place] = parts[-1]
    chosen = {}
    for contract_column in contract.columns:
        words = contract_column.vocabulary
        for name in headers.names(contract_column):
            titles = under.get(headers.canonical(name), {})
            if len(titles) > 1 and all(t.strip().upper() in words for t in titles.values()):
                chosen[contract_column.name] = titles
    return chosen


def _is_marked(cell: str | None) -> bool:
    return bool(cell) and cell not in UNMARKED


def _is_numbering(cells: Cells) -> bool:
    """(1) (2) (3): the numbers of the columns."""
    digits = [re.sub(r"\D", "", cell) for cell in cells if cell]
    return len(digits) > 2 and digits == [str(n) for n in range(1, len(digits) + 1)]


def _joined(line: Cells) -> str:
    """The cells of a title: `Negara` | `:` | `Myanmar` is one sentence."""
    texts = [cell for cell in line if cell]
    if len(texts) == 2 and ":" not in "".join(texts):
        return ": ".join(texts)
    return " ".join(texts)


def _sheet_caption(name: str) -> str:
    """`Gelombang 2` as `Gelombang: 2`."""
    word, _, rest = name.strip().partition(" ")
    return f"{word}: {rest}" if rest else ""


def _filled_down(page: Page) -> dict[tuple[int, int], str]:
    """Cells below and beside the first of a merged range, below its first line, with its text."""
    return {place: text for place, text in _covered(page) if text is not None}


def _covered(page: Page) -> Iterator[tuple[tuple[int, int], str | None]]:
    for top, left, bottom, right in page.merged:
        line = page.lines[top] if top < len(page.lines) else []
        text = line[left] if left < len(line) else None
        for at in range(top + 1, min(bottom + 1, len(page.lines))):
            for place in range(left, right + 1):
                yield (at, place), text


def _spans(page: Page) -> dict[tuple[int, int], str]:
    """Every cell of a merged range on its first line, and below it, with its text."""
    spans = {place: text for place, text in _covered(page) if text}
    for top, left, _, right in page.merged:
        line = page.lines[top] if top < len(page.lines) else []
        text = line[left] if left < len(line) else None
        if text:
            spans |= {(top, place): text for place in range(left, right + 1)}
    return spans
