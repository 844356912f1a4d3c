"""Return curves: of departures like this one and as long away, how many still come back in time?

Kaplan and Meier's curve of being away, for departures not yet ended are censored, not absent. It
is drawn from counts by day: libraries ask for every departure by itself. Two endings compete:
coming back alone, and being brought home by a list that proves work; each step down the curve is
shared between them by their counts (Aalen and Johansen 1978).
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from pipelines.surface.bands import AWAY, LISTED, OWN

# Comparable departures, the closest last, and how many of them still away weigh as much as all that
# the wider strata say: a band tells much, the others of a band little.
STRATA = (("is_near", "band"), ("is_near", "mode", "purpose", "band"))
ENOUGH = (5, 50)
FINEST = STRATA[-1]
LEAST = 1e-9  # share still away that is nobody
QUESTION = (*FINEST, "days", "horizon")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


ANSWERS = pa.schema(
    [("is_near", pa.bool_()), ("mode", pa.string()), ("purpose", pa.string()),
     *((name, pa.int64()) for name in ("band", "days", "horizon")),
     *((name, pa.float64()) for name in ("late", "late_sd", "seen_back"))]
)  # fmt: skip


def counts_by_day(banded: ir.Table) -> pd.DataFrame:
    """Departures that teach by finest stratum, days and ending (columns OWN, LISTED, AWAY)."""
    known = banded.filter(banded.days >= 0)
    counted = known.group_by(*FINEST, "days").agg(
        **{ending: (known.ending == ending).sum() for ending in (OWN, LISTED, AWAY)}
    )
    return pd.DataFrame(counted.order_by(*FINEST, "days").to_pandas())


def questions(away: ir.Table) -> pd.DataFrame:
    """The situations of departures still away (key QUESTION), in order."""
    return pd.DataFrame(away.select(*QUESTION).distinct().order_by(*QUESTION).to_pandas())


@dataclass(frozen=True)
class Curve:
    """Departures of one stratum, by day 0, 1, ... since the exit."""

    still_away: Floats  # share, at the end of the day
    came_back: Floats  # share that came back alone by the end of the day
    at_risk: Floats  # departures not ended or censored before the next day
    drift: Floats  # Greenwood's sum, from which variances follow

    @classmethod
    def of(cls, own: Ints, listed: Ints, away: Ints) -> Curve:
        """From counts by day."""
        ended = own + listed
        risk = np.cumsum((ended + away)[::-1])[::-1].astype("float64")
        still = np.cumprod(1.0 - ended / np.maximum(risk, 1.0))
        step = -np.diff(still, prepend=1.0)
        back = np.cumsum(step * own / np.maximum(ended, 1))
        left = np.maximum(risk - ended, 1.0)
        drift = np.cumsum(ended / (np.maximum(risk, 1.0) * left))
        return cls(still, back, risk - ended - away, drift)

    def answers(self, days: Ints, horizon: Ints) -> dict[str, Floats]:
        """`late`: chance to come back alone by `horizon`, of those away after `days`.

        `late_sd` is its standard error, `seen_back` how many came back by then for each still away.
        """
        last = len(self.still_away) - 1
        now, then = days.clip(0, last), np.maximum(horizon, days).clip(0, last)
        still = self.still_away[now]
        late = (self.came_back[then] - self.came_back[now]) / np.maximum(still, LEAST)
        late = late.clip(0.0, 1.0)
        spread = np.sqrt((self.drift[then] - self.drift[now]).clip(0.0))
        return {
            "late": late,
            "late_sd": (1.0 - late) * spread,
            "seen_back": self.came_back[now] / np.maximum(still, LEAST),
        }


def answered(counted: pd.DataFrame, asked: pd.DataFrame) -> pa.Table:
    """`questions` with the answers of their curves and the finest stratum (key QUESTION).

    All comparable departures answer first; then each stratum, from the wider to the finer, moves
    the answer by the departures that it has still away. Where there are none at all nobody is late.
    """
    answers = asked.assign(late=0.0, late_sd=0.0, seen_back=0.0)
    if len(counted):
        _move(answers, answers, _curve(counted), 0)
    for keys, enough in zip(STRATA, ENOUGH, strict=True):
        known = counted.merge(answers[list(keys)].drop_duplicates(), on=list(keys))
        curves = {of: _curve(rows) for of, rows in known.groupby(list(keys), sort=True)}
        for of, rows in answers.groupby(list(keys), sort=True):
            if of in curves:
                _move(answers, rows, curves[of], enough)
    return pa.Table.from_pandas(answers[ANSWERS.names], ANSWERS, preserve_index=False)


def _move(answers: pd.DataFrame, rows: pd.DataFrame, curve: Curve, enough: int) -> None:
    days = rows.days.to_numpy()
    known = np.maximum(curve.at_risk[days.clip(0, len(curve.at_risk) - 1)], LEAST)
    weight = known / (known + enough)
    for name, values in curve.answers(days, rows.horizon.to_numpy()).items():
        before = rows[name].to_numpy()
        answers.loc[rows.index, name] = before + weight * (values - before)


def _curve(rows: pd.DataFrame) -> Curve:
    days = rows.days.to_numpy()
    size = int(days.max()) + 1
    own, listed, away = (
        np.bincount(days, rows[name].to_numpy(), size).astype("int64")
        for name in (OWN, LISTED, AWAY)
    )
    return Curve.of(own, listed, away)
