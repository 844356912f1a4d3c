"""Scores of staying away: what few departures may say, and who is scored by whom."""

from __future__ import annotations

from itertools import product
from math import log

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from pipelines.surface import bands
from pipelines.surface.bands import DRIFT, FACTORS, FOLDS, drift, fitted


def cells(*rows: tuple[str, int, int]) -> pd.DataFrame:
    """(regency, all, stayed); everything else alike."""
    table = pd.DataFrame(rows, columns=["regency", "all", "stayed"])
    return table.assign(**{name: "" for name in FACTORS if name != "regency"})


def effect(learned: pa.Table, factor: str, level: str) -> float:
    rows = learned.to_pylist()
    return next(row["effect"] for row in rows if (row["factor"], row["level"]) == (factor, level))


def test_many_departures_say_their_odds() -> None:
    learned = fitted(cells(("52.03", 100_000, 10_000), ("32.01", 100_000, 1_000)))
    apart = effect(learned, "regency", "52.03") - effect(learned, "regency", "32.01")
    assert apart == pytest.approx(log((0.1 / 0.9) / (0.01 / 0.99)), abs=0.02)


def test_few_departures_are_drawn_to_the_others() -> None:
    learned = fitted(cells(("52.03", 2, 1), ("32.01", 100_000, 1_000)))
    assert 0.0 < effect(learned, "regency", "52.03") < 1.5


def test_a_region_where_everybody_came_back_keeps_a_chance() -> None:
    learned = fitted(cells(("52.03", 50, 0), ("32.01", 100_000, 1_000)))
    assert -1.0 < effect(learned, "regency", "52.03") < 0.0


def test_few_departures_are_known_worse_than_many() -> None:
    learned = fitted(cells(("52.03", 10, 1), ("32.01", 100_000, 1_000))).to_pylist()
    errors = {row["level"]: row["sd"] for row in learned if row["factor"] == "regency"}
    assert errors["32.01"] < errors["52.03"] <= bands.FIRMNESS**-0.5


def test_nobody_has_left_yet() -> None:
    assert fitted(cells()).to_pylist() == [
        {"factor": bands.START, "level": "", "effect": 0.0, "sd": 0.0}
    ]


def seasons(*effects: float) -> pa.Table:
    rows = [
        {"factor": "season", "level": str(level), "effect": value, "sd": 0.1, "fold": fold}
        for fold, (level, value) in product(range(FOLDS), enumerate(effects, start=1))
    ]
    return pa.Table.from_pylist(rows)


def test_what_moved_between_seasons_may_move_again() -> None:
    assert drift(seasons(0.0, 0.3, -0.1)) == pytest.approx(((0.3**2 + 0.4**2) / 2) ** 0.5)


def test_two_seasons_are_too_few_to_tell() -> None:
    assert drift(seasons(0.0, 5.0)) == DRIFT


def test_of_very_many_departures_those_of_some_days_teach(monkeypatch: pytest.MonkeyPatch) -> None:
    days = ibis.memtable({"day": list(range(16)), "is_comparable": [True] * 16})

    def kept(enough: int) -> list[int]:
        monkeypatch.setattr(bands, "ENOUGH", enough)
        return sorted(days.filter(bands.teaches(days, 16)).to_pyarrow().column("day").to_pylist())

    assert kept(16) == list(range(16))
    assert kept(15) == list(range(0, 16, 2))
    assert kept(4) == [0, 4, 8, 12]
