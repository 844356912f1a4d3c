"""The probabilistic pass: known identities -> scored pairs -> links, in two rounds.

Everything that is used more than once is worked out once by `hold` (the scratch of the engine that
the tables live on); nothing is read or written besides.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import duckdb
import ibis
import ibis.expr.types as ir

from pipelines.link import blocking, choice, clusters, deterministic, evidence, names, scores
from pipelines.link import judgements as judged
from pipelines.link.blocking import Known
from pipelines.link.model import Model, Weights

Hold = Callable[[ir.Table], ir.Table]
LINK = ("source", "record_key", "anchor_key", "token", "rule", "link_probability")
CANDIDATE = ("record_key", "anchor_key", "kind", "match_weight", "link_probability", "evidence",
             "decision")  # fmt: skip
PAPERS = {"placement": "penempatan", "list": "pemulangan"}
PAIR = ["record_key", "anchor_key", "kind"]
ASKED = ["record_key", "kind"]


def words_of(hold: Hold, distinct: ir.Table, name_words: ir.Table) -> ir.Table:
    """The words of names in their forms (see `evidence.words`). Takes (name), distinct."""
    spoken = hold(names.spoken(distinct))
    dictionary = hold(names.dictionary(spoken.select("word").distinct(), name_words))
    return hold(evidence.words(spoken, dictionary))


def weighed_words(hold: Hold, identities: ir.Table, name_words: ir.Table) -> ir.Table:
    """The words of all names on `identities`, with what each proves (`evidence.weighed`)."""
    words = words_of(hold, hold(identities.select("name").drop_null().distinct()), name_words)
    counted = hold(evidence.bearers(evidence.named_documents(identities), words))
    return hold(evidence.weighed(words, counted, name_words))


def known(
    hold: Hold,
    identities: ir.Table,
    places: ir.Table,
    crossings: ir.Table,
    words: ir.Table,
) -> Known:
    """What is known of the identities before they are compared; nobody is one person yet.

    Takes identities, (record_key, place_code), standardised crossings and `evidence.weighed`.
    """
    return Known(
        identities=numbered(with_travel_document(identities)),
        words=words,
        places=hold(places),
        entries=hold(_entries(crossings, identities)),
        clusters=hold(nobody(identities)),
    )


def numbered(identities: ir.Table) -> ir.Table:
    """`identities` with `paper`, a number that follows from the record_key.

    Whole numbers join several times faster than texts, and millions of pairs are made.
    """
    return identities.mutate(paper=identities.record_key.hash())


def with_travel_document(identities: ir.Table) -> ir.Table:
    """`identities` with travel_document: the number of which they are the bearer."""
    is_bearer = identities.record_key == ibis.literal("D:") + identities.document_number
    return identities.mutate(travel_document=ibis.cases((is_bearer, identities.document_number)))


class Numbers:
    """Numbers instead of keys while pairs are made and compared; see `numbered`."""

    def __init__(self, hold: Hold, known: Known) -> None:
        self.keys = known.identities.select("record_key", "paper")
        coded = replace(
            known,
            identities=known.identities.drop("record_key").rename(record_key="paper"),
            places=hold(self.of(known.places)),
            entries=hold(self.of(known.entries)),
            clusters=hold(self.of(known.clusters)),
        )
        self.known = blocking.worked_out(hold, coded)

    def of(self, rows: ir.Table, *others: str) -> ir.Table:
        """`rows` with the number of each key in record_key, and in the other columns."""
        for column in ("record_key", *others):
            keys = self.keys.select("paper", named="record_key")
            joined = rows.inner_join(keys, [(column, "named")]).drop(column, "named")
            rows = joined.rename({column: "paper"})
        return rows

    def named(self, rows: ir.Table, column: str = "record_key") -> ir.Table:
        """`rows` with the record_key of each number in `column`."""
        keys = self.keys.select(paper="paper", named="record_key")
        joined = rows.inner_join(keys, [(column, "paper")]).drop(column, "paper")
        return joined.rename({column: "named"})


def nobody(identities: ir.Table) -> ir.Table:
    """The clusters before anybody is linked: none."""
    none = identities.filter(ibis.literal(False)).select("record_key", cluster_id="record_key")
    return none.mutate(has_document=ibis.literal(False), has_paper=ibis.literal(False))


def _entries(crossings: ir.Table, identities: ir.Table) -> ir.Table:
    """Entries on days and from countries of which a list speaks, a day more or less."""
    listed = identities.filter(identities.kind == "list").select("event_on", "event_country")
    days = listed.distinct().mutate(step=ibis.array([-blocking.DAY, 0, blocking.DAY]).unnest())
    wanted = days.select(
        crossed_on=days.event_on + days.step.as_interval("D"), country_code="event_country"
    ).distinct()
    entered = crossings.filter(~crossings.is_exit & crossings.document_number.notnull())
    met = entered.semi_join(wanted, ["crossed_on", "country_code"])
    return met.select(
        "crossed_on", "country_code", record_key=ibis.literal("D:") + met.document_number
    )


def compared(hold: Hold, known: Known, pairs: ir.Table, crossings: ir.Table) -> ir.Table:
    """Numbered pairs ready to be scored; see `evidence.compared`."""
    trips = hold(evidence.trips(crossings, documents(pairs, known.identities)))
    return hold(scores.numbered(evidence.compared(known, pairs, trips)))


def documents(pairs: ir.Table, identities: ir.Table) -> ir.Table:
    """(record_key, travel_document) of every bearer of a document among the pairs."""
    ends = pairs.select("record_key").union(pairs.select(record_key="anchor_key")).distinct()
    bearers = identities.select("record_key", "travel_document").drop_null()
    return bearers.semi_join(ends, "record_key")


def scored(
    con: duckdb.DuckDBPyConnection, hold: Hold, compared: ir.Table, model: Model, weights: Weights
) -> ir.Table:
    """Key: record_key, anchor_key. Columns: kind, match_weight (bits), evidence."""
    with scores.scored(con, hold, compared, model, weights) as of_pair:
        told = of_pair.select(
            "match_weight", pair_id=f"{scores.PAIR}_l", evidence=scores.evidence(of_pair, model)
        )
        keys = compared.select(scores.PAIR, "record_key", "anchor_key", "kind")
        return hold(keys.inner_join(told, scores.PAIR).drop(scores.PAIR))


def links(decided: ir.Table) -> ir.Table:
    """The linked pairs in the shape of identity.links; token and rule name the kind."""
    made = decided.filter(decided.decision == choice.LINKED)
    source = ibis.cases(*((made.kind == k, s) for k, s in PAPERS.items()), else_="perlintasan")
    return made.select(
        "record_key", "anchor_key", "link_probability",
        source=ibis.cases((made.kind == "list_paper", "pemulangan"), else_=source),
        token=ibis.literal("evidence:") + made.anchor_key,
        rule=made.kind,
    ).select(*LINK)  # fmt: skip


class Stored(NamedTuple):
    """What earlier nights have compared, and what of it no longer holds.

    pairs and asked are those of `Found`; touched (record_key) the papers that came, went or
    changed, or whose crossings did; reweighed (name) the names of which a word now proves more or
    less.
    """

    pairs: ir.Table
    asked: ir.Table
    touched: ir.Table
    reweighed: ir.Table


class Found(NamedTuple):
    """links: of identity.links. members(record_key, cluster_id, ...). candidates: all scored pairs
    that are open, with their probability and decision.

    pairs (record_key, anchor_key, kind, match_weight, evidence) are newly compared, or all where
    nothing was stored; stale those that they replace. asked (record_key, kind) are the papers that
    anchors were looked for.
    """

    links: ir.Table
    members: ir.Table
    candidates: ir.Table
    pairs: ir.Table
    stale: ir.Table
    asked: ir.Table


class Linking:
    """One run of the passes over known identities; keeps what the steps share."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        hold: Hold,
        known: Known,
        model: Model,
        weights: Weights,
    ) -> None:
        self.con, self.hold, self.known = con, hold, known
        self.model, self.weights = model, weights

    def members(self, links: ir.Table) -> ir.Table:
        """(record_key, cluster_id, has_document, has_paper) of the identities that links touch."""
        nodes, edges = self.hold(clusters.nodes(links)), self.hold(clusters.edges(links))
        made = clusters.connected(self.con, nodes.op().name, edges.op().name)
        backend = nodes.get_backend()
        found = backend.table(made)
        keyed = found.select("cluster_id", record_key="unique_id")
        papers = self.known.identities.select("record_key", "kind")
        whole = ibis.window(group_by="cluster_id")
        told = keyed.inner_join(papers, "record_key").mutate(
            has_document=lambda t: (t.kind == "document").any().over(whole),
            has_paper=lambda t: (t.kind == "splp").any().over(whole),
        )
        members = self.hold(told.drop("kind"))
        backend.drop_table(made)
        return members

    def population(self) -> ir.Table:
        """(kind, papers): how many papers there are to choose from, in steps of BITS."""
        papers = self.known.identities
        counted = [
            papers.filter(papers.kind.isin(kind.right)).agg(papers=lambda t: t.count())
            .mutate(kind=ibis.literal(kind.name))
            for kind in self.model.kinds
        ]  # fmt: skip
        together = ibis.union(*counted)
        steps = evidence.step(ibis.greatest(together.papers, 1))
        return together.select("kind", papers=ibis.literal(2.0) ** steps)

    def decided(self, scored: ir.Table, members: ir.Table, number: int) -> ir.Table:
        """The pairs of one round that are not one person yet, with probability and decision."""
        kinds = [kind for kind in self.model.kinds if kind.round == number]
        of_kind = (scored.filter(scored.kind == kind.name) for kind in kinds)
        open_pairs = (
            blocking.unresolved(pairs, members, kind)
            for pairs, kind in zip(of_kind, kinds, strict=True)
        )
        called = choice.probable(
            ibis.union(*open_pairs), members, self.population(), self.model, self.weights
        )
        return self.hold(
            choice.decided(called.filter(called.left_id != called.right_id), self.model)
        )

    def run(self, judgements: ir.Table, crossings: ir.Table, stored: Stored | None = None) -> Found:
        """Deterministic links, judgements, then the two rounds, under the constraints.

        Takes identity.judgements and standardised crossings. What is `stored` is not compared
        again; the result is the same.
        """
        papers, apart = self.known.identities, judged.apart(judgements)
        same = judged.links(judgements).semi_join(papers, "record_key")
        same = same.semi_join(papers, [("anchor_key", "record_key")])
        certain = self.hold(
            deterministic.links(papers, self.model.rules).select(*LINK).union(same.select(*LINK))
        )
        before = self.members(certain)
        pairs, stale, asked = self.compared(before, crossings, stored)
        together = stored.pairs.anti_join(stale, PAIR).union(pairs) if stored else pairs
        told = judged.paired(_apart(together, before))
        barred = told.semi_join(apart, judged.PAIR)
        open_pairs = self.hold(told.anti_join(apart, judged.PAIR).drop(*judged.PAIR))
        first = self.decided(open_pairs, before, 1)
        so_far = self.hold(certain.union(links(first)))
        second = self.decided(open_pairs, self.members(so_far), 2)
        made = self.hold(so_far.union(links(second)))
        kept, members = self.held(made, crossings, apart)
        decided = _with_fate(first.union(second), kept)
        candidates = self.hold(decided.union(_barred(barred, decided)))
        return Found(kept, members, candidates, pairs, stale, asked)

    def compared(
        self, clusters: ir.Table, crossings: ir.Table, stored: Stored | None
    ) -> tuple[ir.Table, ir.Table, ir.Table]:
        """The pairs, stale and asked of `Found`, once `clusters` are known to be one person.

        What is stored of two papers stays, unless one of them was touched, one of the names proves
        something else, or the paper that asks has stopped to.
        """
        numbers = Numbers(self.hold, replace(self.known, clusters=clusters))
        asking = self.hold(numbers.named(_asking(blocking.open_papers(numbers.known, self.model))))
        if stored is None:
            gone = None
            blocked = blocking.pairs(numbers.known, self.model, self.hold)
        else:
            gone, again = self._outdated(stored, asking)
            newly = asking.anti_join(stored.asked, ASKED).select("record_key")
            sides = {"asked": stored.touched.union(newly), "answering": stored.touched}
            found = [
                blocking.pairs(
                    numbers.known, self.model, self.hold, **{side: numbers.of(papers)}
                ).select(*PAIR)
                for side, papers in sides.items()
            ]
            blocked = ibis.union(*found, numbers.of(again, "anchor_key").select(*PAIR))
        ready = compared(self.hold, numbers.known, self.hold(blocked.distinct()), crossings)
        scored_pairs = scored(self.con, self.hold, ready, self.model, self.weights)
        pairs = self.hold(numbers.named(numbers.named(scored_pairs), "anchor_key"))
        if stored is None or gone is None:
            return pairs, pairs.limit(0), asking
        replaced = gone.union(pairs.select(*PAIR)).distinct()
        return pairs, self.hold(stored.pairs.semi_join(replaced, PAIR)), asking

    def _outdated(self, stored: Stored, asking: ir.Table) -> tuple[ir.Table, ir.Table]:
        """Stored pairs (PAIR) that are to be found again, and those only to be scored again.

        A passport never stops to ask.
        """
        pairs = stored.pairs
        names = self.known.identities.select("record_key", "name")
        reweighed = self.hold(names.semi_join(stored.reweighed, "name").select("record_key"))
        silent = pairs.filter(pairs.kind != "renewal").anti_join(asking, ASKED)
        gone = self.hold(silent.union(_with_end(pairs, stored.touched)).select(*PAIR).distinct())
        weighed = _with_end(pairs, reweighed).select(*PAIR).distinct()
        return gone, self.hold(weighed.anti_join(gone, PAIR))

    def held(
        self, links: ir.Table, crossings: ir.Table, apart: ir.Table
    ) -> tuple[ir.Table, ir.Table]:
        """Links and clusters that break no constraint, as far as giving up links can do it."""
        ruled = tuple(rule.name for rule in self.model.rules)
        key = ["record_key", "anchor_key", "token", "rule"]
        members = self.members(links)
        doubtful = self.hold(_doubtful(members, links, apart, ruled))
        bearers = self.known.identities.select("record_key", "travel_document").drop_null()
        travelled = bearers.semi_join(doubtful, "record_key")
        trips = self.hold(evidence.trips(crossings, travelled))
        for _ in range(clusters.ROUNDS):
            doubtful = self.hold(_doubtful(members, links, apart, ruled))
            broken = self.hold(clusters.broken(doubtful, self.known.identities, trips, apart))
            given_up = self.hold(clusters.weakest(links, members, broken, ruled))
            if not given_up.count().to_pyarrow().as_py():
                break
            links = self.hold(links.anti_join(given_up, key))
            members = self.members(links)
        return links, members


