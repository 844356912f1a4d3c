"""Small groups are withheld so that nothing that is shown undoes it; attackers try."""

from collections import Counter
from itertools import combinations, product
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pipelines.audit.selection import COARSE
from pipelines.audit.suppression import WITHHELD, K, withhold

PLAIN = {
    "outcome": "awaiting", "rule": "not_yet_due", "period": "2025-03", "origin_province_code": "52",
    "origin_regency_code": "52.03", "destination_country": "MYS", "sex": "L", "age_band": "25-34",
    "papers": "exit",
}  # fmt: skip
OUTCOME, REGION = "outcome", "origin_regency_code"


def rows(*groups: tuple[int, dict[str, str | None]]) -> pa.Table:
    """So many departures alike in each group; what is not said is as in PLAIN."""
    schema = pa.schema([(name, pa.string()) for name in COARSE])
    return pa.Table.from_pylist([PLAIN | said for n, said in groups for _ in range(n)], schema)


def combined(table: pa.Table, columns: tuple[str, ...] = COARSE) -> Counter[tuple[Any, ...]]:
    return Counter(zip(*(table[name].to_pylist() for name in columns), strict=True))


def shown(table: pa.Table, column: str) -> dict[str, int]:
    return dict(Counter(table[column].to_pylist()))


# Cases


def test_ten_alike_are_shown_as_they_are() -> None:
    ten = rows((10, {}))
    assert withhold(ten).equals(ten)


def test_nine_are_no_extract() -> None:
    with pytest.raises(ValueError, match="fewer than 10"):
        withhold(rows((9, {})))


def test_ten_women_beside_ten_men_are_told_apart() -> None:
    assert shown(withhold(rows((10, {"sex": "P"}), (10, {}))), "sex") == {"P": 10, "L": 10}


def test_nine_women_take_the_men_with_them() -> None:
    """Else the women would be all less the men."""
    assert shown(withhold(rows((9, {"sex": "P"}), (30, {}))), "sex") == {WITHHELD: 39}


def test_few_take_the_smallest_other_group_with_them_and_leave_the_rest() -> None:
    found = withhold(
        rows((3, {"age_band": "61+"}), (20, {"age_band": "17-24"}), (12, {"age_band": "35-44"}))
    )
    assert shown(found, "age_band") == {WITHHELD: 15, "17-24": 20}


def test_small_groups_that_are_ten_together_need_nobody_else() -> None:
    found = withhold(rows((6, {"age_band": "61+"}), (5, {"age_band": "0-16"}), (12, {})))
    assert shown(found, "age_band") == {WITHHELD: 11, "25-34": 12}


def test_a_month_too_few_for_itself_is_shown_by_its_quarter_or_year() -> None:
    found = withhold(
        rows(
            (12, {}), (6, {"period": "2025-04"}), (6, {"period": "2025-05"}),
            (20, {"period": "2025-08"}),
        )
    )  # fmt: skip
    assert shown(found, "period") == {"2025-03": 12, "2025-Q2": 12, "2025-08": 20}


def test_without_an_outcome_its_rule_is_not_shown_either() -> None:
    found = withhold(rows((5, {"outcome": "exempt", "rule": "exempt_purpose"}), (10, {})))
    assert shown(found, "rule") == {WITHHELD: 15}


def test_not_known_is_a_value_like_others_and_stays_apart_from_withheld() -> None:
    found = withhold(rows((10, {"sex": None}), (10, {})))
    assert shown(found, "sex") == {None: 10, "L": 10}


def test_a_region_withheld_for_one_outcome_is_withheld_for_another() -> None:
    """Else the true totals of the regions, known from elsewhere, give the small cells away."""
    found = withhold(
        rows(
            (4, {}), (20, {REGION: "52.01"}), (30, {REGION: "52.02"}),
            (25, {"outcome": "exempt"}), (40, {"outcome": "exempt", REGION: "52.01"}),
            (50, {"outcome": "exempt", REGION: "52.02"}),
        )
    )  # fmt: skip
    by = combined(found, (OUTCOME, REGION))
    assert by == {
        ("awaiting", WITHHELD): 24, ("awaiting", "52.02"): 30,
        ("exempt", WITHHELD): 65, ("exempt", "52.02"): 50,
    }  # fmt: skip


# Laws


VALUES = {
    "outcome": ["awaiting", "exempt", "documented"],
    "period": ["2024-12", "2025-01", "2025-02", "2025-05"],
    "origin_province_code": ["52", "33"],
    "origin_regency_code": ["01", "02", "03", None],
    "destination_country": ["MYS", "SAU", None],
    "sex": ["L", "P"],
    "age_band": ["17-24", "25-34", "61+"],
}


@st.composite
def scopes(draw: st.DrawFn, columns: tuple[str, ...] = tuple(VALUES)) -> pa.Table:
    """Random departures, of some combinations many and of others few."""
    group = st.fixed_dictionaries({name: st.sampled_from(VALUES[name]) for name in columns})
    sizes = st.integers(1, 4) | st.integers(8, 12) | st.integers(13, 60)
    found = draw(st.lists(st.tuples(sizes, group), min_size=1, max_size=14))
    table = rows((K, dict(found[0][1])), *found)
    if REGION in columns:  # a regency belongs to its province
        provinces, numbers = (table[n].to_pylist() for n in ("origin_province_code", REGION))
        codes = [n and f"{p}.{n}" for p, n in zip(provinces, numbers, strict=True)]
        table = table.set_column(table.column_names.index(REGION), REGION, pa.array(codes))
    return table


