"""Open aggregates: nobody is one of fewer than ten, nothing is lost, and the descriptor is true."""

import json
from datetime import date
from hashlib import sha256
from itertools import product
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines import contracts
from pipelines.audit import formats, open_data
from pipelines.audit.suppression import K, withhold
from pipelines.desks import public
from pipelines.desks.front import NothingThereError
from tests import papers, story
from tests.audit.test_suppression import combined
from tests.audit.test_suppression import rows as groups
from tests.story import Told

NIGHT = {"night": date(2025, 12, 31), "night_number": 3, "code_version": "1", "policy_sha256": "a"}
SCHEMA = pa.schema([(name, pa.string()) for name in open_data.SPLITS] + [("rows", pa.int64())])


def counted(*rows: tuple[Any, ...]) -> pa.Table:
    """Cells by outcome, year, gender, province and destination."""
    columns = zip(*sorted(rows), strict=True)
    return pa.table(dict(zip(SCHEMA.names, map(list, columns), strict=True)), SCHEMA)


def told(table: pa.Table) -> dict[tuple[Any, ...], int]:
    return {tuple(row.values())[:-1]: row["departures"] for row in table.to_pylist()}


def test_nine_are_withheld_and_ten_are_shown() -> None:
    made = open_data.tables(
        counted(
            ("documented", "2025", "Woman", "52", "MYS", "30--38", 30),
            ("documented", "2025", "Woman", "53", "MYS", "30--38", 10),
            ("documented", "2025", "Woman", "21", "MYS", "30--38", 9),
            ("documented", "2025", "Woman", "32", "MYS", "30--38", 4),
        )
    )
    assert told(made["departures_by_origin"]) == {
        ("2025", "52", "documented"): 30,
        ("2025", "53", "documented"): 10,
        ("2025", "*", "documented"): 10,
    }


def test_one_small_cell_takes_the_next_with_it() -> None:
    """Else the total of the nation would give it away."""
    made = open_data.tables(
        counted(
            ("awaiting", "2025", "Man", "52", "MYS", "30--38", 30),
            ("awaiting", "2025", "Man", "53", "MYS", "30--38", 12),
            ("awaiting", "2025", "Man", "21", "MYS", "30--38", 9),
        )
    )
    assert told(made["departures_by_origin"]) == {
        ("2025", "52", "awaiting"): 30,
        ("2025", "*", "awaiting"): 20,
    }


def test_fewer_than_ten_departures_make_no_table() -> None:
    assert open_data.tables(counted(("awaiting", "2025", "Man", "52", "MYS", "30--38", 9))) == {}


@settings(deadline=None)
@given(
    st.dictionaries(
        st.tuples(
            st.sampled_from(["awaiting", "documented"]), st.sampled_from(["2024", "2025"]),
            st.sampled_from(["Man", "Woman", ""]), st.sampled_from(["", "21", "52", "53"]),
            st.sampled_from(["", "KHM", "MYS"]), st.sampled_from(["", "18--20", "48+"]),
        ),
        st.integers(1, 25), min_size=1, max_size=40,
    )
)  # fmt: skip
def test_counts_are_of_ten_or_more_and_add_up_but_for_rounding(
    cells: dict[tuple[str, ...], int],
) -> None:
    made = open_data.tables(counted(*((*key, rows) for key, rows in cells.items())))
    for table in made.values():
        counts = table["departures"].to_pylist()
        assert min(counts) >= open_data.K
        assert not [count for count in counts if count % open_data.K]
        assert abs(sum(counts) - sum(cells.values())) <= open_data.K / 2 * len(counts)


def test_the_descriptor_describes_the_files() -> None:
    cells = counted(("documented", "2025", "Woman", "52", "MYS", "30--38", 30))
    files = open_data.files(open_data.tables(cells), NIGHT)
    said = json.loads(files["datapackage.json"])
    assert {r["path"] for r in said["resources"]} == set(files) - {"datapackage.json"}
    for resource in said["resources"]:
        content = files[resource["path"]]
        assert resource["hash"] == f"sha256:{sha256(content).hexdigest()}"
        assert resource["bytes"] == len(content)
        contract = contracts.extracts()["open", resource["name"]]
        assert [f["name"] for f in resource["schema"]["fields"]] == contract.names
        assert formats.read_csv(content, contract.arrow_schema).num_rows == 1
    assert files == open_data.files(open_data.tables(cells), NIGHT)


