"""Linkage: are two papers of one person with us those of one person in truth?

Pairs are counted between identities: a placement, a row of a list, or a travel document with all
its crossings (a crossing without document is an identity by itself). Whoever crosses a hundred
times on one passport is one identity, and so are copies and corrections of a record: neither
repetition nor frequent travel earns anything. Source: DESIGN.md, `evaluate --json`.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from pipelines.evaluate.columns import as_key

SOURCES = ("perlintasan", "penempatan", "pemulangan")
COUNTS = ("identities", "unknown_to_truth", "missing")


def original_files(batches: ir.Table) -> ir.Table:
    """Lists delivered again, byte by byte, under another name. Key: list_file; `original_file`.

    Takes `ops.batches`. The lake keeps the rows of the first delivery only, a truth may name both.
    """
    lists = batches.filter(batches.source == "pemulangan")
    is_repeat = lists.status == "repeated"
    originals = lists.select(status_reason="batch_id", original_file="file")
    repeats = lists.filter(is_repeat).select("status_reason", list_file="file")
    named = repeats.anti_join(lists.filter(~is_repeat).select(list_file="file"), "list_file")
    found = named.inner_join(originals, "status_reason")
    return found.group_by("list_file").agg(original_file=lambda t: t.original_file.min())


def identities(
    persons: ir.Table,
    person_records: ir.Table,
    crossings: ir.Table,
    originals: ir.Table | None = None,
) -> ir.Table:
    """Who is behind each identity, in truth and with us. Key: source, identity.

    Takes truth's `persons`, `identity.person_records`, crossings (key crossing_id; document_number
    in its normal form, person_id) and, where lists were delivered twice, `original_files`.

    person_key is null where truth does not know the identity. person_id is null where we do not
    have it: an identity of truth that was quarantined or lost stands alone, so that each of its
    true pairs is a pair not found. Of a lost crossing the document is not known: persons of whose
    crossings none arrived have one lost document each; with the others it is taken to be a
    crossing on a document that did arrive.
    """
    known = _known(persons, originals)
    parts = (
        _documents(known, crossings),
        _lost_documents(known, crossings),
        _single(known, person_records, "penempatan"),
        _single(known, person_records, "pemulangan"),
    )
    return ibis.union(*parts, distinct=False)


def _known(persons: ir.Table, originals: ir.Table | None) -> ir.Table:
    """Truth's records, each once (key: source, record_key in the words of `person_records`)."""
    number, file = as_key(persons.record_key), as_key(persons.delivery_file)
    keyed = persons.filter(persons.source.isin(SOURCES)).select(
        "source", number=number, list_file=file, person_key=as_key(persons.person_key)
    )
    if originals is not None:
        renamed = keyed.left_join(originals, "list_file")
        keyed = renamed.select(
            "source",
            "number",
            "person_key",
            list_file=renamed.original_file.coalesce(renamed.list_file),
        )
    key = ibis.cases(
        (keyed.source == "penempatan", ibis.literal("P:") + keyed.number),
        (keyed.source == "pemulangan", ibis.literal("L:") + keyed.list_file + "#" + keyed.number),
        else_=keyed.number,
    )
    keyed = keyed.select("source", "person_key", record_key=key)
    return keyed.group_by("source", "record_key").agg(person_key=lambda t: t.person_key.min())


def _crossed(known: ir.Table) -> ir.Table:
    """(crossing_id, person_key) of the crossings in truth."""
    return known.filter(known.source == "perlintasan").select(
        "person_key", crossing_id="record_key"
    )


def _documents(known: ir.Table, crossings: ir.Table) -> ir.Table:
    """Documents with the persons of most of their crossings."""
    slim = crossings.select("crossing_id", "person_id", "document_number")
    seen = slim.left_join(_crossed(known), "crossing_id")
    document = ibis.literal("D:") + seen.document_number
    votes = seen.group_by(
        identity=document.coalesce(ibis.literal("C:") + seen.crossing_id),
        person_key=seen.person_key,
        person_id=seen.person_id,
    ).agg(votes=lambda t: t.count())
    whole = votes.select("identity").distinct()
    named = whole.left_join(_of_most(votes, "person_key"), "identity").drop("identity_right")
    both = named.left_join(_of_most(votes, "person_id"), "identity")
    return _shaped(both, "perlintasan")


