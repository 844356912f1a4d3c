"""Keys: one secret, private on disk, and pseudonyms that nobody can try out."""

import stat
from pathlib import Path

import ibis
import pytest

from pipelines import keys


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def pseudonym(key: str, value: str, prefix: str = "P") -> str:
    expression = keys.Keys(key.encode()).pseudonym(ibis.literal(value), prefix)
    return str(ibis.duckdb.connect().execute(expression))


def test_a_new_key_is_private_and_said_to_be_new(tmp_path: Path) -> None:
    made = keys.load(tmp_path / "keys", None, lake_exists=False)
    assert made.is_new
    assert mode(tmp_path / "keys") == 0o700
    assert mode(tmp_path / "keys" / "pulang.key") == 0o600
    assert len(bytes.fromhex(made.secret.decode())) == 32


def test_the_key_is_found_again_and_not_new(tmp_path: Path) -> None:
    made = keys.load(tmp_path, None, lake_exists=False)
    again = keys.load(tmp_path, None, lake_exists=True)
    assert (again.secret, again.is_new) == (made.secret, False)


def test_two_homes_have_two_keys(tmp_path: Path) -> None:
    made = [keys.load(tmp_path / name, None, lake_exists=False).secret for name in "ab"]
    assert len(set(made)) == 2


def test_the_given_key_wins_and_nothing_is_written(tmp_path: Path) -> None:
    assert keys.load(tmp_path / "none", "given", lake_exists=False).secret == b"given"
    assert not (tmp_path / "none").exists()
    keys.load(tmp_path, None, lake_exists=False)
    assert keys.load(tmp_path, "given", lake_exists=True) == keys.Keys(b"given")


def test_no_key_is_made_where_a_lake_already_is(tmp_path: Path) -> None:
    with pytest.raises(keys.KeyMissingError, match="the lake stays shut"):
        keys.load(tmp_path / "keys", None, lake_exists=True)
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("lake_exists", [True, False])
def test_an_empty_key_file_is_no_key(tmp_path: Path, lake_exists: bool) -> None:
    (tmp_path / "pulang.key").write_text("\n")
    with pytest.raises(keys.KeyMissingError, match="is empty"):
        keys.load(tmp_path, None, lake_exists)


def test_keys_differ_by_purpose_and_secret() -> None:
    one, other = keys.Keys(b"one"), keys.Keys(b"other")
    derived = [k.derive(p) for k in (one, other) for p in ("lake catalog", "archive")]
    assert len(set(derived)) == 4
    assert all(len(bytes.fromhex(key)) == 32 for key in derived)


def test_pseudonyms_are_stable() -> None:
    assert pseudonym("a key", "D:C1000001") == pseudonym("a key", "D:C1000001")
    assert pseudonym("a key", "D:C1000001") == "Pc07717bf8f5c4d9f"  # in every release


def test_pseudonyms_differ_by_value_prefix_and_key() -> None:
    made = [
        pseudonym("a key", "D:C1000001"), pseudonym("a key", "D:C1000002"),
        pseudonym("another key", "D:C1000001"),
        pseudonym("a key", "D:C1000001", "D"),
    ]  # fmt: skip
    assert len({name[1:] for name in made}) == 4
    assert [name[0] for name in made] == ["P", "P", "P", "D"]
    assert {len(name) for name in made} == {1 + keys.PSEUDONYM_DIGITS}
