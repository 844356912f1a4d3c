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
ATTRIBUTES = ("record_key", "kind", "name", "sex", "birth_date", "birth_year", "nik",
              "document_number", "event_on", "event_country", "first_event_at",
              "last_event_at")  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What blocking and comparison know of the identities; each keyed by record_key.

    identities: SHAPE of `identities`. words(name, word, spelling, bits): a row per word of a name.
    places(record_key, place_code). entries(record_key, crossed_on, country_code): border entries
    on days and from countries that lists name. clusters(record_key, cluster_id, has_document,
    has_paper): who is one person already, and whether a document or a paper in lieu is among them.
    parts: tables (key, part) of HELD for all identities, where they are worked out already.
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
    hold: Callable[[ir.Table], ir.Table] = lambda table: table,
    *,
    asked: ir.Table | None = None,
    answering: ir.Table | None = None,
) -> ir.Table:
    """Pairs to compare. Key: record_key, anchor_key, kind (of model.kinds).

    `asked` (record_key) are the only records to find anchors for, `answering` (record_key) the only
    anchors, where given. `hold` works out one rule after the other: all at once would need the
    memory of all.
    """
    records = open_papers(known, model)
    if asked is not None:
        records = records.semi_join(asked, "record_key")
    anchors = known.identities
    if answering is not None:
        anchors = anchors.semi_join(answering, "record_key")
    records, anchors = hold(records), hold(anchors)
    found = [hold(_pairs_by(known, rule, records, anchors, model)) for rule in model.blocking_rules]
    return _worth_it(ibis.union(*found, distinct=True), known)


def open_papers(known: Known, model: Model) -> ir.Table:
    """The papers that have no partner yet, once for each kind that they may be linked by.

    Columns: ATTRIBUTES, has_nik (a valid one) and `link` (a kind of the model).
    """
    papers = known.identities.select(
        *ATTRIBUTES, has_nik=compatible.valid_nik(known.identities).notnull()
    )
    found = [
        unresolved(papers.filter(papers.kind.isin(kind.left)), known.clusters, kind).mutate(
            link=ibis.literal(kind.name)
        )
        for kind in model.kinds
    ]
    return ibis.union(*found)


