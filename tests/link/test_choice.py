"""Choice: candidates of one paper compete, the best is linked from the threshold on."""

import random
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.link import choice, declared
from pipelines.link.model import Model, Weights
from tests.link import worlds

PLAIN = Weights(
    model_version=declared().version, trained_on="nothing", seed=1,
    calibration={"slope": 1.0, "intercept": 0.0}, levels={},
)  # fmt: skip
PAPERS = 1000
KINDS = {kind.name: kind for kind in declared().kinds}

# (record_key, anchor_key, kind, bits of evidence)
Scored = tuple[str, str, str, float]


def scored(pairs: list[Scored]) -> Any:
    columns = ("record_key", "anchor_key", "kind", "match_weight")
    return ibis.memtable(
        {name: [pair[i] for pair in pairs] for i, name in enumerate(columns)}, columns=columns
    )


def called(
    pairs: list[Scored],
    persons: dict[str, str] | None = None,
    weights: Weights = PLAIN,
    model: Model | None = None,
) -> Any:
    """`probable` of these pairs; PAPERS papers of each kind to choose from."""
    members = [
        {"record_key": key, "cluster_id": who, "has_document": False, "has_paper": False}
        for key, who in (persons or {}).items()
    ]
    population = ibis.memtable({"kind": list(KINDS), "papers": [PAPERS] * len(KINDS)})
    clusters = worlds.table(members, worlds.CLUSTER)
    return choice.probable(scored(pairs), clusters, population, model or declared(), weights)


def probabilities(con: Any, pairs: list[Scored], **given: Any) -> dict[tuple[str, str], float]:
    found = worlds.rows(con, called(pairs, **given))
    told = {(row["record_key"], row["anchor_key"]): row["link_probability"] for row in found}
    assert len(told) == len(found) == len(pairs)
    return told


def decisions(con: Any, pairs: list[tuple[str, str, str, float]]) -> dict[tuple[str, str], str]:
    """Of pairs whose probability is given instead of their evidence."""
    columns = ("record_key", "anchor_key", "kind", "link_probability")
    told = ibis.memtable(
        {name: [pair[i] for pair in pairs] for i, name in enumerate(columns)}, columns=columns
    ).mutate(match_weight=10.0, left_id=ibis._.record_key, right_id=ibis._.anchor_key)
    found = worlds.rows(con, choice.decided(told, declared()))
    return {(row["record_key"], row["anchor_key"]): row["decision"] for row in found}


# Competition


def test_one_candidate_against_nobody(con: Any) -> None:
    """Even odds where the evidence is as strong as the choice is wide."""
    expected = KINDS["placement"].expected
    ratio = 2**10 * expected / (1 - expected) / PAPERS
    [probability] = probabilities(con, [("P:1", "D:1", "placement", 10.0)]).values()
    assert probability == pytest.approx(ratio / (1 + ratio))


def test_two_equal_candidates_share_the_probability(con: Any) -> None:
    pairs = [("P:1", "D:1", "placement", 40.0), ("P:1", "D:2", "placement", 40.0)]
    found = probabilities(con, pairs)
    assert list(found.values()) == pytest.approx([0.5, 0.5], abs=1e-6)


def test_a_far_weaker_third_changes_next_to_nothing_and_a_stronger_one_all(con: Any) -> None:
    pairs = [("P:1", "D:1", "placement", 30.0), ("P:1", "D:2", "placement", 30.0)]
    before = probabilities(con, pairs)
    weaker = probabilities(con, [*pairs, ("P:1", "D:3", "placement", 10.0)])
    assert all(weaker[pair] == pytest.approx(before[pair], abs=1e-5) for pair in before)
    stronger = probabilities(con, [*pairs, ("P:1", "D:3", "placement", 50.0)])
    assert all(stronger[pair] < 1e-5 for pair in before)


def test_papers_that_ask_for_one_partner_do_not_compete(con: Any) -> None:
    alone = probabilities(con, [("P:1", "D:1", "placement", 20.0)])
    both = [("P:1", "D:1", "placement", 20.0), ("P:2", "D:1", "placement", 20.0)]
    assert probabilities(con, both)["P:1", "D:1"] == alone["P:1", "D:1"]


def test_the_best_paper_speaks_for_its_person(con: Any) -> None:
    pairs = [("P:1", "D:1", "placement", 5.0), ("L:1", "D:2", "list", 30.0),
             ("L:1", "D:1", "list", 5.0)]  # fmt: skip
    apart = probabilities(con, pairs)
    assert apart["P:1", "D:1"] > 0.05
    one = probabilities(con, pairs, persons={"P:1": "A", "L:1": "A"})
    assert one["L:1", "D:2"] == pytest.approx(apart["L:1", "D:2"], abs=1e-6)
    assert one["P:1", "D:1"] == one["L:1", "D:1"] < 1e-5


