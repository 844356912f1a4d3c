"""Clusters that no real person can be, and the link that they give up."""

from datetime import date
from typing import Any

import ibis
import pytest

from pipelines.link import clusters, declared
from tests.link import worlds
from tests.link.worlds import Row, came, left, paper

RULED = tuple(rule.name for rule in declared().rules)
BORN = date(1990, 5, 17)
NIK, OTHER_NIK = "5203011705900001", "5203011705900002"
FALSE_NIK = "5203011805900002"  # says the 18th


def broken(
    con: Any,
    papers: list[Row],
    crossings: list[Row] | None = None,
    apart: list[tuple[str, str]] | None = None,
) -> list[str]:
    """What these papers break, if they are all one person's."""
    held = worlds.hold(con)
    identities = held(worlds.table(papers, worlds.IDENTITY))
    members = identities.select("record_key", cluster_id=ibis.literal("one"))
    trips = worlds.trips(con, crossings or [], [row["record_key"] for row in papers])
    pairs = [(*pair,) for pair in apart or []]
    judged = ibis.memtable(
        {"low_key": [low for low, _ in pairs], "high_key": [high for _, high in pairs]}
    ).cast({"low_key": "string", "high_key": "string"})
    found = worlds.rows(con, clusters.broken(members, identities, trips, judged))
    return sorted(row["constraint"] for row in found)


def document(key: str, **given: Any) -> Row:
    """A passport of a man born in 1990."""
    return paper(key, "document", **({"birth_date": BORN, "sex": "L"} | given))


TWO = [document("D:1"), document("D:2")]


def test_two_papers_of_one_person_break_nothing(con: Any) -> None:
    assert broken(con, TWO) == []


@pytest.mark.parametrize(
    ("mine", "theirs", "is_broken"),
    [
        ({"nik": NIK}, {"nik": NIK}, False),
        ({"nik": NIK}, {"nik": OTHER_NIK}, True),
        ({"nik": NIK}, {"nik": FALSE_NIK}, False),
        ({"nik": NIK}, {"nik": FALSE_NIK, "birth_date": date(1990, 5, 18)}, True),
        ({"nik": NIK}, {"nik": OTHER_NIK, "birth_date": None}, False),
        ({"nik": NIK}, {"nik": None}, False),
    ],
    ids=["the same", "two valid ones", "one says another birth date", "both say their own date",
         "nothing to hold it against", "one is missing"],
)  # fmt: skip
def test_two_valid_niks(con: Any, mine: Row, theirs: Row, is_broken: bool) -> None:
    papers = [document("D:1", **mine), document("D:2", **theirs)]
    assert broken(con, papers) == (["two_niks"] if is_broken else [])


@pytest.mark.parametrize(
    ("year", "sex", "is_broken"),
    [(2000, "P", False), (2001, "P", True), (1980, "P", False), (1979, "P", True),
     (2001, "L", False), (2001, None, False), (2001, "X", False)],
)  # fmt: skip
def test_two_sexes_with_years_of_birth_far_apart(
    con: Any, year: int, sex: str | None, is_broken: bool
) -> None:
    papers = [document("D:1"), document("D:2", birth_date=date(year, 5, 17), sex=sex)]
    assert broken(con, papers) == (["two_sexes"] if is_broken else [])


# D:1 is abroad from day 10 to day 20.
JOURNEY = [left("D:1", 10), came("D:1", 20)]


@pytest.mark.parametrize(
    ("crossings", "is_broken"),
    [
        ([*JOURNEY, left("D:2", 10)], False),
        ([*JOURNEY, left("D:2", 11)], True),
        ([*JOURNEY, came("D:2", 11)], True),
        ([*JOURNEY, came("D:2", 19)], True),
        ([*JOURNEY, came("D:2", 20)], False),
        ([*JOURNEY, left("D:2", 5), came("D:2", 25)], True),
        ([*JOURNEY, left("D:2", 25)], False),
        ([left("D:1", 10), came("D:2", 15)], False),
        ([left("D:1", 10), left("D:1", 20), came("D:2", 15)], False),
        ([came("D:1", 10), left("D:1", 20), left("D:2", 15)], False),
        ([*JOURNEY, left("D:1", 12)], False),
        ([*JOURNEY, came("D:2", 12), left("D:2", 18)], False),
        ([*JOURNEY, came("D:2", 12), left("D:2", 20)], False),
        ([*JOURNEY, came("D:2", 12), left("D:2", 21)], True),
        ([*JOURNEY, came("D:2", 12), left("D:2", 15), came("D:2", 18)], True),
        ([*JOURNEY, left("D:2", 12), came("D:2", 18)], True),
        ([*JOURNEY, came("D:2", 10), left("D:2", 18)], False),
        ([*JOURNEY, came("D:2", 9), left("D:2", 18)], True),
    ],
    ids=["left on the first day", "left the day after", "came the day after",
         "came the day before the end", "came on the last day", "a journey around the journey",
         "left later", "the journey has no end", "the journey ends with another exit",
         "at home in between", "on the same document", "home and out again",
         "out again on the last day", "out again the day after the end", "home, out and home again",
         "a journey within the journey", "home on the first day and out again",
         "home before the first day and out again"],
)  # fmt: skip
def test_two_places_at_once(con: Any, crossings: list[Row], is_broken: bool) -> None:
    assert broken(con, TWO, crossings) == (["two_places"] if is_broken else [])


