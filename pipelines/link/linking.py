"""The passes over known identities: by number, by judgement, then by evidence in two rounds.

Works on everything, or on what has come since and whom it can reach, with one result. Everything
that is used more than once is worked out once by `hold`; nothing is read or written besides.
"""

from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import duckdb
import ibis
import ibis.expr.types as ir

from pipelines.link import blocking, choice, clusters, deterministic, evidence, matching
from pipelines.link import judgements as judged
from pipelines.link.blocking import Known, ends
from pipelines.link.identities import KEYS
from pipelines.link.matching import LINK, Numbers, numbered, travel_documents
from pipelines.link.model import Model, Weights
from pipelines.statements import Hold, Scratchpad

CANDIDATE = ("record_key", "anchor_key", "kind", "match_weight", "link_probability", "evidence",
             "decision")  # fmt: skip
PAIR = ["record_key", "anchor_key", "kind"]
ASKED = ["record_key", "kind"]
LINK_KEY = ["record_key", "anchor_key", "token", "rule"]
ENDS = ["record_key", "anchor_key"]


class Stored(NamedTuple):
    """What earlier nights have found, and what has come since.

    certain, pairs and asked are kept tables (see `Found`). changed are rows of identities that came
    or went, touched (record_key) theirs and those whose crossings alone changed, judged
    (record_key) those named by new judgements, reweighed (spelling) the words and birthdays that
    prove more or less than before. is_other_population: there is another number of papers to
    choose from.
    """

    certain: ir.Table
    pairs: ir.Table
    asked: ir.Table
    changed: ir.Table
    touched: ir.Table
    judged: ir.Table
    reweighed: ir.Table
    is_other_population: bool


class Kept(NamedTuple):
    """Rows of a kept table, and the rows of it that they replace; None: all."""

    fresh: ir.Table
    stale: ir.Table | None = None


class Found(NamedTuple):
    """links: of identity.links. members(record_key, cluster_id, ...). candidates: all scored pairs
    that are open, with their probability and decision. They are of the identities of `scope`
    (record_key), whose links were decided anew, or of all where it is None; these are `papers`.

    certain are links by number or judgement, pairs (record_key, anchor_key, kind, match_weight,
    evidence) what was compared, asked (record_key, kind) the papers that anchors were looked for.
    """

    scope: ir.Table | None
    papers: ir.Table
    links: ir.Table
    members: ir.Table
    candidates: ir.Table
    certain: Kept
    pairs: Kept
    asked: Kept


