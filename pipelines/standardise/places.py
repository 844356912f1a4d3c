"""Regions in words or codes to today's Kemendagri codes. Ambiguous stays null, never guessed.

Everything is one lookup of compact keys in tables of words, so a code with or without its dot, a
retired code, `Kab.`, `Kodya`, `Lomboktimur` and `LOTIM` need no rules of their own.
"""

from typing import NamedTuple

import ibis
import ibis.expr.types as ir

from pipelines import reference
from pipelines.standardise import addresses, words

# How a kind is written before a name, as compact keys. The bare name comes first.
KABUPATEN = ("", "KABUPATEN", "KAB", "KABUPATENADMINISTRASI", "KABADM", "KABADMINISTRASI",
             "KABUPATENDATIII", "KABUPATENDAERAHTINGKATII", "KABDATIII")  # fmt: skip
KOTA = ("", "KOTA", "KODYA", "KOTAMADYA", "KOTAADMINISTRASI", "KOTAADM", "KOTIF",
        "KOTAADMINISTRATIF", "KOTAMADYAADMINISTRASI", "KOTAMADYADATIII", "KODYADATIII",
        "KOTAMADYADAERAHTINGKATII")  # fmt: skip
PROVINCE = ("", "PROVINSI", "PROPINSI", "PROV", "PROP")
DISTRICT = ("", "KECAMATAN", "KEC", "DISTRIK")

# Spelling before 1972, tried only where the word as written names no region.
OLD_SPELLING = {"OE": "U", "TJ": "C", "DJ": "J"}

# What speaks for a regency. A district decides between regencies of one name, and between no
# others: the regency's own name always weighs more.
BY_NAME, BY_OLD_SPELLING, BY_DISTRICT = 4, 2, 1


PLACE_KEY = ("province_word", "regency_word", "district_word")


class Regions(NamedTuple):
    """The reference tables of regions (`pipelines.reference`)."""

    provinces: ir.Table
    regencies: ir.Table
    districts: ir.Table
    aliases: ir.Table
    retired: ir.Table
    former_provinces: ir.Table

    @classmethod
    def shipped(cls) -> "Regions":
        """The tables of `data/reference/`."""
        return cls(
            provinces=reference.memtable("provinces"),
            regencies=reference.memtable("regencies"),
            districts=reference.memtable("districts"),
            aliases=reference.memtable("region_aliases"),
            retired=reference.memtable("retired_regencies"),
            former_provinces=reference.memtable("former_provinces"),
        )


@words.once
def province_words(regions: Regions) -> ir.Table:
    """Words that mean a province. Key: word. Columns: word, province_code."""
    names = regions.provinces.select("code", text=regions.provinces["name"])
    aliases = regions.aliases.select("code", text="alias")
    aliases = aliases.filter(aliases.code.length() == 2)
    named = names.union(aliases).mutate(prefix=ibis.array(list(PROVINCE)).unnest())
    codes = regions.provinces.select(word="code", province_code="code")
    return codes.union(_keyed(named, "province_code")).distinct()


@words.once
def regency_words(regions: Regions) -> ir.Table:
    """Words that can mean a regency. Key: word, regency_code; some words mean two.

    Columns: word, regency_code (today's).
    """
    kinds = regions.regencies.select("code", "kind", text=regions.regencies["name"])
    aliases = regions.aliases.select("code", alias_text="alias")
    named = kinds.union(kinds.inner_join(aliases, "code").select("code", "kind", text="alias_text"))
    is_city = named.kind == "KOTA"
    prefixed = named.mutate(
        prefix=is_city.ifelse(ibis.array(list(KOTA)), ibis.array(list(KABUPATEN))).unnest()
    )
    full = _keyed(prefixed, "regency_code")
    short = full.mutate(word=full.word.replace("KEPULAUAN", "KEP"))
    codes = ibis.union(
        regions.regencies.select(text="code", regency_code="code"),
        regions.retired.select(text="old_code", regency_code="code"),
    ).select(word=lambda t: t.text.replace(".", ""), regency_code="regency_code")
    return ibis.union(codes, full, short, distinct=True)


@words.once
def district_words(regions: Regions) -> ir.Table:
    """Words that can mean a district. Key: word, district_code; many words mean several.

    Columns: word, regency_code, district_code.
    """
    districts = regions.districts.select("code", "regency_code", text=regions.districts["name"])
    named = districts.mutate(prefix=ibis.array(list(DISTRICT)).unnest())
    words_of = named.select(
        word=named.prefix + words.compact(named.text),
        regency_code="regency_code",
        district_code="code",
    )
    codes = districts.select(
        word=districts.code.replace(".", ""), regency_code="regency_code", district_code="code"
    )
    return codes.union(words_of).distinct()


