"""Blocking: which identities are worth comparing, by the rules of schemas/linkage.yaml.

A rule names parts (a word of the name, the birth date, a place, ...). Each part is a value, or a
list of values, that an identity has, and two identities become a pair where they share a value of
every part of one rule. Nothing is compared here; a pair depends on nothing but the two papers, and
on whether the one still looks for a partner.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import ibis
import ibis.expr.types as ir

from pipelines.link import compatible
from pipelines.link.model import BlockingRule, Kind, Model
from pipelines.statements import Hold

DAY = 1
LEAST_NUMBER = 6  # characters of a document number that has halves
RENEWAL = "renewal"
SEX = "sex"
ATTRIBUTES = ("record_key", "kind", "sex", "birth_date", "birth_year", "nik", "document_number",
              "event_on", "event_country", "first_event_at", "last_event_at", "words",
              "whole_name", "word_pairs", "places")  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What blocking and comparison know of the identities; each keyed by record_key.

    identities: SHAPE of `identities`. bearers (spelling, bearers): how many documents have a word
    so spelt, or a birthday. name_words: the reference table. entries(record_key, crossed_on,
    country_code): border entries on days and from countries that lists name. clusters(record_key,
    cluster_id, has_document, has_paper): who is one person already, and whether a document or a
    paper in lieu is among them.
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
    rights = hold(_looked_at(known.identities))
    lefts = _lefts(rights, asked_for(known, model) if asking is None else asking, model)
    block = Blocking(known, model, hold)
    if some is None:
        lefts = hold(lefts)
        found = [
            block.pairs(rule, lefts, rights, None if RENEWAL in rule.kinds else LEFT)
            for rule in model.blocking_rules
        ]
    else:
        found = _some_pairs(block, lefts, rights, some)
    every = ibis.union(*found)
    if some is not None:
        rights = rights.semi_join(ends(every), "record_key")
    return _worth_it(every, rights)


def ends(rows: ir.Table) -> ir.Table:
    """(record_key) of both papers of links or pairs, once."""
    return rows.select("record_key").union(rows.select(record_key="anchor_key"), distinct=True)


def _some_pairs(block: "Blocking", lefts: ir.Table, rights: ir.Table, some: Some) -> list[ir.Table]:
    """Pairs with one of `some`, rule by rule; rules for which nobody asks are left out.

    Two passports are found from either side at once, so that those touched need only to ask.
    """
    both = some.touched.union(some.asking).distinct()
    asked = block.hold(lefts.semi_join(both, "record_key"))
    others = block.hold(lefts.filter(lefts.link != RENEWAL))
    answering = block.hold(rights.semi_join(some.touched, "record_key"))
    is_asked, may_ask = _links(asked), _links(others)
    found = [asked.limit(0).select("record_key", anchor_key="record_key", kind="link")]
    for rule in block.model.blocking_rules:
        if is_asked.intersection(rule.kinds):
            found.append(block.pairs(rule, asked, rights, LEFT, from_either=True))
        if may_ask.intersection(rule.kinds):
            found.append(block.pairs(rule, others, answering, RIGHT))
    return found


def _links(lefts: ir.Table) -> set[str]:
    """The kinds of link for which these papers look for a partner."""
    return set(lefts.select("link").distinct().to_pyarrow()["link"].to_pylist())


def _looked_at(papers: ir.Table) -> ir.Table:
    """What blocking looks at. `sex` where it is known; `valid_nik`, a number for each valid NIK,
    since numbers are compared faster."""
    nik = compatible.valid_nik(papers)
    return papers.mutate(
        sex=ibis.cases((papers.sex.isin(("L", "P")), papers.sex)),
        valid_nik=ibis.cases((nik.notnull(), nik.hash())),
    ).select(*ATTRIBUTES, "valid_nik")


def _lefts(papers: ir.Table, asking: ir.Table, model: Model) -> ir.Table:
    """The papers that look for a partner, with `link`, the kind of model for which they do."""
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


@dataclass(frozen=True)
class Blocking:
    """The pairs of one rule after the other; `hold` works out each before the next."""

    known: Known
    model: Model
    hold: Hold

    def pairs(
        self,
        rule: BlockingRule,
        lefts: ir.Table,
        rights: ir.Table,
        few: str | None,
        *,
        from_either: bool = False,
    ) -> ir.Table:
        """Pairs of a rule; all its kinds at once, since the anchors are mostly the same.

        `few` is the side that is small, if one is: the other is cut down to what it shares with it.
        Of two passports the left one has no NIK, or with `from_either` one of them.
        """
        kinds = [kind for kind in self.model.kinds if kind.name in rule.kinds]
        wanted = lefts.filter(lefts.link.isin(rule.kinds))
        if rule.undated:
            wanted = wanted.filter(wanted.birth_date.isnull())
        needs_no_nik = "nik" not in rule.parts  # else the NIK decides
        if needs_no_nik and not from_either:
            wanted = wanted.filter((wanted.link != RENEWAL) | wanted.valid_nik.isnull())
        anchors = rights
        if few != LEFT:  # which cuts them down to so few that looking at the kind costs more
            anchors = rights.filter(rights.kind.isin({p for kind in kinds for p in kind.right}))
        left = self._with_parts(wanted, rule, LEFT, link="link", nik_of="valid_nik")
        right = self._with_parts(
            anchors, rule, RIGHT, anchor_kind="kind", anchor_nik="valid_nik"
        ).rename(anchor_key="record_key")
        left, right = self._apart(left, right, rule, few)
        met = left.inner_join(right, ["key", *_two(left, right, rule)])
        if needs_no_nik:
            met = met.filter((met.link != RENEWAL) | met.nik_of.isnull() | met.anchor_nik.isnull())
        fits = ibis.or_(
            *((met.link == kind.name) & met.anchor_kind.isin(kind.right) for kind in kinds)
        )
        return self.hold(
            met.filter(fits).select("record_key", "anchor_key", kind="link").distinct()
        )

    def _with_parts(
        self, papers: ir.Table, rule: BlockingRule, side: str, **columns: str
    ) -> ir.Table:
        """(record_key, columns, part, part, ..., first_at, last_at): lists as they are."""
        values = PARTS[side]
        own = {part: values[part](papers) for part in _keys(rule) if part in values}
        others = {name: papers[column] for name, column in columns.items()}
        if SEX in rule.parts:
            others[SEX] = papers.sex
        if rule.in_turn:
            others |= {"first_at": papers.first_event_at, "last_at": papers.last_event_at}
        table = papers.select("record_key", **own, **others).drop_null(list(own))
        if "arrival" in rule.parts and "arrival" not in values:
            table = table.inner_join(self._entered, "record_key")
        return table

    @cached_property
    def _entered(self) -> ir.Table:
        return self.hold(_entered(self.known))

    def _apart(
        self, left: ir.Table, right: ir.Table, rule: BlockingRule, few: str | None
    ) -> tuple[ir.Table, ir.Table]:
        """Both sides with a key for every combination of the values of their parts.

        Of a large side only what agrees with the small one in the parts that are no lists: the
        rest need not be taken apart.
        """
        if few is None:
            return _keyed(left, rule), _keyed(right, rule)
        small, large = (left, right) if few == LEFT else (right, left)
        small = self.hold(_keyed(small, rule))
        if not small.count().to_pyarrow().as_py():
            large = large.limit(0)
        plain = [part for part in _keys(rule) if not _is_list(large, part)]
        large = _keyed(_shared(large, small, plain), rule)
        return (small, large) if few == LEFT else (large, small)


def _is_list(papers: ir.Table, part: str) -> bool:
    return bool(papers[part].type().is_array())


def _shared(large: ir.Table, small: ir.Table, parts: list[str]) -> ir.Table:
    """The rows of which the values of all `parts` are among those of the small side."""
    return large.semi_join(small.select(*parts).distinct(), parts).view() if parts else large


def _keyed(papers: ir.Table, rule: BlockingRule) -> ir.Table:
    """A row for every combination of the values of lists, with `key`, one number for all parts.

    Numbers join several times faster than texts and dates side by side. Two combinations with one
    number, once in 10^19, would be two papers compared in vain.
    """
    for part in _keys(rule):
        if _is_list(papers, part):
            # Not `Table.unnest`, a join of every row with its list in ten times the time.
            papers = papers.mutate(**{part: papers[part].unnest()})
    return papers.mutate(key=ibis.struct({part: papers[part] for part in _keys(rule)}).hash())


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
    # Who has a passport may have come home on a paper in lieu all the same.
    resolved = clusters.has_paper if "splp" in kind.right else clusters.has_document
    return papers.anti_join(clusters.filter(resolved), "record_key")


def _worth_it(pairs: ir.Table, papers: ir.Table) -> ir.Table:
    """Without pairs of two different valid NIK, which are two people.

    Of two passports the one in use first is the record, the other its anchor.
    """
    papers = papers.select("record_key", "first_event_at", nik="valid_nik")
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
LEFT, RIGHT = "left", "right"


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
    """(record_key, arrival): the entries on documents, by country and day."""
    entered = known.entries
    arrival = _arrival(entered.country_code, entered.crossed_on, 0)
    return entered.select("record_key", arrival=arrival).distinct()


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


ANCHORS: Side = {
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
PARTS: dict[str, Side] = {
    RIGHT: ANCHORS,
    LEFT: ANCHORS
    | {
        "birth_swapped": _swapped,
        "near_birth_year": _near_birth_year,
        "arrival": _returned,
    },
}