class Linking:
    """One run of the passes over known identities; keeps what the steps share."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        hold: Hold,
        known: Known,
        model: Model,
        weights: Weights,
        population: ir.Table | None = None,
        scratchpad: Scratchpad | None = None,
    ) -> None:
        """`population` is what there is to choose from, where not what is known is. Without a
        `scratchpad` all that is worked out stays with `hold`."""
        self.con, self.hold, self.known = con, hold, known
        self.scratchpad = scratchpad or (lambda: nullcontext(hold))
        self.model, self.weights = model, weights
        self._population = population

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

    @cached_property
    def population(self) -> ir.Table:
        """(kind, papers): how many papers there are to choose from; see `population`."""
        if self._population is not None:
            return self._population
        return self.hold(population(self.known.identities, self.model))

    def decided(self, scored: ir.Table, members: ir.Table, number: int) -> ir.Table:
        """The pairs of one round that are not one person yet, with probability and decision."""
        kinds = [kind for kind in self.model.kinds if kind.round == number]
        of_kind = (scored.filter(scored.kind == kind.name) for kind in kinds)
        open_pairs = (
            blocking.unresolved(pairs, members, kind)
            for pairs, kind in zip(of_kind, kinds, strict=True)
        )
        called = choice.probable(
            ibis.union(*open_pairs), members, self.population, self.model, self.weights
        )
        return self.hold(
            choice.decided(called.filter(called.left_id != called.right_id), self.model)
        )

    def run(self, judgements: ir.Table, crossings: ir.Table, stored: Stored | None = None) -> Found:
        """Deterministic links, judgements, then the two rounds, under the constraints.

        Takes identity.judgements and standardised crossings. With `stored` only what has come since
        is compared, and only those are decided anew whom it can reach; the result is the same.
        """
        certain = self.certain(judgements, stored)
        every = _together(stored.certain if stored else None, certain, LINK_KEY)
        near = self._near(stored, certain, every) if stored else None
        before = self.members(_within(every, near))
        asked = self.asked(before, near, stored)
        pairs = self.compared(asked, crossings, stored)
        scope = self._scope(stored, certain, every, pairs) if stored else None
        within = self._within(scope)
        compared = _together(_within(stored.pairs, scope) if stored else None, pairs, PAIR)
        links, members, candidates = within.decide(
            self.hold(_within(every, scope)), self.hold(self._worth(compared)), crossings,
            judged.apart(judgements),
        )  # fmt: skip
        papers = within.known.identities
        return Found(scope, papers, links, members, candidates, certain, pairs, asked)

    def _within(self, scope: ir.Table | None) -> "Linking":
        """The same over the identities of `scope`, choosing from as many.

        Their pairs are made already, so that what blocking looks for is left out.
        """
        if scope is None:
            return self
        papers = self.hold(self.known.identities.drop(*KEYS).semi_join(scope, "record_key"))
        known = replace(self.known, identities=papers)
        return Linking(self.con, self.hold, known, self.model, self.weights, self.population)

    def certain(self, judgements: ir.Table, stored: Stored | None) -> Kept:
        """Links by number and by judgement."""
        papers, rules = self.known.identities, self.model.rules
        same = judged.links(judgements).semi_join(papers, "record_key")
        same = same.semi_join(papers, [("anchor_key", "record_key")]).select(*LINK)
        if stored is None:
            return Kept(self.hold(deterministic.links(papers, rules).select(*LINK).union(same)))
        tokens = self.hold(deterministic.tokens(stored.changed, rules))
        sharing = self.hold(deterministic.sharing(papers, tokens, rules))
        links = deterministic.links(sharing, rules).semi_join(tokens, "token").select(*LINK)
        known = stored.certain
        stale = known.semi_join(tokens, "token").union(known.filter(known.rule == judged.RULE))
        return Kept(self.hold(links.union(same)), self.hold(stale))

    def asked(self, before: ir.Table, near: ir.Table | None, stored: Stored | None) -> Kept:
        """The papers without a partner `before` anything is compared, among those `near`."""
        known = replace(self.known, clusters=before)
        if near is None or stored is None:
            return Kept(self.hold(blocking.asked_for(known, self.model)))
        known = replace(known, identities=self.known.identities.semi_join(near, "record_key"))
        stale = self.hold(stored.asked.semi_join(near, "record_key"))
        return Kept(self.hold(blocking.asked_for(known, self.model)), stale)

    def compared(self, asked: Kept, crossings: ir.Table, stored: Stored | None) -> Kept:
        """The pairs, each with the weight of its evidence.

        What is stored of two papers stays, unless one of them was touched, a word of a name proves
        something else, or the paper that asks has stopped to.
        """
        if stored is None:
            return Kept(self._compared_by_number(asked.fresh, crossings))
        gone, again = self._outdated(stored, asked)
        some = blocking.Some(
            stored.touched, asked.fresh.anti_join(stored.asked, ASKED).select("record_key")
        )
        asking = _together(stored.asked, asked, ASKED)
        blocked = self._blocked(self.known, asking, self.hold, some, again)
        with self.scratchpad() as briefly:
            found = self.hold(self._scored(self.known, blocked, crossings, briefly))
        replaced = self.hold(gone.union(found.select(*PAIR)).distinct())
        return Kept(found, self.hold(stored.pairs.semi_join(replaced, PAIR)))

    def _compared_by_number(self, asked: ir.Table, crossings: ir.Table) -> ir.Table:
        """All pairs of the papers that ask (`asked`), scored."""
        with self.scratchpad() as briefly:
            numbers = Numbers(briefly, self.known)
            blocked = self._blocked(numbers.known, numbered(asked), briefly)
            found = self._scored(numbers.known, blocked, crossings, briefly)
            return self.hold(numbers.named(numbers.named(found), "anchor_key"))

    def _blocked(
        self,
        known: Known,
        asking: ir.Table,
        hold: Hold,
        some: blocking.Some | None = None,
        again: ir.Table | None = None,
    ) -> ir.Table:
        """The pairs to be scored, with those of `again`.

        What looking for them takes is given back, a quarter of the memory of a national night.
        """
        with self.scratchpad() as briefly:
            pairs = blocking.pairs(known, self.model, briefly, asking=briefly(asking), some=some)
            pairs = pairs.select(*PAIR)
            return hold(pairs if again is None else pairs.union(again).distinct())

    def _scored(self, known: Known, blocked: ir.Table, crossings: ir.Table, hold: Hold) -> ir.Table:
        ready = matching.compared(hold, known, blocked, crossings)
        return matching.scored(self.con, hold, ready, self.model, self.weights)

    def _outdated(self, stored: Stored, asked: Kept) -> tuple[ir.Table, ir.Table]:
        """Stored pairs (PAIR) that are to be found again, and those only to be scored again.

        A passport never stops to ask.
        """
        pairs, papers = stored.pairs.select(*PAIR), self.known.identities
        assert asked.stale is not None  # noqa: S101
        silent = pairs.semi_join(asked.stale.anti_join(asked.fresh, ASKED), ASKED)
        told = stored.reweighed.spelling
        reweighed = stored.reweighed.agg(
            is_every=(told == evidence.ALL).any(), is_dated=told.startswith(evidence.DATED).any()
        )
        [of] = reweighed.to_pyarrow().to_pylist()
        if of["is_every"]:
            weighed = near = pairs
        else:
            spelt = papers.select("record_key", spelling=papers.spellings.unnest())
            if of["is_dated"]:
                born = papers.select("record_key", spelling=evidence.birthday(papers.birth_date))
                spelt = spelt.union(born)
            borne = spelt.semi_join(stored.reweighed, "spelling").select("record_key").distinct()
            borne = self.hold(borne)
            near = self.hold(_with_end(pairs, borne.union(stored.touched)).distinct())
            weighed = _with_end(near, borne)
        gone = self.hold(silent.union(_with_end(near, stored.touched)).distinct())
        return gone, self.hold(weighed.distinct().anti_join(gone, PAIR))

    def _near(self, stored: Stored, certain: Kept, every: ir.Table) -> ir.Table:
        """(record_key) of all who may have, or have lost, a partner by number or judgement."""
        edges = every if certain.stale is None else every.union(certain.stale.select(*LINK))
        seeds = ibis.union(
            stored.touched.select("record_key"),
            *(ends(t) for t in (certain.fresh, certain.stale) if t is not None),
        )
        return clusters.reached(self.hold, seeds, edges)

    def _worth(self, scored: ir.Table) -> ir.Table:
        return choice.worth(scored, self.population, self.model)

    def _scope(
        self, stored: Stored, certain: Kept, every: ir.Table, pairs: Kept
    ) -> ir.Table | None:
        """(record_key) of all whom what has come can reach, by links or by pairs worth weighing,
        those that are there no longer among them.

        None for all: where there is another number of papers to choose from.
        """
        if stored.is_other_population or certain.stale is None or pairs.stale is None:
            return None
        worth = (self._worth(scored) for scored in (stored.pairs, pairs.fresh))
        edges = ibis.union(*(t.select(*ENDS) for t in (every, certain.stale, *worth)))
        seeds = ibis.union(
            stored.touched.select("record_key"),
            stored.judged.select("record_key"),
            *(ends(t) for t in (certain.fresh, certain.stale, pairs.fresh, pairs.stale)),
        )
        return clusters.reached(self.hold, seeds, self.hold(edges))

    def decide(
        self, certain: ir.Table, pairs: ir.Table, crossings: ir.Table, apart: ir.Table
    ) -> tuple[ir.Table, ir.Table, ir.Table]:
        """Links, members and candidates (see `Found`) of whoever the certain links and pairs join.

        Takes pairs that are worth weighing, and those judged to be two people.
        """
        before = self.members(certain)
        told = judged.paired(_apart(pairs, before))
        barred = told.semi_join(apart, judged.PAIR)
        open_pairs = self.hold(told.anti_join(apart, judged.PAIR).drop(*judged.PAIR))
        first = self.decided(open_pairs, before, 1)
        so_far = self.hold(certain.union(matching.links(first)))
        second = self.decided(open_pairs, self.members(so_far), 2)
        made = self.hold(so_far.union(matching.links(second)))
        kept, members = self.held(made, crossings, apart)
        decided = _with_fate(first.union(second), kept)
        return kept, members, self.hold(decided.union(_barred(barred, decided)))

    def held(
        self, links: ir.Table, crossings: ir.Table, apart: ir.Table
    ) -> tuple[ir.Table, ir.Table]:
        """Links and clusters that break no constraint, as far as giving up links can do it."""
        ruled = tuple(rule.name for rule in self.model.rules)
        members = self.members(links)
        doubtful = self.hold(_doubtful(members, links, apart, ruled))
        travelled = travel_documents(self.known.identities).semi_join(doubtful, "record_key")
        trips = self.hold(evidence.trips(crossings, travelled))
        for _ in range(clusters.ROUNDS):
            broken = self.hold(clusters.broken(doubtful, self.known.identities, trips, apart))
            given_up = self.hold(clusters.weakest(links, members, broken, ruled))
            if not given_up.count().to_pyarrow().as_py():
                break
            links = self.hold(links.anti_join(given_up, LINK_KEY))
            members = self.members(links)
            doubtful = self.hold(_doubtful(members, links, apart, ruled))
        return links, members


def population(identities: ir.Table, model: Model) -> ir.Table:
    """(kind, papers): how many papers there are to choose from, in steps of evidence.BITS."""
    counted = [
        identities.filter(identities.kind.isin(kind.right)).agg(papers=lambda t: t.count())
        .mutate(kind=ibis.literal(kind.name))
        for kind in model.kinds
    ]  # fmt: skip
    together = ibis.union(*counted)
    steps = evidence.step(ibis.greatest(together.papers, 1))
    return together.select("kind", papers=ibis.literal(2.0) ** steps)


def _together(kept: ir.Table | None, found: Kept, key: list[str]) -> ir.Table:
    """A kept table as it is now."""
    if kept is None or found.stale is None:
        return found.fresh
    return kept.anti_join(found.stale, key).union(found.fresh.select(*kept.columns))


def _within(rows: ir.Table, scope: ir.Table | None) -> ir.Table:
    """Links or pairs of which either end is in `scope`: then both are."""
    return rows if scope is None else rows.semi_join(scope, "record_key")


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