def _asking(open_papers: ir.Table) -> ir.Table:
    """(record_key, kind) of the papers that are looked for; passports always are."""
    asking = open_papers.filter(open_papers.link != "renewal")
    return asking.select("record_key", kind="link")


def _apart(pairs: ir.Table, clusters: ir.Table) -> ir.Table:
    """Pairs that are not one person already."""
    left = clusters.select("record_key", left_id="cluster_id")
    right = clusters.select(anchor_key="record_key", right_id="cluster_id")
    one = left.inner_join(right, [("left_id", "right_id")]).select("record_key", "anchor_key")
    return pairs.anti_join(one, ["record_key", "anchor_key"])


def _with_end(pairs: ir.Table, papers: ir.Table) -> ir.Table:
    """Pairs of which either end is among `papers`; one with both comes twice."""
    anchored = pairs.semi_join(papers, [("anchor_key", "record_key")])
    return pairs.semi_join(papers, "record_key").union(anchored)


def _doubtful(
    members: ir.Table, links: ir.Table, apart: ir.Table, ruled: tuple[str, ...]
) -> ir.Table:
    """`members` of the clusters that have a link to give up."""
    weighed = links.filter(~links.rule.isin(ruled)).select("record_key")
    touched = weighed.union(apart.select(record_key="low_key"))
    theirs = members.semi_join(touched, "record_key").select("cluster_id").distinct()
    return members.semi_join(theirs, "cluster_id")


def _with_fate(decided: ir.Table, kept: ir.Table) -> ir.Table:
    """The pairs as identity.candidates; a link that was given up is a `conflict`."""
    held = kept.select("record_key", "anchor_key", is_kept=ibis.literal(True)).distinct()
    joined = decided.left_join(held, ["record_key", "anchor_key"])
    lost = (joined.decision == choice.LINKED) & joined.is_kept.isnull()
    return joined.select(*CANDIDATE[:-1], decision=lost.ifelse("conflict", joined.decision))


def _barred(barred: ir.Table, like: ir.Table) -> ir.Table:
    """Pairs that were judged two people: scored, and not asked."""
    said = barred.mutate(link_probability=ibis.literal(0.0), decision=ibis.literal(choice.JUDGED))
    return said.select(**{c: said[c].cast(like[c].type()) for c in CANDIDATE})


def kept(candidates: ir.Table) -> ir.Table:
    """Candidates from a floor of probability on, and all that were linked or judged."""
    is_worth = candidates.link_probability >= choice.FLOOR
    return candidates.filter(is_worth | candidates.decision.isin((choice.LINKED, choice.JUDGED)))
