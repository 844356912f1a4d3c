"""Where a table begins on a page of cells: its header, in one line or several, and its captions.

A page is a sheet of a workbook or a page of a PDF.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipelines.contracts import DIRECT_IDENTIFIER, Column, Table
from pipelines.intake import headers

Cells = list[str | None]
HEADER_LINES = 3
FEWEST = 2  # words of the contract make a header
MANY_COLUMNS = 6
HEADING_WORDS = 3  # of a value that stands behind its label without a colon
NUMERIC = re.compile(r"^[\d\s.,/:%()+-]+$")
CAPTION = re.compile(r"^\s*([^:]{2,40}?)\s*:\s*(\S.*)$", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """Lines of cells as they stand; `merged` are (top, left, bottom, right) from 0."""

    label: str
    lines: list[Cells]
    name: str = ""
    is_hidden: bool = False
    goes_on: bool = False  # the table of the page before may go on without a header
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    # Lines that no row can be read from: why, and what they say.
    broken: dict[int, tuple[str, str]] = field(default_factory=dict)


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


class HeaderFinder:
    """Finds the headers of a page, line by line."""

    def __init__(self, page: Page, contract: Table) -> None:
        self.page, self.contract = page, contract
        self.words = headers.known_words(contract)
        self.spans = _spans(page)

    def header(self, at: int, above: Layout | None) -> Layout | None:
        """The header that begins at this line, in its best height; None where none does.

        `above` is the one of the table that the line stands in.
        """
        if not self._is_wordy(at, above):
            return None
        best = self._layout(at, 1)
        for height in range(2, HEADER_LINES + 1):
            if at + height > len(self.page.lines) or self._is_data(at + height - 1):
                break
            higher = self._layout(at, height)
            is_split = higher.worth == best.worth and self._is_under_titles(at + height - 1)
            if is_split or higher.worth > best.worth:
                best = higher
        if best.height > 1:
            lower = self._layout(at + 1, best.height - 1)
            if lower.worth >= best.worth:
                return None  # the first line is a title
        least = FEWEST if above is None else max(FEWEST, len(above.columns) // 2)
        return best if len(best.columns) >= least else None

    def _is_wordy(self, at: int, above: Layout | None) -> bool:
        """Whether the line has words for columns; outside a table, it or the line below it."""
        if above is not None:
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

    def _is_under_titles(self, at: int) -> bool:
        """Whether every cell of the line stands under a title that is merged over several."""
        wide = [
            range(left, right + 1)
            for top, left, bottom, right in self.page.merged
            if right > left and top < at == bottom + 1
        ]
        return all(
            any(place in span for span in wide)
            for place, cell in enumerate(self.page.lines[at])
            if cell
        )

    def _layout(self, at: int, height: int) -> Layout:
        lines = self.page.lines[at : at + height]
        width = max(len(line) for line in lines)
        levels = [self._spread(line, at + n, width, n < height - 1) for n, line in enumerate(lines)]
        columns = [[level[place] for level in levels] for place in range(width)]
        titles = [" ".join(dict.fromkeys(t for t in column if t)) for column in columns]
        alternatives = [_alternatives(column, columns) for column in columns]
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

    def captions(self, header: Layout) -> dict[str, str]:
        """What titles say for every row (`Negara: Myanmar`), for columns that the table lacks."""
        titles = [_joined(line) for line in self.page.lines[: header.top]]
        said: dict[str, str] = {}
        for text in [*titles, _sheet_caption(self.page.name)]:
            said = self._captions_of(text, header) | said
        for text in titles:
            said = self.heading(text, header, may_be_needed=False) | said
        return said

    def _captions_of(self, text: str, header: Layout) -> dict[str, str]:
        found = CAPTION.match(text)
        named = self._column_of(found[1]) if found else None
        if found and named and self._takes_from_words(named, header):
            return {named.name: " ".join(found[2].split())}
        return {
            column.name: words[0]
            for column in self.contract.columns
            for form in column.forms
            if self._takes_from_words(column, header)
            and (words := re.search(rf"(?i)\b{form}\b", text))
        }

    def heading(self, text: str, header: Layout, may_be_needed: bool = True) -> dict[str, str]:
        """What one cell over some rows says of them: `Provinsi: NTB`, `GELOMBANG II`."""
        if said := self._captions_of(text, header):
            return said
        label, _, rest = text.strip().partition(" ")
        named = self._column_of(label)
        is_short = 0 < len(rest.split()) <= HEADING_WORDS
        if not named or not is_short or (named.is_required and not may_be_needed):
            return {}
        return {named.name: rest} if self._takes_from_words(named, header) else {}

    def _takes_from_words(self, column: Column, header: Layout) -> bool:
        """Whether words outside the table may fill a column: never who somebody is, nor its key."""
        return (
            column.name not in {*header.places, *header.choices}
            and column.name != self.contract.keys[0]
            and column.classification != DIRECT_IDENTIFIER
        )

    def _column_of(self, label: str) -> Column | None:
        word = headers.canonical(label)
        for column in self.contract.columns:
            if word in map(headers.canonical, headers.names(column)):
                return column
        return None


def _alternatives(column: list[str | None], columns: list[list[str | None]]) -> list[str]:
    """Names of one column, the fullest first: `Tanggal` over `Lahir`, either way round, alone.

    One that repeats a word of the title over it leaves the words of the columns beside it to them:
    `Tempat` and `Tanggal` under `Tempat dan Tanggal Lahir`.
    """
    parts = _parts(column)
    if not parts:
        return []
    own, over = _words(parts[-1:]), _words(parts[:-1])
    if own < over:
        beside = [_parts(c)[-1] for c in columns if c != column and _parts(c)[:-1] == parts[:-1]]
        return [" ".join(sorted(over - _words(beside) | own)), parts[-1]]
    whole = [" ".join(parts), " ".join(reversed(parts)), parts[-1], parts[0]]
    return list(dict.fromkeys(whole))


def _parts(column: list[str | None]) -> list[str]:
    return list(dict.fromkeys(part for part in column if part))


def _words(titles: list[str]) -> set[str]:
    return {word for title in titles for word in headers.canonical(title).split("_")}


def _choices(columns: list[list[str | None]], contract: Table) -> dict[str, dict[int, str]]:
    """Columns of the contract whose words are titles of columns under one: L and P under Sex."""
    under: dict[str, dict[int, str]] = {}
    for place, column in enumerate(columns):
        parts = _parts(column)
        if len(parts) > 1:
            under.setdefault(headers.canonical(" ".join(parts[:-1])), {})[place] = parts[-1]
    chosen = {}
    for contract_column in contract.columns:
        words = contract_column.vocabulary
        for name in headers.names(contract_column):
            titles = under.get(headers.canonical(name), {})
            if len(titles) > 1 and all(t.strip().upper() in words for t in titles.values()):
                chosen[contract_column.name] = titles
        alone = _values_as_titles(columns, contract_column)
        if contract_column.name not in chosen and alone:
            chosen[contract_column.name] = alone
    return chosen


def _values_as_titles(columns: list[list[str | None]], of: Column) -> dict[int, str]:
    """Columns beside each other with every value of a vocabulary for a title: L | P."""
    values = {value for value in of.vocabulary.values() if not of.is_open_vocabulary}
    titles = [(_parts(column) or [""])[-1].strip().upper() for column in columns]
    for start in range(len(titles)):
        beside = titles[start : start + len(values)]
        if len(values) > 1 and set(beside) == values:
            return dict(enumerate(beside, start))
    return {}


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


def _spans(page: Page) -> dict[tuple[int, int], str]:
    """Every cell of a merged range on its first line, and below it, with its text."""
    spans = {place: text for place, text in covered(page) if text}
    for top, left, _, right in page.merged:
        line = page.lines[top] if top < len(page.lines) else []
        text = line[left] if left < len(line) else None
        if text:
            spans |= {(top, place): text for place in range(left, right + 1)}
    return spans


def covered(page: Page) -> Iterator[tuple[tuple[int, int], str | None]]:
    for top, left, bottom, right in page.merged:
        line = page.lines[top] if top < len(page.lines) else []
        text = line[left] if left < len(line) else None
        for at in range(top + 1, min(bottom + 1, len(page.lines))):
            for place in range(left, right + 1):
                yield (at, place), text
