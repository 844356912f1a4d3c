"""Who is who: identities, links, and persons whose name stays."""

import random
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.link.people import BORN, NIK, Linked, Row, crossing, day, listed, placed

OTHER = {"full_name": "AGUS WIJAYA", "birth_date": date(1975, 11, 2)}

# Identities


def test_one_document_in_many_spellings_is_one_identity(con: Any) -> None:
    rows = [
        crossing("1"),
        crossing("2", document_number="c 1000001", full_name="Budi Santoso, S.Pd"),
        crossing("3", full_name="BUDY SANTOSO"),
        crossing("4", birth_date=date(1990, 5, 18)),
        crossing("5", full_name=None),
        crossing("6", full_name="SANTOSO B", birth_date=BORN),
    ]
    linked = Linked(con, rows)
    assert linked.persons == {"D:C1000001": "D:C1000001"}
    assert set(linked.travellers().values()) == {"D:C1000001"}


def test_somebody_else_on_the_same_number_is_an_identity_of_his_own(con: Any) -> None:
    rows = [crossing("1"), crossing("2"), crossing("3", **OTHER), crossing("4", **OTHER)]
    linked = Linked(con, [*rows, crossing("5")])
    other = "D:C1000001|AGUS WIJAYA|1975-11-02|L"
    assert set(linked.persons) == {"D:C1000001", other}
    assert linked.travellers() == {
        "1": "D:C1000001", "2": "D:C1000001", "5": "D:C1000001", "3": other, "4": other,
    }  # fmt: skip


def test_a_document_belongs_to_its_commonest_bearer(con: Any) -> None:
    linked = Linked(con, [crossing("1"), crossing("2", **OTHER), crossing("3", **OTHER)])
    assert linked.travellers()["2"] == "D:C1000001"
    assert linked.travellers()["1"] == "D:C1000001|BUDI SANTOSO|1990-05-17|L"


BLANK = {"full_name": "TANPA NAMA", "birth_date": None}


def test_who_is_not_described_is_nobody_else(con: Any) -> None:
    rows = [crossing("1"), crossing("2", **BLANK), crossing("3", **BLANK)]
    linked = Linked(con, rows)
    assert set(linked.travellers().values()) == {"D:C1000001"}
    [identity] = linked.rows(linked.identities)
    assert (identity["name"], identity["birth_date"]) == ("BUDI SANTOSO", BORN)


def test_who_is_described_by_half_may_be_somebody_else(con: Any) -> None:
    half = OTHER | {"full_name": "TANPA NAMA"}
    linked = Linked(con, [crossing("1"), crossing("2"), crossing("3", **half)])
    assert linked.travellers()["3"] == "D:C1000001||1975-11-02|L"


@pytest.mark.parametrize("document", [None, "00000000", "HILANG", "-"])
def test_without_a_document_the_nik_is_the_identity(con: Any, document: str | None) -> None:
    linked = Linked(con, [crossing("1", document_number=document, nik=NIK)])
    assert linked.travellers() == {"1": f"N:{NIK}"}


def test_without_document_and_nik_the_words_are_the_identity(con: Any) -> None:
    nameless = {"document_number": None, "full_name": "TANPA NAMA", "birth_date": None}
    rows = [
        crossing("1", document_number=None), crossing("2", document_number=None),
        crossing("3", document_number=None, birth_date=None), crossing("4", **nameless),
    ]  # fmt: skip
    assert Linked(con, rows).travellers() == {
        "1": "W:BUDI SANTOSO|1990-05-17|L", "2": "W:BUDI SANTOSO|1990-05-17|L",
        "3": "W:BUDI SANTOSO||L", "4": "W:||L",
    }  # fmt: skip


def test_an_identity_has_the_attributes_written_most_often(con: Any) -> None:
    rows = [
        crossing("1", full_name="BUDI S", received_at=day(9)), crossing("2"), crossing("3"),
        crossing("4", nik=NIK, crossed_at=day(1)),
    ]  # fmt: skip
    [identity] = Linked(con, rows).rows(Linked(con, rows).identities)
    assert (identity["name"], identity["records"], identity["nik"]) == ("BUDI SANTOSO", 4, NIK)
    assert (identity["first_received_at"], identity["first_event_at"]) == (day(2), day(1))


