"""Lists of returned people: words for regions and gates, ages for birth dates."""

import ibis
import ibis.expr.types as ir

from pipelines.standardise import countries as country_names
from pipelines.standardise import gates as gate_names
from pipelines.standardise import places
from pipelines.standardise.identifiers import document_number, nik
from pipelines.standardise.names import usable, with_standard_name

OLDEST = 120
SEXES = ("L", "P")  # another word says nothing, and might say who it is


def repatriations(
    records: ir.Table, countries: ir.Table, gates: ir.Table, regions: places.Regions
) -> ir.Table:
    """`std_repatriations`: the current list rows. Key: list_file, list_number.

    `birth_year` is the year of the birth date; without one, the year of arrival less the age, which
    can be a year too late.
    """
    country = country_names.resolved(records.country_name, countries)
    gate = gate_names.resolved(records.arrival_point, gates)
    versions = ibis.window(group_by=["list_file", "list_number"])
    dated = records.mutate(first_received_at=records.received_at.min().over(versions))
    placed = located(dated.filter(dated.superseded_by.isnull()), regions)
    named = with_standard_name(placed)
    joined = named.left_join(country, [("country_name", "raw_country")]).left_join(
        gate, [("arrival_point", "raw_gate")]
    )
    return joined.select(
        "list_file",
        "list_number",
        name=usable(joined.full_name),
        sex=ibis.cases((joined.sex.isin(SEXES), joined.sex)),
        birth_date=joined.birth_date,
        birth_year=birth_year(joined.birth_date, joined.arrived_on, joined.age),
        document_number=document_number(joined.document_number),
        nik=nik(joined.nik),
        province_code=joined.province_code,
        regency_code=joined.regency_code,
        district_code=joined.district_code,
        country_code=joined.country_code,
        arrived_on=joined.arrived_on,
        gate_code=joined.known_gate_code,
        category=joined.category,
        wave=joined.wave,
        first_received_at=joined.first_received_at,
        batch_id=joined.batch_id,
        row_number=joined.row_number,
    )


def birth_year(
    birth_date: ir.DateValue, arrived_on: ir.DateValue, age: ir.IntegerValue
) -> ir.IntegerValue:
    """The year of birth as a date or an age of 0 to 120 years gives it, else null."""
    plausible = age.between(0, OLDEST).ifelse(age, ibis.null(int))
    return ibis.coalesce(birth_date.year(), arrived_on.year() - plausible).cast("int64")


def located(current: ir.Table, regions: places.Regions) -> ir.Table:
    """`current` with province_code, regency_code and district_code."""
    return places.located(
        current,
        regions,
        province=current.province_name,
        regency=current.regency_name,
        district=current.district_name,
    )
