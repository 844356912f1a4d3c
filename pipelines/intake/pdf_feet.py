"""What stands below the tables of a document, page after page, and is no row of them."""

import re
from collections import Counter

from pipelines.intake.pdf_tables import Rule, Word, text_lines

FEET = 3  # lines at the foot of a page
PAGE_NUMBER = re.compile(r"(?i)\b(halaman|hal|page)\b[.:]? *(#|\d+)( *(dari|of|/) *\d+)?$")


def feet(pages: list[tuple[list[Word], list[Rule]]]) -> list[set[Word]]:
    """The words at the foot of each page that say the same there on others, or its number."""
    found = [_below(*page) for page in pages]
    said = [[_foot(line, n) for line in lines_] for n, lines_ in enumerate(found, start=1)]
    often = Counter(foot for page in said for foot in page)
    return [
        {
            word
            for line, foot in zip(lines_, page, strict=True)
            if often[foot] > 1 or PAGE_NUMBER.search(foot[1])
            for word in line
        }
        for lines_, page in zip(found, said, strict=True)
    ]


def _below(words: list[Word], rules: list[Rule]) -> list[list[Word]]:
    """The last lines of a page below its table: under the last rule, or after some white.

    The same last words of the last row on two pages are no foot.
    """
    all_lines = text_lines(words)
    last_rule = max((rule.at for rule in rules if not rule.is_upright), default=None)
    if last_rule is None:
        below = _after_white(all_lines)
    else:
        below = [line for line in all_lines[-FEET:] if line[0].middle[1] > last_rule]
    numbers = [line for line in all_lines[-1:] if PAGE_NUMBER.search(_foot(line, 0)[1])]
    return below or numbers


def _after_white(all_lines: list[list[Word]]) -> list[list[Word]]:
    """The last lines behind the first white as high as a line."""
    for n in range(max(1, len(all_lines) - FEET), len(all_lines)):
        above, word = all_lines[n - 1][0], all_lines[n][0]
        if word.top - above.bottom > word.bottom - word.top:
            return all_lines[n:]
    return []


def _foot(line: list[Word], number: int) -> tuple[int, str]:
    """Where a line stands and what it says, but for the number of its page."""
    said = " ".join("#" if word.text == str(number) else word.text for word in line)
    return round(line[0].bottom), said