def test_replaced_versions_are_nobody(con: Any) -> None:
    rows = [crossing("1", superseded_by="B2", **OTHER), crossing("1", batch_id="B2")]
    assert Linked(con, rows).travellers() == {"1": "D:C1000001"}


# Corrections: the number of a document was written wrongly at first

WRONG = {"document_number": "C9999999", "superseded_by": "B2"}
RIGHT = {"batch_id": "B2", "received_at": day(9)}


def test_a_person_keeps_the_name_of_a_document_whose_number_was_corrected(con: Any) -> None:
    rows = [crossing("1", **WRONG), crossing("1", **RIGHT)]
    assert Linked(con, rows).travellers() == {"1": "D:C9999999"}


def test_and_stays_the_one_who_was_received_first(con: Any) -> None:
    rows = [crossing("1", nik=NIK, **WRONG), crossing("1", nik=NIK, **RIGHT)]
    found = Linked(con, rows, [placed("1")]).persons
    assert found == {"D:C1000001": "D:C9999999", "P:1": "D:C9999999"}


def test_a_number_that_somebody_else_bears_names_nobody_else(con: Any) -> None:
    rows = [
        crossing("1", **WRONG), crossing("1", **RIGHT),
        crossing("2", document_number="C9999999", **OTHER),
    ]  # fmt: skip
    assert Linked(con, rows).travellers() == {"1": "D:C1000001", "2": "D:C9999999"}


def test_of_two_documents_that_had_one_number_the_earlier_keeps_it(con: Any) -> None:
    rows = [
        crossing("1", **WRONG), crossing("1", **RIGHT),
        crossing("2", **WRONG | {"received_at": day(1)}),
        crossing("2", **RIGHT, **OTHER | {"document_number": "C2000002"}),
    ]  # fmt: skip
    assert Linked(con, rows).travellers() == {"1": "D:C1000001", "2": "D:C9999999"}


def test_a_document_corrected_twice_keeps_its_first_name(con: Any) -> None:
    again = {"document_number": "C8888888", "superseded_by": "B3", "received_at": day(5)}
    rows = [crossing("1", **WRONG), crossing("1", **again), crossing("1", **RIGHT)]
    assert Linked(con, rows).travellers() == {"1": "D:C9999999"}


# Links


@pytest.mark.parametrize(
    ("given_", "is_linked"),
    [
        ({}, True),
        ({"name": "AGUS WIJAYA"}, True),  # the NIK and its birth date are enough
        ({"birth_date": date(1990, 5, 18)}, True),
        ({"birth_date": date(1991, 6, 17)}, False),
        ({"birth_date": date(1991, 6, 17), "name": "BUDI SANTOSO"}, False),
        ({"birth_date": None}, True),  # then the name has to agree
        ({"birth_date": None, "name": "AGUS WIJAYA"}, False),
        ({"nik": "5203011705900002"}, False),
        ({"nik": None}, False),
    ],
)
def test_the_same_nik_links_where_the_birth_date_agrees(
    con: Any, given_: Row, is_linked: bool
) -> None:
    linked = Linked(con, [crossing("1", nik=NIK)], [placed("1", **given_)])
    assert (linked.persons["P:1"] == linked.persons["D:C1000001"]) is is_linked
    assert linked.rules["P:1"] == ("same_nik" if is_linked else "own")


@pytest.mark.parametrize(
    ("given_", "is_linked"),
    [
        ({}, True),
        ({"name": "AGUS WIJAYA"}, True),
        ({"birth_date": date(1975, 11, 2)}, True),
        ({"birth_date": None}, True),
        ({"name": None}, True),
        ({"name": "AGUS WIJAYA", "birth_date": date(1975, 11, 2)}, False),
        ({"name": "AGUS WIJAYA", "birth_date": None}, False),
        ({"name": None, "birth_date": None}, False),
    ],
)
def test_the_same_passport_links_where_birth_date_or_name_agrees(
    con: Any, given_: Row, is_linked: bool
) -> None:
    placement = placed("1", **({"nik": None, "passport_number": "C1000001"} | given_))
    linked = Linked(con, [crossing("1")], [placement])
    assert (linked.persons["P:1"] == linked.persons["D:C1000001"]) is is_linked
    assert linked.rules["P:1"] == ("same_document" if is_linked else "own")


