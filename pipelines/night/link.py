"""Link: identities -> pairs -> links -> persons; writes the schema `identity`."""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pipelines import link, papers, reference, standardise
from pipelines.lake import Lake
from pipelines.night.context import Night, Past, last_published
from pipelines.night.standardise import standard

LINK_KEY = ["record_key", "anchor_key", "token", "rule", "link_probability"]


@dataclass(frozen=True)
class Changed:
    """What came, went or changed since linkage last ran.

    identities are rows of standard.identities with is_now; touched (record_key) also those whose
    crossings alone did.
    """

    identities: ir.Table
    touched: ir.Table

    @classmethod
    def since(cls, past: Past, lake: Lake, hold: link.Hold) -> "Changed":
        """Since the snapshot up to which linkage has seen the lake."""
        identities = hold(lake.changed("standard", "identities", past.snapshot_id))
        crossed = lake.changed("standard", "crossings", past.snapshot_id).select("record_key")
        touched = identities.select("record_key").union(crossed).drop_null()
        return cls(identities, hold(touched.distinct()))


def link_persons(this: Night) -> None:
    """Who is who tonight, and what changed since the last linked night.

    Everything is worked out before the transaction that keeps it: Splink writes tables of its own.
    """
    lake, run = this.lake, this.begin("link")
    with lake.scratchpad() as hold:
        changed = Changed.since(run.past, lake, hold) if run.past else None
        if changed and run.past and _is_at_rest(lake, changed, run.past):
            this.end(run)
            return
        words = words_of(lake, changed, hold)
        known = _known(lake, words, hold)
        stored = words.stored(lake, changed) if changed else None
        judgements = lake.table("identity", "judgements")
        linking = link.Linking(lake.con, hold, known, link.declared(), this.weights)
        found = linking.run(judgements, lake.table("standard", "crossings"), stored)
        concerned = _concerned(lake, changed, found, hold) if changed else None
        persons = _persons_of(this, found, concerned, judgements, hold)
        with lake.transaction():
            words.keep(lake)
            _keep_pairs(lake, found, is_first=changed is None)
            persons.keep(lake)
            this.enter(run)


def _is_at_rest(lake: Lake, changed: Changed, past: Past) -> bool:
    """Whether nothing came that linkage could look at."""
    judged = lake.changed("identity", "judgements", past.snapshot_id)
    return not any(rows.count().to_pyarrow().as_py() for rows in (changed.touched, judged))


def _known(lake: Lake, words: "Words", hold: link.Hold) -> link.Known:
    """What linkage knows of all identities."""
    of_night = standard(lake)
    weighed = link.weighed(words.every, words.bearers, reference.memtable("name_words"))
    placed = papers.places(of_night.identities, hold)
    return link.known(hold, of_night.identities, placed, of_night.crossings, hold(weighed))


@dataclass(frozen=True)
class Words:
    """The words of names, and how many documents bear each.

    every and bearers are whole; new and counted what tonight adds or counts anew, None where all
    of it. reweighed (name) are the names of which a word proves more or less than before.
    """

    every: ir.Table
    bearers: ir.Table
    new: ir.Table | None = None
    counted: ir.Table | None = None
    reweighed: ir.Table | None = None

    def stored(self, lake: Lake, changed: Changed) -> link.Stored:
        """What earlier nights have compared, and what of it no longer holds."""
        assert self.reweighed is not None  # noqa: S101
        pairs, asked = lake.table("identity", "pairs"), lake.table("identity", "asked")
        return link.Stored(pairs, asked, changed.touched, self.reweighed)

    def keep(self, lake: Lake) -> None:
        """Write the schema's tables words and bearers."""
        if self.new is None or self.counted is None:
            lake.replace("identity", "words", self.every)
            lake.replace("identity", "bearers", self.bearers)
            return
        lake.insert("identity", "words", self.new)
        known = lake.table("identity", "bearers").semi_join(self.counted, "spelling")
        borne = self.counted.filter(self.counted.bearers > 0)
        lake.put("identity", "bearers", borne.select("spelling", "bearers"), known)