def located(
    records: ir.Table,
    regions: Regions,
    *,
    regency: ir.StringValue,
    district: ir.StringValue,
    province: ir.StringValue | None = None,
) -> ir.Table:
    """`records` with province_code, regency_code and district_code of today, null when unclear.

    The three values are columns of `records` as delivered, of which one may hold several places
    (`addresses`); see `resolved` for the rules.
    """
    given = ibis.literal("") if province is None else province
    told = addresses.told(records, given, regency, district)
    worded = told.mutate(
        province_word=words.compact(told.said_province).fill_null(""),
        regency_word=words.compact(told.said_regency).fill_null(""),
        district_word=words.compact(told.said_district).fill_null(""),
    ).view()
    region = resolved(worded.select(*PLACE_KEY).distinct(), regions)
    columns = [*records.columns, "province_code", "regency_code", "district_code"]
    return worded.left_join(region, PLACE_KEY).select(*columns)


def resolved(asked: ir.Table, regions: Regions) -> ir.Table:
    """Today's codes of places as papers give them.

    `asked` has the compact keys province_word, regency_word, district_word ('' when missing), one
    row each. The result adds province_code, regency_code, district_code; each is null unless
    exactly one region fits. A province that is given rules out regencies that neither are nor were
    in it; one that is not follows from the regency, or from all regencies that a name can mean.
    """
    placed = _with_province(asked, regions)
    fitting = _fitting(_candidates(placed, regions), regions)
    found = fitting.group_by(PLACE_KEY).agg(
        regencies=fitting.regency_code.nunique(),
        one_regency=fitting.regency_code.min(),
        provinces=fitting.regency_code.left(2).nunique(),
        one_province=fitting.regency_code.left(2).min(),
    )
    joined = placed.left_join(found, PLACE_KEY).select(
        *placed.columns, "regencies", "one_regency", "provinces", "one_province"
    )
    regency = (joined.regencies == 1).ifelse(joined.one_regency, ibis.null(str))
    province = (joined.provinces == 1).ifelse(joined.one_province, ibis.null(str))
    coded = joined.select(
        *PLACE_KEY,
        province_code=ibis.coalesce(regency.left(2), joined.given_province, province),
        regency_code=regency,
    )
    return _with_district(coded, regions)


def birth_places(raw: ir.StringColumn, regions: Regions, majority: float) -> ir.Table:
    """The distinct birth places in `raw` with their regions. Key: birth_place.

    Columns: birth_place, province_code, regency_code, likely_regency_code. A birth place is a
    regency, else a province, else a district; `Bandung` is two regencies and gives only its
    province. So does `Cirebon`, but seven in eight of its people live in the one of the two, which
    is likely_regency_code: the one with at least the share `majority` of the people of both.
    """
    distinct = raw.name("birth_place").as_table().distinct()
    keyed = distinct.mutate(word=words.compact(distinct.birth_place))
    places = keyed.filter(keyed.word.notnull())
    as_regency = _asked_once(places, "regency_word")
    as_district = _asked_once(places, "district_word")
    regency = resolved(as_regency, regions).filter(lambda t: t.province_code.notnull())
    district = resolved(as_district, regions).filter(lambda t: t.province_code.notnull())
    province = province_words(regions)
    by_name = regency.select(word="regency_word", p1="province_code", r1="regency_code")
    by_province = province.select(word="word", p2="province_code")
    by_district = district.select(word="district_word", p3="province_code", r3="regency_code")
    found = places
    for table in (by_name, by_province, by_district):
        found = found.left_join(table, "word").drop("word_right")
    no_name = found.p1.isnull() & found.p2.isnull()
    found = found.select(
        "birth_place", "word",
        province_code=ibis.coalesce(found.p1, found.p2, found.p3),
        regency_code=no_name.ifelse(found.r3, found.r1),
    )  # fmt: skip
    likely = _likely(regions, majority)
    return found.left_join(likely, ["word", "province_code"]).select(
        "birth_place", "province_code", "regency_code", "likely_regency_code"
    )


def _likely(regions: Regions, majority: float) -> ir.Table:
    """Words that mean several regencies of a province, and the one where most people live.

    Key: word, province_code. Column: likely_regency_code.
    """
    people = regions.regencies.select(regency_code="code", people="population")
    meant = regency_words(regions).inner_join(people, "regency_code")
    shared = meant.group_by("word", province_code=meant.regency_code.left(2)).agg(
        meanings=meant.count(),
        share=meant.people.max() / meant.people.sum(),
        likely_regency_code=meant.regency_code.argmax(meant.people),
    )
    is_likely = (shared.meanings > 1) & (shared.share >= majority)
    return shared.filter(is_likely).select("word", "province_code", "likely_regency_code")


