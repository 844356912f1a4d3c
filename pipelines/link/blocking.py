"""Blocking: which identities are worth comparing, by the rules of schemas/linkage.yaml.

A rule names parts (a word of the name, the birth date, a place, ...). Each part is a value, or a
list of values, that an identity has, and two identities become a pair where they share a value of
every part of one rule. Nothing is compared here; a pair depends on nothing but the two papers, and
on whether the one still looks for a partner.
"""

from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pipelines.link import compatible
from pipelines.link.model import BlockingRule, Kind, Model

DAY = 1
LEAST_NUMBER = 6  # characters of a document number that has halves
RENEWAL = "renewal"
SEX = "sex"
ATTRIBUTES = ("record_key", "kind", "sex", "birth_date", "birth_year", "nik", "document_number",
              "event_on", "event_country", "first_event_at", "last_event_at", "words",
              "whole_name", "word_pairs", "places")  # fmt: skip
Hold = Callable[[ir.Table], ir.Table]


@dataclass(frozen=True)
class Known:
    """What blocking and comparison know of the identities; each keyed by record_key.

    identities: SHAPE of `identities`. bearers (spelling, bearers): how many documents have a word
    so spelt. name_words: the reference table. entries(record_key, crossed_on, country_code): border
    entries on days and from countries that lists name. clusters(record_key, cluster_id,
    has_document, has_paper): who is one person already, and whether a document or a paper in lieu
    is among them.
    """

    identities: ir.Table
    bearers: ir.Table
    name_words: ir.Table
    entries: ir.Table
    clusters: ir.Table


@dataclass(frozen=True)
class Some:
    """The papers that came, went or changed: only pairs with one of them are made.

    touched (record_key) ask and answer; asking (record_key) have begun to ask.
    """

    touched: ir.Table
    asking: ir.Table


def pairs(
    known: Known,
    model: Model,
    hold: Hold = lambda table: table,
    *,
    asking: ir.Table | None = None,
    some: Some | None = None,
) -> ir.Table:
    """Pairs to compare. Key: record_key, anchor_key, kind (of model.kinds).

    `asking` (record_key, kind) are the papers that look for a partner, where that is known
    already. `hold` works out one rule after the other: all at once would need the memory of all.
    """
    lefts = _lefts(known, model, asking)
    rights = known.identities.select(*ATTRIBUTES, has_nik=_has_nik(known.identities))
    if some is None:
        whole, rights = hold(lefts), hold(rights)
        found = [hold(_pairs_by(r, whole, rights, known, model)) for r in model.blocking_rules]
    else:
        found = _some_pairs(lefts, rights, known, model, some, hold)
    return _worth_it(ibis.union(*found, distinct=True), known)


def _some_pairs(
    lefts: ir.Table, rights: ir.Table, known: Known, model: Model, some: Some, hold: Hold
) -> list[ir.Table]:
    """Pairs with one of `some`, rule by rule.

    Two passports are found from either side at once, so that those touched need only to ask.
    """
    both = some.touched.union(some.asking).distinct()
    asked = hold(lefts.semi_join(both, "record_key"))
    others = hold(lefts.filter(lefts.link != RENEWAL))
    answering = hold(rights.semi_join(some.touched, "record_key"))
    return [
        hold(found)
        for rule in model.blocking_rules
        for found in (
            _pairs_by(rule, asked, rights, known, model, is_left_few=True),
            _pairs_by(rule, others, answering, known, model, is_left_few=False),
        )
    ]


def _has_nik(papers: ir.Table) -> ir.BooleanValue:
    return compatible.valid_nik(papers).notnull()


def _lefts(known: Known, model: Model, asking: ir.Table | None) -> ir.Table:
    """The papers that look for a partner, with `link`, the kind of model for which they do."""
    papers = known.identities.select(*ATTRIBUTES, has_nik=_has_nik(known.identities))
    if asking is None:
        asking = asked_for(known, model)
    asked = papers.inner_join(asking.rename(link="kind"), "record_key")
    passports = papers.filter(papers.kind.isin(model.kind(RENEWAL).left))
    return asked.union(passports.mutate(link=ibis.literal(RENEWAL)).select(*asked.columns))


def asked_for(known: Known, model: Model) -> ir.Table:
    """(record_key, kind) of the papers that have no partner yet, by the kind they may be linked by.

    Passports are not among them: they always look for another.
    """
    papers = known.identities.select("record_key", "kind")
    found = [
        unresolved(papers.filter(papers.kind.isin(kind.left)), known.clusters, kind).select(
            "record_key", kind=ibis.literal(kind.name)
        )
        for kind in model.kinds
        if kind.name != RENEWAL
    ]
    return ibis.union(*found)


