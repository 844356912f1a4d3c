"""Hotspots: departures by region of origin, as counts, rates and ranks."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from pipelines.policy import Policy
from pipelines.surface import counts
from pipelines.surface.expected import EXPECTED, GRAINS, expected
from pipelines.surface.intervals import smoothed_rate, with_poisson_bounds
from pipelines.surface.origins import IN_PROVINCE, SHARED, Trust
from pipelines.surface.population import with_population

PEERS = ["period_start", "grain", "level"]

COLUMNS = (
    *PEERS,
    "region_code",
    "region_name",
    "population",
    "departures",
    "documented",
    "confirmed_undocumented",
    "suspected_undocumented",
    "unrecorded_exit",
    "awaiting",
    "undocumented",
    "per_100k",
    "per_100k_low",
    "per_100k_high",
    "smoothed_per_100k",
    "rank_by_count",
    "rank_by_rate",
    "change",
    "documented_diverted",
    "exempt",
    "returned_within_stay",
    "returned_late",
    "insufficient_data",
    "is_watch_region",
    "placements",
    "expected_undocumented",
    "expected_low",
    "expected_high",
    "undocumented_without_nik",
    "population_semester",
    "undocumented_by_shared_place",
)
BY_NIK, BY_SHARED = "undocumented_by_nik", "undocumented_by_shared_place"
MEASURES = (*counts.MEASURES, BY_NIK, BY_SHARED)


def hotspots(
    departures: ir.Table,
    chances: ir.Table,
    placements: ir.Table,
    provinces: ir.Table,
    regencies: ir.Table,
    population: ir.Table,
    trust: Trust,
    policy: Policy,
) -> ir.Table:
    """Count departures by period and region of origin (key period_start, grain, level, region).

    A period is that of `occurred_on`. Every region stands in every period that has data, with
    zeros where nobody left. A departure whose regency is unknown counts for its province alone; one
    without an origin in the reference counts nowhere (`coverage` says how many). `placements` are
    the valid ones by the day on which their process finished: what KP2MI counts, not departures.
    `chances` and `trust` give the expected figures (see `expected`). Rates rest on `population`
    (region_code, semester, counted_on, population), as `with_population` says.
    """
    regions = _regions(provinces, regencies)
    filled = with_population(_filled(_cells(departures), regions), population)
    filled = _with_placements(filled, placements)
    hoped = expected(chances, trust, regions, policy.expected_level)
    filled = _with_expected(filled, hoped)
    filled = filled.mutate(undocumented=counts.undocumented(filled))
    filled = filled.mutate(undocumented_without_nik=filled.undocumented - filled[BY_NIK])
    rated = _rated(filled, policy)
    watched = (rated.level == "province") & rated.region_code.isin(policy.watch_regions)
    return _changed(_ranked(rated.mutate(is_watch_region=watched))).select(COLUMNS)


def _cells(departures: ir.Table) -> ir.Table:
    """Counts by period, level and region (key PEERS, region_code); one pass over departures.

    A NIK, and a shared place of birth, that only told the regency leave its province certain.
    """
    months = departures.group_by(
        period_start=counts.month_of(departures.occurred_on),
        province_code=departures.origin_province_code,
        regency_code=departures.origin_regency_code,
    ).agg(
        **counts.by_outcome(departures),
        by_nik=counts.undocumented_by(departures, "nik"),
        regency_by_nik=counts.undocumented_by(departures, f"{IN_PROVINCE}nik"),
        regency_by_shared=counts.undocumented_by(departures, SHARED),
    )
    of_province = {BY_NIK: months.by_nik, BY_SHARED: ibis.literal(0, "int64")}
    of_regency = {
        BY_NIK: months.by_nik + months.regency_by_nik, BY_SHARED: months.regency_by_shared
    }  # fmt: skip
    levels = ibis.union(
        _at_level(months.mutate(of_province), "province", "province_code"),
        _at_level(months.mutate(of_regency), "regency", "regency_code"),
    )
    cells = counts.in_grains(levels, GRAINS)
    return cells.group_by([*PEERS, "region_code"]).agg(**counts.summed(cells, MEASURES))


def _with_placements(filled: ir.Table, placements: ir.Table) -> ir.Table:
    """Add `placements` by region of the placement (key PEERS, region_code; rows unchanged)."""
    valid = placements.filter(placements.is_valid)
    months = valid.group_by(
        "province_code", "regency_code", period_start=counts.month_of(valid.valid_from)
    ).agg(placements=valid.count())
    levels = ibis.union(
        _at_level(months, "province", "province_code", ("placements",)),
        _at_level(months, "regency", "regency_code", ("placements",)),
    )
    cells = counts.in_grains(levels, GRAINS)
    totals = cells.group_by([*PEERS, "region_code"]).agg(
        placements=cells.placements.sum().cast("int64")
    )
    joined = filled.left_join(totals, [*PEERS, "region_code"])
    return joined.select(*filled.columns, placements=joined.placements.fill_null(0))


def _at_level(
    months: ir.Table, level: str, code: str, measures: tuple[str, ...] = MEASURES
) -> ir.Table:
    rows = months.mutate(level=ibis.literal(level), region_code=months[code])
    return rows.select("period_start", "level", "region_code", *measures)


def _regions(provinces: ir.Table, regencies: ir.Table) -> ir.Table:
    """Provinces and regencies in one table (key level, region_code).

    A regency and a city may share a name, so the kind is part of the published name.
    """
    kind = ibis.ifelse(regencies.kind == "KOTA", "Kota ", "Kabupaten ")
    return ibis.union(
        provinces.select(
            level=ibis.literal("province"),
            region_code="code",
            region_name="name",
            population=provinces.population.cast("int64"),
        ),
        regencies.select(
            level=ibis.literal("regency"),
            region_code="code",
            region_name=kind + regencies.name,
            population=regencies.population.cast("int64"),
        ),
    )


def _filled(cells: ir.Table, regions: ir.Table) -> ir.Table:
    """Every region in every period that has data (key PEERS, region_code)."""
    periods = cells.select("period_start", "grain").distinct()
    frame = periods.cross_join(regions)
    joined = frame.left_join(cells, [*PEERS, "region_code"])
    zeros = {measure: joined[measure].fill_null(0) for measure in MEASURES}
    return joined.mutate(zeros).select(*frame.columns, *MEASURES)


def _with_expected(filled: ir.Table, expected: ir.Table) -> ir.Table:
    """Add the expected figures, nought where nothing is expected (rows unchanged)."""
    joined = filled.left_join(expected, [*PEERS, "region_code"])
    return joined.select(
        *filled.columns, **{name: joined[name].fill_null(0.0) for name in EXPECTED}
    )


def _rated(filled: ir.Table, policy: Policy) -> ir.Table:
    """Add undocumented departures per 100,000 residents, with interval and smoothed rate."""
    bounded = with_poisson_bounds(filled, "undocumented", policy.interval_level)
    smoothed = smoothed_rate(bounded, "undocumented", "population", PEERS)
    per_100k = 100_000 / smoothed.population.nullif(0)
    return smoothed.mutate(
        per_100k=smoothed.undocumented * per_100k,
        per_100k_low=smoothed.events_low * per_100k,
        per_100k_high=smoothed.events_high * per_100k,
        smoothed_per_100k=smoothed.smoothed_rate * 100_000,
    )


def _ranked(rated: ir.Table) -> ir.Table:
    """Add both ranks among regions of the level; ties share the smallest rank."""

    def rank(column: str) -> ir.IntegerValue:
        best_first = rated[column].fill_null(-1).desc()
        return ibis.rank().over(ibis.window(group_by=PEERS, order_by=best_first)) + 1

    return rated.mutate(rank_by_count=rank("undocumented"), rank_by_rate=rank("per_100k"))


def _changed(ranked: ir.Table) -> ir.Table:
    """Add the change against the period before; null where that period has no data."""
    region = ibis.window(group_by=["grain", "level", "region_code"], order_by=ranked.period_start)
    previous = ranked.undocumented.lag().over(region)
    previous_start = ranked.period_start.lag().over(region)
    months = ranked.grain.cases(("month", 1), ("quarter", 3), else_=12)
    is_adjacent = _month_number(ranked.period_start) - _month_number(previous_start) == months
    return ranked.mutate(
        change=ibis.ifelse(is_adjacent, ranked.undocumented - previous, ibis.null("int64"))
    )


def _month_number(day: ir.DateValue) -> ir.IntegerValue:
    return day.year() * 12 + day.month()