@words.once
def namesakes(regions: Regions) -> ir.Table:
    """Regencies under the smallest code of those that share their name. Key: regency_code.

    Columns: regency_code, place_code. Kota Bandung and Kabupaten Bandung are one place: papers say
    Bandung. For comparing people, not for publishing.
    """
    named = regions.regencies.select("code", word=words.compact(regions.regencies["name"]))
    smallest = named.code.min().over(ibis.window(group_by="word"))
    return named.select(regency_code="code", place_code=smallest)


def place_words(raw: ir.StringColumn, regions: Regions) -> ir.Table:
    """Words for a place with the one place that they mean (`namesakes`). Key: place_word.

    Columns: place_word, place_code. A word is a regency's name, else a district's; one that means
    several is left out.
    """
    asked = raw.name("place_word").as_table().distinct()
    keyed = asked.mutate(word=words.compact(asked.place_word))
    by_name = _one_place(regency_words(regions), regions)
    by_district = _one_place(district_words(regions).select("word", "regency_code"), regions)
    found = keyed.left_join(by_name.rename(by_name="place_code"), "word").left_join(
        by_district.rename(by_district="place_code"), "word"
    )
    coded = found.select("place_word", place_code=found.by_name.coalesce(found.by_district))
    return coded.filter(coded.place_code.notnull())


def _one_place(meanings: ir.Table, regions: Regions) -> ir.Table:
    """(word, place_code) of the words that mean one place."""
    joined = meanings.inner_join(namesakes(regions), "regency_code")
    counted = joined.group_by("word").agg(
        place_code=joined.place_code.min(), places=joined.place_code.nunique()
    )
    return counted.filter(counted.places == 1).select("word", "place_code")


def _asked_once(places: ir.Table, column: str) -> ir.Table:
    blank = {c: ibis.literal("") for c in PLACE_KEY}
    return places.select(**(blank | {column: places.word})).distinct()


def _keyed(named: ir.Table, code: str) -> ir.Table:
    keyed = named.select(word=named.prefix + words.compact(named.text), code=named.code)
    return keyed.rename({code: "code"})


def _with_province(asked: ir.Table, regions: Regions) -> ir.Table:
    """`asked` with given_province: what its province column says, were it a regency's name."""
    provinces = province_words(regions)
    regencies = regency_words(regions).anti_join(provinces, "word")
    spread = regencies.group_by("word").agg(
        province_code=regencies.regency_code.left(2).min(),
        provinces=regencies.regency_code.left(2).nunique(),
    )
    of_one = spread.filter(spread.provinces == 1).select("word", "province_code")
    known = provinces.union(of_one)
    return (
        asked.left_join(known, asked.province_word == known.word)
        .drop("word")
        .rename(given_province="province_code")
    )


def _candidates(placed: ir.Table, regions: Regions) -> ir.Table:
    """Every regency that anything speaks for, with the weight of what does."""
    regencies, districts = regency_words(regions), district_words(regions)
    old = placed.regency_word
    for before, after in OLD_SPELLING.items():
        old = old.replace(before, after)
    columns = [*placed.columns, "regency_code"]
    found = [
        placed.inner_join(regencies, placed.regency_word == regencies.word)[columns].mutate(
            weight=BY_NAME
        ),
        placed.inner_join(regencies, old == regencies.word)[columns].mutate(weight=BY_OLD_SPELLING),
        placed.inner_join(districts, placed.district_word == districts.word)[columns].mutate(
            weight=BY_DISTRICT
        ),
    ]
    return ibis.union(*found).distinct()


def _fitting(candidates: ir.Table, regions: Regions) -> ir.Table:
    """The candidates in the given province that most speaks for."""
    inside = _inside_province(candidates, regions)
    weighed = inside.group_by(*PLACE_KEY, "regency_code").agg(weight=inside.weight.sum())
    best = weighed.weight.max().over(ibis.window(group_by=PLACE_KEY))
    return weighed.mutate(best=best).filter(lambda t: t.weight == t.best).drop("best")


def _inside_province(candidates: ir.Table, regions: Regions) -> ir.Table:
    """Candidates in the given province, or named as a regency that was in it before a split.

    Papers go on saying Papua for Merauke. A district alone does not reach across a split.
    """
    former = regions.former_provinces.select(
        given_province="former_code", province_today="code", law="law"
    )
    today = candidates.mutate(province_today=candidates.regency_code.left(2))
    both = today.left_join(former, ["given_province", "province_today"]).select(
        *today.columns, "law"
    )
    was_inside = both.law.notnull() & (both.weight > BY_DISTRICT)
    is_inside = both.given_province.isnull() | (both.given_province == both.province_today)
    return both.filter(is_inside | was_inside)


def _with_district(coded: ir.Table, regions: Regions) -> ir.Table:
    districts = district_words(regions).rename(district_word="word")
    joined = coded.left_join(districts, ["district_word", "regency_code"])
    return joined.select(*coded.columns, "district_code")