def _pairs_by(
    rule: BlockingRule,
    lefts: ir.Table,
    rights: ir.Table,
    known: Known,
    model: Model,
    is_left_few: bool | None = None,
) -> ir.Table:
    """Pairs of one rule; all its kinds at once, since the anchors are mostly the same.

    Where one side is few, the other is cut down to the values that it has, before its lists are
    taken apart.
    """
    kinds = [kind for kind in model.kinds if kind.name in rule.kinds]
    wanted = lefts.filter(lefts.link.isin(rule.kinds))
    if rule.undated:
        wanted = wanted.filter(wanted.birth_date.isnull())
    needs_no_nik = "nik" not in rule.parts  # of two passports one has no NIK, or the NIK decides
    if needs_no_nik and is_left_few is None:
        wanted = wanted.filter((wanted.link != RENEWAL) | ~wanted.has_nik)
    anchors = rights.filter(rights.kind.isin({paper for kind in kinds for paper in kind.right}))
    left = _with_parts(wanted, rule, LEFT, known, "link", "has_nik").rename(record_key="key")
    right = _with_parts(
        anchors, rule, RIGHT, known, anchor_kind="kind", anchor_has_nik="has_nik"
    ).rename(anchor_key="key")
    whole = [
        p for p in _keys(rule) if not (left[p].type().is_array() or right[p].type().is_array())
    ]
    if whole and is_left_few is not None:
        if is_left_few:
            right = right.semi_join(left, whole).view()
        else:
            left = left.semi_join(right, whole).view()
    left, right = _apart(left, rule), _apart(right, rule)
    met = left.inner_join(right, [*_keys(rule), *_two(left, right, rule)])
    if needs_no_nik:
        met = met.filter((met.link != RENEWAL) | ~met.has_nik | ~met.anchor_has_nik)
    fits = ibis.or_(*((met.link == kind.name) & met.anchor_kind.isin(kind.right) for kind in kinds))
    return met.filter(fits).select("record_key", "anchor_key", kind="link").distinct()


def _keys(rule: BlockingRule) -> list[str]:
    """The parts by which papers are joined; sex is looked at when they are."""
    return [part for part in rule.parts if part != SEX]


def _two(lefts: ir.Table, rights: ir.Table, rule: BlockingRule) -> list[ir.BooleanValue]:
    """That two papers are two; and of one sex, and in use one after the other, where asked for.

    A sex that is not known may be either.
    """
    two = [lefts.record_key != rights.anchor_key]
    if SEX in rule.parts:
        two.append((lefts.sex == rights.sex) | lefts.sex.isnull() | rights.sex.isnull())
    if rule.in_turn:
        two.append((lefts.last_at <= rights.first_at) | (rights.last_at <= lefts.first_at))
    return two


def unresolved(papers: ir.Table, clusters: ir.Table, kind: Kind) -> ir.Table:
    """`papers` (record_key, ...) that have no partner of the kind's right side yet."""
    if kind.name == RENEWAL:
        return papers
    resolved = clusters.has_document
    if "splp" in kind.right:
        resolved = resolved | clusters.has_paper
    return papers.anti_join(clusters.filter(resolved), "record_key")


def _with_parts(
    papers: ir.Table, rule: BlockingRule, side: "Side", known: Known, *kept: str, **renamed: str
) -> ir.Table:
    """(key, part, part, ..., first_at, last_at): the parts of a rule, lists as they are."""
    own = {part: side[part](papers) for part in _keys(rule) if part in side}
    columns = {name: papers[name] for name in kept} | {n: papers[c] for n, c in renamed.items()}
    if SEX in rule.parts:
        columns |= {SEX: ibis.cases((papers.sex.isin(("L", "P")), papers.sex))}
    if rule.in_turn:
        columns |= {"first_at": papers.first_event_at, "last_at": papers.last_event_at}
    table = papers.select(key="record_key", **own, **columns).drop_null(list(own))
    if "arrival" in rule.parts and "arrival" not in side:
        table = table.inner_join(_entered(known), "key")
    return table


def _apart(papers: ir.Table, rule: BlockingRule) -> ir.Table:
    """Every combination of the values of the parts."""
    for part in _keys(rule):
        if papers[part].type().is_array():
            papers = papers.unnest(part)
    return papers


def _worth_it(pairs: ir.Table, known: Known) -> ir.Table:
    """Without pairs of two different valid NIK, which are two people.

    Of two passports the one in use first is the record, the other its anchor.
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
    turned = (t.kind == RENEWAL) & is_later.fill_null(False)
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


# Parts: of a paper by itself, an array where it has several

Side = dict[str, Callable[[ir.Table], ir.Value]]


def _number_half(papers: ir.Table) -> ir.ArrayValue:
    """The halves of a document number: one slip leaves the other half as it was."""
    number = papers.document_number
    middle = number.length() // 2
    halves = ibis.array(
        [ibis.literal("<") + number.left(middle), number.substr(middle) + ibis.literal(">")]
    )
    return ibis.cases((number.length() >= LEAST_NUMBER, halves))


def _returned(papers: ir.Table) -> ir.ArrayValue:
    country, day = papers.event_country, papers.event_on
    days = ibis.array([_arrival(country, day, step) for step in (-DAY, 0, DAY)])
    return ibis.cases((country.notnull() & day.notnull(), days))


def _entered(known: Known) -> ir.Table:
    """(key, arrival): the entries on documents, by country and day."""
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


RIGHT: Side = {
    "birth_date": lambda t: t.birth_date,
    "birth_year": lambda t: t.birth_year,
    "birth_month": _date_parts("year", "month"),
    "birth_day": _date_parts("year", "day"),
    "birthday": _date_parts("month", "day"),
    "birth_swapped": _in_order,
    "near_birth_year": lambda t: t.birth_year,
    "nik": lambda t: t.nik,
    "word": lambda t: t.words,
    "words": lambda t: t.word_pairs,
    "whole_name": lambda t: t.whole_name,
    "place": lambda t: t.places,
    "number_half": _number_half,
}
LEFT: Side = RIGHT | {
    "birth_swapped": _swapped,
    "near_birth_year": _near_birth_year,
    "arrival": _returned,
}