def test_two_papers_of_one_person_do_not_compete_as_partners(con: Any) -> None:
    pairs = [("P:1", "D:1", "placement", 40.0), ("P:1", "D:2", "placement", 40.0)]
    found = probabilities(con, pairs, persons={"D:1": "A", "D:2": "A"})
    assert all(probability > 0.999 for probability in found.values())


@pytest.mark.parametrize("bits", [choice.MOST_BITS, choice.MOST_BITS + 1, 5000.0])
def test_evidence_is_never_more_certain_than_some_bits(con: Any, bits: float) -> None:
    told = [("P:1", "D:1", "placement", bits), ("P:1", "D:2", "placement", choice.MOST_BITS)]
    assert list(probabilities(con, told).values()) == pytest.approx([0.5, 0.5])


def test_calibration_moves_log_odds(con: Any) -> None:
    pair = [("P:1", "D:1", "placement", 12.0)]
    [plain] = probabilities(con, pair).values()
    odds = plain / (1 - plain)
    told = PLAIN.model_copy(update={"calibration": {"slope": 0.5, "intercept": 0.0}})
    [calibrated] = probabilities(con, pair, weights=told).values()
    assert calibrated == pytest.approx(odds**0.5 / (1 + odds**0.5))


PAIRS = st.lists(
    st.tuples(
        st.integers(1, 4).map("P:{}".format), st.integers(1, 6).map("D:{}".format),
        st.just("placement"), st.floats(-40, 80),
    ),
    min_size=1, max_size=20, unique_by=lambda pair: pair[:2],
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(pairs=PAIRS)
def test_probabilities_of_one_paper_are_at_most_one_together(con: Any, pairs: list[Scored]) -> None:
    found = probabilities(con, pairs)
    assert all(0 <= probability <= 1 for probability in found.values())
    for record in {pair[0] for pair in pairs}:
        assert sum(p for (key, _), p in found.items() if key == record) <= 1 + 1e-9


@settings(max_examples=15, deadline=None)
@given(pairs=PAIRS, seed=st.integers(0, 2**32))
def test_the_order_of_the_pairs_changes_nothing(con: Any, pairs: list[Scored], seed: int) -> None:
    def said(told: list[Scored]) -> dict[tuple[str, str], tuple[float, str]]:
        found = worlds.rows(con, choice.decided(called(told), declared()))
        return {
            (r["record_key"], r["anchor_key"]): (round(r["link_probability"], 9), r["decision"])
            for r in found
        }

    shuffled = random.Random(seed).sample(pairs, len(pairs))  # noqa: S311
    assert said(shuffled) == said(pairs)


@settings(max_examples=15, deadline=None)
@given(pairs=PAIRS)
def test_one_pair_at_most_is_linked_or_unsure_of_each_paper(con: Any, pairs: list[Scored]) -> None:
    found = worlds.rows(con, choice.decided(called(pairs), declared()))
    assert len(found) == len(pairs)
    best = [row["record_key"] for row in found if row["decision"] != choice.WEAKER]
    assert sorted(best) == sorted({pair[0] for pair in pairs})


# Decision


@pytest.mark.parametrize("kind", KINDS)
def test_linked_from_the_threshold_of_the_kind_on(con: Any, kind: str) -> None:
    threshold = KINDS[kind].threshold
    pairs = [("A", "B", kind, threshold), ("C", "D", kind, threshold - 1e-9)]
    assert decisions(con, pairs) == {("A", "B"): "linked", ("C", "D"): "unsure"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_partner_belongs_to_one_where_the_kind_is_one_to_one(con: Any, kind: str) -> None:
    pairs = [("P:1", "D:1", kind, 0.9), ("P:2", "D:1", kind, 0.95), ("P:1", "D:2", kind, 0.05)]
    second = "weaker" if KINDS[kind].one_to_one else "linked"
    assert decisions(con, pairs) == {
        ("P:2", "D:1"): "linked", ("P:1", "D:1"): second, ("P:1", "D:2"): "weaker",
    }  # fmt: skip


def test_which_kinds_are_one_to_one() -> None:
    assert {name for name, kind in KINDS.items() if kind.one_to_one} == {"renewal", "list_paper"}


def test_ties_go_by_key(con: Any) -> None:
    pairs = [("P:1", "D:2", "placement", 0.5), ("P:1", "D:1", "placement", 0.5)]
    assert decisions(con, pairs) == {("P:1", "D:1"): "unsure", ("P:1", "D:2"): "weaker"}
    renewals = [("D:2", "D:9", "renewal", 0.9), ("D:1", "D:9", "renewal", 0.9)]
    assert decisions(con, renewals) == {("D:1", "D:9"): "linked", ("D:2", "D:9"): "weaker"}
