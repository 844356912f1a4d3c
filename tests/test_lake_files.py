"""Files written anew hold their rows in the old order: deletions are known by place alone."""

from datetime import date
from pathlib import Path

import ibis
import pytest

from pipelines import keys, lake_files
from pipelines.catalog import writing
from pipelines.lake import open_lake
from tests import papers

ROWS, EVERY = 400_000, 1_000  # several groups of rows, so that threads work on one file


@pytest.mark.parametrize("is_blanked", [False, True])
def test_deleted_rows_stay_deleted_and_no_other_goes(tmp_path: Path, is_blanked: bool) -> None:
    now = papers.home(tmp_path / "home")
    secret = keys.load(now.home.keys, now.key, False)
    with open_lake(now, secret) as lake:
        people = ibis.range(ROWS).unnest().name("number").as_table()
        named = people.mutate(person_id="P" + people.number.cast("string"))
        columns = lake.table("identity", "persons").schema()
        empty = {n: named.person_id.nullif(named.person_id).cast(t) for n, t in columns.items()}
        rows = named.select(**(empty | {"person_id": named.person_id}))
        lake.insert("identity", "persons", lake.scratch(rows))
        gone = named.filter(named.number % EVERY == 0).select("person_id")
        lake.remove("identity", "persons", "person_id", lake.scratch(gone))
        expected = lake.table("identity", "persons").person_id.to_pyarrow().to_pylist()
    with writing(now), lake_files.opened(now, secret) as con:
        con.execute("CREATE TEMP TABLE theirs AS SELECT unnest(['P5', 'P7']) AS key")
        where = (
            "coalesce(person_id IN (SELECT key FROM theirs), false) OR "
            "coalesce((person_id, sex) IN (SELECT (key, 'L') FROM theirs), false)"
        )
        mine = {("identity", "persons"): where}
        blank = (lambda schema, name: mine.get((schema, name))) if is_blanked else None
        assert lake_files.renew(con, now, blank) >= 1
    with open_lake(now, secret, read_only=True) as lake:
        found = lake.table("identity", "persons").person_id.to_pyarrow().to_pylist()
    assert len(expected) == ROWS - ROWS // EVERY
    left = [p for p in expected if not (is_blanked and p in ("P5", "P7"))]
    assert sorted(p for p in found if p) == sorted(left)
    assert found.count(None) == (2 if is_blanked else 0)


def test_what_comes_after_is_sorted_and_found_beside_what_was_there(tmp_path: Path) -> None:
    """The bounds of a column are trusted by sorts and filters; they must hold for old rows too."""
    now = papers.home(tmp_path / "home")
    secret = keys.load(now.home.keys, now.key, False)

    def person(number: int) -> dict[str, object]:
        return {"person_id": f"P{number}", "birth_date": date(1950 + number, 1, 1)}

    with open_lake(now, secret) as lake:
        lake.insert(
            "ops", "nights", [{"night_number": n, "night": date(2025, 1, n)} for n in (1, 2)]
        )
        lake.insert("identity", "persons", [person(1), person(2)])
    with writing(now), lake_files.opened(now, secret) as con:
        lake_files.forget(con, now, secret, lambda *_: None)
    with lake_files.opened(now, secret) as con:
        told = con.execute("SELECT min_value, max_value FROM meta.ducklake_table_column_stats")
        assert not [row for row in told.fetchall() if {"P1", "P2"} & set(row)]
    with open_lake(now, secret) as lake:
        lake.insert("ops", "nights", [{"night_number": 3, "night": date(2025, 1, 3)}])
        lake.insert("identity", "persons", [person(3)])
    with open_lake(now, secret, read_only=True) as lake:
        nights, persons = lake.table("ops", "nights"), lake.table("identity", "persons")
        of_month = nights.filter(nights.night < date(2025, 2, 1)).order_by("night_number")
        assert of_month.night_number.to_pyarrow().to_pylist() == [1, 2, 3]
        assert nights.night.max().to_pyarrow().as_py() == date(2025, 1, 3)
        for number in (1, 2, 3):
            born = persons.filter(persons.birth_date == person(number)["birth_date"])
            named = persons.filter(persons.person_id == f"P{number}")
            assert born.person_id.to_pyarrow().to_pylist() == [f"P{number}"]
            assert named.count().to_pyarrow().as_py() == 1
