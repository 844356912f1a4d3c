"""How people, places, dates and numbers are put into words on paper; shared by all sources."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.simulate import garble
from pipelines.simulate.atlas import regions
from pipelines.simulate.draws import Bools, Floats, Ints, keyed
from pipelines.simulate.nation import NO_DOCUMENT, NO_NAME, Nation, with_father

MONTHS_ID = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
    "Oktober",
    "November", "Desember",
)  # fmt: skip
#: First day of the date tables: everyone was born later.
_DATES_FROM = np.datetime64("1900-01-01")
_DATES_TO = np.datetime64("2100-01-01")
_FIRST = int((_DATES_FROM - np.datetime64("1970-01-01")).astype(int))
_PASSPORT_LETTERS = "ABCEX"
#: Steps that visit every number once: no divisor in common with the counts below.
_STRIDE = 15_485_863
_PASSPORTS = len(_PASSPORT_LETTERS) * 10_000_000


def texts(
    values: Sequence[str | None], draws: Floats, weights: Sequence[float] | None = None
) -> pa.Array:
    """One of a few words per draw."""
    steps = np.cumsum(np.ones(len(values)) if weights is None else weights)
    picked = np.searchsorted(steps / steps[-1], draws, side="right")
    return pa.array(values, pa.string()).take(pa.array(picked))


def blank(values: pa.Array, mask: Bools) -> pa.Array:
    """The values, empty where the mask holds."""
    return pc.if_else(pa.array(mask), pa.scalar(None, values.type), values)


def padded(numbers: npt.ArrayLike, width: int, before: str = "") -> pa.Array:
    """Whole numbers with leading zeros, after a fixed beginning."""
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0")
    return pc.binary_join_element_wise(before, digits, "") if before else digits


# --- dates ----------------------------------------------------------------------------------------


@cache
def _dates(form: int) -> pa.Array:
    """All days of two centuries, as 1990-12-31, 31-12-1990, 31/12/1990 or 31 Desember 1990."""
    iso = np.arange(_DATES_FROM, _DATES_TO).astype(str)
    parts = [(text[:4], text[5:7], text[8:]) for text in iso.tolist()]
    if form == 0:
        return pa.array(iso.tolist())
    if form in (1, 2):
        return pa.array(["-/"[form - 1].join((d, m, y)) for y, m, d in parts])
    return pa.array([f"{int(d)} {MONTHS_ID[int(m) - 1]} {y}" for y, m, d in parts])


def dates(days: Ints, draws: Floats, shares: Sequence[float] = (1.0,)) -> pa.Array:
    """Days since 1970 in one of the forms, in the shares given (ISO first)."""
    steps = np.cumsum(shares) / np.sum(shares)
    form = np.searchsorted(steps, draws, side="right")
    rows = days - _FIRST
    written = _dates(0).take(pa.array(rows))
    for number in range(1, len(shares)):
        mask = form == number
        written = pc.replace_with_mask(
            written, pa.array(mask), _dates(number).take(pa.array(rows[mask]))
        )
    return written


# --- documents ------------------------------------------------------------------------------------


def passports(person: Ints, second: Bools) -> pa.Array:
    """Passport numbers: one letter and seven digits, no number twice."""
    number = ((person.astype(np.int64) * 2 + second) * _STRIDE + 777_767) % _PASSPORTS
    letter = pa.array(list(_PASSPORT_LETTERS)).take(pa.array(number // 10_000_000))
    return pc.binary_join_element_wise(letter, padded(number % 10_000_000, 7), "")


def papers_in_lieu(trip: Ints) -> pa.Array:
    """SPLP numbers: XD and eight digits."""
    return padded((trip.astype(np.int64) * _STRIDE + 47_354_134) % 100_000_000, 8, "XD")


def border_passes(person: Ints) -> pa.Array:
    """PLB numbers: PLB and seven digits."""
    return padded((person.astype(np.int64) * 1_299_709 + 6_011_045) % 10_000_000, 7, "PLB")


def niks(nation: Nation, person: Ints) -> pa.Array:
    return pc.cast(pa.array(nation.people.nik[person]), pa.string())


# --- names ----------------------------------------------------------------------------------------

#: What a paper makes of a name: shares of each change, clean and harsh (LINKAGE: a quarter of the
#: names).
_CLEAN: tuple[tuple[float, garble.Change], ...] = (
    (0.012, garble.respelled),
    (0.004, garble.mistyped),
    (0.002, garble.cut_short),
    (0.002, garble.reversed_words),
    (0.002, garble.initialled),
    (0.002, garble.doubled),
)
_HARSH: tuple[tuple[float, garble.Change], ...] = (
    (0.065, garble.reversed_words),
    (0.065, garble.cut_short),
    (0.065, garble.mistyped),
    (0.020, garble.respelled),
)
_HARSH_FATHER = 0.065
HARSH_BIRTH, HARSH_PLACE = 0.04, 0.10


def name_on(
    nation: Nation,
    person: Ints,
    has_father: Bools,
    keys: Ints,
    harshness: float,
    factor: float = 1.0,
) -> pa.Array:
    """The name as one document or form has it: longer for some, a variant for a share.

    `keys` make the variant: rows with one key carry one name. `factor` multiplies the clean shares;
    `harshness` goes from 0 (clean) to 1 (harsh).
    """
    people, seed = nation.people, nation.seed
    base = people.name.take(pa.array(person))
    if harshness:
        has_father = has_father | (keyed(seed, keys, "harsh father") < _HARSH_FATHER * harshness)
    rows = np.flatnonzero(has_father)
    if len(rows):
        style = keyed(seed, person[rows], "father style")
        longer = with_father(
            base.take(pa.array(rows)),
            people.father[person[rows]],
            people.is_female[person[rows]],
            style,
        )
        base = pc.replace_with_mask(base, pa.array(has_father), longer)
    clean = ((share * factor * (1 - harshness), function) for share, function in _CLEAN)
    harsh = ((share * harshness, function) for share, function in _HARSH)
    shares = [(share, function) for share, function in (*harsh, *clean) if share]
    return garble.variants(base, keyed(seed, keys, "name on paper"), shares)


def with_placeholders(
    nation: Nation, person: Ints, name: pa.Array, number: pa.Array
) -> tuple[pa.Array, pa.Array]:
    """Placeholder names and numbers of those whom the papers cannot name."""
    kind = nation.people.placeholder[person]
    draws = keyed(nation.seed, person, "placeholder")
    nobody = texts(("NN", "TANPA NAMA", "UNKNOWN"), draws)
    nothing = texts(("-", "0000000", "00000000"), draws)
    return pc.if_else(pa.array(kind == NO_NAME), nobody, name), pc.if_else(
        pa.array(kind == NO_DOCUMENT), nothing, number
    )


# --- places ---------------------------------------------------------------------------------------


@cache
def birth_places() -> pa.Array:
    """Ways to write each regency as a birth place, regency by regency (see `birth_place`)."""
    here = regions()
    kinds = np.where(here.is_city, "KOTA", "KAB.")
    ways = []
    for name, kind in zip(here.names, kinds.tolist(), strict=True):
        capitals = name.upper()
        ways += [
            capitals,
            f"{kind} {capitals}",
            name,
            capitals.replace(" ", ""),
            capitals + " ",
            capitals.replace("TANJUNG", "TJ."),
        ]
    return pa.array(ways)


_BIRTH_PLACE_WAYS = (84.0, 5.0, 3.0, 1.5, 1.0, 0.5)
_DISTRICT_BORN = 0.05


def birth_place(nation: Nation, person: Ints, keys: Ints, harshness: float) -> pa.Array:
    """The birth place in words: the regency, seldom a district; mistyped or wrong for a share."""
    here, seed = regions(), nation.seed
    regency = nation.people.birth_regency[person]
    if harshness:
        wrong = keyed(seed, keys, "harsh place") < HARSH_PLACE * harshness
        anywhere = (keyed(seed, keys, "harsh where") * len(here.codes)).astype(np.int64)
        regency = np.where(wrong, anywhere, regency)
    steps = np.cumsum(_BIRTH_PLACE_WAYS) / np.sum(_BIRTH_PLACE_WAYS)
    way = np.searchsorted(steps, keyed(seed, keys, "birth place way"), side="right")
    written = birth_places().take(pa.array(regency * len(steps) + way))
    in_district = keyed(seed, person, "born in district") < _DISTRICT_BORN
    rows = np.flatnonzero(in_district)
    first, count = here.district_first[regency[rows]], here.district_count[regency[rows]]
    district = first + (keyed(seed, person[rows], "which district") * count).astype(np.int64)
    names = pc.utf8_upper(pa.array(here.district_names)).take(pa.array(district))
    written = pc.replace_with_mask(written, pa.array(in_district), names)
    return garble.variants(
        written, keyed(seed, keys, "birth place slip"), ((0.004, garble.mistyped),)
    )


def birth_date(
    nation: Nation, person: Ints, keys: Ints, harshness: float, wrong: float = 0.003
) -> Ints:
    """Birth days as a paper has them: a small share wrong."""
    draws = keyed(nation.seed, keys, "birth date")
    share = HARSH_BIRTH * harshness + wrong * (1 - harshness)
    right = nation.people.birth_day[person]
    return np.where(draws < share, garble.shifted_birth(right, draws / share % 1.0), right)
