"""Published tables that come from reference data and declarations, not from deliveries."""

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from pipelines import contracts, reference
from pipelines.policy import Policy


def tables(policy: Policy, outcomes: pa.Table) -> dict[str, ir.Table]:
    """What analysts need beside the figures: countries, outcomes and the dictionary."""
    known, stays = reference.memtable("countries"), reference.memtable("permitted_stays")
    return {
        "countries": countries(known, stays, policy.permitted_stay_days_default),
        "outcomes": ibis.memtable(outcomes),
        "dictionary": ibis.memtable(contracts.dictionary()),
    }


def regions(provinces: ir.Table, regencies: ir.Table, watched: tuple[str, ...]) -> ir.Table:
    """One row per province and regency. Key: region_code."""
    full_name = regencies.kind.capitalize() + " " + regencies["name"]
    levels = (
        provinces.mutate(level=ibis.literal("province"), province_code=provinces.code),
        regencies.mutate(level=ibis.literal("regency"), name=full_name),
    )
    both = ibis.union(*(_region(table, watched) for table in levels))
    return both.order_by("region_code")


def _region(t: ir.Table, watched: tuple[str, ...]) -> ir.Table:
    return t.select(
        "level",
        "province_code",
        "population",
        "latitude",
        "longitude",
        region_code=t.code,
        region_name=t["name"],
        is_watched=t.code.isin(watched),
    )


def countries(countries: ir.Table, permitted_stays: ir.Table, default_days: int) -> ir.Table:
    """One row per country with the permitted stay that the rules assume. Key: country_code."""
    stays = permitted_stays.select("alpha3", "days")
    joined = countries.left_join(stays, "alpha3")
    return joined.select(
        "name_id",
        "name_en",
        country_code=joined.alpha3,
        permitted_stay_days=joined.days.fill_null(default_days),
    ).order_by("country_code")
