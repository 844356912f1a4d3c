"""Open aggregates: nobody is one of fewer than ten, nothing is lost, and the descriptor is true."""

import json
from datetime import date
from hashlib import sha256
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import contracts
from pipelines.audit import formats, open_data
from pipelines.desks import public
from pipelines.desks.front import NothingThereError
from tests import papers, story
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
            ("documented", "2025", "Female", "52", "MYS", 30),
            ("documented", "2025", "Female", "53", "MYS", 10),
            ("documented", "2025", "Female", "21", "MYS", 9),
            ("documented", "2025", "Female", "32", "MYS", 4),
        )
    )
    assert told(made["departures_by_origin"]) == {
        ("2025", "52", "documented"): 30,
        ("2025", "53", "documented"): 10,
        ("2025", "*", "documented"): 13,
    }


def test_one_small_cell_takes_the_next_with_it() -> None:
    """Else the total of the nation would give it away."""
    made = open_data.tables(
        counted(
            ("awaiting", "2025", "Male", "52", "MYS", 30),
            ("awaiting", "2025", "Male", "53", "MYS", 12),
            ("awaiting", "2025", "Male", "21", "MYS", 9),
        )
    )
    assert told(made["departures_by_origin"]) == {
        ("2025", "52", "awaiting"): 30,
        ("2025", "*", "awaiting"): 21,
    }


def test_fewer_than_ten_departures_make_no_table() -> None:
    assert open_data.tables(counted(("awaiting", "2025", "Male", "52", "MYS", 9))) == {}


@given(
    st.dictionaries(
        st.tuples(
            st.sampled_from(["awaiting", "documented"]), st.sampled_from(["2024", "2025"]),
            st.sampled_from(["Male", "Female", ""]), st.sampled_from(["", "21", "52", "53"]),
            st.sampled_from(["", "KHM", "MYS"]),
        ),
        st.integers(1, 25), min_size=1, max_size=40,
    )
)  # fmt: skip
def test_every_count_is_of_ten_or_more_and_all_add_up(cells: dict[tuple[str, ...], int]) -> None:
    made = open_data.tables(counted(*((*key, rows) for key, rows in cells.items())))
    for table in made.values():
        counts = table["departures"].to_pylist()
        assert min(counts) >= open_data.K
        assert sum(counts) == sum(cells.values())


def test_the_descriptor_describes_the_files() -> None:
    cells = counted(("documented", "2025", "Female", "52", "MYS", 30))
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
    }  # fmt: skip
    back = row | {"departed_on": None, "returned_on": date(2024, 1, 2), "observed_country": "KHM"}
    schema = dict.fromkeys(row, "string") | {"departed_on": "date", "returned_on": "date"}
    found = open_data.cells(ibis.memtable([row, row, back], schema=ibis.schema(schema)))
    assert [tuple(r.values()) for r in found.to_pyarrow().to_pylist()] == [
        ("awaiting", "2024", "Female", "", "KHM", 1),
        ("awaiting", "2025", "Female", "", "MYS", 2),
    ]


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
