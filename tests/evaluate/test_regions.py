"""Where the undocumented come from, in truth and with us."""

from __future__ import annotations

import ibis.expr.types as ir
import pytest

from pipelines.evaluate import regions
from tests.evaluate.nights import table


def departures(*rows: tuple[str, str | None, str | None]) -> ir.Table:
    """(outcome, province, regency)"""
    return table("outcome origin_province_code origin_regency_code", list(rows))


def test_confirmed_suspected_and_unrecorded_are_counted() -> None:
    counted = regions.undocumented(
        departures(
            ("confirmed_undocumented", "52", "52.03"),
            ("suspected_undocumented", "52", "5203"),
            ("unrecorded_exit", None, "52.03"),
            ("documented", "52", "52.03"),
            ("unrecorded_exit", "32", None),
        )
    )
    rows = counted.order_by("province_code").to_pyarrow().to_pylist()
    assert [tuple(row.values()) for row in rows] == [("32", None, 1), ("52", "52.03", 3)]


def test_rank_correlation_knows_the_order() -> None:
    codes = ["11", "12", "13", "14"]
    truth = {"11": 4, "12": 3, "13": 2, "14": 1}
    assert regions.rank_correlation(truth, {"11": 40, "12": 9, "13": 8, "14": 7}, codes) == 1.0
    assert regions.rank_correlation(truth, {"11": 1, "12": 2, "13": 3, "14": 4}, codes) == -1.0
    assert regions.rank_correlation(truth, {"11": 5, "12": 5, "13": 1}, codes) == pytest.approx(
        0.948683
    )


def test_rank_correlation_of_equals_is_not_defined() -> None:
    assert regions.rank_correlation({}, {"11": 3}, ["11", "12"]) is None
    assert regions.rank_correlation({"11": 1, "12": 1}, {"11": 3}, ["11", "12"]) is None
    assert regions.rank_correlation({}, {}, []) is None


def test_top_five_with_ties_by_code() -> None:
    truth = {f"52.0{i}": 1 for i in range(1, 8)}
    ours = {"52.01": 9, "52.05": 9, "52.06": 9, "52.07": 1, "52.04": 1, "52.03": 1}
    assert regions.top_match(truth, ours) == 0.8


def test_top_five_of_fewer_regencies_and_of_none() -> None:
    assert regions.top_match({"52.01": 2, "52.02": 1, "52.03": 0}, {"52.02": 1}) == 0.5
    assert regions.top_match({}, {"52.02": 1}) is None


def test_rates_can_disagree_with_counts() -> None:
    truth = regions.undocumented(
        departures(*[("unrecorded_exit", "32", "32.01")] * 3, ("unrecorded_exit", "65", "65.01"))
    )
    ours = regions.undocumented(departures(*[("unrecorded_exit", "65", "65.01")] * 2))
    found = regions.report(truth, ours, {"32": 1000, "65": 10}, {"32.01": 1000, "65.01": 10})
    assert found["rank_correlation"] == pytest.approx(-1.0)
    assert found["rank_correlation_by_rate"] == pytest.approx(1.0)
    assert (found["top5_match"], found["undocumented"]) == (0.5, {"truth": 4, "ours": 2})
