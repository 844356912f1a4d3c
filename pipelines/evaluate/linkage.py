"""Linkage: are two papers of one person with us those of one person in truth?

Pairs are counted between identities: a placement, a row of a list, or a travel document with all
its crossings (a crossing without document is an identity by itself). Whoever crosses a hundred
times on one passport is one identity, and so are copies and corrections of a record: neither
repetition nor frequent travel earns anything. Source: DESIGN.md, `evaluate --json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from pipelines.evaluate.columns import as_key
from pipelines.evaluate.votes import of_most
from pipelines.record_keys import document_key, list_key, placement_key

SOURCES = ("perlintasan", "penempatan", "pemulangan")
PAPERS = ("placement", "dated_row", "undated_row", "passport", "splp", "other_document")
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
    written: ir.Table,
    originals: ir.Table | None = None,
) -> ir.Table:
    """Who is behind each identity, in truth and with us. Key: source, identity.

    Takes truth's `persons`, `identity.person_records`, crossings (key crossing_id; document_number
    in its normal form, document_type, person_id), `Night.written` and, where lists were delivered
    twice, `original_files`.

    person_key is null where truth does not know the identity. person_id is null where we do not
    have it: an identity of truth that was quarantined or lost stands alone, so that each of its
    true pairs is a pair not found. Of a lost crossing the document is not known: persons of whose
    crossings none arrived have one lost document each; with the others it is taken to be a
    crossing on a document that did arrive.

    `paper` is one of PAPERS. A row of a list without birth date, or one that we do not have, is
    undated; what most crossings call neither a passport nor an SPLP, or was lost, is another
    document.
    """
    known = _known(persons, originals)
    parts = (
        _documents(known, crossings),
        _lost_documents(known, crossings),
        _placements(known, person_records),
        _list_rows(known, person_records, written),
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
        (keyed.source == "penempatan", placement_key(keyed.number)),
        (keyed.source == "pemulangan", list_key(keyed.list_file, keyed.number)),
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
    """Documents with the persons and the type of most of their crossings."""
    slim = crossings.select("crossing_id", "person_id", "document_number", "document_type")
    seen = slim.left_join(_crossed(known), "crossing_id")
    document = document_key(seen.document_number)
    votes = seen.group_by(
        identity=document.coalesce(ibis.literal("C:") + seen.crossing_id),
        person_key=seen.person_key,
        person_id=seen.person_id,
        document_type=seen.document_type,
    ).agg(votes=lambda t: t.count())
    whole = votes.select("identity").distinct()
    for name in ("person_key", "person_id", "document_type"):
        of_document = of_most(votes, "identity", name)
        whole = whole.left_join(of_document, "identity").drop("identity_right")
    paper = ibis.cases(
        (whole.document_type == "PASPOR", "passport"),
        (whole.document_type == "SPLP", "splp"),
        else_="other_document",
    )
    return _shaped(whole, "perlintasan", paper)


def _lost_documents(known: ir.Table, crossings: ir.Table) -> ir.Table:
    """One identity for each person of truth of whose crossings none arrived."""
    crossed = _crossed(known)
    arrived = crossed.semi_join(crossings, "crossing_id").select("person_key")
    lost = crossed.anti_join(arrived, "person_key").select("person_key").distinct()
    unseen = lost.mutate(
        identity=ibis.literal("lost:") + lost.person_key, person_id=ibis.null("string")
    )
    return _shaped(unseen, "perlintasan", ibis.literal("other_document"))


def _placements(known: ir.Table, person_records: ir.Table) -> ir.Table:
    rows = _single(known, person_records, "penempatan")
    return _shaped(rows, "penempatan", ibis.literal("placement"))


def _list_rows(known: ir.Table, person_records: ir.Table, written: ir.Table) -> ir.Table:
    rows = _single(known, person_records, "pemulangan").view()  # closes the join that made it
    dated = written.filter(written.is_dated).select(dated_key="record_key").distinct()
    joined = rows.left_join(dated, [("identity", "dated_key")])
    paper = joined.dated_key.notnull().ifelse("dated_row", "undated_row")
    return _shaped(joined, "pemulangan", paper)


def _single(known: ir.Table, person_records: ir.Table, source: str) -> ir.Table:
    """(identity, person_key, person_id) of identities that are one record each."""
    theirs = known.filter(known.source == source).select("record_key", "person_key")
    ours = person_records.filter(person_records.source == source).select("record_key", "person_id")
    both = ours.outer_join(theirs, "record_key")
    identity = both.record_key.coalesce(both.record_key_right)
    return both.select("person_key", "person_id", identity=identity)


def _shaped(t: ir.Table, source: str, paper: ir.StringValue) -> ir.Table:
    return t.select("identity", "person_key", "person_id", source=ibis.literal(source), paper=paper)


def cells(identities: ir.Table) -> ir.Table:
    """How many identities of each of PAPERS. Key: person_key, person_id (null: not with us).

    Only identities that truth knows.
    """
    known = identities.filter(identities.person_key.notnull())
    sizes = {paper: (known.paper == paper).sum().cast("int64") for paper in PAPERS}
    return known.group_by("person_key", "person_id").agg(**sizes)


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
        "true": merged(cells, "person_key", SOURCES),
        "predicted": merged(ours, "person_id", SOURCES),
        "correct": ours,
    }
    counted = (_pairs(groups).mutate(kind=ibis.literal(kind)) for kind, groups in kinds.items())
    return ibis.union(*counted, distinct=False)


def merged(cells: ir.Table, key: str, sizes: Sequence[str]) -> ir.Table:
    """The named sizes of `cells`, summed. Key: `key`."""
    return cells.group_by(key).agg(**{name: cells[name].sum().cast("int64") for name in sizes})


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
    scored = {
        name: scores({kind: row[name] // 2 for kind, row in pairs.items()})
        for name in ("total", *SOURCES)
    }
    by_source = {s: {**scored[s], **of[s]} for s in SOURCES}
    totals = {name: sum(of[s][name] for s in SOURCES) for name in COUNTS}
    return {**scored["total"], **totals, "by_source": by_source}


def scores(pairs: Mapping[str, int]) -> dict[str, Any]:
    """Precision, recall and F1 of the pairs of each kind; a kind that is missing has none."""
    true, predicted, correct = (pairs.get(kind, 0) for kind in ("true", "predicted", "correct"))
    return {
        "precision": correct / predicted if predicted else None,
        "recall": correct / true if true else None,
        "f1": 2 * correct / (true + predicted) if true + predicted else None,
        "pairs": {"true": true, "predicted": predicted, "correct": correct},
    }
