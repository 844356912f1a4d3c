"""What an extract may be asked for, and what is refused."""

from datetime import date
from typing import Any

import pytest

from pipelines.audit import scope
from tests.audit import tiny

AGE = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
NAMING = {"kind": "identified", "approver": "Kepala Pusdatin", "recipient": AGE}
ONE = {"first": None, "last": None, "regions": (), "departures": ["D" + "a" * 16]}


def test_a_plain_request_is_pseudonymous_and_indonesian() -> None:
    asked = tiny.request()
    assert (asked.kind, asked.languages) == ("pseudonymous", ("id",))


def test_the_order_of_what_is_named_makes_no_other_request() -> None:
    one, other = (tiny.request(regions=r) for r in (["52", "33.02"], ["33.02", "52", "52"]))
    assert one.digest == other.digest


@pytest.mark.parametrize("changed", [{"purpose": "lain"}, {"last": date(2025, 12, 30)},
                                     {"regions": ["53"]}, {"language": "en"}])  # fmt: skip
def test_everything_that_is_asked_makes_another_request(changed: dict[str, Any]) -> None:
    assert tiny.request(**changed).digest != tiny.request().digest


def test_both_languages_are_indonesian_first() -> None:
    assert tiny.request(language="both").languages == ("id", "en")


def test_one_day_is_a_period() -> None:
    day = date(2025, 3, 1)
    assert tiny.request(first=day, last=day).first == day


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"regions": ["5203"]}, "regions"), ({"regions": ["NTB"]}, "regions"),
        ({"outcomes": ["illegal"]}, "unknown outcome illegal"),
        ({"first": date(2026, 1, 1)}, "before it begins"),
        ({"first": None}, "period is needed"), ({"last": None}, "period is needed"),
        ({"purpose": "  "}, "purpose"), ({"purpose": "ab"}, "purpose"),
        ({"requester": "x" * 201}, "requester"), ({"legal_basis": "a\nb"}, "legal_basis"),
        ({"language": "fr"}, "language"), ({"kind": "open"}, "kind"),
        ({"approver": "Ombudsman RI "}, "another than the requester"),
        ({"recipient": AGE}, "belongs to an identified"),
        (NAMING | {"approver": None}, "needs an approver"),
        (NAMING | {"approver": " ombudsman  ri "}, "another than the requester"),
        (NAMING | {"recipient": None}, "recipient"),
        (NAMING | {"recipient": "ssh-rsa"}, "recipient"),
        (ONE | {"departures": ["X1"]}, "departures"), (ONE | {"regions": ["52"]}, "its name alone"),
        (ONE | {"first": date(2025, 1, 1)}, "its name alone"), ({"surprise": "x"}, "surprise"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_answered_is_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(scope.RequestError, match=says):
        tiny.request(**changed)


def test_an_identified_request_that_somebody_else_approved_is_taken() -> None:
    assert tiny.request(**NAMING).is_identified


def test_a_pseudonymous_request_may_be_approved() -> None:
    assert tiny.request(approver="Kepala Pusdatin").approver == "Kepala Pusdatin"


def test_a_departure_asked_for_by_its_name_needs_no_period() -> None:
    assert tiny.request(**ONE).is_of_single_departures


def test_a_request_comes_back_from_its_manifest() -> None:
    for asked in (tiny.request(), tiny.request(**NAMING), tiny.request(**ONE)):
        assert scope.of_manifest(asked.said()) == asked