def test_cells_are_of_published_departures() -> None:
    row = {
        "departed_on": date(2025, 3, 1), "returned_on": None, "outcome": "awaiting", "sex": "P",
        "origin_province_code": None, "observed_country": None, "declared_country": "MYS",
        "age_at_departure": 38,
    }  # fmt: skip
    back = row | {"departed_on": None, "returned_on": date(2024, 1, 2), "observed_country": "KHM"}
    schema = dict.fromkeys(row, "string") | {
        "departed_on": "date", "returned_on": "date", "age_at_departure": "int64"
    }  # fmt: skip
    found = open_data.cells(ibis.memtable([row, row, back], schema=ibis.schema(schema)))
    assert [tuple(r.values()) for r in found.to_pyarrow().to_pylist()] == [
        ("awaiting", "2024", "Woman", "", "KHM", "30--38", 1),
        ("awaiting", "2025", "Woman", "", "MYS", "30--38", 2),
    ]


def test_ages_are_in_the_bands_of_ctdc() -> None:
    ages = [0, 8, 9, 17, 18, 20, 21, 23, 24, 26, 27, 29, 30, 38, 39, 47, 48, 99, None]
    of_each = ibis.memtable({"age": ages}, schema={"age": "int64"})
    found = of_each.mutate(band=open_data._band(of_each.age)).to_pyarrow()["band"].to_pylist()
    bands = [*open_data.BANDS, open_data.OLDEST]
    assert found == [*(band for band in bands for _ in (0, 1)), ""]


# Beside an extract, and beside another night


def test_an_extract_less_the_open_counts_seldom_gives_a_small_cell_away() -> None:
    """An extract of a province and year hides a small outcome with the next (`*`); where that one
    is shown exactly in the open table, the difference is the small cell."""
    small = [("exempt", 4), ("awaiting", 31), ("documented", 100)]
    rows = [(n, {"outcome": outcome, "rule": outcome}) for outcome, n in small]
    assert combined(withhold(groups(*rows)), ("outcome",))["*",] == 35
    nation = [(outcome, "2025", "Man", "52", "MYS", "30--38", n) for outcome, n in small]
    more = [("exempt", "2025", "Man", province, "MYS", "30--38", 40) for province in ("32", "33")]
    table = told(open_data.tables(counted(*nation, *more))["departures_by_origin"])
    assert table["2025", "52", "awaiting"] == 30  # exact it would give 35 - 31 = 4 away
    assert ("2025", "52", "exempt") not in table
    answers = [
        sum(rounded(shown + few - other) == rounded(shown) for other in range(1, K))
        for shown, few in product(range(K, 10 * K), range(1, K))
    ]
    assert answers.count(1) / len(answers) < 0.03  # at the ends of a ten; exact counts: always


def test_a_night_more_seldom_changes_a_count() -> None:
    """One departure more is seen in one count of ten, where exact counts would always show it."""
    seen = [rounded(n + 1) != rounded(n) for n in range(K, 10 * K)]
    assert sum(seen) / len(seen) == 1 / K


def rounded(count: int) -> int:
    return int(open_data.rounded(pd.Series([count]))[0])


def test_a_home_writes_them_without_its_key(told: Told, tmp_path: Any) -> None:
    made = public.write(told.now, tmp_path)
    assert {file.name for file in made.files} == {file.name for file in tmp_path.iterdir()}
    assert sum(made.rows.values()) > 0
    names = [
        n for p in vars(story).values() if isinstance(p, story.Person) for n in (p.name, p.nik)
    ]
    text = "".join(file.read_text() for file in tmp_path.iterdir())
    assert not [name for name in names if name and name in text]
    with pytest.raises(NothingThereError, match="nothing published"):
        public.write(papers.home(tmp_path / "other"), tmp_path)
