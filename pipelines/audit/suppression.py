"""Withhold what fewer than K departures share, so that rows and tables cannot undo each other.

All rows are one group. It is split by one column of SPLITS after the other, and a part of fewer
than K rows is never let stand by itself: the small parts of a group become one, without a value in
that column, and where they are fewer than K together the smallest other part joins them (secondary
suppression). So every combination of values that is shown is that of K rows or more. Tables are
counts of these rows: each cell, each sum of cells and each total less what is shown is a sum of
such combinations, 0 or at least K. Early columns keep exact counts; late ones lose more.
"""

import pandas as pd
import pyarrow as pa

from pipelines.audit.selection import COARSE

# Practice with data on trafficking is 10 to 11 (docs/extracts.md); no Indonesian law names one.
K = 10
WITHHELD = "*"
# Column -> the column of which it is a finer part, and without which it is not shown.
SPLITS: dict[str, str | None] = {
    "outcome": None,
    "rule": "outcome",
    "origin_province_code": None,
    "origin_regency_code": "origin_province_code",
    "year": None,
    "destination_country": None,
    "quarter": "year",
    "sex": None,
    "age_band": None,
    "month": "quarter",
    "papers": "rule",
}
PERIODS = ("year", "quarter", "month")
MONTHS_OF_QUARTER = 3


def withhold(rows: pa.Table, k: int = K) -> pa.Table:
    """The same rows and columns with WITHHELD where a value is not shown.

    The columns of COARSE are texts; there are `k` rows at least.
    """
    if rows.num_rows < k:
        raise ValueError(f"fewer than {k} rows cannot hide anybody")
    frame = rows.select(list(COARSE)).to_pandas().astype(object).fillna("")
    grouped = frame.groupby(list(COARSE), sort=True)
    cells = grouped.size().rename("rows").reset_index()
    shown, of_row = _shown(_with_periods(cells), k), grouped.ngroup().to_numpy()
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


def _with_periods(cells: pd.DataFrame) -> pd.DataFrame:
    month = cells["period"].astype(str)
    quarter = (pd.to_numeric(month.str[5:7]) - 1) // MONTHS_OF_QUARTER + 1
    year = month.str[:4]
    return cells.assign(month=month, quarter=year + "-Q" + quarter.astype(str), year=year)


def _shown(cells: pd.DataFrame, k: int) -> pd.DataFrame:
    """What each combination of values is shown as."""
    shown = pd.DataFrame(index=cells.index)
    group = pd.Series(0, index=cells.index)
    for column, coarser in SPLITS.items():
        value = cells[column].astype(object)
        if coarser:
            value = value.where(shown[coarser] != WITHHELD, WITHHELD)
        small = _small(pd.DataFrame({"group": group, "value": value, "rows": cells["rows"]}), k)
        shown[column] = value.where(~small, WITHHELD)
        group = shown.assign(group=group).groupby(["group", column], sort=True).ngroup()
    shown["period"] = WITHHELD
    for column in PERIODS:
        shown["period"] = shown["period"].where(shown[column] == WITHHELD, shown[column])
    return shown


def _small(cells: pd.DataFrame, k: int) -> pd.Series:
    """Which cells belong to parts of their group that may not stand by themselves.

    Parts of one size are told apart by their value, so that the same rows give the same.
    """
    part = [cells["group"], cells["value"]]
    sizes = cells.groupby(["group", "value"], sort=True)["rows"].sum().reset_index()
    sizes["small"] = (sizes["rows"] < k) | (sizes["value"] == WITHHELD)
    together = sizes["rows"].where(sizes["small"], 0).groupby(sizes["group"]).transform("sum")
    wants = (together > 0) & (together < k) & ~sizes["small"]
    joins = sizes[wants].sort_values(["rows", "value"]).drop_duplicates("group").index
    sizes.loc[joins, "small"] = True
    small = sizes.set_index(["group", "value"])["small"]
    return pd.Series(small.reindex(pd.MultiIndex.from_arrays(part)).to_numpy(), index=cells.index)
