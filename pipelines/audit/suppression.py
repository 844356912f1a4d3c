"""Withhold what fewer than K departures share, so that rows and tables cannot undo each other.

Rows are shown at the finest of LEVELS at which at least K of them are alike; what is left goes on
to the next, coarser one. So every combination of values that the rows show, withheld ones
included, is that of K rows or more. A table is a count of these rows: each of its cells, every sum
of cells, and every total less cells shown is a sum of such combinations: 0, or K and more.
"""

import pandas as pd
import pyarrow as pa

from pipelines.audit.selection import COARSE

# Practice with data on trafficking is 10 to 11 (docs/extracts.md); no Indonesian law names one.
K = 10
WITHHELD = "*"
PLACE = ("origin_province_code", "origin_regency_code")
WHO = ("destination_country", "sex", "age_band")
LEVELS: tuple[tuple[str, ...], ...] = (
    ("outcome", "month", *PLACE, *WHO, "rule", "papers"),
    ("outcome", "month", *PLACE, *WHO),
    ("outcome", "quarter", *PLACE, *WHO),
    ("outcome", "quarter", *PLACE, "destination_country", "sex"),
    ("outcome", "quarter", *PLACE, "destination_country"),
    ("outcome", "quarter", *PLACE),
    ("outcome", "year", *PLACE, "destination_country"),
    ("outcome", "year", *PLACE),
    ("outcome", "quarter", "origin_province_code"),
    ("outcome", "year", "origin_province_code"),
    ("outcome", "year"),
    ("outcome",),
    (),
)
PERIODS = ("month", "quarter", "year")
MONTHS_OF_QUARTER = 3


def withhold(rows: pa.Table, k: int = K) -> pa.Table:
    """The same rows and columns with WITHHELD where a value is not shown.

    The columns of COARSE are texts. Of fewer than `k` rows nothing is shown.
    """
    frame = rows.select(list(COARSE)).to_pandas().astype(object).fillna("")
    grouped = frame.groupby(list(COARSE), sort=True)
    cells = grouped.size().rename("rows").reset_index()
    shown = _shown(cells, k)
    of_row = grouped.ngroup().to_numpy()
    for name in COARSE:
        values = shown[name].where(shown[name] != "", None).to_numpy()[of_row]
        at = rows.column_names.index(name)
        rows = rows.set_column(at, name, pa.array(values, pa.string()))
    return rows


def withhold_all_but(rows: pa.Table, shown: tuple[str, ...]) -> pa.Table:
    """Rows that were asked for one by one: only the columns `shown` of COARSE."""
    for name in COARSE:
        if name not in shown:
            at = rows.column_names.index(name)
            rows = rows.set_column(at, name, pa.repeat(pa.scalar(WITHHELD), rows.num_rows))
    return rows


def _shown(cells: pd.DataFrame, k: int) -> pd.DataFrame:
    """What each combination of values is shown as."""
    cells = _with_periods(cells)
    level = _levels(cells, k)
    shown = pd.DataFrame(WITHHELD, index=cells.index, columns=list(COARSE), dtype=object)
    for number, columns in enumerate(LEVELS):
        here = level == number
        for column in columns:
            name = "period" if column in PERIODS else column
            shown.loc[here, name] = cells.loc[here, column]
    return shown


def _with_periods(cells: pd.DataFrame) -> pd.DataFrame:
    month = cells["period"].astype(str)
    number = pd.to_numeric(month.str[5:7])
    quarter = (number - 1) // MONTHS_OF_QUARTER + 1
    year = month.str[:4]
    return cells.assign(
        month=month, quarter=year + "-Q" + quarter.astype(int).astype(str), year=year
    )


def _levels(cells: pd.DataFrame, k: int) -> pd.Series:
    """The number of the level at which each combination is shown."""
    last = len(LEVELS) - 1
    level = pd.Series(last, index=cells.index)
    left = cells
    for number, columns in enumerate(LEVELS[:-1]):
        together = left.groupby(list(columns), sort=False)["rows"].transform("sum")
        level[left.index[together >= k]] = number
        left = left[together < k]
    return _enough_left(cells, level, k)


def _enough_left(cells: pd.DataFrame, level: pd.Series, k: int) -> pd.Series:
    """Where fewer than `k` rows show nothing, the smallest groups shown join them."""
    last = len(LEVELS) - 1
    while 0 < cells["rows"][level == last].sum() < k and (level != last).any():
        level[_smallest(cells, level)] = last
    return level


def _smallest(cells: pd.DataFrame, level: pd.Series) -> pd.Index:
    """The smallest group that is shown; of equals the coarsest, then by its values."""
    found = []
    for number, columns in enumerate(LEVELS[:-1]):
        here = cells[level == number]
        if len(here):
            sizes = here.groupby(list(columns), sort=True)["rows"].sum()
            found.append((int(sizes.min()), -number, sizes.idxmin()))
    _, number, key = min(found, key=lambda group: group[:2])
    here = cells[level == -number]
    values = key if isinstance(key, tuple) else (key,)
    for column, value in zip(LEVELS[-number], values, strict=True):
        here = here[here[column] == value]
    return here.index
