"""Each outcome once, and both sides of each boundary."""

from typing import Any

import pytest

from pipelines.reconcile import rules

from .stories import (
    NOBODY_ABROAD,
    after,
    entry,
    exit,
    listed,
    person,
    placement,
    story,
)

LEFT = "2025-01-03"


def test_poor_identity_decides_before_everything() -> None:
    told = story(
        exit(LEFT, "MYS"),
        placement("MYS", "2024-12-01", "2026-12-01"),
        person(is_poorly_identified=True),
    )
    assert (told.outcome, told.rule) == ("insufficient_data", "poorly_identified")


@pytest.mark.parametrize("purpose", ["study", "official"])
def test_study_and_official_duty_are_exempt(purpose: str) -> None:
    assert story(exit(LEFT, "JPN", purpose=purpose)).outcome == "exempt"


@pytest.mark.parametrize("purpose", ["tourism", "business", "work", "other", None])
def test_other_purposes_are_not_exempt(purpose: str | None) -> None:
    assert story(exit(LEFT, "MYS", purpose=purpose)).outcome == "suspected_undocumented"


def test_a_list_that_proves_work_contradicts_an_exempt_purpose() -> None:
    told = story(exit(LEFT, "MYS", purpose="study"), listed("2025-06-01", "KHM", "SCAM"))
    assert told.outcome == "confirmed_undocumented"
    assert "purpose_exempt" in told.only["reasons"]


def test_an_ill_student_on_a_list_stays_exempt() -> None:
    told = story(exit(LEFT, "JPN", purpose="study"), listed("2025-06-01", "JPN", "SAKIT"))
    assert told.outcome == "exempt"


def test_placed_to_malaysia_repatriated_from_myanmar() -> None:
    told = story(
        exit(LEFT, "MYS"),
        placement("MYS", "2024-12-01", "2026-12-01"),
        listed("2025-03-20", "MMR"),
    )
    assert (told.outcome, told.rule) == ("documented_diverted", "placement_diverted_by_list")
    assert str(told.only["outcome_since"]) == "2025-03-20"


def test_a_list_from_the_country_of_the_placement_stays_documented() -> None:
    told = story(
        exit(LEFT, "MYS"),
        placement("MYS", "2024-12-01", "2026-12-01"),
        listed("2025-03-20", "MYS", "OVERSTAY"),
    )
    assert told.outcome == "documented"


def test_the_same_country_on_the_list_outweighs_another_one_stated() -> None:
    told = story(
        exit(LEFT, "JPN"),
        placement("TWN", "2024-12-01", "2026-12-01"),
        listed("2025-08-20", "TWN", "OVERSTAY"),
    )
    assert told.outcome == "documented"


@pytest.mark.parametrize("country", ["TWN", None, "SGP", "MYS", "THA"])
def test_destination_missing_or_in_transit_does_not_contradict(country: str | None) -> None:
    told = story(exit(LEFT, country), placement("TWN", "2024-12-01", "2026-12-01"))
    assert (told.outcome, told.rule) == ("documented", "placement_covers")


def test_another_destination_and_not_back_is_diverted() -> None:
    told = story(exit(LEFT, "KHM"), placement("TWN", "2024-12-01", "2026-12-01"))
    assert (told.outcome, told.rule) == ("documented_diverted", "placement_diverted_by_declaration")
    assert told.only["outcome_since"] == after(LEFT, 121)


def test_another_destination_and_back_late_is_diverted() -> None:
    told = story(
        exit(LEFT, "KHM"),
        entry(after(LEFT, 31)),
        placement("TWN", "2024-12-01", "2026-12-01"),
    )
    assert told.outcome == "documented_diverted"
    assert told.only["outcome_since"] == after(LEFT, 31)


def test_another_destination_and_back_in_time_was_a_trip() -> None:
    told = story(
        exit(LEFT, "KHM"),
        entry(after(LEFT, 30)),
        placement("TWN", "2024-12-01", "2026-12-01"),
    )
    assert told.outcome == "returned_within_stay"


def test_another_destination_and_not_yet_due_is_awaiting() -> None:
    told = story(
        exit(LEFT, "KHM"), placement("TWN", "2024-12-01", "2026-12-01"), as_of=after(LEFT, 120)
    )
    assert told.outcome == "awaiting"


