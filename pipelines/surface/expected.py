"""Expected figures by region: the sum of chances, and an interval that carries what is uncertain.

Four things are: each departure by itself; the curves, whose error comparable departures share; the
origin, which a NIK or a place of birth names wrongly for some; and departures whose origin nobody
knows. The last two also move the middle of the interval: a region that sends many loses more to
wrong origins than it gains.
"""

from __future__ import annotations

from statistics import NormalDist

import ibis
import ibis.expr.types as ir

from pipelines.surface import counts
from pipelines.surface.origins import SHARED, Trust

GRAINS = {"month": "M", "quarter": "Q", "year": "Y"}
PEERS = ("period_start", "grain", "level")
KEY = (*PEERS, "region_code")
EXPECTED = ("expected_undocumented", "expected_low", "expected_high")
LEAST = 1e-6  # a mean that is none
EXACT = "decimal(38, 12)"  # sums of floats depend on the order in which threads bring them
LEVELS = {"province": "province_code", "regency": "regency_code"}
MASSES = ("expected", "spread", "near", "lost_regency", "lost_province", "unplaced")
FEW_STRAYS = 50  # wrong origins that tell as much of where they go as the population does


def expected(chances: ir.Table, trust: Trust, regions: ir.Table, level: float) -> ir.Table:
    """expected_undocumented, expected_low and expected_high (key KEY), for regions that have any.

    Takes the table of `chances`, how far origins can be trusted and regions (level, region_code,
    population). `level` is the probability that the interval holds.
    """
    rows = chances.filter(chances.undocumented_probability > 0)
    told = _told(rows, trust)
    shares = _shares(regions)
    moved = _moved(_at_levels(_masses(told)), _masses(told), _strayed(told, trust, shares), shares)
    joined = moved.left_join(_shared(rows), KEY)
    joined = joined.mutate(variance=joined.variance + joined.shared.fill_null(0.0))
    return _bounded(joined, level)


def _told(rows: ir.Table, trust: Trust) -> ir.Table:
    """Chances with what is known of their origin: regency and province, how often it is right.

    One that is counted for the larger of two regencies of one name stands here once for each, with
    its share of the people: a share of the chance.
    """
    is_shared = (rows.origin_basis == SHARED) & (
        rows.origin_regency_code == trust.namesakes.regency_code
    )
    split = rows.left_join(trust.namesakes, is_shared)
    split = split.select(
        "occurred_on",
        "origin_province_code",
        basis=split.home.notnull().ifelse("birth_place", split.origin_basis),
        origin_regency_code=split.home.coalesce(split.origin_regency_code),
        chance=split.undocumented_probability * split.share.fill_null(1.0),
    ).view()
    unplaced = trust.unplaced.rename(origin_regency_code="home")
    told = split.left_join(trust.agreement, "basis").left_join(unplaced, "origin_regency_code")
    return told.select(
        *split.columns,
        "unplaced",
        regency=told.regency.fill_null(1.0),
        province=told.province.fill_null(1.0),
    )


def _masses(told: ir.Table) -> ir.Table:
    """Sums by period and origin (key period_start, grain, province_code, regency_code).

    expected; spread, the variance were departures all there is; near, what the origins of others
    bring to the wrong regency of the province; lost_regency and lost_province, what wrong origins
    take from here; unplaced, what would be of unknown origin had nobody a NIK.
    """
    chance = told.chance
    by_nik = (told.basis == "nik").cast("float64")
    months = told.group_by(
        period_start=counts.month_of(told.occurred_on),
        province_code=told.origin_province_code,
        regency_code=told.origin_regency_code,
    ).agg(
        expected=_total(chance),
        spread=_total(chance * (1.0 - chance)),
        near=_total(chance * (told.province - told.regency)),
        lost_regency=_total(chance * (1.0 / told.regency.nullif(0.0) - 1.0)),
        lost_province=_total(chance * (1.0 / told.province.nullif(0.0) - 1.0)),
        unplaced=_total(chance * by_nik * told.unplaced),
    )
    periods = counts.in_grains(months, GRAINS)
    return _summed(periods, ("period_start", "grain", *LEVELS.values()))


