"""Bands: departures that are alike in how seldom such departures end in a return.

Origin tells more about who stays away than destination, purpose, gate and season do, but a regency
by itself is too few. A logistic model with every factor drawn towards nought gives each departure
a score, and the score a band; return curves are drawn by band (stratifying on a prognostic score:
Hansen 2008, Biometrika 95). A departure is scored by what the others teach, else those that stayed
away by chance would score high because they did.
"""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

SETTLED_DAYS = 90  # who has not come back by then seldom does; the curves tell exactly
WIDTH = 0.5  # of a band, in log-odds
ROUNDS = 25  # of Newton's steps at most
SETTLED_STEP = 0.005  # a round without a longer step ends them
ENOUGH = 1_000_000  # departures that teach; more would only take longer
FOLDS = 3  # a departure is scored by the departures of other days
FIRMNESS = 3.0  # of the prior of every effect: one over its variance in log-odds
DRIFT = 0.3  # from season to season, in log-odds, where too few seasons tell
DIGITS = 6

Floats = npt.NDArray[np.float64]
FACTORS = (
    "province",
    "regency",
    "country",
    "purpose",
    "gate",
    "ages",
    "season",
    "province_country",
)
START = "start"  # of all scores
EFFECTS = pa.schema(
    [
        ("factor", pa.string()),
        ("level", pa.string()),
        ("effect", pa.float64()),
        ("sd", pa.float64()),
    ]
)
OWN, LISTED, AWAY = "own", "listed", "away"
UNFOLLOWED = ("poorly_identified", "feed_gap")  # rules of departures whose return cannot be seen


def followed(departures: ir.Table, gates: ir.Table, countries: ir.Table, seen_to: date) -> ir.Table:
    """Exits whose return is an open question, with FACTORS and what happened (key departure_key).

    `ending` is OWN (came back), LISTED (brought home from work, which is no answer to when people
    come back by themselves) or AWAY; `days` go to the ending or to `seen_to`, the last day of the
    border record. `is_comparable`: tells how others behave, for nothing answers the question.
    """
    rows = departures.filter(
        departures.departed_on.notnull()
        & (departures.outcome != "exempt")
        & departures.rule.notin(UNFOLLOWED)
        & (departures.return_kind != "implied")
        & (departures.departed_on <= ibis.literal(seen_to))
    )
    is_listed = rows.outcome == "confirmed_undocumented"
    is_away = rows.return_kind == "none"
    unending = ibis.literal(seen_to).delta(rows.departed_on, unit="day")
    factors = _factors(rows, unending)
    day = rows.departed_on.delta(ibis.date("1970-01-01"), unit="day").cast("int64")
    joined = rows.select(
        "departure_key",
        "departed_on",
        **factors,
        day=day,
        fold=day % FOLDS,
        ending=ibis.cases((is_away, AWAY), (is_listed, LISTED), else_=OWN),
        days=is_away.ifelse(unending, rows.days_away).cast("int64"),
        horizon=rows.final_on.delta(rows.departed_on, unit="day").cast("int64"),
        is_comparable=rows.placement_id.isnull(),
    )
    near = countries.filter(countries.is_asean).select(near_country="alpha3")
    joined = joined.left_join(near, joined.country == near.near_country)
    joined = joined.mutate(is_near=joined.near_country.notnull()).drop("near_country")
    kinds = gates.select(kind_of="code", mode="kind")
    joined = joined.left_join(kinds, joined.gate == kinds.kind_of).drop("kind_of")
    return joined.mutate(mode=joined["mode"].fill_null(""))