@pytest.mark.parametrize(("days", "outcome"), [(30, "returned_within_stay"), (31, "returned_late")])
def test_a_border_pass_has_a_stay_of_its_own(days: int, outcome: str) -> None:
    told = story(exit(LEFT, "PNG", document_type="PLB"), entry(after(LEFT, days)))
    assert told.outcome == outcome
    assert "border_pass" in told.only["reasons"]


@pytest.mark.parametrize(
    ("document", "outcome"), [("PLB", "insufficient_data"), ("PASPOR", "suspected_undocumented")]
)
def test_a_border_pass_alone_is_no_ground_for_suspicion(document: str, outcome: str) -> None:
    assert story(exit(LEFT, "MYS", document_type=document)).outcome == outcome


def test_a_border_pass_is_awaited_like_anybody() -> None:
    left = exit(LEFT, "MYS", document_type="PLB")
    assert story(left, as_of=after(LEFT, 120)).outcome == "awaiting"
    assert story(left, as_of=after(LEFT, 121)).rule == "border_pass_overdue"


def test_a_list_outweighs_a_border_pass() -> None:
    told = story(exit(LEFT, "MYS", document_type="PLB"), listed("2025-06-01", "MYS", "PEKERJA"))
    assert told.outcome == "confirmed_undocumented"


@pytest.mark.parametrize(("observed", "is_chain"), [("KHM", True), ("SGP", False), (None, False)])
def test_from_batam_by_way_of_singapore_to_phnom_penh(observed: str | None, is_chain: bool) -> None:
    told = story(exit(LEFT, "SGP", gate_code="BTC"), listed("2025-06-01", observed, "SCAM"))
    assert ("transit_chain" in told.only["reasons"].split(";")) == is_chain


@pytest.mark.parametrize("category", ["TPPO", "SCAM", "PEKERJA", "OVERSTAY"])
def test_a_list_that_proves_work_confirms(category: str) -> None:
    told = story(exit(LEFT, "THA"), listed("2025-01-20", "MMR", category))
    assert (told.outcome, told.rule) == ("confirmed_undocumented", "list_proves_work")


@pytest.mark.parametrize("category", ["SAKIT", "LAINNYA"])
def test_other_lists_leave_the_ordinary_rules_to_decide(category: str) -> None:
    told = story(exit(LEFT, "THA"), listed("2025-01-20", "THA", category))
    assert told.outcome == "returned_within_stay"
    assert "on_list" in told.only["reasons"].split(";")


def test_a_return_without_an_exit_is_unrecorded() -> None:
    assert story(entry("2025-01-03", "MYS")).outcome == "unrecorded_exit"


def test_a_list_row_without_an_exit_is_unrecorded() -> None:
    told = story(listed("2025-01-03", "MYS"))
    assert (told.outcome, told.only["departure_key"]) == ("unrecorded_exit", "L:list.xlsx#r001")
    assert str(told.only["occurred_on"]) == "2025-01-03"


def test_a_placement_covers_a_return_without_an_exit() -> None:
    told = story(entry("2025-01-03", "KHM"), placement("TWN", "2024-01-01", "2025-12-31"))
    assert told.outcome == "documented"


@pytest.mark.parametrize(
    ("days", "outcome"), [(399, "insufficient_data"), (400, "unrecorded_exit")]
)
def test_the_record_start_lasts_its_first_400_days(days: int, outcome: str) -> None:
    start = "2023-01-01"
    told = story(entry(after(start, days)), coverage_from=start)
    assert told.outcome == outcome
    assert ("before_record_start" in told.only["reasons"]) == (outcome == "insufficient_data")


def test_nobody_was_abroad_when_the_record_began() -> None:
    told = story(entry("2023-01-02"), coverage_from="2023-01-01", policy=NOBODY_ABROAD)
    assert told.outcome == "unrecorded_exit"
    assert told.only["reasons"] == "no_exit"


@pytest.mark.parametrize(
    ("country", "days", "outcome"),
    [
        ("MYS", 30, "returned_within_stay"),
        ("MYS", 31, "returned_late"),
        ("JPN", 90, "returned_within_stay"),
        ("JPN", 91, "returned_late"),
        (None, 90, "returned_within_stay"),
        (None, 91, "returned_late"),
    ],
)
def test_the_permitted_stay_includes_its_last_day(
    country: str | None, days: int, outcome: str
) -> None:
    told = story(exit(LEFT, country), entry(after(LEFT, days)))
    assert told.outcome == outcome
    assert told.only["days_away"] == days
    assert told.only["outcome_since"] == after(LEFT, days)


