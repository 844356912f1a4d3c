"""The whole report, as `evaluate --json` prints it."""

from __future__ import annotations

import json

import ibis

from pipelines.evaluate import (
    evaluate,
    groups,
    link_types,
    linkage,
    outcomes,
)
from tests.evaluate import nights

PROMISED = {
    "linkage": {"precision", "recall", "f1", "by_source", "by_type", "by_group", "calibration"},
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


def test_somebody_who_came_home_on_an_splp_and_was_not_recognised() -> None:
    truth = nights.truth(
        nights.persons(
            ("perlintasan", "p.csv", "1", "A"),
            ("perlintasan", "p.csv", "2", "A"),
            ("pemulangan", "l.csv", "7", "A"),
        ),
        nights.true_departures(("A", "1", "l.csv", "7", "confirmed_undocumented")),
    )
    night = nights.night(
        person_records=nights.person_records(("L:l.csv#7", "P2")),
        crossings=nights.crossings(("1", "X1", "P1"), ("2", "S1", "P2", "SPLP")),
        written=nights.written(("D:X1", "SITI AMINAH", "P", True), ("L:l.csv#7", None, "P", True)),
        scored=nights.scored(("D:S1", "D:X1", "splp", 0.4), ("L:l.csv#7", "D:S1", "list", 0.9995)),
    )
    found = evaluate(truth, night)["linkage"]
    assert found["by_type"]["splp_to_passport"]["pairs"] == {
        "true": 1, "predicted": 0, "correct": 0,
    }  # fmt: skip
    assert found["by_type"]["list_to_document_with_birth_date"]["recall"] == 0.5
    groups_of_a = {name: list(found["by_group"][name]["groups"]) for name in groups.DIMENSIONS[:3]}
    assert groups_of_a == {"sex": ["P"], "province": ["52"], "name_words": ["2"]}
    assert found["by_group"]["sex"]["groups"]["P"]["recall"] == 0.333333
    assert found["calibration"][:2] == [
        {
            "kind": "all", "from": 0.4, "to": 0.5, "pairs": 1, "mean_probability": 0.4,
            "true_share": 1.0,
        },
        {
            "kind": "all", "from": 0.999, "to": 1, "pairs": 1, "mean_probability": 0.9995,
            "true_share": 1.0,
        },
    ]  # fmt: skip


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
    assert len(held) == 3  # identities, their cells, the cells with pairs of groups


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
            dict.fromkeys(
                ("crossing_id", "document_number", "document_type", "person_id"), "string"
            ),
            name="crossings",
        ),
        "written": ibis.table(
            {
                **dict.fromkeys(("record_key", "name", "sex"), "string"),
                "is_dated": "boolean",
                "records": "int64",
            },
            name="written",
        ),
    }
    identities = linkage.identities(*tables.values())
    origin = ("origin_province_code", "origin_regency_code")
    truth = ibis.table(dict.fromkeys(("person_key", "outcome", *origin), "string"), name="truth")
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
    words = ibis.table(dict.fromkeys(("word", "kind", "tradition"), "string"), name="words")
    cells = linkage.cells(identities)
    labels = groups.labels(identities, tables["written"], truth, words)
    for expression in (
        linkage.pair_counts(identities),
        link_types.pair_counts(cells),
        groups.pair_counts(groups.concerned(cells), labels),
        outcomes.confusion(truth, ours, lists, identities),
    ):
        assert "SELECT" in ibis.to_sql(expression, dialect="pyspark")
