"""Link: identities -> pairs -> links -> persons; writes the schema `identity`."""

from collections.abc import Iterator
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from pipelines import link, reference, standardise, tallies
from pipelines.lake import Change, Lake
from pipelines.night.context import Night, Past, last_published
from pipelines.night.standardise import standard
from pipelines.statements import Hold


@dataclass(frozen=True)
class Changed:
    """What came, went or changed since linkage last ran.

    identities are rows of standard.identities with is_now; touched (record_key) also those whose
    crossings alone did; judged (record_key) are named by new judgements.
    """

    identities: ir.Table
    touched: ir.Table
    judged: ir.Table

    @classmethod
    def since(cls, past: Past, lake: Lake, hold: Hold) -> "Changed":
        """Since the snapshot up to which linkage has seen the lake."""
        identities = hold(lake.changed("standard", "identities", past.snapshot_id))
        crossed = lake.changed("standard", "crossings", past.snapshot_id).select("record_key")
        touched = identities.select("record_key").union(crossed).drop_null()
        judgements = lake.changed("identity", "judgements", past.snapshot_id)
        judged = judgements.select("record_key").union(judgements.select(record_key="anchor_key"))
        return cls(identities, hold(touched.distinct()), hold(judged.distinct()))

    @property
    def is_nothing(self) -> bool:
        """Whether nothing came that linkage could look at."""
        return not any(t.count().to_pyarrow().as_py() for t in (self.touched, self.judged))


def link_persons(this: Night) -> None:
    """Who is who tonight, and what changed since the last linked night.

    Everything is worked out before the transaction that keeps it: Splink writes tables of its own.
    """
    lake, run = this.lake, this.begin("link")
    with lake.scratchpad() as hold:
        changed = Changed.since(run.past, lake, hold) if run.past else None
        if changed and changed.is_nothing:
            with this.keeping(run):
                return
        of_night, judgements = standard(lake), lake.table("identity", "judgements")
        counted = bearers_of(lake, changed, hold)
        known = link.known(
            hold, of_night.identities, of_night.crossings, counted.every,
            reference.memtable("name_words"),
        )  # fmt: skip
        renumbered = lake.table("standard", "renumbered")
        stored = _stored(lake, changed, counted, renumbered, hold) if changed else None
        linking = link.Linking(
            lake.con, hold, known, link.declared(), this.weights, scratchpad=lake.scratchpad
        )
        found = linking.run(judgements, of_night.crossings, stored)
        persons = _persons_of(this, found, renumbered, judgements, hold)
        bearers = lake.change(hold, "identity", "bearers", counted.fresh, counted.stale)
        changes = [bearers, *_found(lake, found, hold), *persons.changes(lake, hold)]
        with this.keeping(run):
            for change in changes:
                lake.make(change)
            lake.insert("identity", "person_history", persons.history)


@dataclass(frozen=True)
class Bearers:
    """How many documents bear each word or birthday: all, those counted anew, and those that they
    replace.

    reweighed (spelling) are those that prove more or less than before.
    """

    every: ir.Table
    fresh: ir.Table
    stale: ir.Table | None
    reweighed: ir.Table | None


def bearers_of(lake: Lake, changed: Changed | None, hold: Hold) -> Bearers:
    """How many documents bear what; documents that came and went are added to what is kept."""
    if changed is None:
        every = hold(link.bearers(standard(lake).identities))
        return Bearers(every, every, None, None)
    kept, rows = lake.table("identity", "bearers"), changed.identities
    came, went = (link.bearers(rows.filter(side)) for side in (rows.is_now, ~rows.is_now))
    moved = hold(tallies.moved(kept, came, went, "bearers"))
    fresh, stale = (hold(rows) for rows in tallies.replacing(kept, moved, "bearers"))
    every = hold(kept.anti_join(moved, "spelling").union(fresh))
    was, now = (hold(link.proven(table)) for table in (kept, every))
    other = ibis.union(was.difference(now), now.difference(was))
    return Bearers(every, fresh, stale, hold(other.select("spelling").distinct()))


