"""Blocking: which identities are worth comparing, by the rules of schemas/linkage.yaml.

A rule names parts (a word of the name, the birth date, a place, ...). Each part is a table of the
values that an identity has of it, and two identities become a pair where they share a value of
every part of one rule. Nothing is compared here, and no pair of a person with itself is made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import ibis
import ibis.expr.types as ir

from pipelines.link import compatible
from pipelines.link.model import BlockingRule, Kind, Model

DAY = 1
LEAST_WORD = 2  # letters; initials are no key


@dataclass(frozen=True)
class Known:
    """What blocking and comparison know of the identities; each keyed by record_key.

    identities: SHAPE of `identities`. words(name, word, spelling, bits): a row per word of a name.
    places(record_key, place_code). entries(record_key, crossed_on, country_code): border entries
    on days and from countries that lists name. clusters(record_key, cluster_id, has_document,
    has_paper): who is one person already, and whether a document or a paper in lieu is among them.
    """

    identities: ir.Table
    words: ir.Table
    places: ir.Table
    entries: ir.Table
    clusters: ir.Table


def pairs(known: Known, model: Model, asked: ir.Table | None = None) -> ir.Table:
    """Pairs to compare. Key: record_key, anchor_key; `kind` is that of model.kinds.

    `asked` (record_key) are the only records to find anchors for, where given.
    """
    found = [
        _pairs_of(known, rule, kind, asked)
        for rule in model.blocking_rules
        for kind in model.kinds
        if kind.name in rule.kinds
    ]
    together = ibis.union(*found, distinct=True)
    return _worth_it(together, known)


def _pairs_of(
    known: Known, rule: BlockingRule, kind: Kind, asked: ir.Table | None = None
) -> ir.Table:
    papers = known.identities
    wanted = unresolved(papers.filter(papers.kind.isin(kind.left)), known.clusters, kind)
    if asked is not None:
        wanted = wanted.semi_join(asked, "record_key")
    if rule.undated:
        wanted = wanted.filter(wanted.birth_date.isnull())
    anchors = papers.filter(papers.kind.isin(kind.right))
    lefts = _keyed(known, wanted, rule, LEFT).rename(record_key="key")
    rights = _keyed(known, anchors, rule, RIGHT).rename(anchor_key="key")
    joined = lefts.inner_join(rights, [*rule.parts])
    return joined.select("record_key", "anchor_key", kind=ibis.literal(kind.name)).distinct()


def unresolved(papers: ir.Table, clusters: ir.Table, kind: Kind) -> ir.Table:
    """`papers` (record_key, ...) that have no partner of the kind's right side yet."""
    if kind.name == "renewal":
        return papers
    resolved = clusters.has_document
    if "splp" in kind.right:
        resolved = resolved | clusters.has_paper
    return papers.anti_join(clusters.filter(resolved), "record_key")


def _keyed(known: Known, papers: ir.Table, rule: BlockingRule, side: "Side") -> ir.Table:
    """(key, part, part, ...): every combination of values that a paper has of the parts."""
    tables = [side[part](known, papers) for part in rule.parts]
    return reduce(lambda table, other: table.inner_join(other, "key").drop_null(), tables)


def _worth_it(pairs: ir.Table, known: Known) -> ir.Table:
    """Without pairs that are one person already, or that cannot be.

    Two different valid NIK are two people. Of two passports the one in use first is the record, the
    other its anchor.
    """
    papers = known.identities.select(
        "record_key", "first_event_at", nik=compatible.valid_nik(known.identities)
    )
    beside = _beside(_beside(pairs, papers, "record_key", "l"), papers, "anchor_key", "r")
    clusters = known.clusters.select("record_key", "cluster_id")
    clustered = _beside(_beside(beside, clusters, "record_key", "l"), clusters, "anchor_key", "r")
    t = clustered.view()
    is_one = (t.cluster_id_l == t.cluster_id_r).fill_null(False)
    two_niks = (t.nik_l != t.nik_r).fill_null(False)
    is_first = (t.first_event_at_l < t.first_event_at_r) | (
        (t.first_event_at_l == t.first_event_at_r) & (t.record_key < t.anchor_key)
    )
    follows = (t.kind != "renewal") | is_first.fill_null(False)
    apart = t.record_key != t.anchor_key
    return t.filter(apart & ~is_one & ~two_niks & follows).select(*pairs.columns)


