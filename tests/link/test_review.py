"""The grey band: what a reviewer is shown, and what not."""

from typing import Any

import ibis
import pyarrow as pa
import pytest

from pipelines import contracts, link, papers, standardise
from pipelines.link import review
from tests.link.people import NIK, Row, crossing, day
from tests.link.verdicts import candidate, identity, judged, rows

LOW, HIGH = 0.05, 0.95


def pseudonym(value: Any) -> Any:
    """Readable, so that tests can be read."""
    return ibis.literal("R:") + value.replace("\n", "&")


def band(con: Any, candidates: list[Row], judgements: list[Row] | None = None) -> set[str]:
    """The record_key of the pairs in the band."""
    tables = identity("candidates", candidates), identity("judgements", judgements or [])
    return {row["record_key"] for row in rows(con, review.in_band(*tables, LOW, HIGH))}


@pytest.mark.parametrize(
    ("probability", "is_inside"),
    [(0.0, False), (0.0499, False), (0.05, True), (0.5, True), (0.9499, True), (0.95, False)],
)
def test_the_band_has_its_lower_end_and_not_its_upper(
    con: Any, probability: float, is_inside: bool
) -> None:
    assert band(con, [candidate("P:1", "D:C1", probability)]) == ({"P:1"} if is_inside else set())


def test_what_was_decided_does_not_matter_but_what_was_judged_does(con: Any) -> None:
    decisions = ("linked", "unsure", "weaker", "conflict")
    open_ = [candidate(f"P:{n}", "D:C1", 0.5, decision=d) for n, d in enumerate(decisions)]
    done = [candidate(f"P:{n}", "D:C1", 0.5) for n in (7, 8)]
    judgements = [judged("P:7", "D:C1"), judged("D:C1", "P:8", "different")]
    judgements.append(judged("P:1", "D:C2"))  # of one of the two only
    assert band(con, open_ + done, judgements) == {"P:0", "P:1", "P:2", "P:3"}


BATCHES = [
    {"batch_id": "B1", "source": "perlintasan", "file": "2025.csv", "sha256": "aa"},
    {"batch_id": "B2", "source": "perlintasan", "file": "koreksi.csv", "sha256": "bb"},
    {"batch_id": "B3", "source": "penempatan", "file": "siskop2mi.xlsx", "sha256": "cc"},
    {"batch_id": "B4", "source": "pemulangan", "file": "a.xlsx", "sha256": "dd"},
]
OTHER = {"full_name": "AGUS WIJAYA", "birth_date": None, "sex": "L"}
CROSSINGS = [
    crossing("1", crossed_at=day(1), row_number=1, superseded_by="B2"),
    crossing("1", crossed_at=day(9), row_number=1, batch_id="B2"),
    crossing("2", crossed_at=day(5), row_number=2, document_number="c-1000001"),
    crossing("3", crossed_at=day(5), row_number=3),
    crossing("4", crossed_at=day(2), row_number=4, **OTHER),
    crossing("5", crossed_at=day(3), row_number=5, document_number=None, nik=NIK),
    crossing("6", crossed_at=day(4), row_number=6, document_number="-"),
]
PLACEMENTS = [
    {"placement_id": "1", "batch_id": "B3", "row_number": 1, "superseded_by": "B3"},
    {"placement_id": "1", "batch_id": "B3", "row_number": 2},
    {"placement_id": "2", "batch_id": "B3", "row_number": 3, "superseded_by": "B9"},
]
LISTS = [{"list_file": "a.xlsx", "list_number": "3", "batch_id": "B4", "row_number": 4}]
ROWS = {
    "D:C1000001": ("perlintasan", "2025.csv", 2, "aa"),
    "D:C1000001|AGUS WIJAYA||L": ("perlintasan", "2025.csv", 4, "aa"),
    f"N:{NIK}": ("perlintasan", "2025.csv", 5, "aa"),
    "W:BUDI SANTOSO|1990-05-17|L": ("perlintasan", "2025.csv", 6, "aa"),
    "P:1": ("penempatan", "siskop2mi.xlsx", 2, "cc"),
    "L:a.xlsx#3": ("pemulangan", "a.xlsx", 4, "dd"),
}


def table(schema: str, name: str, found: list[Row]) -> Any:
    return ibis.memtable(pa.Table.from_pylist(found, contracts.lake()[schema, name].arrow_schema))