def test_a_list_row_is_linked_by_its_splp_and_on_by_nik(con: Any) -> None:
    home = crossing("1", document_number="SPLP-77", document_type="SPLP", direction="MASUK")
    rows = [listed("1", document_number="SPLP77", nik=NIK), listed("2", name="AGUS WIJAYA")]
    linked = Linked(con, [home], [placed("1")], rows)
    assert linked.persons == {
        "D:SPLP77": "D:SPLP77", "L:a.xlsx#1": "D:SPLP77", "P:1": "D:SPLP77",
        "L:a.xlsx#2": "L:a.xlsx#2",
    }  # fmt: skip


def test_a_name_alone_links_nobody(con: Any) -> None:
    linked = Linked(con, [crossing("1")], [placed("1")], [listed("1")])
    assert len(set(linked.persons.values())) == 3


# Persons


def test_a_later_record_never_renames_a_person(con: Any) -> None:
    before = Linked(con, [crossing("1", nik=NIK)], [placed("1")]).persons
    older_event = crossing("0", document_number="A0000009", nik=NIK, crossed_at=day(1))
    later = older_event | {"received_at": day(20), "crossed_at": day(1).replace(year=2019)}
    after = Linked(con, [crossing("1", nik=NIK), later], [placed("1")]).persons
    assert after == before | {"D:A0000009": "D:C1000001"}


def test_when_two_persons_turn_out_to_be_one_the_older_id_stays(con: Any) -> None:
    first = crossing("1", document_number="A0000001", received_at=day(2))
    second = crossing("2", document_number="B0000002", received_at=day(3), nik=NIK)
    apart = Linked(con, [first, second]).persons
    assert len(set(apart.values())) == 2
    bridge = placed("1", passport_number="A0000001", first_received_at=day(10))
    joined = Linked(con, [first, second], [bridge]).persons
    assert set(joined.values()) == {"D:A0000001"}


PAPERS: list[tuple[str, Row]] = [
    ("crossings", crossing("1")),
    ("crossings", crossing("2", full_name="BUDY SANTOSO", received_at=day(3))),
    ("crossings", crossing("3", **OTHER)),
    ("crossings", crossing("4", document_number="A0000002", nik=NIK, received_at=day(5))),
    ("crossings", crossing("5", document_number=None, nik=NIK)),
    ("crossings", crossing("6", document_number=None)),
    ("crossings", crossing("7", document_number=None, birth_date=None)),
    ("crossings", crossing("8", full_name=None, nik=NIK)),
    ("placements", placed("1")),
    ("placements", placed("2", passport_number="C1000001")),
    ("lists", listed("1", document_number="C1000001")),
    ("lists", listed("2", nik=NIK, birth_date=None)),
    ("lists", listed("3")),
]


def linked_in(con: Any, order: list[tuple[str, Row]]) -> Linked:
    by_source: dict[str, list[Row]] = {"crossings": [], "placements": [], "lists": []}
    for source, row in order:
        by_source[source].append(row)
    return Linked(con, **by_source)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_order_of_the_records_changes_nothing(con: Any, seed: int) -> None:
    told = linked_in(con, PAPERS)
    expected = (told.persons, told.rules, told.travellers())
    shuffled = random.Random(seed).sample(PAPERS, len(PAPERS))  # noqa: S311
    again = linked_in(con, shuffled)
    assert (again.persons, again.rules, again.travellers()) == expected


def test_every_crossing_has_exactly_one_person(con: Any) -> None:
    travellers = linked_in(con, PAPERS).travellers()
    assert set(travellers) == {row["crossing_id"] for kind, row in PAPERS if kind == "crossings"}
    assert None not in travellers.values()


def test_persons_are_the_same_for_any_part_of_the_whole(con: Any) -> None:
    """Nights one after another: whoever was one person stays one."""
    whole = linked_in(con, PAPERS).persons
    for size in (2, 5, 9, 11):
        received = sorted(PAPERS, key=lambda p: str(p[1].get("received_at") or "9"))
        part = linked_in(con, received[:size]).persons
        together = {(a, b) for a in part for b in part if part[a] == part[b]}
        assert all(whole[a] == whole[b] for a, b in together)
