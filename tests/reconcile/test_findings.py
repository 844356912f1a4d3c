"""What the records say about the record keepers."""

from datetime import date
from typing import Any

import ibis
import pyarrow as pa
import pytest

from pipelines.reconcile.findings import conflicting_birth_dates, finding_codes, unmapped_values

from .stories import Told, after, day, entry, exit, placement, story

START = "2025-01-01"


def of(told: Told, code: str) -> list[dict[str, object]]:
    return [row for row in told.findings if row["code"] == code]


def test_a_finding_names_the_delivered_row() -> None:
    (finding,) = of(story(entry("2025-02-01", batch_id="B7")), "entry_without_exit")
    assert (finding["source"], finding["batch_id"], finding["row_number"]) == (
        "perlintasan",
        "B7",
        1,
    )


def test_two_passports_used_in_turns() -> None:
    told = story(
        exit("2025-01-01", document_number="A1"),
        entry("2025-01-05", document_number="B2"),
        exit("2025-02-01", document_number="A1"),
    )
    (finding,) = of(told, "two_live_passports")
    assert finding["row_number"] == 2


def test_a_renewed_passport_is_no_finding() -> None:
    told = story(
        exit("2025-01-01", document_number="A1"),
        entry("2025-01-05", document_number="A1"),
        exit("2025-02-01", document_number="B2"),
        entry("2025-02-05", document_number="B2"),
    )
    assert told.codes == []


def test_an_splp_is_not_a_second_passport() -> None:
    told = story(
        exit("2025-01-01", document_number="A1"),
        entry("2025-01-05", document_number="S9", document_type="SPLP"),
        exit("2025-02-01", document_number="A1"),
    )
    assert told.codes == []


def test_unknown_gates_are_counted_by_delivery() -> None:
    unknown: dict[str, Any] = {"gate_code": "ZZZ", "is_known_gate": False}
    told = story(exit("2025-01-01", **unknown), entry("2025-01-05", **unknown))
    (finding,) = of(told, "unknown_gate")
    assert (finding["gate_code"], finding["detail"]) == ("ZZZ", "crossings=2")


@pytest.mark.parametrize(("days", "findings"), [(119, 0), (120, 1)])
def test_a_placement_without_exit_is_found_after_some_patience(days: int, findings: int) -> None:
    told = story(
        placement("TWN", "2025-02-01", "2027-02-01"),
        coverage_from=START,
        as_of=after("2025-02-01", days),
    )
    assert len(of(told, "placement_without_exit")) == findings


@pytest.mark.parametrize(
    ("left", "back", "is_found"),
    [
        ("2025-02-01", None, False),
        ("2025-01-10", "2025-02-01", False),
        ("2025-01-10", "2025-01-31", True),
        ("2025-01-10", None, False),
    ],
)
def test_being_away_during_the_placement_is_enough(
    left: str, back: str | None, is_found: bool
) -> None:
    rows = [exit(left, "TWN"), placement("TWN", "2025-02-01", "2025-06-01")]
    told = story(*rows, *([entry(back)] if back else []), coverage_from=START)
    assert bool(of(told, "placement_without_exit")) == is_found


def test_a_placement_from_before_the_record_is_no_finding() -> None:
    told = story(placement("TWN", "2024-12-31", "2027-02-01"), coverage_from=START)
    assert told.codes == []


def test_conflicting_birth_dates_leave_unknown_ones_aside() -> None:
    births: list[tuple[str | None, date | None]] = [
        ("P1", day("1990-05-01")),
        ("P1", day("1991-05-01")),
        ("P2", day("1990-05-01")),
        ("P2", None),
        ("P3", None),
        (None, day("1990-05-01")),
        (None, day("1992-05-01")),
    ]
    table = pa.table(
        {
            "person_id": pa.array([person for person, _ in births], pa.string()),
            "birth_date": pa.array([born for _, born in births], pa.date32()),
        }
    )
    found = conflicting_birth_dates(ibis.memtable(table)).to_pyarrow().to_pylist()
    assert [(row["person_id"], row["detail"]) for row in found] == [("P1", "birth_dates=2")]


def test_details_hold_no_names_or_document_numbers() -> None:
    told = story(
        exit("2025-01-01", document_number="A1"),
        exit("2025-01-05", document_number="B2"),
        exit("2025-02-01", document_number="A1"),
        coverage_from=START,
    )
    assert not any("A1" in str(row) or "B2" in str(row) for row in told.findings)


def test_every_code_has_its_sentences() -> None:
    codes = finding_codes().to_pylist()
    assert len({row["code"] for row in codes}) == len(codes)
    assert all(row["sentence_id"] and row["sentence_en"] and row["source"] for row in codes)


def test_words_that_no_table_knows_are_counted_without_being_repeated() -> None:
    unresolved = ibis.memtable(
        {
            "source": ["perlintasan", "perlintasan", "pemulangan"],
            "field": ["country_name", "country_name", "province_name"],
            "value": ["ATLANTIS", "SITI AMINAH", "NUSANTARA"],
            "rows": [3, 1, 2],
        }
    )
    found = unmapped_values(unresolved).order_by("source").to_pyarrow().to_pylist()
    assert [(row["code"], row["source"], row["detail"]) for row in found] == [
        ("unmapped_value", "pemulangan", "field=province_name values=1 rows=2"),
        ("unmapped_value", "perlintasan", "field=country_name values=2 rows=4"),
    ]
