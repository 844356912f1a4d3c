"""The reference tables of `data/reference/`: codes, names, gates and published figures.

This is the one place that reads them. Sources, licences and dates stand in
`data/reference/SOURCES.md`; the keys are:

| table | key |
|---|---|
| provinces, regencies, districts | code |
| nik_prefixes | nik_prefix |
| retired_regencies | old_code |
| former_provinces | code, former_code |
| region_aliases | alias |
| countries, permitted_stays | alpha3 |
| name_words | word |
| gates | code |
| published_figures | figure, year, dimension, code |
| published_measures | figure, year, measure |
"""

from functools import cache
from hashlib import sha256
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.csv as pcsv

from pipelines.settings import REFERENCE

PATH = REFERENCE

# Every column not named here is a string: a code keeps its zeros, "NA" stays Namibia.
COLUMN_TYPES: dict[str, pa.DataType] = {
    "population_male": pa.int64(),
    "population_female": pa.int64(),
    "population": pa.int64(),
    "area_km2": pa.float64(),
    "latitude": pa.float64(),
    "longitude": pa.float64(),
    "days": pa.int64(),
    "year": pa.int64(),
    "value": pa.float64(),
    "period_start": pa.date32(),
    "period_end": pa.date32(),
    "is_asean": pa.bool_(),
}


def names() -> list[str]:
    """The names of all reference tables, sorted."""
    return sorted(path.stem for path in PATH.glob("*.csv"))


@cache
def digest() -> str:
    """SHA-256 of all reference tables, in the order of their names."""
    total = sha256()
    for name in names():
        total.update(name.encode() + b"\0" + (PATH / f"{name}.csv").read_bytes())
    return total.hexdigest()


@cache
def load(name: str) -> pa.Table:
    """Reference table `name`, typed, an empty cell as null.

    Raises `KeyError` when there is no such table.
    """
    path = PATH / f"{name}.csv"
    if not path.is_file():
        raise KeyError(f"no reference table {name!r}; there are: {', '.join(names())}")
    options = pcsv.ConvertOptions(
        column_types=_column_types(path), null_values=[""], strings_can_be_null=True
    )
    return pcsv.read_csv(path, convert_options=options)


@cache
def memtable(name: str) -> ir.Table:
    """Reference table `name` as an Ibis table that any engine takes in."""
    return ibis.memtable(load(name))


def _column_types(path: Path) -> dict[str, pa.DataType]:
    with path.open(encoding="utf-8") as file:
        columns = file.readline().strip().split(",")
    return {column: COLUMN_TYPES.get(column, pa.string()) for column in columns}