def _pairs_by(
    known: Known, rule: BlockingRule, records: ir.Table, papers: ir.Table, model: Model
) -> ir.Table:
    """Pairs of one rule; all its kinds at once, since the anchors are mostly the same."""
    kinds = [kind for kind in model.kinds if kind.name in rule.kinds]
    wanted = records.filter(records.link.isin(rule.kinds))
    if rule.undated:
        wanted = wanted.filter(wanted.birth_date.isnull())
    if "nik" not in rule.parts:  # of two passports one has no NIK, or the NIK decides
        wanted = wanted.filter((wanted.link != "renewal") | ~wanted.has_nik)
    anchors = papers.filter(papers.kind.isin({paper for kind in kinds for paper in kind.right}))
    lefts = _keyed(known, wanted, rule, LEFT).rename(record_key="key")
    rights = _keyed(known, anchors, rule, RIGHT).rename(anchor_key="key")
    met = (
        lefts.inner_join(rights, [*rule.parts, *_apart(lefts, rights, rule)])
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


def _apart(lefts: ir.Table, rights: ir.Table, rule: BlockingRule) -> list[ir.BooleanValue]:
    """That two papers are two, and in use one after the other where the rule asks for it."""
    two = [lefts.record_key != rights.anchor_key]
    if rule.in_turn:
        two.append((lefts.last_at <= rights.first_at) | (rights.last_at <= lefts.first_at))
    return two


def unresolved(papers: ir.Table, clusters: ir.Table, kind: Kind) -> ir.Table:
    """`papers` (record_key, ...) that have no partner of the kind's right side yet."""
    if kind.name == "renewal":
        return papers
    resolved = clusters.has_document
    if "splp" in kind.right:
        resolved = resolved | clusters.has_paper
    return papers.anti_join(clusters.filter(resolved), "record_key")


def _keyed(known: Known, papers: ir.Table, rule: BlockingRule, side: "Side") -> ir.Table:
    """(key, part, part, ..., first_at, last_at): every combination of values of the parts."""
    own = {part: side.values[part](papers) for part in rule.parts if part in side.values}
    in_use = {"first_at": papers.first_event_at, "last_at": papers.last_event_at}
    table = papers.select(key="record_key", **own, **(in_use if rule.in_turn else {}))
    for part, value in own.items():
        if value.type().is_array():
            table = table.unnest(part)
    others = (side.tables[part](known, papers) for part in rule.parts if part in side.tables)
    return reduce(
        lambda keyed, other: keyed.inner_join(other, "key"), others, table.drop_null(list(own))
    )


def worked_out(hold: Callable[[ir.Table], ir.Table], known: Known) -> Known:
    """`known` with the parts that follow from names worked out, once for all rules."""
    made = {part: hold(TABLES[part](known, known.identities)) for part in HELD}
    return replace(known, parts=made)


def _worth_it(pairs: ir.Table, known: Known) -> ir.Table:
    """Without pairs of two different valid NIK, which are two people.

    Of two passports the one in use first is the record, the other its anchor. It depends on nothing
    but the two papers.
    """
    papers = known.identities.select(
        "record_key", "first_event_at", nik=compatible.valid_nik(known.identities)
    )
    beside = _beside(_beside(pairs, papers, "record_key", "l"), papers, "anchor_key", "r")
    t = beside.view()
    two_niks = (t.nik_l != t.nik_r).fill_null(False)
    is_later = (t.first_event_at_l > t.first_event_at_r) | (
        (t.first_event_at_l == t.first_event_at_r) & (t.record_key > t.anchor_key)
    )
    turned = (t.kind == "renewal") & is_later.fill_null(False)
    return (
        t.filter(~two_niks)
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


@dataclass(frozen=True)
class Side:
    """The parts of the papers of one side.

    values: of a paper by itself, an array where it has several. tables(key, part): of names, places
    and entries.
    """

    values: dict[str, Callable[[ir.Table], ir.Value]]
    tables: dict[str, Callable[[Known, ir.Table], ir.Table]]


def _held(part: str, table: Callable[[Known, ir.Table], ir.Table]) -> Callable[..., ir.Table]:
    """A part for all papers, where it is worked out already."""
    return lambda known, papers: known.parts[part] if part in known.parts else table(known, papers)


def _of_name(part: str, values: Callable[[ir.Table], ir.Table]) -> Callable[..., ir.Table]:
    """A part that follows from the name: worked out for the names, then given to the papers."""

    def table(known: Known, papers: ir.Table) -> ir.Table:
        long = known.words.filter(known.words.spelling.length() >= LEAST_WORD)
        of_names = values(long).select("name", part).distinct()
        return papers.select("name", key="record_key").inner_join(of_names, "name").drop("name")

    return table


def _two_words(words: ir.Table) -> ir.Table:
    """Two words of a name together; of a single name its word."""
    one, other = words, words.view()
    both = one.inner_join(other, [one.name == other.name, one.spelling < other.spelling])
    pairs = both.select(name=one.name, words=one.spelling.hash() ^ other.spelling.hash())
    spellings = words.group_by("name").agg(first=_.spelling.min(), last=_.spelling.max())
    single = spellings.filter(_["first"] == _["last"])
    return pairs.union(single.select("name", words=single["first"].hash()))


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
    return whole.select(key="record_key", number_half=halves.unnest())


def _place(known: Known, papers: ir.Table) -> ir.Table:  # noqa: ARG001
    return known.places.select(key="record_key", place=known.places.place_code.hash())


def _returned(papers: ir.Table) -> ir.ArrayValue:
    country, day = papers.event_country, papers.event_on
    days = ibis.array([_arrival(country, day, step) for step in (-DAY, 0, DAY)])
    return ibis.cases((country.notnull() & day.notnull(), days))


def _entered(known: Known, papers: ir.Table) -> ir.Table:  # noqa: ARG001
    entered = known.entries
    arrival = _arrival(entered.country_code, entered.crossed_on, 0)
    return entered.select(key="record_key", arrival=arrival).distinct()


def _arrival(country: ir.StringValue, day: ir.DateValue, step: int) -> ir.IntegerValue:
    number = day.delta(ibis.date("1970-01-01"), unit="day") + step
    return (country + ibis.literal(" ") + number.cast("string")).hash()


def _near_birth_year(papers: ir.Table) -> ir.ArrayValue:
    return ibis.array([papers.birth_year + step for step in (-1, 0, 1)])


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


TABLES: dict[str, Callable[[Known, ir.Table], ir.Table]] = {
    "word": _of_name("word", lambda words: words.mutate(word=words.spelling.hash())),
    "words": _of_name("words", _two_words),
    "whole_name": _of_name("whole_name", _all_words),
    "place": _place,
    "sex": _sex,
}
HELD = tuple(TABLES)  # worked out once for all rules
RIGHT = Side(
    values={
        "birth_date": lambda t: t.birth_date,
        "birth_year": lambda t: t.birth_year,
        "birth_month": _date_parts("year", "month"),
        "birth_day": _date_parts("year", "day"),
        "birthday": _date_parts("month", "day"),
        "birth_swapped": _in_order,
        "near_birth_year": lambda t: t.birth_year,
        "nik": lambda t: t.nik,
    },
    tables={part: _held(part, table) for part, table in TABLES.items()}
    | {"number_half": _number_half, "arrival": _entered},
)
LEFT = Side(
    values=RIGHT.values
    | {
        "birth_swapped": _swapped,
        "near_birth_year": _near_birth_year,
        "arrival": _returned,
    },
    tables={part: table for part, table in RIGHT.tables.items() if part != "arrival"},
)
