"""Blocking: which identities are worth comparing, by the rules of schemas/linkage.yaml.

A rule names parts (a word of the name, the birth date, a place, ...). Each part is a table of the
values that an identity has of it, and two identities become a pair where they share a value of
every part of one rule. Nothing is compared here, and no pair of a person with itself is made.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import reduce

import ibis
import ibis.expr.types as ir
from ibis import _

from pipelines.link import compatible
from pipelines.link.model import BlockingRule, Kind, Model

DAY = 1
LEAST_WORD = 2  # letters; initials are no key
LEAST_NUMBER = 6  # characters of a document number that has halves


@dataclass(frozen=True)
class Known:
    """What blocking and comparison know of the identities; each keyed by record_key.

    identities: SHAPE of `identities`. words(name, word, spelling, bits): a row per word of a name.
    places(record_key, place_code). entries(record_key, crossed_on, country_code): border entries
    on days and from countries that lists name. clusters(record_key, cluster_id, has_document,
    has_paper): who is one person already, and whether a document or a paper in lieu is among them.
    parts: tables (key, part) of NAME_PARTS for all identities, where they are worked out already.
    """

    identities: ir.Table
    words: ir.Table
    places: ir.Table
    entries: ir.Table
    clusters: ir.Table
    parts: dict[str, ir.Table] = field(default_factory=dict)


def pairs(
    known: Known,
    model: Model,
    asked: ir.Table | None = None,
    hold: Callable[[ir.Table], ir.Table] = lambda table: table,
) -> ir.Table:
    """Pairs to compare. Key: record_key, anchor_key; `kind` is that of model.kinds.

    `asked` (record_key) are the only records to find anchors for, where given. `hold` works out one
    rule after the other: all at once would need the memory of all.
    """
    records = hold(open_papers(known, model, asked))
    found = [hold(_pairs_by(known, rule, records, model)) for rule in model.blocking_rules]
    return _worth_it(ibis.union(*found, distinct=True), known)


def open_papers(known: Known, model: Model, asked: ir.Table | None) -> ir.Table:
    """The papers that have no partner yet, once for each kind that they may be linked by.

    Columns: those of the identities and `link` (a kind of the model).
    """
    papers = known.identities
    if asked is not None:
        papers = papers.semi_join(asked, "record_key")
    found = [
        unresolved(papers.filter(papers.kind.isin(kind.left)), known.clusters, kind).mutate(
            link=ibis.literal(kind.name)
        )
        for kind in model.kinds
    ]
    return ibis.union(*found)


def _pairs_by(known: Known, rule: BlockingRule, records: ir.Table, model: Model) -> ir.Table:
    """Pairs of one rule; all its kinds at once, since the anchors are mostly the same."""
    kinds = [kind for kind in model.kinds if kind.name in rule.kinds]
    wanted = records.filter(records.link.isin(rule.kinds))
    if rule.undated:
        wanted = wanted.filter(wanted.birth_date.isnull())
    if "nik" not in rule.parts:  # of two passports one has no NIK, or the NIK decides
        has_nik = compatible.valid_nik(wanted).notnull()
        wanted = wanted.filter((wanted.link != "renewal") | ~has_nik)
    papers = known.identities
    anchors = papers.filter(papers.kind.isin({paper for kind in kinds for paper in kind.right}))
    lefts = _keyed(known, wanted, rule, LEFT).rename(record_key="key")
    rights = _keyed(known, anchors, rule, RIGHT).rename(anchor_key="key")
    met = (
        lefts.inner_join(rights, [*rule.parts, lefts.record_key != rights.anchor_key])
        .select("record_key", "anchor_key")
        .distinct()
    )
    ends = met.inner_join(wanted.select("record_key", "link"), "record_key").inner_join(
        anchors.select(anchor_key="record_key", anchor_kind="kind"), "anchor_key"
    )
    fits = ibis.or_(
        *((ends.link == kind.name) & ends.anchor_kind.isin(kind.right) for kind in kinds)
    )
    return ends.filter(fits).select("record_key", "anchor_key", kind="link")


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


def worked_out(hold: Callable[[ir.Table], ir.Table], known: Known) -> Known:
    """`known` with the parts that follow from names worked out, once for all rules."""
    made = {part: hold(RIGHT[part](known, known.identities)) for part in NAME_PARTS}
    return replace(known, parts=made)


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
    is_later = (t.first_event_at_l > t.first_event_at_r) | (
        (t.first_event_at_l == t.first_event_at_r) & (t.record_key > t.anchor_key)
    )
    turned = (t.kind == "renewal") & is_later.fill_null(False)
    return (
        t.filter(~is_one & ~two_niks)
        .select(
            record_key=turned.ifelse(t.anchor_key, t.record_key),
            anchor_key=turned.ifelse(t.record_key, t.anchor_key),
            kind="kind",
        )
        .distinct()
    )


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


def _of_name(part: str, values: Callable[[ir.Table], ir.Table]) -> Callable[..., ir.Table]:
    """A part that follows from the name: worked out for the names, then given to the papers."""

    def table(known: Known, papers: ir.Table) -> ir.Table:
        if part in known.parts:
            return known.parts[part].semi_join(papers, [("key", "record_key")])
        long = known.words.filter(known.words.spelling.length() >= LEAST_WORD)
        of_names = values(long).select("name", part).distinct()
        return papers.select("name", key="record_key").inner_join(of_names, "name").drop("name")

    return table


def _two_words(words: ir.Table) -> ir.Table:
    one, other = words, words.view()
    both = one.inner_join(other, [one.name == other.name, one.spelling < other.spelling])
    return both.select(name=one.name, words=one.spelling.hash() ^ other.spelling.hash())


def _all_words(words: ir.Table) -> ir.Table:
    spelt = words.spelling.group_concat(" ", order_by=words.spelling)
    return words.group_by("name").agg(whole=spelt).select("name", whole_name=_.whole.hash())


def _sex(known: Known, papers: ir.Table) -> ir.Table:  # noqa: ARG001
    """A sex that is not known may be either."""
    either = ibis.array(["L", "P"])
    given = papers.sex.isin(("L", "P")).ifelse(ibis.array([papers.sex]), either)
    return papers.select(key="record_key", sex=given.unnest())


def _number_half(known: Known, papers: ir.Table) -> ir.Table:  # noqa: ARG001
    """The halves of a document number: one slip leaves the other half as it was."""
    number = papers.document_number
    middle = number.length() // 2
    halves = ibis.array(
        [ibis.literal("<") + number.left(middle), number.substr(middle) + ibis.literal(">")]
    )
    whole = papers.filter(number.length() >= LEAST_NUMBER)
    return whole.select(key="record_key", number_half=halves.unnest()).drop_null()


def _place(known: Known, papers: ir.Table) -> ir.Table:
    placed = known.places.semi_join(papers, "record_key")
    return placed.select(key="record_key", place=placed.place_code.hash())


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


def _arrival(country: ir.StringValue, day: ir.DateValue, step: ir.IntegerValue) -> ir.IntegerValue:
    number = day.delta(ibis.date("1970-01-01"), unit="day") + step
    return (country + ibis.literal(" ") + number.cast("string")).hash()


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


NAME_PARTS = ("word", "words", "whole_name")
RIGHT: Side = {
    "birth_date": _value("birth_date", lambda t: t.birth_date),
    "birth_month": _value("birth_month", _date_parts("year", "month")),
    "birth_day": _value("birth_day", _date_parts("year", "day")),
    "birthday": _value("birthday", _date_parts("month", "day")),
    "birth_swapped": _value("birth_swapped", _in_order),
    "near_birth_year": _value("near_birth_year", lambda t: t.birth_year),
    "word": _of_name("word", lambda words: words.mutate(word=words.spelling.hash())),
    "words": _of_name("words", _two_words),
    "whole_name": _of_name("whole_name", _all_words),
    "number_half": _number_half,
    "nik": _value("nik", lambda t: t.nik),
    "sex": _sex,
    "place": _place,
    "arrival": _entered,
}
LEFT: Side = RIGHT | {
    "birth_swapped": _value("birth_swapped", _swapped),
    "near_birth_year": _near_birth_year,
    "arrival": _listed_arrival,
}
