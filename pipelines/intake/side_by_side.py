"""Tables that stand beside each other, as people lay them out to save paper -> a page each."""

from dataclasses import replace
from itertools import pairwise

from pipelines.contracts import Table
from pipelines.intake import headers
from pipelines.intake.grid_headers import FEWEST, Cells, Page

FURTHEST = 60  # lines in which a header is looked for


def parted(page: Page, contract: Table) -> list[Page]:
    """The page, or a page for each table where one header stands in a line several times.

    What stands above the header belongs to each of them.
    """
    words = headers.known_words(contract)
    for at, line in enumerate(page.lines[:FURTHEST]):
        starts = _starts(line, contract, words)
        if len(starts) > 1:
            ends = [*starts[1:], max(map(len, page.lines))]
            blocks = [(0, ends[0]), *zip(starts[1:], ends[1:], strict=True)]
            return [_part(page, at, n, *block) for n, block in enumerate(blocks, start=1)]
    return [page]


def _starts(line: Cells, contract: Table, words: frozenset[str]) -> list[int]:
    """Where a header begins again: at its first key, with the same titles each time."""
    said = [headers.canonical(cell) if cell else "" for cell in line]
    keys = {headers.canonical(n) for n in headers.names(contract.column(contract.keys[0]))}
    starts = [n for n, word in enumerate(said) if word in keys]
    titles = [[w for w in said[a:b] if w] for a, b in pairwise([*starts, len(line)])]
    is_again = len(starts) > 1 and all(t == titles[0] for t in titles)
    return starts if is_again and sum(w in words for w in titles[0]) > FEWEST else []


def _part(page: Page, header: int, number: int, left: int, right: int) -> Page:
    lines = [line if at < header else line[left:right] for at, line in enumerate(page.lines)]
    merged = [
        (top, max(a, left) - left, bottom, min(b, right - 1) - left)
        for top, a, bottom, b in page.merged
        if top >= header and a < right and b >= left
    ]
    above = [span for span in page.merged if span[0] < header]
    return replace(
        page, label=f"{page.label} table {number}", lines=lines, merged=[*above, *merged]
    )
