"""The counts of pairs against a second, slow way: every pair written down."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Any

import ibis
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.evaluate import groups, link_types, linkage
from tests.evaluate.nights import (
    crossings,
    identities,
    person_records,
    persons,
    table,
    written,
)

KEYS = st.sampled_from("ABC")
OURS = st.sampled_from(["P1", "P2", "P3"])
CROSSINGS = st.lists(
    st.tuples(st.sampled_from(["X1", "X2", "X3", None]), st.none() | KEYS, st.none() | OURS),
    max_size=8,
)
PLACEMENTS = st.lists(st.tuples(st.none() | KEYS, st.none() | OURS), max_size=6)

Identity = tuple[str, str | None, str | None]


def most(votes: list[str | None]) -> str | None:
    counted = Counter(vote for vote in votes if vote is not None)
    return min(counted, key=lambda who: (-counted[who], who)) if counted else None


def by_hand(crossed: list[Any], placed: list[Any]) -> list[Identity]:
    documents = defaultdict(list)
    for number, (document, who, ours) in enumerate(crossed):
        documents[document or number].append((who, ours))
    found: list[Identity] = [
        ("perlintasan", most([who for who, _ in votes]), most([ours for _, ours in votes]))
        for votes in documents.values()
    ]
    return found + [("penempatan", who, ours) for who, ours in placed]


def written_down(
    rows: list[Identity], counts: Callable[[Identity, Identity], bool]
) -> dict[str, int]:
    counted = Counter({"true": 0, "predicted": 0, "correct": 0})
    known = [row for row in rows if row[1] is not None]
    for one, other in combinations(known, 2):
        if counts(one, other):
            is_true, is_ours = one[1] == other[1], one[2] == other[2] and one[2] is not None
            counted.update(true=is_true, predicted=is_ours, correct=is_true and is_ours)
    return dict(counted)


def touches(one: Identity, other: Identity, source: str | None) -> bool:
    return source is None or source in (one[0], other[0])


@settings(max_examples=40, deadline=None)
@given(CROSSINGS, PLACEMENTS)
def test_counting_groups_is_counting_pairs(crossed: list[Any], placed: list[Any]) -> None:
    known = persons(
        *(("perlintasan", "p", str(i), who) for i, (_, who, _) in enumerate(crossed) if who),
        *(("penempatan", "k", str(i), who) for i, (who, _) in enumerate(placed) if who),
    )
    ours = person_records(*((f"P:{i}", said) for i, (_, said) in enumerate(placed) if said))
    rows = crossings(*((str(i), number, said) for i, (number, _, said) in enumerate(crossed)))
    found = linkage.report(
        ibis.memtable(linkage.identities(known, ours, rows, written()).to_pyarrow())
    )
    oracle = by_hand(crossed, placed)
    assert found["pairs"] == written_down(oracle, partial(touches, source=None))
    for source in linkage.SOURCES:
        assert found["by_source"][source]["pairs"] == written_down(
            oracle, partial(touches, source=source)
        )


PAPERS = st.lists(
    st.tuples(st.sampled_from(linkage.PAPERS), st.none() | KEYS, st.none() | OURS), max_size=12
)
SEXES = {"A": "L", "B": "L", "C": "P"}
DOCUMENTS = {"passport", "splp", "other_document"}
SIDES = {
    "placement_to_document": ({"placement"}, {"passport", "other_document"}),
    "list_to_document_with_birth_date": ({"dated_row"}, DOCUMENTS),
    "list_to_document_age_only": ({"undated_row"}, DOCUMENTS),
    "splp_to_passport": ({"splp"}, {"passport"}),
    "passport_to_passport": ({"passport"}, {"passport"}),
}


def is_of_type(one: Identity, other: Identity, name: str) -> bool:
    left, right = SIDES[name]
    return (one[0] in left and other[0] in right) or (one[0] in right and other[0] in left)


def is_of_group(one: Identity, other: Identity, sex: str) -> bool:
    renewals = {"passport", "other_document"}
    is_renewal = one[0] in renewals and other[0] in renewals
    return not is_renewal and sex in (SEXES[str(one[1])], SEXES[str(other[1])])


def cells_of(rows: list[Identity]) -> Any:
    world = identities(*((str(number), *row) for number, row in enumerate(rows)))
    return ibis.memtable(linkage.cells(world).to_pyarrow())


@settings(max_examples=60, deadline=None)
@given(PAPERS)
def test_types_of_links_are_counted_as_if_written_down(rows: list[Identity]) -> None:
    found = link_types.report(cells_of(rows))
    assert {name: scores["pairs"] for name, scores in found.items()} == {
        name: written_down(rows, partial(is_of_type, name=name)) for name in SIDES
    }


@settings(max_examples=60, deadline=None)
@given(PAPERS)
def test_groups_are_counted_as_if_written_down(rows: list[Identity]) -> None:
    labels = table(
        f"person_key {' '.join(groups.DIMENSIONS)}",
        [(who, sex, "52", "1", "other") for who, sex in SEXES.items()],
    )
    counted = groups.pair_counts(groups.concerned(cells_of(rows)), labels)
    found = groups.report(counted)["sex"]["groups"]
    by_hand = {sex: written_down(rows, partial(is_of_group, sex=sex)) for sex in ("L", "P")}
    some = {sex: pairs for sex, pairs in by_hand.items() if any(pairs.values())}
    assert {sex: scores["pairs"] for sex, scores in found.items()} == some
