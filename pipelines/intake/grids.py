"""Pages of cells -> the rows of the contract's table on them, and an account of everything else.

The table is found by its header (`grid_headers`). Titles, totals, signatures and repeated headers
are no rows: they are listed in `Found.skipped`. Whatever might be a row is one, or is set apart
with its cells.
"""

import json
import re
from dataclasses import dataclass, field
from itertools import chain

from pipelines import contracts
from pipelines.contracts import Table
from pipelines.intake import headers, side_by_side
from pipelines.intake.grid_headers import Cells, HeaderFinder, Layout, Page, covered
from pipelines.intake.refusals import (
    FRAGMENT,
    HIDDEN_SHEET,
    NO_HEADER,
    UNCLOSED_QUOTE,
    MalformedRow,
)
from pipelines.intake.totals import Tally, Total, stated

NUMBER = re.compile(r"^\(?\d+[.)]*$")
UNMARKED = ("0", "-", "X0")
AS_ABOVE = re.compile(r"""^(["″”“〃']{1,2}|-["″”']-|,,|s\.?\s?d\.?\s?a\.?|idem|ditto)$""", re.I)


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
    titles: list[str] = field(default_factory=list)
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
    for page in chain.from_iterable(side_by_side.parted(page, contract) for page in pages):
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
        self.finder = HeaderFinder(page, contract)
        self.filled_down = _filled_down(page)

    def read(self, before: Layout | None) -> Layout | None:
        """Take the rows of this page; gives the layout of its table, None where it has none."""
        if self.page.is_hidden:
            self._set_all_apart(HIDDEN_SHEET)
            return None
        if before is not None and self._is_like(before):
            self.layout = before
        at = 0
        while at < len(self.page.lines):
            header = self.finder.header(at, self.layout)
            if header:
                self._begin(header)
                at = header.top + header.height
                continue
            self._line(at)
            at += 1
        if self.layout is not None:
            self._end()
        return self.layout

    def _begin(self, header: Layout) -> None:
        """A table begins here, or the header of the one above comes again."""
        is_again = self.layout is not None and self.layout.places == header.places
        above = self._headings()
        self._end()
        self.start = self.last
        self.found.used += [self._position(header.top + n) for n in range(header.height)]
        if is_again and self.layout:
            self._skip(header.top, header.height, "repeated header")
            header.captions = self.layout.captions | above
        else:
            header.captions = self.finder.captions(header)
        self.layout, self.body_top = header, header.top + header.height
        self.has_rows = False
        found = self.found
        if not found.has_table:
            found.titles = [title for title in header.titles if title]
            found.columns = {name: header.titles[n] for name, n in header.places.items()}
            found.columns |= {name: name for name in [*header.choices, *header.captions]}
            found.missing = headers.missing(header.columns, self.contract)
        used = {*header.places.values(), *(n for c in header.choices.values() for n in c)}
        for place, title in enumerate(header.titles):
            if title and place not in used:
                self._note_unknown(title)
        found.has_table = True

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
        elif self.page.broken.get(at, ("", ""))[0] == UNCLOSED_QUOTE:
            self._set_apart(at, UNCLOSED_QUOTE)
        elif self._goes_on_above(at, layout) and not self._is_another(at, layout):
            self._join(at, layout)
        elif self._is_row(filled, cells, layout) and at in self.page.broken:
            self._settle_loose()
            self._set_apart(at, self.page.broken[at][0])
            self.tally.count(dict.fromkeys(self.contract.names))
        elif self._is_row(filled, cells, layout):
            self._settle_loose()
            self._keep(at, number, layout)
            self.has_rows = True
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

    def _is_another(self, at: int, layout: Layout) -> bool:
        """Whether the line is a row of its own: nobody has a second sex or day of birth."""
        above, cells = self.found.rows[-1].values, self.page.lines[at]
        return any(
            above[name] and place < len(cells) and cells[place]
            for name, place in layout.places.items()
            if self.contract.column(name).vocabulary
            or self.contract.column(name).logical_type != "string"
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
        shared = self.contract.keys if self._goes_on_above(at, layout) else []
        for name, place in layout.places.items():
            if name not in shared:  # a number over two people is nobody's
                values[name] = self._cell(at, name, place)
        for name, places in layout.choices.items():
            marked = [w for n, w in places.items() if n < len(cells) and _is_marked(cells[n])]
            values[name] = marked[0] if len(marked) == 1 else None
        lacks = headers.missing(layout.columns, self.contract)
        row = Row(number, self._position(at), values, lacks[0] if lacks else None)
        self.found.rows.append(row)
        if self._is_counted(values):
            self.tally.count(values)
        self.last = max(self.last, number)
        for n, cell in enumerate(cells):
            if cell and not (layout.titles[n] if n < layout.width else ""):
                self._note_unknown(f"column#{n + 1}")

    def _is_counted(self, values: dict[str, str | None]) -> bool:
        """Whether a total of the list counts this row: in a numbered list, it has a number."""
        keys = [values[key] for key in self.contract.keys]
        return not self.contract.is_keyed_by_file or all(k and NUMBER.match(k) for k in keys)

    def _cell(self, at: int, name: str, place: int) -> str | None:
        """What a cell says, a merged one above it, or the row above where it says: the same."""
        cells = self.page.lines[at]
        own = cells[place] if place < len(cells) else None
        column = self.contract.column(name)
        is_own = column.is_key or column.classification == contracts.DIRECT_IDENTIFIER
        if own and self.has_rows and not is_own and AS_ABOVE.match(own):
            return self.found.rows[-1].values[name] or own
        return own or self.filled_down.get((at, place))

    def _note_unknown(self, title: str) -> None:
        if title not in self.found.unknown:
            self.found.unknown.append(title)

    # What is no row

    def _settle_loose(self) -> None:
        """Lines between rows: one cell is a heading; more are a fragment of something."""
        if self.layout and (said := self._headings()):
            self.layout.captions = self.layout.captions | said
            self.found.columns |= {name: name for name in said}
            self.found.missing = headers.missing(self.layout.columns, self.contract)
        for at in self.loose:
            cells = self.page.lines[at]
            if sum(map(bool, cells)) == 1 or not self.has_rows:
                self._skip(at, 1, "heading")
            else:
                self._set_apart(at, FRAGMENT)
        self.loose = []

    def _headings(self) -> dict[str, str]:
        """What loose lines of one cell say of the rows below them."""
        said: dict[str, str] = {}
        for at in self.loose:
            cells = [cell for cell in self.page.lines[at] if cell]
            if self.layout and len(cells) == 1:
                said |= self.finder.heading(cells[0], self.layout)
        return said

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
        cells = json.dumps([cell for cell in self.page.lines[at] if cell], ensure_ascii=False)
        _, text = self.page.broken.get(at, ("", cells))
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


def _is_marked(cell: str | None) -> bool:
    return bool(cell) and cell not in UNMARKED


def _is_numbering(cells: Cells) -> bool:
    """(1) (2) (3): the numbers of the columns."""
    digits = [re.sub(r"\D", "", cell) for cell in cells if cell]
    return len(digits) > 2 and digits == [str(n) for n in range(1, len(digits) + 1)]


def _filled_down(page: Page) -> dict[tuple[int, int], str]:
    """Cells below and beside the first of a merged range, below its first line, with its text."""
    return {place: text for place, text in covered(page) if text is not None}