@settings(max_examples=80, deadline=None)
@given(scopes())
def test_every_combination_that_is_shown_is_that_of_ten(table: pa.Table) -> None:
    assert min(combined(withhold(table)).values()) >= K


@settings(max_examples=60, deadline=None)
@given(scopes())
def test_no_total_less_what_is_shown_is_below_ten(table: pa.Table) -> None:
    """Whichever columns are counted, and whatever is subtracted from what."""
    found = withhold(table)
    for columns in [*combinations(COARSE, 1), *combinations(COARSE, 2)]:
        cells = combined(found, columns)
        assert min(cells.values()) >= K
        for name in range(len(columns)):
            totals: Counter[Any] = Counter()
            for key, count in cells.items():
                totals[key[name]] += count
            left = [totals[key[name]] - count for key, count in cells.items()]
            assert all(rest == 0 or rest >= K for rest in left)


@settings(max_examples=50, deadline=None)
@given(scopes())
def test_what_is_shown_is_true_and_no_row_is_lost(table: pa.Table) -> None:
    found = withhold(table)
    assert found.num_rows == table.num_rows
    for name in COARSE:
        for true, said in zip(table[name].to_pylist(), found[name].to_pylist(), strict=True):
            if name == "period":
                quarter = f"{true[:4]}-Q{(int(true[5:]) + 2) // 3}"
                assert said in (true, quarter, true[:4], WITHHELD)
            else:
                assert said in (true, WITHHELD)


@settings(max_examples=40, deadline=None)
@given(scopes(), st.randoms())
def test_the_order_of_rows_does_not_matter(table: pa.Table, random: Any) -> None:
    order = list(range(table.num_rows))
    random.shuffle(order)
    assert combined(withhold(table.take(order))) == combined(withhold(table))


# The attack: all totals and all shown cells are known, and a linear programme does the rest


def feasible(true: Counter[Any], said: Counter[Any]) -> dict[tuple[Any, Any], tuple[float, float]]:
    """(least, most) of every cell of a table that is not shown, for an attacker who knows the cells
    shown, what is withheld in each line or altogether, and the true totals of both sides.
    """
    sides = [sorted({cell[side] for cell in true}, key=str) for side in (0, 1)]
    cells = [cell for cell in product(*sides) if cell not in said]
    parts = [
        (group, cell) for group in said if WITHHELD in group for cell in cells
        if all(g in (WITHHELD, c) for g, c in zip(group, cell, strict=True))
    ]  # fmt: skip
    known = [(said[g], [part[0] == g for part in parts]) for g in said if WITHHELD in g]
    for side in (0, 1):
        for name in sides[side]:
            left = sum(true[c] - (c in said) * said[c] for c in true if c[side] == name)
            known.append((left, [part[1][side] == name for part in parts]))
    lines, sums = np.array([line for _, line in known], float), [total for total, _ in known]
    found = {}
    for cell in {cell for _, cell in parts}:
        goal = np.array([part[1] == cell for part in parts], float)
        ends = [linprog(sign * goal, A_eq=lines, b_eq=sums, method="highs") for sign in (1, -1)]
        assert all(end.success for end in ends)
        found[cell] = (ends[0].fun, -ends[1].fun)
    return found


@settings(max_examples=80, deadline=None)
@given(scopes((OUTCOME, REGION)))
def test_an_attacker_with_all_totals_recovers_no_withheld_cell(table: pa.Table) -> None:
    true = combined(table, (OUTCOME, REGION))
    said = combined(withhold(table), (OUTCOME, REGION))
    for (outcome, region), (least, most) in feasible(true, said).items():
        if true[outcome, region] and is_on_a_cycle(true, outcome, region):
            assert most - least > 0.5, (outcome, region)


def is_on_a_cycle(true: Counter[Any], outcome: str, region: Any) -> bool:
    """Whether anything can be protected at all: else a true total is the cell itself, or a sum of
    such cells.
    """
    edges = {cell for cell, count in true.items() if count} - {(outcome, region)}
    seen, waiting = {("row", outcome)}, [("row", outcome)]
    while waiting:
        side, name = waiting.pop()
        near = {("column", r) for o, r in edges if side == "row" and o == name}
        near |= {("row", o) for o, r in edges if side == "column" and r == name}
        waiting += near - seen
        seen |= near
    return ("column", region) in seen


def test_the_attack_would_find_what_is_not_protected() -> None:
    """The same attack on primary suppression alone: the one small cell of a region is known."""
    true = Counter({("a", "x"): 4, ("a", "y"): 8, ("b", "x"): 20, ("b", "y"): 30})
    said = Counter({("a", WITHHELD): 12, ("b", "x"): 20, ("b", "y"): 30})
    assert feasible(true, said) == {("a", "x"): (4.0, 4.0), ("a", "y"): (8.0, 8.0)}
