"""Types of links: how good is linkage where it is easy, and where it is hard?

A placement names a passport; a list row often has an age and a district only; an SPLP has a number
that nobody saw before. One figure over all pairs would be that of the commonest type.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from pipelines.evaluate.linkage import PAPERS, merged, scores

TYPES = (
    "placement_to_document",
    "list_to_document_with_birth_date",
    "list_to_document_age_only",
    "splp_to_passport",
    "passport_to_passport",
)


def pair_counts(cells: ir.Table) -> ir.Table:
    """Pairs that truth has, that we have, and that both have. Key: kind; a column per type.

    Takes `linkage.cells`. Counted from the sizes of groups; no pair is ever written down. Pairs of
    two placements or two list rows, or of one with the other, are of no type.
    """
    ours = cells.filter(cells.person_id.notnull())
    kinds = {
        "true": merged(cells, "person_key", PAPERS),
        "predicted": merged(ours, "person_id", PAPERS),
        "correct": ours,
    }
    counted = (_pairs(groups).mutate(kind=ibis.literal(kind)) for kind, groups in kinds.items())
    return ibis.union(*counted, distinct=False)


def _pairs(groups: ir.Table) -> ir.Table:
    other_than_splp = groups.passport + groups.other_document
    documents = other_than_splp + groups.splp
    pairs = {
        "placement_to_document": groups.placement * other_than_splp,
        "list_to_document_with_birth_date": groups.dated_row * documents,
        "list_to_document_age_only": groups.undated_row * documents,
        "splp_to_passport": groups.splp * groups.passport,
        "passport_to_passport": groups.passport * (groups.passport - 1) // 2,
    }
    return groups.agg(**{name: pairs[name].sum().fill_null(0).cast("int64") for name in TYPES})


def report(cells: ir.Table) -> dict[str, Any]:
    """Precision, recall, F1 and pairs of each type; see `pair_counts`."""
    pairs = {row["kind"]: row for row in pair_counts(cells).to_pyarrow().to_pylist()}
    return {name: scores({kind: row[name] for kind, row in pairs.items()}) for name in TYPES}
