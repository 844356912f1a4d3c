"""Judgements: the latest of a pair holds, whichever way round, and says one thing to linkage."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import contracts
from pipelines.link import judgements
from tests.link.people import Row, day
from tests.link.verdicts import identity, judged, rows

ONE = ("D:C1", "P:1")


def held(con: Any, told: list[Row]) -> dict[tuple[str, str], str]:
    """What holds, by pair."""
    found = rows(con, judgements.current(identity("judgements", told)))
    pairs = {(row["low_key"], row["high_key"]): row["verdict"] for row in found}
    assert len(pairs) == len(found)
    return pairs


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ([judged("P:1", "D:C1")], "same"),
        ([judged("D:C1", "P:1")], "same"),
        ([judged("P:1", "D:C1"), judged("P:1", "D:C1", "different", judged_at=day(2))],
         "different"),
        ([judged("P:1", "D:C1"), judged("D:C1", "P:1", "different", judged_at=day(2))],
         "different"),
        ([judged("P:1", "D:C1", judged_at=day(3)), judged("P:1", "D:C1", "different")], "same"),
        ([judged("P:1", "D:C1"), judged("P:1", "D:C1", "different", judged_by="adi")],
         "different"),
        ([judged("P:1", "D:C1"), judged("D:C1", "P:1", "different", why="a")], "different"),
    ],
    ids=["as written", "the other way round", "changed", "changed the other way round",
         "an older one comes later", "one moment: by judge", "one judge: by verdict"],
)  # fmt: skip
def test_the_latest_judgement_of_a_pair_holds(con: Any, told: list[Row], verdict: str) -> None:
    assert held(con, told) == {ONE: verdict}


def test_pairs_that_share_an_identity_are_judged_apart(con: Any) -> None:
    told = [judged("P:1", "D:C1"), judged("P:1", "D:C2", "different", judged_at=day(2))]
    assert held(con, told) == {ONE: "same", ("D:C2", "P:1"): "different"}


KEYS = st.sampled_from(["D:C1", "D:C2", "P:1", "L:a.xlsx#1"])
TOLD = st.builds(
    judged,
    KEYS,
    KEYS,
    st.sampled_from(judgements.VERDICTS),
    judged_by=st.sampled_from(["adi", "sari"]),
    judged_at=st.integers(1, 3).map(day),
    why=st.sampled_from(["foto", "nama"]),
)


@settings(max_examples=10, deadline=None)
@given(told=st.lists(TOLD, max_size=20), seed=st.integers(0, 2**32))
def test_neither_order_nor_direction_matters(con: Any, told: list[Row], seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311
    turned = [
        row | {"record_key": row["anchor_key"], "anchor_key": row["record_key"]}
        if draw.random() < 0.5
        else row
        for row in draw.sample(told, len(told))
    ]
    assert held(con, turned) == held(con, told)


@settings(max_examples=10, deadline=None)
@given(told=st.lists(TOLD, max_size=20))
def test_what_holds_as_an_oracle_says(con: Any, told: list[Row]) -> None:
    expected: dict[tuple[str, ...], str] = {}
    by_time = sorted(told, key=lambda r: (r["judged_by"], r["verdict"], r["why"]), reverse=True)
    for row in sorted(by_time, key=lambda r: r["judged_at"]):
        expected[tuple(sorted((row["record_key"], row["anchor_key"])))] = row["verdict"]
    assert held(con, told) == expected


def test_the_same_is_a_link_to_the_document(con: Any) -> None:
    told = [
        judged("D:C1", "P:1"), judged("L:a.xlsx#1", "D:C1"), judged("P:1", "L:a.xlsx#1"),
        judged("W:BUDI||L", "N:5203011705900001"), judged("D:C1", "D:C2", "different"),
    ]  # fmt: skip
    table = judgements.links(identity("judgements", told))
    assert table.columns == tuple(contracts.lake()["identity", "links"].names)
    found = rows(con, table)
    assert {(r["source"], r["record_key"], r["anchor_key"]) for r in found} == {
        ("penempatan", "P:1", "D:C1"), ("pemulangan", "L:a.xlsx#1", "D:C1"),
        ("penempatan", "P:1", "L:a.xlsx#1"),
        ("perlintasan", "W:BUDI||L", "N:5203011705900001"),
    }  # fmt: skip
    assert {(r["rule"], r["link_probability"]) for r in found} == {("judged_same", 1.0)}
    assert len({(r["record_key"], r["token"], r["rule"]) for r in found}) == len(found)


def test_a_withdrawn_judgement_links_nobody_and_keeps_apart(con: Any) -> None:
    told = identity(
        "judgements",
        [judged("P:1", "D:C1"), judged("P:1", "D:C1", "different", judged_at=day(2)),
         judged("P:2", "D:C1")],
    )  # fmt: skip
    assert [row["record_key"] for row in rows(con, judgements.links(told))] == ["P:2"]
    assert rows(con, judgements.apart(told)) == [{"low_key": "D:C1", "high_key": "P:1"}]


def test_without_judgements_nothing_is_said(con: Any) -> None:
    none = identity("judgements", [])
    for said in (judgements.current, judgements.links, judgements.apart, judgements.named):
        assert rows(con, said(none)) == []