def _factors(rows: ir.Table, ago: ir.IntegerValue) -> dict[str, ir.StringValue]:
    """The factors as text without nulls; `season` counts back from the last one that is settled."""
    seasons_ago = ibis.greatest(ago // SETTLED_DAYS, 1).cast("int64")
    age = rows.age_at_departure
    ages = ibis.cases((age < 17, "0"), (age < 25, "17"), (age < 35, "25"), (age < 45, "35"),
                      (age <= 60, "45"), (age > 60, "60"), else_="")  # fmt: skip
    province, country = (
        column.fill_null("") for column in (rows.origin_province_code, rows.declared_country)
    )
    return {
        "province": province,
        "regency": rows.origin_regency_code.fill_null(province),
        "country": country,
        "purpose": rows.purpose.fill_null(""),
        "gate": rows.gate_code.fill_null(""),
        "ages": ages,
        "season": seasons_ago.cast("string"),
        "province_country": province + country,
    }


def effects(rows: ir.Table, seen_to: date) -> pa.Table:
    """Log-odds of staying away by factor and level, with standard error (key factor, level).

    Takes those that teach; reads departures that were given SETTLED_DAYS. Each fold learns from the
    others (key fold, too). The factor START has the intercept.
    """
    settled = rows.filter(rows.departed_on <= ibis.literal(seen_to - timedelta(days=SETTLED_DAYS)))
    stayed = (settled.ending != OWN) | (settled.days > SETTLED_DAYS)
    key = (*FACTORS, "fold")
    cells = settled.group_by(key).agg(all=settled.count(), stayed=stayed.sum())
    counted = cells.order_by(key).to_pandas()
    tables = []
    for fold in range(FOLDS):
        learned = fitted(counted[counted.fold != fold].reset_index(drop=True))
        tables.append(learned.append_column("fold", pa.array([fold] * len(learned), pa.int64())))
    return pa.concat_tables(tables)


def teaches(rows: ir.Table, departures: int) -> ir.BooleanValue:
    """Whether a departure of `followed` tells how others behave.

    Of every second, fourth, ... day only where all `departures` are more than ENOUGH.
    """
    step = 1
    while departures / step > ENOUGH:
        step *= 2
    return rows.is_comparable & (rows.day % step == 0)


def fitted(cells: pd.DataFrame) -> pa.Table:
    """The model of `effects` from counts by FACTORS (columns all, stayed), in a fixed order.

    Newton's steps factor by factor: the levels of one factor do not overlap, so each step is exact
    and needs no matrix. Every effect has a normal prior around nought.
    """
    count, stayed = (cells[name].to_numpy("float64") for name in ("all", "stayed"))
    share = (stayed.sum() + 0.5) / (count.sum() + 1.0)
    start = float(np.log(share / (1.0 - share)))
    coded = [pd.factorize(cells[factor], sort=True) for factor in FACTORS]
    found = [np.zeros(len(levels)) for _, levels in coded]
    score = np.full(len(cells), start)
    bends = [np.full(len(levels), FIRMNESS) for _, levels in coded]
    for _ in range(ROUNDS):
        longest = 0.0
        for place, (codes, levels) in enumerate(coded):
            step, bends[place] = _step(codes, len(levels), count, stayed, score, found[place])
            found[place] += step
            score += step[codes]
            longest = max(longest, float(np.abs(step).max(initial=0.0)))
        if longest < SETTLED_STEP:
            break
    rows = [(START, "", round(start, DIGITS), 0.0)]
    for factor, (_, levels), effect, bend in zip(FACTORS, coded, found, bends, strict=True):
        for level, value, firm in zip(levels, effect, bend, strict=True):
            rows.append((factor, str(level), round(value, DIGITS), round(firm**-0.5, DIGITS)))
    columns = zip(*rows, strict=True)
    return pa.table(dict(zip(EFFECTS.names, map(list, columns), strict=True)), EFFECTS)


def _step(
    codes: npt.NDArray[np.intp],
    levels: int,
    count: Floats,
    stayed: Floats,
    score: Floats,
    effect: Floats,
) -> tuple[Floats, Floats]:
    """Newton's step for the levels of one factor, the others held, and how firm they stand."""
    chance = 1.0 / (1.0 + np.exp(-score))
    slope = np.bincount(codes, stayed - count * chance, levels) - effect * FIRMNESS
    bend = np.bincount(codes, count * chance * (1.0 - chance), levels) + FIRMNESS
    return np.asarray(np.clip(slope / bend, -1.0, 1.0)), np.asarray(bend, dtype=np.float64)


def drift(learned: pa.Table) -> float:
    """How far the log-odds moved from one season to the next: what they may move again."""
    table = learned.to_pandas()
    seasons = table[table.factor == "season"].astype({"level": int})
    steps = seasons.sort_values("level").groupby("fold").effect.diff().dropna()
    return float(np.sqrt((steps**2).mean())) if len(steps) >= 2 * FOLDS else DRIFT


def with_band(rows: ir.Table, learned: pa.Table) -> ir.Table:
    """`followed` with its band, and the standard errors of its origin, `province_sd`, `regency_sd`.

    A level that was never settled has no effect, and the prior's error. What is known of a province
    is what was true last season.
    """
    moved = drift(learned)
    table = learned.to_pandas()
    for factor in (START, *FACTORS):
        mine = table[table.factor == factor]
        known = {
            "level": pa.array(mine.level, pa.string()),
            "known_fold": pa.array(mine.fold, pa.int64()),
            f"{factor}_effect": pa.array(mine.effect, pa.float64()),
            f"{factor}_sd": pa.array(mine.sd, pa.float64()),
        }
        keys = [("fold", "known_fold")] + ([] if factor == START else [(factor, "level")])
        rows = rows.left_join(ibis.memtable(pa.table(known)), keys).drop("level", "known_fold")
    score: ir.FloatingValue = ibis.literal(0.0)
    for factor in (START, *FACTORS):
        score = score + rows[f"{factor}_effect"].fill_null(0.0)
    prior = FIRMNESS**-0.5
    return rows.select(
        *CARRIED,
        band=(score / WIDTH).round().cast("int64"),
        province_sd=(rows.province_sd.fill_null(prior).pow(2) + moved**2).sqrt(),
        regency_sd=rows.regency_sd.fill_null(prior),
    )


CARRIED = (
    "departure_key", "ending", "days", "horizon", "is_comparable", "is_near", "mode", "purpose",
)  # fmt: skip
