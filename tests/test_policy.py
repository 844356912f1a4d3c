"""The policy: every parameter declared, overridden one by one, refused clearly."""

from datetime import date
from pathlib import Path

import pytest

from pipelines.policy import Policy, PolicyError, declared

LATER, EARLIER = "{value: 60, valid_from: 2026-01-01}", "{value: 60, valid_from: 2025-01-01}"


def home_with(folder: Path, text: str) -> Path:
    (folder / "policy.yaml").write_text(text, encoding="utf-8")
    return folder


def test_every_parameter_is_declared_and_used() -> None:
    assert set(declared()) == set(Policy.load().values)


def test_every_parameter_says_why_in_two_languages() -> None:
    for name, parameter in declared().items():
        assert parameter.reason_id.endswith("."), name
        assert parameter.reason_en.endswith("."), name
        assert parameter.unit, name


def test_a_home_without_a_policy_overrides_nothing(tmp_path: Path) -> None:
    policy = Policy.load(tmp_path)
    assert policy.overrides == ()
    assert policy == Policy.load()


def test_an_empty_policy_overrides_nothing(tmp_path: Path) -> None:
    assert Policy.load(home_with(tmp_path, "# nothing yet\n")) == Policy.load()


def test_one_parameter_is_overridden_and_listed(tmp_path: Path) -> None:
    policy = Policy.load(home_with(tmp_path, "grace_days: 60\n"))
    assert policy.grace_days == 60
    assert policy.overrides == ("grace_days",)
    assert policy.working_age_max == 60


def test_dates_and_lists_can_be_overridden(tmp_path: Path) -> None:
    text = "default_birth_dates: [1901-01-01]\nwatch_regions: ['52']\n"
    policy = Policy.load(home_with(tmp_path, text))
    assert policy.default_birth_dates == (date(1901, 1, 1),)
    assert policy.watch_regions == ("52",)


@pytest.mark.parametrize(
    ("text", "parameter"),
    [
        ("grace_day: 60", "grace_day"),
        ("grace_days: sixty", "grace_days"),
        ("grace_days: true", "grace_days"),
        ("grace_days: -1", "grace_days"),
        ("grace_days:", "grace_days"),
        ("interval_level: 95", "interval_level"),
        ("abroad_at_record_start: maybe", "abroad_at_record_start"),
        ("transit_countries: [Malaysia]", "transit_countries"),
        ("watch_regions: [52]", "watch_regions"),
        ("list_categories_proving_work: [LOST]", "list_categories_proving_work"),
        ("working_age_min: 70", "working_age_min"),
        ("grace_days: []", "grace_days"),
        ("grace_days: [{value: 60}]", "grace_days"),
        ("grace_days: [{value: x, valid_from: 2026-01-01}]", "grace_days"),
        (f"grace_days: [{LATER}, {EARLIER}]", "grace_days"),
        (f"grace_days: [{LATER}, {LATER}]", "grace_days"),
        (f"record_start_days: [{EARLIER}]", "record_start_days"),
        ("- grace_days", "(file)"),
        ("grace_days: [", "(file)"),
    ],
)
def test_a_bad_policy_is_refused_by_file_and_parameter(
    tmp_path: Path, text: str, parameter: str
) -> None:
    with pytest.raises(PolicyError) as refusal:
        Policy.load(home_with(tmp_path, text))
    assert str(tmp_path / "policy.yaml") in str(refusal.value)
    assert parameter in str(refusal.value)


CHANGE = "grace_days: [{value: 60, valid_from: 2026-01-01}]\n"


def test_a_change_keeps_what_was_declared_before_it(tmp_path: Path) -> None:
    policy = Policy.load(home_with(tmp_path, CHANGE))
    assert policy.history("grace_days") == ((date(2018, 1, 1), 90), (date(2026, 1, 1), 60))
    assert policy.grace_days == 60
    assert policy.overrides == ("grace_days",)


def test_one_value_holds_for_all_time(tmp_path: Path) -> None:
    policy = Policy.load(home_with(tmp_path, "grace_days: 60\n"))
    assert [value for _, value in policy.history("grace_days")] == [60]


def test_a_list_of_values_may_change_too(tmp_path: Path) -> None:
    text = "exempt_purposes: [{value: [study], valid_from: 2025-07-01}]\n"
    policy = Policy.load(home_with(tmp_path, text))
    values = [value for _, value in policy.history("exempt_purposes")]
    assert values == [("study", "official"), ("study",)]


def test_a_change_is_in_the_digest_the_values_and_the_table(tmp_path: Path) -> None:
    policy = Policy.load(home_with(tmp_path, CHANGE))
    assert policy.digest != Policy.load().digest
    assert policy.values["grace_days"] == [
        {"value": 90, "valid_from": "2018-01-01"},
        {"value": 60, "valid_from": "2026-01-01"},
    ]
    rows = [row for row in policy.table().to_pylist() if row["parameter"] == "grace_days"]
    assert [(row["value"], row["valid_from"]) for row in rows] == [
        ("90", date(2018, 1, 1)),
        ("60", date(2026, 1, 1)),
    ]


def test_ages_are_judged_together_on_each_day_of_change(tmp_path: Path) -> None:
    for_a_year = "[{value: 20, valid_from: 2025-01-01}, {value: 60, valid_from: 2026-01-01}]"
    text = f"working_age_min: 30\nworking_age_max: {for_a_year}\n"
    with pytest.raises(PolicyError, match="working_age_min is above"):
        Policy.load(home_with(tmp_path, text))


def test_the_digest_follows_the_values_alone(tmp_path: Path) -> None:
    same = Policy.load(home_with(tmp_path, "grace_days: 90\n"))
    assert same.digest == Policy.load().digest
    other = Policy.load(home_with(tmp_path, "grace_days: 91\n"))
    assert other.digest != same.digest


def test_the_table_marks_what_was_overridden(tmp_path: Path) -> None:
    policy = Policy.load(home_with(tmp_path, "grace_days: 60\n"))
    rows = {row["parameter"]: row for row in policy.table().to_pylist()}
    assert rows["grace_days"]["value"] == "60"
    assert rows["grace_days"]["is_overridden"]
    assert not rows["working_age_min"]["is_overridden"]
