"""Scored pairs by what linkage said of them, beside what is true."""

from __future__ import annotations

from typing import Any

import pytest

from pipelines.evaluate import calibration
from tests.evaluate.nights import identities, scored

WORLD = identities(
    ("P:1", "placement", "A", "P1"), ("D:1", "passport", "A", "P2"),
    ("D:2", "passport", "B", "P3"), ("D:3", "passport", None, "P4"),
)  # fmt: skip
TRUE, FALSE = ("P:1", "D:1"), ("P:1", "D:2")


def found(*pairs: tuple[Any, ...], kind: str = "all") -> list[tuple[Any, ...]]:
    """(from, to, pairs, mean probability, share that is true)"""
    rows = calibration.report(scored(*pairs), WORLD)
    return [tuple(row.values())[1:] for row in rows if row["kind"] == kind]


@pytest.mark.parametrize(
    ("probability", "low", "high"),
    [
        (0.0, 0, 0.01), (0.0099, 0, 0.01), (0.01, 0.01, 0.05), (0.0499, 0.01, 0.05),
        (0.05, 0.05, 0.1), (0.0999, 0.05, 0.1), (0.1, 0.1, 0.2), (0.2999, 0.2, 0.3),
        (0.3, 0.3, 0.4), (0.6, 0.6, 0.7), (0.7, 0.7, 0.8), (0.8999, 0.8, 0.9), (0.9, 0.9, 0.95),
        (0.95, 0.95, 0.99), (0.9899, 0.95, 0.99), (0.99, 0.99, 0.999), (0.9989, 0.99, 0.999),
        (0.999, 0.999, 1), (1.0, 0.999, 1),
    ],
)  # fmt: skip
def test_a_bin_has_its_lower_edge_and_the_last_one_both(
    probability: float, low: float, high: float
) -> None:
    rows = found((*TRUE, "renewal", probability))
    assert rows == [(low, high, 1, pytest.approx(probability), 1.0)]


def test_bins_reach_from_nought_to_one_without_a_hole() -> None:
    assert (calibration.BINS[0][0], calibration.BINS[-1][1], len(calibration.BINS)) == (0, 1, 15)
    assert all(low < high for low, high in calibration.BINS)


def test_mean_and_share_of_a_bin() -> None:
    pairs = ((*TRUE, "renewal", 0.92), (*FALSE, "renewal", 0.94))
    assert found(*pairs) == [(0.9, 0.95, 2, pytest.approx(0.93), 0.5)]


def test_kinds_are_counted_by_themselves_and_together_first() -> None:
    pairs = scored((*TRUE, "placement", 0.5), (*FALSE, "list", 0.5), (*FALSE, "list", 0.2))
    rows = calibration.report(pairs, WORLD)
    assert [(row["kind"], row["from"], row["pairs"], row["true_share"]) for row in rows] == [
        ("all", 0.2, 1, 0.0), ("all", 0.5, 2, 0.5), ("list", 0.2, 1, 0.0), ("list", 0.5, 1, 0.0),
        ("placement", 0.5, 1, 1.0),
    ]  # fmt: skip


def test_pairs_that_truth_does_not_know_or_that_have_no_score_are_left_out() -> None:
    assert found(("P:1", "D:3", "renewal", 0.5), ("P:1", "D:9", "renewal", 0.5)) == []
    assert found((*TRUE, "renewal", None)) == []
