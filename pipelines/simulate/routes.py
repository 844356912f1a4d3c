"""Which gate a traveller takes: by air, sea or land, and then one that is large and near."""

from __future__ import annotations

from functools import cache

import numpy as np

from pipelines.simulate.atlas import countries, distances, gates, regions
from pipelines.simulate.draws import Floats, Ints, pick_by_row

AIR, SEA, LAND = range(3)
_LANDS = ("SGP", "MYS", "TLS", "PNG")

#: Pull of a gate. Soetta, the ports of Batam, Kualanamu and Juanda are near BPS, February 2024
#: (48, 11, 9 and 9 per cent); the others are assumptions by the size of the place.
_PULL = {
    "CGK": 52.0, "SUB": 9.0, "KNO": 10.5, "DPS": 5.5, "KJT": 1.2, "YIA": 1.3, "SOC": 1.3,
    "SRG": 0.8,
    "PDG": 1.1,
    "PKU": 1.0, "PLM": 0.9, "UPG": 2.0, "BPN": 0.8, "BTH": 0.5, "PNK": 0.8, "MDC": 0.6, "BTJ": 0.6,
    "LOP": 0.9,
    "BDJ": 0.6, "TKG": 0.1, "KOE": 0.15, "PGK": 0.1, "TRK": 0.1, "DJJ": 0.05,
    "BTC": 46.0, "HRB": 17.0, "SKP": 14.0, "MTS": 2.0, "NGP": 2.0, "SBP": 6.0, "TBK": 8.0,
    "BBT": 2.0, "TJU": 0.8,
    "DUM": 5.0, "SLP": 1.0, "BKL": 1.0, "TBA": 3.0, "BLW": 0.3, "NNK": 7.0, "SBT": 0.6, "TRM": 1.2,
    "KLS": 0.2,
    "ENT": 8.0, "ARK": 3.0, "BDU": 2.0, "JGB": 1.0, "MTN": 6.0, "WNI": 1.5, "MTM": 1.5, "NPN": 0.5,
    "SKW": 1.5,
    "STA": 0.6, "LBG": 0.2, "LNW": 0.1, "YTK": 0.1,
}  # fmt: skip
#: How fast the pull falls with distance, in kilometres, by mode.
_REACH = (260.0, 160.0, 160.0)

#: Share by sea to Singapore and Malaysia, by province (assumption: ferries of the strait and to
#: Sabah).
_SEA = {
    "21": 0.93,
    "14": 0.45,
    "65": 0.85,
    "15": 0.25,
    "12": 0.12,
    "16": 0.08,
    "11": 0.05,
    "13": 0.06,
}
_SEA_ELSEWHERE = 0.09
#: Share by sea of those who go to Malaysia or Singapore to work without papers.
_SEA_WORK = {"61": 0.05, "31": 0.35}
_SEA_WORK_ELSEWHERE = 0.58
_BY_LAND = {
    ("61", "MYS"): 0.75,
    ("65", "MYS"): 0.05,
    ("53", "TLS"): 0.95,
    ("91", "PNG"): 0.9,
    ("93", "PNG"): 0.9,
}
_WORK_BY_LAND = {"61": 0.85, "33": 0.12, "35": 0.10, "52": 0.12, "73": 0.03, "32": 0.06, "12": 0.04}


@cache
def _mode_weights(is_work: bool) -> Floats:
    """Weights of air, sea and land: one row per province and kind of country."""
    here = regions()
    weights = np.zeros((len(here.provinces), len(_LANDS) + 1, 3))
    weights[:, :, AIR] = 1.0
    for row, province in enumerate(here.provinces):
        for column, country in enumerate(_LANDS):
            sea = _sea_share(province, is_work) if country in ("SGP", "MYS") else 0.0
            land = _BY_LAND.get((province, country), 0.0)
            if is_work and country == "MYS":
                land = _WORK_BY_LAND.get(province, land)
            weights[row, column] = (max(0.0, 1.0 - sea - land), min(sea, 1.0 - land), land)
    return weights.reshape(-1, 3)


def _sea_share(province: str, is_work: bool) -> float:
    if is_work:
        return max(_SEA_WORK.get(province, _SEA_WORK_ELSEWHERE), _SEA.get(province, 0.0))
    return _SEA.get(province, _SEA_ELSEWHERE)


def _kind_of_country(country: Ints) -> Ints:
    kinds = np.full(len(countries().codes), len(_LANDS))
    for kind, code in enumerate(_LANDS):
        kinds[countries().number(code)] = kind
    return kinds[country]


@cache
def _gate_weights() -> Floats:
    """Weights of the gates, one row per regency and mode: their pull, less with distance."""
    there = gates()
    pull = np.asarray([_PULL.get(code, 0.0) for code in there.codes])
    far = distances()
    rows = []
    for mode, reach in enumerate(_REACH):
        near = 1.0 / (1.0 + (far / reach) ** 2)
        rows.append(pull * near * (there.mode == mode))
    return np.stack(rows, axis=1).reshape(-1, len(there.codes))


def choose(
    rng: np.random.Generator,
    home: Ints,
    country: Ints,
    is_work: bool = False,
    mode: int | None = None,
) -> Ints:
    """A gate for each traveller, by home regency and declared country."""
    if mode is None:
        rows = regions().province[home] * (len(_LANDS) + 1) + _kind_of_country(country)
        modes = pick_by_row(_mode_weights(is_work), rows, rng.random(len(home)))
    else:
        modes = np.full(len(home), mode)
    return pick_by_row(_gate_weights(), home * 3 + modes, rng.random(len(home)))


def way_back(rng: np.random.Generator, home: Ints, country: Ints, gate_out: Ints) -> Ints:
    """Most come back where they left; the others choose anew."""
    again = choose(rng, home, country)
    return np.where(rng.random(len(home)) < 0.85, gate_out, again)
