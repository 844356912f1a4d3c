"""The whole report, as `evaluate --json` prints it."""

from __future__ import annotations

import json

import ibis

from pipelines.evaluate import evaluate, linkage, outcomes
from tests.evaluate import nights

PROMISED = {
    "linkage": {"precision", "recall", "f1", "by_source"},
    "outcomes": set[str](),
    "regions": {"rank_correlation", "top5_match"},
}


def test_a_perfect_night() -> None:
    truth = nights.truth(
        nights.persons(
            ("perlintasan", "p.csv", "1", "A"),
            ("perlintasan", "p.csv", "2", "B"),
            ("pemulangan", "l.csv", "7", "A"),
        ),
        nights.true_departures(
            ("A", "1", "l.csv", "7", "confirmed_undocumented"),
            ("B", "2", None, None, "awaiting"),
        ),
    )
    night = nights.night(
        person_records=nights.person_records(("L:l.csv#7", "P1"), ("D:X1", "P1")),
        crossings=nights.crossings(("1", "X1", "P1"), ("2", "X2", "P2")),
        departures=nights.departures(
            ("X:1", "P1", "confirmed_undocumented", 1), ("X:2", "P2", "awaiting", 2)
        ),
        list_matches=nights.list_matches(("l.csv", "7", "X:1")),
    )
    found = evaluate(truth, night)
    assert [found["linkage"][name] for name in ("precision", "recall", "f1")] == [1.0, 1.0, 1.0]
    assert found["outcomes"]["confirmed_undocumented"]["recall"] == 1.0
    assert found["outcomes"]["awaiting"]["precision"] == 1.0
    assert (found["regions"]["rank_correlation"], found["regions"]["top5_match"]) == (1.0, 1.0)


def test_an_empty_night_is_null_and_not_nan() -> None:
    found = evaluate(nights.truth(), nights.night())
    for part, names in PROMISED.items():
        assert names <= found[part].keys()
    assert found["linkage"]["precision"] is None
    assert found["outcomes"] == {}
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_figures_have_six_digits_and_tables_are_held_once() -> None:
    known = nights.persons(*(("penempatan", "k.csv", key, "A") for key in ("1", "2", "3")))
    ours = nights.person_records(("P:1", "P1"), ("P:2", "P1"), ("P:3", "P2"))
    held = []

    def hold(rows: ibis.Table) -> ibis.Table:
        held.append(rows)
        return ibis.memtable(rows.to_pyarrow())

    found = evaluate(nights.truth(known), nights.night(person_records=ours), hold)
    assert found["linkage"]["recall"] == 0.333333
    assert len(held) == 1


def test_expressions_compile_for_spark() -> None:
    """Spark takes the same expressions; that it runs them is tested where it is installed."""
    tables = {
        "persons": ibis.table(
            dict.fromkeys(("source", "delivery_file", "record_key", "person_key"), "string"),
            name="persons",
        ),
        "records": ibis.table(
            dict.fromkeys(("source", "record_key", "person_id"), "string"), name="records"
        ),
        "crossings": ibis.table(
            dict.fromkeys(("crossing_id", "document_number", "person_id"), "string"),
            name="crossings",
        ),
    }
    identities = linkage.identities(*tables.values())
    truth = ibis.table({"person_key": "string", "outcome": "string"}, name="truth")
    ours = ibis.table(
        {
            **dict.fromkeys(("departure_key", "person_id", "outcome"), "string"),
            "exit_crossing_id": "string",
            "occurred_on": "date",
        },
        name="ours",
    )
    lists = ibis.table(
        dict.fromkeys(("list_file", "list_number", "departure_key"), "string"), name="lists"
    )
    for expression in (
        linkage.pair_counts(identities),
        outcomes.confusion(truth, ours, lists, identities),
    ):
        assert "SELECT" in ibis.to_sql(expression, dialect="pyspark")
