"""Keys for words: what must be equal for two spellings to be the same word.

Nothing here is fuzzy. A key only takes away what carries no meaning on paper: case, accents,
apostrophes, punctuation, spaces.
"""

import unicodedata
from collections.abc import Callable
from functools import cache, wraps
from typing import ParamSpec

import ibis
import ibis.expr.types as ir

P = ParamSpec("P")

# Latin-1 and Latin Extended-A capitals; text is in capitals before it is folded.
_ACCENTED = [
    letter
    for letter in map(chr, range(0xC0, 0x180))
    if letter.isupper() and unicodedata.normalize("NFD", letter)[0].isascii()
]
ACCENTED = "".join(_ACCENTED) + "ØĐŁ"
PLAIN = "".join(unicodedata.normalize("NFD", letter)[0] for letter in _ACCENTED) + "ODL"

# MA'RUF is written MARUF as often; a loose combining accent is part of the letter before it.
BEYOND_ASCII = "[^\u0001-\u007f]"
JOINING_MARKS = "['`´‘’ʼ\u0300-\u036f]"


def unaccented(text: ir.StringValue) -> ir.StringValue:
    """`text` in capitals, without accents and apostrophes.

    Translating letters is the dearest step by far, so it is kept for the few texts that need it.
    """
    capitals = text.upper()
    plain = capitals.re_search(BEYOND_ASCII).ifelse(capitals.translate(ACCENTED, PLAIN), capitals)
    return plain.re_replace(JOINING_MARKS, "")


def spaced(text: ir.StringValue) -> ir.StringValue:
    """Words of capitals and digits with one space between; null when none is left."""
    return single_spaced(unaccented(text))


def single_spaced(capitals: ir.StringValue) -> ir.StringValue:
    """`spaced` for a text that is unaccented already."""
    return capitals.re_replace("[^A-Z0-9]+", " ").strip().nullif("")


def compact(text: ir.StringValue) -> ir.StringValue:
    """Capitals and digits alone: `Deli Serdang`, `Deliserdang` and `DELI-SERDANG` are one key.

    Codes keep their digits, so `52.03` and `5203` are one key too.
    """
    return unaccented(text).re_replace("[^A-Z0-9]+", "").nullif("")


def listed(text: ir.StringValue) -> ir.StringValue:
    """The entries of a list with bars between, one row each.

    A bar means "or" to the split of Spark, which reads it as a regular expression.
    """
    return text.replace("|", ";").split(";").unnest()


def once(of: Callable[P, ir.Table]) -> Callable[P, ir.Table]:
    """Words that follow from reference tables alone, worked out once for all who look them up.

    Written out at each use, they took a tenth of the compiling of a small night.
    """

    @cache
    def worked_out(*tables: P.args, **named: P.kwargs) -> ir.Table:
        return ibis.memtable(of(*tables, **named).to_pyarrow())

    return wraps(of)(worked_out)  # type: ignore[return-value]
