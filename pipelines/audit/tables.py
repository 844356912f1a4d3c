"""The tables of an extract: counts of its rows, and nothing else."""

import pyarrow as pa

COUNT = "departures"
# Name of each table -> the columns that it is counted by.
BY: dict[str, tuple[str, ...]] = {
    "by_outcome": ("outcome",),
    "by_rule": ("outcome", "rule"),
    "by_region": ("origin_province_code", "origin_regency_code"),
    "by_region_outcome": ("origin_province_code", "origin_regency_code", "outcome"),
    "by_period": ("period",),
    "by_period_outcome": ("period", "outcome"),
    "by_destination": ("destination_country",),
    "by_destination_outcome": ("destination_country", "outcome"),
    "by_sex_age": ("sex", "age_band"),
}


def counted(rows: pa.Table) -> dict[str, pa.Table]:
    """Every table of BY, in the order of its columns."""
    return {name: _counted(rows, columns) for name, columns in BY.items()}


def _counted(rows: pa.Table, columns: tuple[str, ...]) -> pa.Table:
    found = rows.group_by(list(columns)).aggregate([([], "count_all")])
    named = found.select([*columns, "count_all"]).rename_columns([*columns, COUNT])
    return named.sort_by([(name, "ascending") for name in columns])