def test_a_judgement_breaks_a_cluster_that_has_both(con: Any) -> None:
    assert broken(con, TWO, apart=[("D:1", "D:2")]) == ["judged_different"]
    assert broken(con, TWO, apart=[("D:1", "D:3")]) == []


def test_all_that_is_broken_is_told_once(con: Any) -> None:
    papers = [document(f"D:{n}", nik=nik) for n, nik in enumerate([NIK, OTHER_NIK, NIK])]
    papers.append(document("D:9", sex="P", birth_date=date(2009, 1, 1)))
    found = broken(con, papers, apart=[("D:1", "D:2"), ("D:0", "D:2")])
    assert found == ["judged_different", "two_niks", "two_sexes"]


def test_who_is_in_another_cluster_breaks_nothing(con: Any) -> None:
    held = worlds.hold(con)
    papers = [document("D:1", nik=NIK), document("D:2", nik=OTHER_NIK)]
    identities = held(worlds.table(papers, worlds.IDENTITY))
    members = identities.select("record_key", cluster_id="record_key")
    trips = worlds.trips(con, JOURNEY, ["D:1", "D:2"])
    apart = ibis.memtable({"low_key": ["D:1"], "high_key": ["D:2"]})
    assert worlds.rows(con, clusters.broken(members, identities, trips, apart)) == []


# The weakest link


def weakest(
    con: Any, links: list[tuple[str, str, str, float]], constraint: str = "two_niks"
) -> list[tuple[str, str]]:
    """Which of the links (record_key, anchor_key, rule, probability) of one cluster goes."""
    columns = ("record_key", "anchor_key", "rule", "link_probability")
    table = ibis.memtable({name: [row[i] for row in links] for i, name in enumerate(columns)})
    table = table.mutate(token=ibis.literal("evidence:") + table.anchor_key)
    keys = sorted({key for row in links for key in row[:2]})
    members = ibis.memtable({"record_key": keys, "cluster_id": ["one"] * len(keys)})
    wrong = ibis.memtable({"cluster_id": ["one", "two"], "constraint": [constraint, "two_sexes"]})
    found = worlds.rows(con, clusters.weakest(table, members, wrong, RULED))
    return [(row["record_key"], row["anchor_key"]) for row in found]


def test_the_weakest_link_goes_and_of_equal_ones_the_first_by_key(con: Any) -> None:
    links = [("P:1", "D:1", "placement", 0.97), ("L:1", "D:1", "list", 0.81)]
    assert weakest(con, links) == [("L:1", "D:1")]
    equal = [("P:2", "D:1", "placement", 0.9), ("P:1", "D:1", "placement", 0.9)]
    assert weakest(con, equal) == [("P:1", "D:1")]


@pytest.mark.parametrize("rule", RULED)
def test_a_number_is_given_up_for_a_judgement_only(con: Any, rule: str) -> None:
    links = [("P:1", "D:1", rule, 0.5), ("L:1", "D:1", "list", 0.95)]
    for constraint in ("two_niks", "two_sexes", "two_places"):
        assert weakest(con, links, constraint) == [("L:1", "D:1")]
        assert weakest(con, links[:1], constraint) == []
    assert weakest(con, links, "judged_different") == [("P:1", "D:1")]
    assert weakest(con, links[:1], "judged_different") == [("P:1", "D:1")]


@pytest.mark.parametrize("constraint", ["two_niks", "judged_different"])
def test_what_was_judged_the_same_never_goes(con: Any, constraint: str) -> None:
    assert weakest(con, [("P:1", "D:1", "judged_same", 0.1)], constraint) == []
    links = [("P:1", "D:1", "judged_same", 0.1), ("L:1", "D:1", "list", 0.99)]
    assert weakest(con, links, constraint) == [("L:1", "D:1")]


def test_every_broken_cluster_gives_up_one_and_the_others_none(con: Any) -> None:
    links = ibis.memtable(
        {"record_key": ["P:1", "L:1", "P:2", "P:3"], "anchor_key": ["D:1", "D:1", "D:2", "D:3"],
         "rule": ["placement"] * 4, "link_probability": [0.9, 0.8, 0.99, 0.1], "token": ["t"] * 4}
    )  # fmt: skip
    members = ibis.memtable(
        {"record_key": ["P:1", "L:1", "D:1", "P:2", "D:2", "P:3", "D:3"],
         "cluster_id": ["a", "a", "a", "b", "b", "c", "c"]}
    )  # fmt: skip
    wrong = ibis.memtable({"cluster_id": ["a", "a", "b"],
                           "constraint": ["two_niks", "two_places", "two_sexes"]})  # fmt: skip
    found = worlds.rows(con, clusters.weakest(links, members, wrong, RULED))
    assert {(row["record_key"], row["anchor_key"]) for row in found} == {
        ("L:1", "D:1"), ("P:2", "D:2"),
    }  # fmt: skip
    assert len(found) == 2