@pytest.mark.parametrize(
    ("days", "outcome"), [(120, "returned_within_stay"), (121, "insufficient_data")]
)
def test_a_later_exit_implies_a_return(days: int, outcome: str) -> None:
    told = story(exit(LEFT, "MYS"), exit(after(LEFT, days), "MYS"))
    first = told.departures[0]
    assert first["outcome"] == outcome
    assert first["outcome_since"] == after(LEFT, days)
    assert "return_implied" in first["reasons"]


@pytest.mark.parametrize(
    ("country", "days", "outcome"),
    [
        ("MYS", 120, "awaiting"),
        ("MYS", 121, "suspected_undocumented"),
        ("JPN", 180, "awaiting"),
        ("JPN", 181, "suspected_undocumented"),
    ],
)
def test_grace_includes_its_last_day(country: str, days: int, outcome: str) -> None:
    told = story(exit(LEFT, country), as_of=after(LEFT, days))
    assert told.outcome == outcome


@pytest.mark.parametrize(
    ("age", "rule"),
    [
        (16, "outside_working_age"),
        (17, "overdue_of_working_age"),
        (60, "overdue_of_working_age"),
        (61, "outside_working_age"),
    ],
)
def test_working_age_is_that_at_departure(age: int, rule: str) -> None:
    born_that_day = f"{2025 - age}-01-03"
    told = story(exit(LEFT, "MYS"), person(born=born_that_day))
    assert told.only["age_at_departure"] == age
    assert told.rule == rule


def test_the_day_before_the_birthday_is_a_year_younger() -> None:
    told = story(exit(LEFT, "MYS"), person(born="2008-01-04"))
    assert (told.only["age_at_departure"], told.outcome) == (16, "insufficient_data")


def test_an_unknown_birth_date_is_not_an_age() -> None:
    told = story(exit(LEFT, "MYS"), person(born=None))
    assert told.only["age_at_departure"] is None
    assert told.rule == "age_unknown"


def test_evidence_dates_do_not_move_with_the_night() -> None:
    told = [story(exit(LEFT, "MYS"), as_of=after(LEFT, days)) for days in (121, 300)]
    assert told[0].departures == told[1].departures
    assert told[0].only["outcome_since"] == after(LEFT, 121)
    assert told[0].only["final_on"] == after(LEFT, 120 + 180)


def test_awaiting_becomes_final_after_its_due_date() -> None:
    told = story(exit(LEFT, "MYS"), as_of=after(LEFT, 5))
    assert told.only["outcome_since"] == after(LEFT, 0)
    assert told.only["final_on"] == after(LEFT, 120 + 180)


def test_a_finished_journey_becomes_final_after_its_return() -> None:
    told = story(exit(LEFT, "MYS"), entry(after(LEFT, 10)))
    assert told.only["final_on"] == after(LEFT, 10 + 180)


@pytest.mark.parametrize("values", [{"link_probability": 0.97}])
def test_the_weakest_link_is_the_departures(values: dict[str, Any]) -> None:
    told = story(
        exit(LEFT, "MYS"),
        placement("MYS", "2024-12-01", "2026-12-01", link_probability=0.99),
        listed("2025-06-01", "MYS", **values),
    )
    assert told.only["link_probability"] == 0.97


def test_own_crossings_alone_are_certain() -> None:
    assert story(exit(LEFT, "MYS")).only["link_probability"] == 1.0


def test_reasons_come_in_a_fixed_order() -> None:
    told = story(
        exit(LEFT, "THA"),
        entry("2025-03-20", document_type="SPLP"),
        listed("2025-03-20", "MMR", "TPPO"),
    )
    assert told.only["reasons"] == (
        "list_tppo;splp_return;on_list;declared_transit;transit_chain;after_stay"
    )


def test_every_rule_gives_a_known_outcome_and_every_outcome_has_a_rule() -> None:
    assert {rule.outcome for rule in rules.RULES} == {known.name for known in rules.OUTCOMES}


def test_the_catalogue_holds_every_rule_in_order() -> None:
    rows = rules.catalogue().to_pylist()
    assert [row["rule"] for row in rows] == [rule.name for rule in rules.RULES]
    assert all(row["reason_id"] and row["reason_en"] and row["meaning_id"] for row in rows)


def test_without_a_border_record_a_list_proves_no_unrecorded_exit() -> None:
    told = story(listed("2025-03-20", "MMR"), coverage_from=None)
    assert told.rule == "before_record_start"
    assert told.findings == []
