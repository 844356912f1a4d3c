"""How names, places and dates come to be written wrongly or otherwise: whole columns at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.simulate.draws import Bools, Floats, Ints

Change = Callable[[pa.Array, Floats], pa.Array]

#: Spellings of one name (pattern, replacement); the old orthography among them.
SPELLINGS = (
    (r"^(MUHAMMAD|MUHAMAD|MOHAMMAD|MOHAMAD) ", "MOCH. "),
    (r"^(MUHAMMAD|MUHAMAD|MOHAMMAD|MOHAMAD) ", "MUH "),
    (r"^(MUHAMMAD|MUHAMAD|MOHAMMAD|MOHAMAD) ", "M. "),
    (r"^MUHAMMAD", "MOHAMAD"),
    (r"^MUHAMMAD", "MUHAMAD"),
    (r"^SITI ", "ST. "),
    (r"^SITI ", "SITTI "),
    (r"^ABDUL ", "ABD. "),
    (r"^AHMAD", "ACHMAD"),
    (r"U", "OE"),
    (r"J", "DJ"),
    (r"Y", "J"),
    (r"C", "TJ"),
    (r"SY", "SJ"),
    (r"KH", "CH"),
    (r"F", "P"),
    (r"V", "F"),
    (r"Z", "S"),
    (r"DH", "D"),
    (r"TH", "T"),
    (r"RR", "R"),
    (r"I$", "IE"),
    (r"A([NR])$", r"AA\1"),
    (r"^(DWI|TRI) ", "DWI "),
)
_LONGEST = 24


def change(values: pa.Array, mask: Bools, function: Change, draws: Floats) -> pa.Array:
    """The values where the mask holds, changed; one draw for each of all values."""
    rows = np.flatnonzero(mask)
    if not len(rows):
        return values
    changed = function(values.take(pa.array(rows)), draws[rows])
    return pc.replace_with_mask(values, pa.array(mask), changed)


def by_group(
    values: pa.Array, group: Ints, functions: Sequence[Callable[[pa.Array], pa.Array]]
) -> pa.Array:
    """Each value through the function of its group."""
    order = np.argsort(group, kind="stable")
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    bounds = np.searchsorted(group[order], np.arange(len(functions) + 1))
    ranked = values.take(pa.array(order))
    parts = [
        f(ranked.slice(a, b - a))
        for f, a, b in zip(functions, bounds[:-1], bounds[1:], strict=True)
        if b > a
    ]
    return pa.concat_arrays(parts).take(pa.array(places)) if parts else values


def _slip(at: int, kind: int) -> Callable[[pa.Array], pa.Array]:
    """One slip of the finger at a place: two letters swapped, one left out, one doubled."""

    def apply(values: pa.Array) -> pa.Array:
        def cut(start: int, stop: int | None) -> pa.Array:
            return pc.utf8_slice_codeunits(values, start, stop)

        middle = (
            [cut(at + 1, at + 2), cut(at, at + 1)],
            [cut(at + 1, at + 2)],
            [cut(at, at + 1), cut(at, at + 2)],
        )[kind]
        return pc.binary_join_element_wise(cut(0, at), *middle, cut(at + 2, None), "")

    return apply


def mistyped(values: pa.Array, draws: Floats) -> pa.Array:
    """One slip of the finger in each value, after its first letter."""
    lengths = np.asarray(pc.fill_null(pc.utf8_length(values), 3), dtype=np.int64).clip(3, _LONGEST)
    spot = (draws * 3.0 % 1.0 * (lengths - 2)).astype(np.int64) + 1
    group = spot * 3 + (draws * 3.0).astype(np.int64)
    return by_group(
        values, group, [_slip(number // 3, number % 3) for number in range(_LONGEST * 3)]
    )


def respelled(values: pa.Array, draws: Floats) -> pa.Array:
    """Another spelling of each, where one applies; all occurrences are changed."""
    functions = [
        lambda part, p=pattern, r=other: pc.replace_substring_regex(part, p, r)
        for pattern, other in SPELLINGS
    ]
    return by_group(values, (draws * len(SPELLINGS)).astype(np.int64), functions)


def reversed_words(values: pa.Array, draws: Floats) -> pa.Array:  # noqa: ARG001
    """The last word first."""
    return pc.replace_substring_regex(values, r"^(.+) (\S+)$", r"\2 \1")


def cut_short(values: pa.Array, draws: Floats) -> pa.Array:  # noqa: ARG001
    """Without the last word, or, for one word, without its end."""
    return pc.replace_substring_regex(values, r"^(.+)( \S+)$|^(\S{4,})\S\S$", r"\1\3")


def initialled(values: pa.Array, draws: Floats) -> pa.Array:  # noqa: ARG001
    """The second word as an initial."""
    return pc.replace_substring_regex(values, r"^(\S+) (\S)\S+ (.+)$", r"\1 \2 \3")


def doubled(values: pa.Array, draws: Floats) -> pa.Array:  # noqa: ARG001
    """A single name written twice, as forms that want two words make people do."""
    return pc.replace_substring_regex(values, r"^(\S+)$", r"\1 \1")


def titled(values: pa.Array, draws: Floats) -> pa.Array:  # noqa: ARG001
    """With a hajj title."""
    return pc.binary_join_element_wise(pa.scalar("H. "), values, "")


def small(values: pa.Array, draws: Floats) -> pa.Array:
    """Not in capitals: title case, a few all small."""
    return pc.if_else(pa.array(draws < 0.9), pc.utf8_title(values), pc.utf8_lower(values))


def loosened(values: pa.Array, draws: Floats) -> pa.Array:
    """A document number in small letters or with a blank after its letters."""
    spaced = pc.replace_substring_regex(values, r"^([A-Z]+)", r"\1 ")
    return pc.if_else(pa.array(draws < 0.5), spaced, pc.utf8_lower(values))


def variants(values: pa.Array, draws: Floats, shares: Sequence[tuple[float, Change]]) -> pa.Array:
    """A share of the values through each change; the shares follow one another from 0."""
    start = 0.0
    for share, function in shares:
        mask = (draws >= start) & (draws < start + share)
        values = change(values, mask, function, (draws - start).clip(0) / share % 1.0)
        start += share
    return values


def shifted_birth(day: Ints, draws: Floats) -> Ints:
    """A wrong date of birth: a part next to the right one, or 1 January of the year."""
    dates = day.astype("datetime64[D]")
    january = dates.astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    steps = np.asarray([1, -1, 10, 30, -31, 365, -366, 3652])
    moved = day + steps[(draws * 8.0 % 1.0 * len(steps)).astype(np.int64)]
    return np.where(draws < 0.25, january, moved)