def _stored(
    lake: Lake, changed: Changed, counted: Bearers, renumbered: ir.Table, hold: Hold
) -> link.Stored:
    """What earlier nights have found, and what has come since."""
    assert counted.reweighed is not None  # noqa: S101
    rows, identities = changed.identities, standard(lake).identities
    # A document that may be named after another number, or no longer, stands with its person.
    new, former = (
        renumbered.select(record_key=name, other="record_key")
        for name in ("record_key", "former_key")
    )
    claiming = new.union(former).semi_join(changed.touched, "record_key")
    before = identities.select("record_key", "kind").anti_join(
        rows.filter(rows.is_now), "record_key"
    )
    before = before.union(rows.filter(~rows.is_now).select("record_key", "kind"))
    model = link.declared()
    populations = (link.population(papers, model) for papers in (before, identities))
    was, now = (table.order_by("kind").to_pyarrow() for table in populations)
    return link.Stored(
        certain=lake.table("identity", "certain"),
        pairs=lake.table("identity", "pairs"),
        asked=lake.table("identity", "asked"),
        changed=rows,
        touched=changed.touched,
        judged=hold(changed.judged.union(claiming.select(record_key="other")).distinct()),
        reweighed=counted.reweighed,
        is_other_population=not was.equals(now),
    )


def _found(lake: Lake, found: link.Found, hold: Hold) -> Iterator[Change]:
    """What linkage found of the identities in scope."""
    decided = {"links": found.links, "candidates": link.kept(found.candidates)}
    for name, rows in decided.items():
        kept = lake.table("identity", name)
        old = None if found.scope is None else kept.semi_join(found.scope, "record_key")
        yield lake.change(hold, "identity", name, rows, old)
    for name, (fresh, stale) in {
        "certain": found.certain, "pairs": found.pairs, "asked": found.asked,
    }.items():  # fmt: skip
        yield lake.change(hold, "identity", name, fresh, stale)


@dataclass(frozen=True)
class Persons:
    """Identities by person, what persons are like, and which passed into others.

    before are the rows of person_records that records replace, None where all of them.
    """

    records: ir.Table
    persons: ir.Table
    history: ir.Table
    before: ir.Table | None

    def changes(self, lake: Lake, hold: Hold) -> Iterator[Change]:
        """What becomes another in the tables persons and person_records."""
        was = None
        if self.before is not None:
            ids = self.before.select("person_id").union(self.records.select("person_id"))
            was = lake.table("identity", "persons").semi_join(ids.distinct(), "person_id")
        yield lake.change(hold, "identity", "persons", self.persons, was)
        yield lake.change(hold, "identity", "person_records", self.records, self.before)


def _persons_of(
    this: Night,
    found: link.Found,
    renumbered: ir.Table,
    judgements: ir.Table,
    hold: Hold,
) -> Persons:
    """The persons of the identities in scope, or of all."""
    lake, papers = this.lake, found.papers
    before = lake.table("identity", "person_records")
    claims = hold(link.claims(renumbered, standard(lake).identities))
    if found.scope is not None:
        before = hold(before.semi_join(found.scope, "record_key"))
    records = hold(
        link.person_records(papers, found.members, found.links, claims, this.pseudonym("P"))
    )
    persons = hold(_persons(this, papers, records, hold))
    history = hold(_history(this, before, records, judgements))
    return Persons(records, persons, history, None if found.scope is None else before)


def _history(this: Night, before: ir.Table, after: ir.Table, judgements: ir.Table) -> ir.Table:
    last = last_published(this.lake)
    new = judgements.filter(judgements.judged_at > last["started_at"]) if last else judgements
    is_new_model = last is not None and last["linkage_model"] != this.rules["linkage_model"]
    return link.history(before, after, new, is_new_model, this.number)


def _persons(this: Night, identities: ir.Table, person_records: ir.Table, hold: Hold) -> ir.Table:
    regions = standardise.Regions.shipped()
    majority = this.policy.shared_place_majority
    places = hold(standardise.birth_places(identities.birth_place, regions, majority))
    nik_prefixes = reference.memtable("nik_prefixes")
    return link.persons(identities, person_records, nik_prefixes, places)