def _beside(pairs: ir.Table, papers: ir.Table, key: str, suffix: str) -> ir.Table:
    """`pairs` with the columns of the papers on one side, named with the suffix."""
    renamed = papers.rename({f"{c}_{suffix}": c for c in papers.columns if c != "record_key"})
    columns = [c for c in renamed.columns if c != "record_key"]
    joined = pairs.left_join(renamed, pairs[key] == renamed.record_key)
    return joined.select(*pairs.columns, *columns)


# Parts


Side = dict[str, Callable[[Known, ir.Table], ir.Table]]


def _value(part: str, value: Callable[[ir.Table], ir.Value]) -> Callable[..., ir.Table]:
    def table(known: Known, papers: ir.Table) -> ir.Table:  # noqa: ARG001
        return papers.select(key="record_key", **{part: value(papers)}).drop_null()

    return table


def _word(known: Known, papers: ir.Table) -> ir.Table:
    named = papers.select(key="record_key", name="name").inner_join(known.words, "name")
    long = named.filter(named.spelling.length() >= LEAST_WORD)
    return long.select("key", word="spelling").distinct()


def _words(known: Known, papers: ir.Table) -> ir.Table:
    """Every two words of a name."""
    one = _word(known, papers)
    other = one.view()
    both = one.inner_join(other, [one.key == other.key, one.word < other.word])
    return both.select(key=one.key, words=one.word + ibis.literal(" ") + other.word)


def _name(known: Known, papers: ir.Table) -> ir.Table:
    """All words of a name, in no order."""
    words = known.words
    spelt = words.group_by("name").agg(
        spelt=words.spelling.group_concat(" ", order_by=words.spelling)
    )
    named = papers.select(key="record_key", name="name").inner_join(spelt, "name")
    return named.select("key", name="spelt")


def _initial(known: Known, papers: ir.Table) -> ir.Table:
    word = _word(known, papers)
    return word.select("key", initial=word.word.left(1)).distinct()


def _place(known: Known, papers: ir.Table) -> ir.Table:
    placed = known.places.semi_join(papers, "record_key")
    return placed.select(key="record_key", place="place_code")


def _listed_arrival(known: Known, papers: ir.Table) -> ir.Table:  # noqa: ARG001
    returned = papers.filter(papers.event_on.notnull() & papers.event_country.notnull())
    days = returned.mutate(step=ibis.array([-DAY, 0, DAY]).unnest())
    return days.select(
        key="record_key", arrival=_arrival(days.event_country, days.event_on, days.step)
    )


def _entered(known: Known, papers: ir.Table) -> ir.Table:
    entered = known.entries.semi_join(papers, "record_key")
    return entered.select(
        key="record_key",
        arrival=_arrival(entered.country_code, entered.crossed_on, ibis.literal(0)),
    ).distinct()


def _arrival(country: ir.StringValue, day: ir.DateValue, step: ir.IntegerValue) -> ir.StringValue:
    number = day.delta(ibis.date("1970-01-01"), unit="day") + step
    return country + ibis.literal(" ") + number.cast("string")


def _near_birth_year(known: Known, papers: ir.Table) -> ir.Table:  # noqa: ARG001
    near = papers.mutate(step=ibis.array([-1, 0, 1]).unnest())
    return near.select(key="record_key", near_birth_year=near.birth_year + near.step).drop_null()


def _date_parts(first: str, second: str) -> Callable[[ir.Table], ir.Value]:
    def value(papers: ir.Table) -> ir.Value:
        date = papers.birth_date
        parts = {"year": date.year(), "month": date.month(), "day": date.day()}
        return parts[first] * 100 + parts[second]

    return value


def _swapped(papers: ir.Table) -> ir.Value:
    date = papers.birth_date
    return (date.year() * 100 + date.day()) * 100 + date.month()


def _in_order(papers: ir.Table) -> ir.Value:
    date = papers.birth_date
    return (date.year() * 100 + date.month()) * 100 + date.day()


RIGHT: Side = {
    "birth_date": _value("birth_date", lambda t: t.birth_date),
    "birth_month": _value("birth_month", _date_parts("year", "month")),
    "birth_day": _value("birth_day", _date_parts("year", "day")),
    "birthday": _value("birthday", _date_parts("month", "day")),
    "birth_swapped": _value("birth_swapped", _in_order),
    "near_birth_year": _value("near_birth_year", lambda t: t.birth_year),
    "word": _word,
    "words": _words,
    "name": _name,
    "initial": _initial,
    "nik": _value("nik", lambda t: t.nik),
    "sex": _value("sex", lambda t: t.sex),
    "place": _place,
    "arrival": _entered,
}
LEFT: Side = RIGHT | {
    "birth_swapped": _value("birth_swapped", _swapped),
    "near_birth_year": _near_birth_year,
    "arrival": _listed_arrival,
}
