"""Evaluate: the night's persons, outcomes and regions against a truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir

from pipelines import reference
from pipelines.evaluate import (
    calibration,
    chances,
    groups,
    link_types,
    linkage,
    outcomes,
    regions,
)
from pipelines.statements import Hold

__all__ = ["Night", "Truth", "evaluate"]

DIGITS = 6


@dataclass(frozen=True)
class Truth:
    """What really was, as `truth/` has it.

    persons(source, delivery_file, record_key, person_key): a row per record and delivery;
    departures(person_key, exit_record_key?, list_delivery_file?, list_record_key?, outcome,
    origin_province_code, origin_regency_code, is_undocumented?): a row per departure, `outcome` of
    the run date, is_undocumented once everything is known. Columns with ? may be absent.
    """

    persons: ir.Table
    departures: ir.Table


@dataclass(frozen=True)
class Night:
    """What a night found, on the same engine as the truth.

    person_records (key source, record_key); crossings (key crossing_id; document_number in its
    normal form, document_type, person_id), current ones only; departures (key departure_key);
    list_matches (key list_file, list_number; departure_key); written(record_key, name, sex,
    is_dated, records): the ways in which current records write an identity, any number each, name
    in its standard form and only of documents, is_dated where there is a birth date; batches (key
    batch_id) if lists may have been delivered twice; scored(record_key, anchor_key, kind,
    link_probability) if linkage scored pairs, a row per pair; chances(departure_key,
    undocumented_probability) and hotspots, as published, where they were. Keys of records are
    everywhere as in person_records.
    """

    person_records: ir.Table
    crossings: ir.Table
    departures: ir.Table
    list_matches: ir.Table
    written: ir.Table
    batches: ir.Table | None = None
    scored: ir.Table | None = None
    chances: ir.Table | None = None
    hotspots: ir.Table | None = None


def evaluate(truth: Truth, night: Night, hold: Hold = lambda table: table) -> dict[str, Any]:
    """Accuracy of linkage, outcomes and regions, ready to be written as JSON.

    What is not defined (a share of nothing) is None; figures have six digits. `hold` works a table
    out once, for it is read several times: `Lake.scratch`, at national scale.
    """
    originals = None if night.batches is None else linkage.original_files(night.batches)
    identities = hold(
        linkage.identities(
            truth.persons, night.person_records, night.crossings, night.written, originals
        )
    )
    confused = outcomes.confusion(
        truth.departures, night.departures, night.list_matches, identities
    )
    confusion = confused.to_pyarrow().to_pylist()
    result: dict[str, Any] = _rounded(
        {
            "linkage": linkage.report(identities) | _details(truth, night, identities, hold),
            "outcomes": outcomes.report(confusion),
            "confusion": confusion,
            "regions": _regions(truth, night),
            "expected": _expected(truth, night, identities, hold),
        }
    )
    return result


def _details(truth: Truth, night: Night, identities: ir.Table, hold: Hold) -> dict[str, Any]:
    """Where linkage is worse: by type of link, by group of people, by probability."""
    cells = hold(linkage.cells(identities))
    concerned = hold(groups.concerned(cells))
    theirs = identities.semi_join(concerned, "person_key")
    words = reference.memtable("name_words")
    labels = groups.labels(theirs, night.written, truth.departures, words)
    scored = night.scored
    return {
        "by_type": link_types.report(cells),
        "by_group": groups.report(groups.pair_counts(concerned, labels)),
        "calibration": [] if scored is None else calibration.report(scored, identities),
    }


def _expected(truth: Truth, night: Night, identities: ir.Table, hold: Hold) -> dict[str, Any]:
    """Calibration of the chances, coverage of the intervals; neither where nothing was given."""
    if night.chances is None or night.hotspots is None:
        return {"calibration": [], "coverage": []}
    known = hold(chances.known(truth.departures, night.departures, night.list_matches, identities))
    is_final = chances.FINAL in truth.departures.columns
    return {
        "calibration": chances.calibration(known, night.chances),
        "coverage": chances.coverage(known, night.departures, night.hotspots) if is_final else [],
    }


def _regions(truth: Truth, night: Night) -> dict[str, Any]:
    return regions.report(
        regions.undocumented(truth.departures),
        regions.undocumented(night.departures),
        _population("provinces"),
        _population("regencies"),
    )


def _population(name: str) -> dict[str, float]:
    rows = reference.load(name).select(["code", "population"]).to_pylist()
    return {row["code"]: row["population"] for row in rows if row["population"]}


def _rounded(value: Any) -> Any:
    """`value` with every figure rounded."""
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return round(value, DIGITS) if isinstance(value, float) else value