def _strayed(told: ir.Table, trust: Trust, shares: ir.Table) -> ir.Table:
    """What wrong origins of all others bring to a province (key period_start, grain,
    province_code; strayed).

    They go where those went whose address is known, as far as these are enough to tell, else where
    most people live.
    """
    far = told.filter(told.province < 1).group_by(
        "basis", period_start=counts.month_of(told.occurred_on)
    ).agg(far=lambda t: _total(t.chance * (1.0 - t.province)))  # fmt: skip
    periods = counts.in_grains(far, GRAINS)
    nation = periods.group_by("period_start", "grain", "basis").agg(far=periods.far.sum())
    provinces = shares.filter(shares.level == "province").select("region_code", "of_nation")
    frame = provinces.cross_join(nation.select("basis").distinct())
    named = frame.left_join(
        trust.strays,
        (frame.basis == trust.strays.basis) & (frame.region_code == trust.strays.province_code),
    ).select("basis", "region_code", "of_nation", people=lambda t: t.people.fill_null(0))
    all_of_basis = named.people.sum().over(ibis.window(group_by="basis"))
    went = named.mutate(
        share=(named.people + FEW_STRAYS * named.of_nation) / (all_of_basis + FEW_STRAYS)
    )
    brought = nation.inner_join(went, "basis")
    return brought.group_by("period_start", "grain", province_code=brought.region_code).agg(
        strayed=_total(brought.far.cast("float64") * brought.share).cast("float64")
    )


def _total(value: ir.FloatingValue) -> ir.DecimalScalar:
    return value.cast(EXACT).sum()


def _summed(table: ir.Table, key: tuple[str, ...]) -> ir.Table:
    return table.group_by(key).agg(**{name: table[name].sum().fill_null(0) for name in MASSES})


def _at_levels(masses: ir.Table) -> ir.Table:
    """Sums by region (key KEY)."""
    return _summed(ibis.union(*(_of_level(masses, level) for level in LEVELS)), KEY)


def _moved(at: ir.Table, masses: ir.Table, strayed: ir.Table, shares: ir.Table) -> ir.Table:
    """Add `middle` and `variance`: what wrong and unknown origins bring and take (key KEY).

    Within a province people are taken to be registered or born elsewhere in proportion to
    population.
    """
    nation = masses.group_by("period_start", "grain").agg(
        nation_unplaced=masses.unplaced.sum(),
        unknown=masses.expected.sum(where=masses.province_code.isnull()).fill_null(0),
    )
    province = masses.group_by("period_start", "grain", "province_code").agg(
        province_near=masses.near.sum(),
        province_expected=masses.expected.sum(where=masses.regency_code.notnull()).fill_null(0),
        province_unplaced=masses.unplaced.sum(),
        vague=masses.expected.sum(where=masses.regency_code.isnull()).fill_null(0),
    )
    t = at.mutate(province_code=at.region_code.left(2))
    t = t.inner_join(nation, ["period_start", "grain"])
    t = t.inner_join(province, ["period_start", "grain", "province_code"])
    t = t.left_join(strayed, ["period_start", "grain", "province_code"])
    t = t.select(*at.columns, *nation.columns[2:], *province.columns[3:], "strayed")
    t = t.inner_join(shares, ["level", "region_code"])
    sums = (*MASSES, *nation.columns[2:], *province.columns[3:])
    t = t.mutate({name: t[name].cast("float64") for name in sums})
    is_regency = t.level == "regency"
    strayed = t.strayed.fill_null(0.0)
    coming = is_regency.ifelse((strayed + t.province_near) * t.of_province, strayed)
    wrong = ibis.least(coming, t.expected)
    right_share = 1.0 - (wrong / t.expected.nullif(0.0)).fill_null(0.0)
    lost = is_regency.ifelse(t.lost_regency, t.lost_province) * right_share
    vague = t.vague * (t.unplaced / t.province_unplaced.nullif(0.0)).fill_null(
        t.expected / t.province_expected.nullif(0.0)
    )
    unknown = t.unknown * t.unplaced / t.nation_unplaced.nullif(0.0)
    added = lost + unknown.fill_null(0.0) + is_regency.ifelse(vague.fill_null(0.0), 0.0)
    return t.select(
        *KEY,
        "expected",
        middle=t.expected - wrong + added,
        variance=t.spread + wrong * right_share + added,
    )


