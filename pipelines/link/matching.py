"""The pieces of the probabilistic pass: names in words, identities in numbers, pairs scored.

Everything that is used more than once is worked out once by `hold` (the scratch of the engine that
the tables live on); nothing is read or written besides.
"""

from dataclasses import replace

import duckdb
import ibis
import ibis.expr.types as ir

from pipelines.link import blocking, choice, evidence, names, scores
from pipelines.link.blocking import Known, ends
from pipelines.link.model import Model, Weights
from pipelines.record_keys import document_key
from pipelines.statements import Hold

LINK = ("source", "record_key", "anchor_key", "token", "rule", "link_probability")
PAPERS = {"placement": "penempatan", "list": "pemulangan"}


def words_of(hold: Hold, names_of: ir.Table, name_words: ir.Table) -> ir.Table:
    """The words of names in their forms (see `evidence.words`). Takes (name), distinct."""
    spoken = hold(names.spoken(names_of))
    dictionary = hold(names.dictionary(spoken.select("word").distinct(), name_words))
    return hold(evidence.words(spoken, dictionary))


def name_keys(hold: Hold, identities: ir.Table, name_words: ir.Table) -> ir.Table:
    """What blocking looks for in the names of identities. Key: name; see `evidence.keys`."""
    distinct = hold(identities.select("name").drop_null().distinct())
    return hold(evidence.keys(words_of(hold, distinct, name_words)))


def known(
    hold: Hold, identities: ir.Table, crossings: ir.Table, bearers: ir.Table, name_words: ir.Table
) -> Known:
    """What is known of the identities before they are compared; nobody is one person yet.

    Takes identities, standardised crossings, `evidence.bearers` and the reference table
    `name_words`.
    """
    return Known(
        identities=with_travel_document(identities),
        bearers=bearers,
        name_words=name_words,
        entries=hold(_entries(crossings, identities)),
        clusters=hold(nobody(identities)),
    )


def with_travel_document(identities: ir.Table) -> ir.Table:
    """`identities` with travel_document: the number of which they are the bearer."""
    is_bearer = identities.record_key == document_key(identities.document_number)
    return identities.mutate(travel_document=ibis.cases((is_bearer, identities.document_number)))


class Numbers:
    """Numbers instead of keys while the pairs of a nation are made and compared.

    Whole numbers join several times faster than texts; each follows from its record_key.
    """

    def __init__(self, hold: Hold, known: Known) -> None:
        keys = known.identities.select("record_key", paper=known.identities.record_key.hash())
        self.keys = hold(keys)
        self.known = replace(
            known,
            identities=hold(numbered(known.identities)),
            entries=hold(numbered(known.entries)),
            clusters=hold(numbered(known.clusters)),
        )

    def named(self, rows: ir.Table, column: str = "record_key") -> ir.Table:
        """`rows` with the record_key of each number in `column`."""
        keys = self.keys.select(paper="paper", named="record_key")
        joined = rows.inner_join(keys, [(column, "paper")]).drop(column, "paper")
        return joined.rename({column: "named"})


def numbered(rows: ir.Table) -> ir.Table:
    """`rows` with the number of each record_key in its place."""
    return rows.mutate(record_key=rows.record_key.hash())


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
    return met.select("crossed_on", "country_code", record_key=document_key(met.document_number))


def compared(hold: Hold, known: Known, pairs: ir.Table, crossings: ir.Table) -> ir.Table:
    """Numbered pairs ready to be scored; see `evidence.compared`."""
    papers = known.identities.select("record_key", "travel_document", *evidence.OF_PAPERS)
    paired = replace(known, identities=hold(papers.semi_join(ends(pairs), "record_key")))
    trips = hold(evidence.trips(crossings, travel_documents(paired.identities)))
    words = weighed(hold, paired)
    return hold(scores.numbered(evidence.compared(paired, pairs, trips, words, hold)))


def weighed(hold: Hold, known: Known) -> ir.Table:
    """The words of the names, with what each proves; see `evidence.weighed`."""
    named = known.identities.select("name").drop_null().distinct()
    words = words_of(hold, hold(named), known.name_words)
    return hold(evidence.weighed(words, known.bearers, known.name_words))


def travel_documents(identities: ir.Table) -> ir.Table:
    """(record_key, travel_document) of those who bear a document."""
    return identities.select("record_key", "travel_document").drop_null()


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
