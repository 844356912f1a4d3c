"""Who is placed where: the published margins by province and country, fitted to each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.simulate import facts
from pipelines.simulate.atlas import countries, regions
from pipelines.simulate.calendar import Calendar
from pipelines.simulate.draws import Floats, Ints, expand, pick_by_row, share_out, stream


@dataclass(frozen=True)
class Orders:
    """Who is placed where and when; `is_plain`: one standing record per person."""

    home: Ints
    country: Ints
    processed: Ints
    is_plain: bool = False


def _destination_margin() -> Floats:
    """Placements by country: the published ten; the rest shared by assumption."""
    published = facts.published("placements", 2024, "country")
    rest = facts.published("placements", 2024, "all")["ALL"] - sum(published.values())
    others = facts.OTHER_PLACEMENT_COUNTRIES
    margin = countries().weights(published)
    return margin + countries().weights(others) * rest / sum(others.values())


def _province_margin() -> Floats:
    """Placements by province, Kepulauan Riau left out: its number is given at every scale."""
    published = facts.published("placements", 2025, "province")
    rest = facts.placements_per_year() - sum(published.values()) - facts.KEPRI_PLACEMENTS
    here = regions()
    population = np.bincount(here.province, here.population, len(here.provinces))
    lean = [facts.PLACEMENT_LEANING_REST.get(code, 0.7) for code in here.provinces]
    is_other = [code not in published and code != facts.KEPRI for code in here.provinces]
    others = population * lean * is_other
    margin = np.asarray([published.get(code, 0.0) for code in here.provinces])
    return np.asarray(margin + others * rest / others.sum())


def province_by_country() -> Floats:
    """Placements by province and country: leanings fitted to both published margins."""
    rows, columns = _province_margin(), _destination_margin()
    columns = columns * rows.sum() / columns.sum()
    cells: Floats = np.outer(rows, columns) / rows.sum()
    for (province, country), lean in facts.PLACEMENT_LEANINGS.items():
        cells[regions().provinces.index(province), countries().number(country)] *= lean
    for _ in range(200):
        cells *= (rows / np.maximum(cells.sum(axis=1), 1e-9))[:, None]
        cells *= columns / np.maximum(cells.sum(axis=0), 1e-9)
    return cells


def _regency_weights(rng: np.random.Generator) -> Floats:
    """Weights of regencies: known shares; the rest by population and a seeded effect."""
    here = regions()
    effect = np.exp(rng.normal(0.0, 0.5, len(here.codes))) * np.where(here.is_city, 0.35, 1.0)
    known = here.by_regency(facts.PLACEMENTS_IN_PROVINCE, 0.0)
    left_over = 1.0 - np.bincount(here.province, known)[here.province]
    plain = np.where(known > 0, 0.0, here.population * effect)
    share = plain / np.maximum(np.bincount(here.province, plain)[here.province], 1e-9)
    return np.asarray(known + left_over * share)


def homes_within(rng: np.random.Generator, province: Ints, weights: Floats) -> Ints:
    """A regency for each number of a province."""
    here = regions()
    table = np.where(
        here.province[None, :] == np.arange(len(here.provinces))[:, None], weights, 0.0
    )
    return pick_by_row(table, province, rng.random(len(province)))


def national_orders(total: int, calendar: Calendar, seed: int) -> Orders:
    """Placements of the nation without Kepulauan Riau, at the published shares."""
    rng = stream(seed, "orders")
    cells = province_by_country()
    cell = rng.permutation(expand(share_out(total, cells.ravel())))
    province, country = np.divmod(cell, cells.shape[1])
    home = homes_within(rng, province, _regency_weights(rng))
    return Orders(home, country, calendar.spread(rng.random(total)))