def _of_most(votes: ir.Table, person: str) -> ir.Table:
    """(identity, person) with most votes; of equals the smallest."""
    counted = votes.filter(votes[person].notnull()).group_by("identity", person)
    summed = counted.agg(votes=lambda t: t.votes.sum())
    order = ibis.window(group_by="identity", order_by=[ibis.desc("votes"), ibis.asc(person)])
    ranked = summed.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select("identity", person)


def _lost_documents(known: ir.Table, crossings: ir.Table) -> ir.Table:
    """One identity for each person of truth of whose crossings none arrived."""
    crossed = _crossed(known)
    arrived = crossed.semi_join(crossings, "crossing_id").select("person_key")
    lost = crossed.anti_join(arrived, "person_key").select("person_key").distinct()
    unseen = lost.mutate(
        identity=ibis.literal("lost:") + lost.person_key, person_id=ibis.null("string")
    )
    return _shaped(unseen, "perlintasan")


def _single(known: ir.Table, person_records: ir.Table, source: str) -> ir.Table:
    """Identities that are one record each."""
    theirs = known.filter(known.source == source).select("record_key", "person_key")
    ours = person_records.filter(person_records.source == source).select("record_key", "person_id")
    both = ours.outer_join(theirs, "record_key")
    return _shaped(both.mutate(identity=both.record_key.coalesce(both.record_key_right)), source)


def _shaped(t: ir.Table, source: str) -> ir.Table:
    return t.select("identity", "person_key", "person_id", source=ibis.literal(source))


def pair_counts(identities: ir.Table) -> ir.Table:
    """Ordered pairs that truth has, that we have, and that both have. Key: kind.

    Columns: `total`, and one per source for the pairs with at least one member of that source.
    Counted from the sizes of groups, n(n-1) each; no pair is ever written down.
    """
    known = identities.filter(identities.person_key.notnull())
    sizes = {source: (known.source == source).sum().cast("int64") for source in SOURCES}
    cells = known.group_by("person_key", "person_id").agg(**sizes)
    ours = cells.filter(cells.person_id.notnull())
    kinds = {
        "true": _merged(cells, "person_key"),
        "predicted": _merged(ours, "person_id"),
        "correct": ours,
    }
    counted = (_pairs(groups).mutate(kind=ibis.literal(kind)) for kind, groups in kinds.items())
    return ibis.union(*counted, distinct=False)


def _merged(cells: ir.Table, key: str) -> ir.Table:
    return cells.group_by(key).agg(**{s: cells[s].sum().cast("int64") for s in SOURCES})


def _pairs(groups: ir.Table) -> ir.Table:
    size = groups[SOURCES[0]] + groups[SOURCES[1]] + groups[SOURCES[2]]

    def ordered(n: ir.IntegerValue) -> ir.IntegerValue:
        return n * (n - 1)

    def added(n: ir.IntegerValue) -> ir.IntegerScalar:
        return n.sum().fill_null(0).cast("int64")

    touching = {s: added(ordered(size) - ordered(size - groups[s])) for s in SOURCES}
    return groups.agg(total=added(ordered(size)), **touching)


def identity_counts(identities: ir.Table) -> ir.Table:
    """How many identities were compared, unknown to truth, and missing with us. Key: source."""
    is_known, is_ours = identities.person_key.notnull(), identities.person_id.notnull()
    return identities.group_by("source").agg(
        identities=is_known.sum().cast("int64"),
        unknown_to_truth=(~is_known).sum().cast("int64"),
        missing=(is_known & ~is_ours).sum().cast("int64"),
    )


def report(identities: ir.Table) -> dict[str, Any]:
    """Precision, recall and F1 over all pairs and by source; see `identities`."""
    pairs = {row["kind"]: row for row in pair_counts(identities).to_pyarrow().to_pylist()}
    counted = {row["source"]: row for row in identity_counts(identities).to_pyarrow().to_pylist()}
    of = {s: {c: counted.get(s, {}).get(c, 0) for c in COUNTS} for s in SOURCES}
    by_source = {s: {**_scores(pairs, s), **of[s]} for s in SOURCES}
    totals = {name: sum(of[s][name] for s in SOURCES) for name in COUNTS}
    return {**_scores(pairs, "total"), **totals, "by_source": by_source}


def _scores(pairs: dict[str, dict[str, Any]], column: str) -> dict[str, Any]:
    true, predicted, correct = (
        pairs[kind][column] // 2 for kind in ("true", "predicted", "correct")
    )
    return {
        "precision": correct / predicted if predicted else None,
        "recall": correct / true if true else None,
        "f1": 2 * correct / (true + predicted) if true + predicted else None,
        "pairs": {"true": true, "predicted": predicted, "correct": correct},
    }