def looked_up(con: Any, keys: list[str]) -> Any:
    """The delivered rows of these identities."""
    records = {
        name: table("records", name, found)
        for name, found in
        (("crossings", CROSSINGS), ("placements", PLACEMENTS), ("repatriations", LISTS))
    }  # fmt: skip
    keyed = con.create_table(
        "keyed",
        link.traveller_keys(standardise.traveller_tuples(records["crossings"])),
        overwrite=True,
    )
    delivered = records.pop("crossings")
    others = link.crossings_of(delivered, link.otherwise_keyed(keyed))
    keyed_too = link.crossings_keyed(papers.standard_crossings(delivered), others)
    crossings = con.create_table("crossings", keyed_too, overwrite=True)
    batches = table("ops", "batches", BATCHES)
    return review.delivered_rows(
        ibis.memtable({"record_key": keys}), crossings, **records, batches=batches
    )


def test_identities_are_looked_up_in_their_current_row_a_traveller_in_the_first(con: Any) -> None:
    found = rows(con, looked_up(con, [*ROWS, "P:2", "P:9", "D:C9999999"]))
    assert {
        r["record_key"]: (r["source"], r["file"], r["row_number"], r["sha256"]) for r in found
    } == ROWS
    assert len(found) == len(ROWS)


def test_only_the_identities_that_are_asked_for_are_looked_up(con: Any) -> None:
    found = rows(con, looked_up(con, ["D:C1000001", "P:1"]))
    assert {row["record_key"] for row in found} == {"D:C1000001", "P:1"}


def test_a_reviewer_sees_evidence_and_rows_but_neither_keys_nor_decisions(con: Any) -> None:
    told = identity(
        "candidates",
        [candidate("P:1", "D:C1000001", 0.4, evidence="name:exact;birth_date:same"),
         candidate("P:2", "D:C1000001", 0.6),
         candidate("L:a.xlsx#3", "D:C1000001|AGUS WIJAYA||L", 0.5, kind="list")],
    )  # fmt: skip
    inside = review.in_band(told, identity("judgements", []), LOW, HIGH)
    words = review.in_words(["name:exact;birth_date:same", "sex:same"], link.declared())
    form = review.grey_band(inside, looked_up(con, [*ROWS]), words, pseudonym)
    assert not {"record_key", "anchor_key", "low_key", "high_key", "decision"} & set(form.columns)
    listed, placed, open_ = rows(con, form.order_by("kind", "link_probability"))
    assert placed == {
        "review_id": "R:D:C1000001&P:1", "kind": "placement", "match_weight": -1.5,
        "link_probability": 0.4,
        "evidence_id": "Tanggal lahir sama.", "evidence_en": "Same date of birth.",
        "left_source": "penempatan", "left_file": "siskop2mi.xlsx", "left_row": 2,
        "left_sha256": "cc", "right_source": "perlintasan", "right_file": "2025.csv",
        "right_row": 2, "right_sha256": "aa", "verdict": None, "judged_by": None, "why": None,
    }  # fmt: skip
    assert (listed["left_file"], listed["right_row"]) == ("a.xlsx", 4)
    assert (open_["review_id"], open_["left_file"], open_["right_row"]) == (
        "R:D:C1000001&P:2", None, 2,
    )  # fmt: skip


def test_evidence_is_told_once_for_all_pairs_that_have_it(con: Any) -> None:
    told = review.in_words(["nik:same", "", "nik:same", "age:fits"], link.declared())
    assert {r["evidence"]: (r["evidence_id"], r["evidence_en"]) for r in rows(con, told)} == {
        "": ("", ""),
        "age:fits": ("Umur sesuai tanggal lahir.", "Age fits the date of birth."),
        "nik:same": ("NIK sama.", "Same NIK."),
    }
    assert rows(con, review.in_words([], link.declared())) == []


def test_a_pair_has_one_name_whether_scored_or_judged_and_either_way_round(con: Any) -> None:
    told = identity("candidates", [candidate("P:1", "D:C1", 0.4), candidate("P:2", "D:C1", 0.01)])
    judgements = identity("judgements", [judged("D:C1", "P:1"), judged("P:3", "D:C1")])
    found = rows(con, review.pairs(told, judgements, pseudonym))
    assert {row["review_id"]: (row["low_key"], row["high_key"]) for row in found} == {
        f"R:D:C1&P:{n}": ("D:C1", f"P:{n}") for n in (1, 2, 3)
    }
    assert len(found) == 3
