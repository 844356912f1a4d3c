"""Withhold what fewer than K departures share, so that rows and tables cannot undo each other.

All rows are one group. It is split by one column of SPLITS after the other, and a part of fewer
than K rows is never let stand by itself: the small parts of a group become one, without a value in
that column, and where they are fewer than K together the smallest other part joins them (secondary
suppression). So every combination of values that is shown is that of K rows or more. Tables are
counts of these rows: each cell, each sum of cells and each total less what is shown is a sum of
such combinations, 0 or at least K. Early columns keep exact counts; late ones lose more.

In the table of outcomes by region somebody may know the true totals of both from elsewhere. There
every withheld cell is therefore on a cycle of withheld cells, along which it can grow while the
next shrinks (Gusfield 1988): totals and shown cells never give it away.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

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
PLACES = ("origin_province_code", "origin_regency_code")
FREE = 1e-9  # what it costs to withhold what is withheld already; others cost their rows
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
    shown, of_row = _periods(shown_as(_with_periods(cells), k)), grouped.ngroup().to_numpy()
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


def shown_as(
    cells: pd.DataFrame, k: int = K, splits: Mapping[str, str | None] = SPLITS
) -> pd.DataFrame:
    """What each combination of values is shown as, in the columns of `splits`.

    `cells` are distinct combinations, in order, and how many `rows` have them.
    """
    shown = pd.DataFrame(index=cells.index)
    group = pd.Series(0, index=cells.index)
    for column, coarser in splits.items():
        value = cells[column].astype(object)
        if coarser:
            value = value.where(shown[coarser] != WITHHELD, WITHHELD)
        part = pd.DataFrame({"group": group, "value": value, "rows": cells["rows"]})
        small = _small(part, k, is_tied=column in PLACES)
        shown[column] = value.where(~small, WITHHELD)
        group = shown.assign(group=group).groupby(["group", column], sort=True).ngroup()
    return shown


def _periods(shown: pd.DataFrame) -> pd.DataFrame:
    """With `period`, the finest that is shown."""
    shown["period"] = WITHHELD
    for column in PERIODS:
        shown["period"] = shown["period"].where(shown[column] == WITHHELD, shown[column])
    return shown


def _small(cells: pd.DataFrame, k: int, *, is_tied: bool) -> pd.Series:
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
    if is_tied:
        sizes["small"] = _on_cycles(sizes)
    small = sizes.set_index(["group", "value"])["small"]
    return pd.Series(small.reindex(pd.MultiIndex.from_arrays(part)).to_numpy(), index=cells.index)


def _on_cycles(sizes: pd.DataFrame) -> pd.Series:
    """`small`, and the cheapest cells that put each small one on a cycle of small ones.

    `sizes` is a table of groups by values with a row for each cell that is not empty. A cell for
    which there is no cycle at all stays as it is: one of its totals is the cell itself.
    """
    small = sizes["small"].to_numpy().copy()
    groups = sizes["group"].to_numpy()
    values = groups.max() + 1 + pd.factorize(sizes["value"])[0]
    nodes = values.max() + 1
    costs = sizes["rows"].to_numpy(dtype=float)
    at = {(int(g), int(v)): i for i, (g, v) in enumerate(zip(groups, values, strict=True))}
    wanted = np.flatnonzero(small & (sizes["value"] != WITHHELD).to_numpy())
    for cell in sorted(wanted, key=lambda i: (costs[i], i)):
        weights = np.where(small, FREE, costs)
        others = np.arange(len(sizes)) != cell
        ends = groups[others], values[others]
        table = csr_array((weights[others], ends), shape=(nodes, nodes))
        start, last = int(groups[cell]), int(values[cell])
        far, before = dijkstra(table, directed=False, indices=start, return_predecessors=True)
        while np.isfinite(far[values[cell]]) and last != start:
            near = int(before[last])
            small[at[min(near, last), max(near, last)]] = True
            last = near
    return pd.Series(small, index=sizes.index)
