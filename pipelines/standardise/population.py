"""Population by region and half-year, under today's codes of regions."""

import ibis
import ibis.expr.types as ir


def population(records: ir.Table, provinces: ir.Table, regencies: ir.Table) -> ir.Table:
    """The current counts of regions that today's tables know. Key: region_code, semester.

    `counted_on` is the last day of the half-year: 2024-1 is 30 June, 2024-2 is 31 December.
    """
    codes = ibis.union(provinces.select("code"), regencies.select("code"))
    known = codes.select(region_code="code", digits=codes.code.replace(".", ""))
    current = records.filter(records.superseded_by.isnull())
    counts = current.select(
        "semester", "population", digits=current.region_code.replace(".", "")
    ).inner_join(known, "digits")
    year = counts.semester.substr(0, 4).cast("int32")
    is_first = counts.semester.substr(5, 1) == "1"
    return counts.select(
        "region_code",
        "semester",
        "population",
        counted_on=ibis.ifelse(is_first, ibis.date(year, 6, 30), ibis.date(year, 12, 31)),
    )


def unknown_regions(records: ir.Table, provinces: ir.Table, regencies: ir.Table) -> ir.Table:
    """The current counts of other regions: codes of before a split, or none. Key as above."""
    known = ibis.union(provinces.select("code"), regencies.select("code"))
    digits = known.select(digits=known.code.replace(".", ""))
    current = records.filter(records.superseded_by.isnull())
    said = current.select("region_code", "semester", digits=current.region_code.replace(".", ""))
    return said.anti_join(digits, "digits")
