"""The counts of pairs against a second, slow way: every pair written down."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from typing import Any

import ibis
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.evaluate import linkage
from tests.evaluate.nights import crossings, person_records, persons

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


def pairs(identities: list[Identity], source: str | None) -> dict[str, int]:
    counted = Counter({"true": 0, "predicted": 0, "correct": 0})
    known = [identity for identity in identities if identity[1] is not None]
    for one, other in combinations(known, 2):
        if source is None or source in (one[0], other[0]):
            is_true, is_ours = one[1] == other[1], one[2] == other[2] and one[2] is not None
            counted.update(true=is_true, predicted=is_ours, correct=is_true and is_ours)
    return dict(counted)


@settings(max_examples=40, deadline=None)
@given(CROSSINGS, PLACEMENTS)
def test_counting_groups_is_counting_pairs(crossed: list[Any], placed: list[Any]) -> None:
    known = persons(
        *(("perlintasan", "p", str(i), who) for i, (_, who, _) in enumerate(crossed) if who),
        *(("penempatan", "k", str(i), who) for i, (who, _) in enumerate(placed) if who),
    )
    ours = person_records(*((f"P:{i}", said) for i, (_, said) in enumerate(placed) if said))
    rows = crossings(*((str(i), number, said) for i, (number, _, said) in enumerate(crossed)))
    identities = ibis.memtable(linkage.identities(known, ours, rows).to_pyarrow())
    found = linkage.report(identities)
    oracle = by_hand(crossed, placed)
    assert found["pairs"] == pairs(oracle, None)
    for source in linkage.SOURCES:
        assert found["by_source"][source]["pairs"] == pairs(oracle, source)