def words_of(lake: Lake, changed: Changed | None, hold: link.Hold) -> Words:
    """The words of all names; those of new names and their bearers are added to what is kept."""
    name_words = reference.memtable("name_words")
    if changed is None:
        identities = standard(lake).identities
        distinct = hold(identities.select("name").drop_null().distinct())
        every = link.words_of(hold, distinct, name_words)
        return Words(every, hold(link.bearers(link.named_documents(identities), every)))
    kept, bearers = lake.table("identity", "words"), lake.table("identity", "bearers")
    names = changed.identities.select("name").drop_null().distinct()
    new = link.words_of(hold, hold(names.anti_join(kept, "name")), name_words)
    every = kept.union(new)
    moved = hold(_moved(changed.identities, every))
    told = moved.left_join(bearers, "spelling")
    before = told.bearers.fill_null(0)
    counted = hold(told.select("spelling", before=before, bearers=before + told.moved))
    was, now = (link.step(ibis.greatest(counted[n], 1)) for n in ("before", "bearers"))
    stepped = hold(counted.filter(was != now).select("spelling"))
    is_all = stepped.filter(stepped.spelling == link.ALL).count().as_scalar() > 0
    reweighed = every.filter(every.spelling.isin(stepped.spelling) | is_all)
    others = bearers.anti_join(counted, "spelling")
    return Words(
        every,
        hold(others.union(counted.select("spelling", "bearers"))),
        new,
        counted,
        hold(reweighed.select("name").distinct()),
    )


def _moved(identities: ir.Table, words: ir.Table) -> ir.Table:
    """(spelling, moved): how many documents more, or less, bear a word so spelt."""
    came, went = (
        link.bearers(link.named_documents(identities.filter(side)), words)
        for side in (identities.is_now, ~identities.is_now)
    )
    signed = came.union(went.mutate(bearers=-went.bearers))
    moved = signed.group_by("spelling").agg(moved=signed.bearers.sum())
    return moved.filter(moved.moved != 0)


def _concerned(lake: Lake, changed: Changed, found: link.Found, hold: link.Hold) -> ir.Table:
    """The identities whose person may be another (key record_key)."""
    links = lake.table("identity", "links")
    was, now = (t.select(*LINK_KEY) for t in (links, found.links))
    other = hold(was.difference(now, distinct=False).union(now.difference(was, distinct=False)))
    renumbered = standardise.renumbered(lake.table("records", "crossings"))
    keys = ibis.union(
        changed.touched.select("record_key"),
        other.select("record_key"),
        other.select(record_key="anchor_key"),
        renumbered.select(record_key=ibis.literal("D:") + renumbered.document_number),
        distinct=True,
    )
    before = lake.table("identity", "person_records")
    return hold(link.concerned(hold(keys), found.members, before))


def _keep_pairs(lake: Lake, found: link.Found, is_first: bool) -> None:
    kept = {"links": found.links, "candidates": link.kept(found.candidates), "asked": found.asked}
    for name, rows in kept.items():
        lake.put("identity", name, rows, None if is_first else lake.table("identity", name))
    lake.put("identity", "pairs", found.pairs, None if is_first else found.stale)


@dataclass(frozen=True)
class Persons:
    """Identities by person, what persons are like, and which passed into others.

    before are the rows of person_records that records replace, None where all of them.
    """

    records: ir.Table
    persons: ir.Table
    history: ir.Table
    before: ir.Table | None

    def keep(self, lake: Lake) -> None:
        """Write the schema's tables persons, person_records and person_history."""
        was = None
        if self.before is not None:
            ids = self.before.select("person_id").union(self.records.select("person_id"))
            was = lake.table("identity", "persons").semi_join(ids.distinct(), "person_id")
        lake.put("identity", "persons", self.persons, was)
        lake.put("identity", "person_records", self.records, self.before)
        lake.insert("identity", "person_history", self.history)


def _persons_of(
    this: Night,
    found: link.Found,
    concerned: ir.Table | None,
    judgements: ir.Table,
    hold: link.Hold,
) -> Persons:
    """The persons of the identities `concerned`, or of all."""
    lake, identities = this.lake, standard(this.lake).identities
    crossings, before = lake.table("records", "crossings"), lake.table("identity", "person_records")
    claims = hold(link.claims(hold(standardise.renumbered(crossings)), identities))
    if concerned is not None:
        identities = hold(identities.semi_join(concerned, "record_key"))
        before = hold(before.semi_join(concerned, "record_key"))
    records = hold(
        link.person_records(identities, found.members, found.links, claims, this.pseudonym("P"))
    )
    persons = hold(_persons(this, identities, records, hold))
    history = hold(_history(this, before, records, judgements))
    return Persons(records, persons, history, before if concerned is not None else None)


def _history(this: Night, before: ir.Table, after: ir.Table, judgements: ir.Table) -> ir.Table:
    last = last_published(this.lake)
    new = judgements.filter(judgements.judged_at > last["started_at"]) if last else judgements
    is_new_model = last is not None and last["linkage_model"] != this.rules["linkage_model"]
    return link.history(before, after, new, is_new_model, this.number)


def _persons(
    this: Night, identities: ir.Table, person_records: ir.Table, hold: link.Hold
) -> ir.Table:
    regions = standardise.Regions.shipped()
    places = hold(standardise.birth_places(identities.birth_place, regions))
    return link.persons(
        identities, person_records, reference.memtable("nik_prefixes"), places,
        [ibis.literal(day) for day in this.policy.default_birth_dates],
    )  # fmt: skip
