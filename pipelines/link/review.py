"""The grey band: pairs of identities that a human should look at, named by pseudonyms and rows.

Nothing here says what linkage decided, so that the reviewer judges the records and not the system.
"""

from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from pipelines.link import sentences
from pipelines.link.judgements import PAIR, paired
from pipelines.link.model import Model
from pipelines.link.persons import Pseudonym
from pipelines.record_keys import list_key, placement_key

SIDES = {"left": "record_key", "right": "anchor_key"}
CITATION = {"source": "source", "file": "file", "row": "row_number", "sha256": "sha256"}
WORDS = ("evidence", "evidence_id", "evidence_en")


def in_band(candidates: ir.Table, judgements: ir.Table, low: float, high: float) -> ir.Table:
    """Candidates with low <= link_probability < high that nobody has judged.

    Key: low_key, high_key. Whether a pair was linked does not matter.
    """
    scored = paired(candidates)
    inside = scored.filter(scored.link_probability >= low, scored.link_probability < high)
    return inside.anti_join(paired(judgements), PAIR)


def grey_band(band: ir.Table, rows: ir.Table, told: ir.Table, pseudonym: Pseudonym) -> ir.Table:
    """The form of a reviewer, without identifiers. Key: review_id.

    `band` is as `in_band` gives it, `rows` as `delivered_rows` does and `told` as `in_words`.
    Columns: review_id, kind, link_probability, match_weight, evidence_id, evidence_en; source,
    file, row and sha256 of the left and the right identity (empty where a later delivery has
    replaced its row); verdict, judged_by and why, empty.
    """
    joined = band.left_join(told, "evidence").drop("evidence_right")
    for side, key in SIDES.items():
        cited = {f"{side}_{name}": rows[column] for name, column in CITATION.items()}
        of_side = rows.select(**{key: rows.record_key}, **cited)
        joined = joined.left_join(of_side, key).select(*joined.columns, *cited)
    empty = {name: ibis.null("string") for name in ("verdict", "judged_by", "why")}
    return joined.select(
        "kind",
        "link_probability",
        "match_weight",
        "evidence_id",
        "evidence_en",
        *(f"{side}_{name}" for side in SIDES for name in CITATION),
        review_id=review_id(joined, pseudonym),
        **empty,
    )


def in_words(evidence: Iterable[str], model: Model) -> ir.Table:
    """What evidence says, in both languages. Key: evidence; columns evidence_id, evidence_en."""
    distinct = sorted(set(evidence))
    said = [(text, *sentences.of_evidence(text, model)) for text in distinct]
    return ibis.memtable(said, schema=dict.fromkeys(WORDS, "string"))


def pairs(candidates: ir.Table, judgements: ir.Table, pseudonym: Pseudonym) -> ir.Table:
    """Every pair that a review may name: scored tonight, or judged before. Key: review_id.

    Columns: review_id, low_key, high_key.
    """
    both = (paired(table).select(*PAIR) for table in (candidates, judgements))
    known = ibis.union(*both, distinct=True)
    return known.mutate(review_id=review_id(known, pseudonym))


def review_id(pairs: ir.Table, pseudonym: Pseudonym) -> ir.StringValue:
    """Keyed pseudonym of a pair (low_key, high_key); the same every night."""
    return pseudonym(pairs.low_key + "\n" + pairs.high_key)


def delivered_rows(
    keys: ir.Table,
    crossings: ir.Table,
    placements: ir.Table,
    repatriations: ir.Table,
    batches: ir.Table,
) -> ir.Table:
    """Where to look identities up. Key: record_key; those of `keys` that have a current row.

    Columns: record_key, source, file, row_number, sha256. `crossings` are in standard form, the two
    tables after them records in all versions. A traveller has many rows: the first crossing is
    given.
    """
    parts = (
        _first_crossings(crossings.semi_join(keys, "record_key")),
        _cited(placements, placement_key(placements.placement_id)),
        _cited(repatriations, list_key(repatriations.list_file, repatriations.list_number)),
    )
    rows = ibis.union(*parts, distinct=False).semi_join(keys, "record_key")
    return rows.inner_join(batches, "batch_id").select(
        "record_key", "source", "file", "row_number", "sha256"
    )


def _cited(records: ir.Table, key: ir.StringValue) -> ir.Table:
    cited = records.select("batch_id", "row_number", "superseded_by", record_key=key)
    current = cited.filter(cited.superseded_by.isnull())
    return current.select("record_key", "batch_id", "row_number")


def _first_crossings(theirs: ir.Table) -> ir.Table:
    """(record_key, batch_id, row_number) of the first crossing of each traveller."""
    order = ibis.window(group_by="record_key", order_by=["crossed_at", "crossing_id"])
    ranked = theirs.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select("record_key", "batch_id", "row_number")