def _shares(regions: ir.Table) -> ir.Table:
    """Each region's share of the people of its level, and of its province (key level, code)."""
    people = regions.population.fill_null(0).cast("float64")
    rows = regions.select(
        "level", "region_code", people=people, province=regions.region_code.left(2)
    )
    nation = ibis.window(group_by="level")
    province = ibis.window(group_by=["level", "province"])
    return rows.select(
        "level",
        "region_code",
        of_nation=(rows.people / rows.people.sum().over(nation).nullif(0.0)).fill_null(0.0),
        of_province=(rows.people / rows.people.sum().over(province).nullif(0.0)).fill_null(0.0),
    )


def _shared(rows: ir.Table) -> ir.Table:
    """The variance of errors that departures share (key KEY): they add up before they are squared.

    Those of one lesson share the error of its curve, those of one origin what is known of it, and
    all of them what is known of unseen returns and links not made.
    """
    unsure = rows.filter(rows.late_sd + rows.province_sd + rows.regency_sd + rows.hidden_sd > 0)
    origins = {code: unsure[f"origin_{code}"] for code in LEVELS.values()}
    errors = {
        "late_sd": unsure.lesson,
        "hidden_sd": ibis.literal(""),
        "province_sd": unsure.origin_province_code,
        "regency_sd": unsure.origin_regency_code,
    }
    parts = [
        unsure.group_by(
            period_start=counts.month_of(unsure.occurred_on),
            **origins,
            source=ibis.literal(name),
            sharers=sharers.fill_null(""),
        ).agg(error=_total(unsure[name]))
        for name, sharers in errors.items()
    ]
    periods = counts.in_grains(ibis.union(*parts), GRAINS)
    both = ibis.union(*(_of_level(periods, level) for level in LEVELS))
    sums = both.group_by(*KEY, "source", "sharers").agg(error=both.error.sum().cast("float64"))
    squares = sums.mutate(square=(sums.error * sums.error).cast(EXACT))
    return squares.group_by(KEY).agg(shared=squares.square.sum().cast("float64"))


def _of_level(table: ir.Table, level: str) -> ir.Table:
    """Rows with an origin of that level, and its code."""
    code = table[LEVELS[level]]
    return table.filter(code.notnull()).mutate(level=ibis.literal(level), region_code=code)


def _bounded(rows: ir.Table, level: float) -> ir.Table:
    """Quantiles of the gamma distribution with this mean and variance, by Wilson and Hilferty.

    The expected figure itself is never left outside.
    """
    z = NormalDist().inv_cdf((1.0 + level) / 2.0)
    half = 0.5  # a count stands for all that rounds to it
    middle = ibis.greatest(rows.middle, LEAST)
    shape = rows.variance / (middle * middle)

    def quantile(side: float) -> ir.FloatingValue:
        root = 1.0 - shape / 9.0 + side * shape.sqrt() / 3.0
        return middle * ibis.greatest(root, 0.0).pow(3)

    low, high = (quantile(side) for side in (-z, z))
    return rows.select(
        *KEY,
        expected_undocumented=rows.expected.round(3),
        expected_low=ibis.greatest(ibis.least(low - half, rows.expected), 0.0).round(3),
        expected_high=ibis.greatest(high + half, rows.expected).round(3),
    )
