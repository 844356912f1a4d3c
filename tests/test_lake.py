"""The lake as a house that is lived in: what an older version left is taken over."""

from pathlib import Path

from pipelines import contracts, keys, settings
from pipelines.lake import open_lake


def test_a_lake_of_an_older_version_gains_the_columns_that_it_lacks(tmp_path: Path) -> None:
    now = settings.Settings(settings.Home(tmp_path), None, "1GB", None)
    secret = keys.load(now.home.keys, None, False)
    row = {"list_file": "a.csv", "list_number": "1", "departure_key": "X:1", "position": 0}
    with open_lake(now, secret) as lake:
        lake.insert("reconciled", "list_matches", [row])
        lake.con.execute("ALTER TABLE lake.reconciled.list_matches DROP COLUMN position")
    with open_lake(now, secret) as lake:
        lake.insert("reconciled", "list_matches", [row | {"list_number": "2"}])
        found = lake.table("reconciled", "list_matches").order_by("list_number")
        assert set(found.columns) == set(contracts.lake()["reconciled", "list_matches"].names)
        assert [r["position"] for r in found.to_pyarrow().to_pylist()] == [None, 0]


def test_whoever_only_looks_at_an_older_lake_sees_the_columns_that_are_there(
    tmp_path: Path,
) -> None:
    now = settings.Settings(settings.Home(tmp_path), None, "1GB", None)
    secret = keys.load(now.home.keys, None, False)
    with open_lake(now, secret) as lake:
        lake.con.execute("ALTER TABLE lake.reconciled.list_matches DROP COLUMN position")
    with open_lake(now, secret, read_only=True) as lake:
        found = lake.table("reconciled", "list_matches")
        wanted = contracts.lake()["reconciled", "list_matches"].names
        assert [*found.columns] == [name for name in wanted if name != "position"]
        assert found.to_pyarrow().num_rows == 0
