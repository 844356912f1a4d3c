"""Whatever is changed in an extract is found, and what was not changed is proved."""

import io
import json
import random
import subprocess
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipelines import settings
from pipelines.audit import bundle, compose, formats, manifest, proof, scope, signature
from pipelines.desks import proving
from tests.audit import tiny

PUBLIC = signature.public_hex(tiny.KEY)
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def files() -> Files:
    return tiny.files()


@pytest.fixture(scope="module")
def packed(files: Files) -> bytes:
    return bundle.zipped(files)


def claims_of(files: Files, key: str | None = None) -> list[proof.Claim]:
    found = list(proof.integrity(files, key))
    if proof.is_proved(found):
        found += proof.content(proof.extract_of(files))
    return found


def is_whole(files: Files) -> bool:
    return proof.is_proved(list(proof.integrity(files, PUBLIC)))


def refuted(claims: list[proof.Claim]) -> list[str]:
    return [claim.code for claim in claims if claim.state == proof.REFUTED]


def states(claims: list[proof.Claim]) -> dict[str, str]:
    return {claim.code: claim.state for claim in claims}


# Proved


def test_an_extract_as_it_was_made_is_proved(files: Files) -> None:
    assert set(states(claims_of(files, PUBLIC)).values()) == {proof.PROVED}
    assert len(claims_of(files, PUBLIC)) == 9


def test_without_a_pinned_key_it_is_said_that_the_owner_is_not_proved(files: Files) -> None:
    found = states(claims_of(files))
    assert found.pop("key") == proof.OPEN
    assert set(found.values()) == {proof.PROVED}


def test_the_same_request_and_night_give_the_same_bytes(packed: bytes) -> None:
    assert bundle.zipped(tiny.files()) == packed


def test_another_request_gives_another_name_and_other_bytes(files: Files) -> None:
    other = tiny.request(purpose="pemeriksaan lain")
    assert compose.name_of(other, tiny.NIGHT) != compose.name_of(tiny.request(), tiny.NIGHT)
    assert tiny.files(other)["manifest.json"] != files["manifest.json"]


def test_a_folder_and_its_zip_are_the_same_extract(
    files: Files, packed: bytes, tmp_path: Path
) -> None:
    bundle.write(tmp_path / "extract", files)
    assert bundle.read(tmp_path / "extract") == bundle.unzipped(packed) == files
    for path in (tmp_path / "extract", tmp_path / "extract.zip"):
        if not path.exists():
            path.write_bytes(packed)
        assert proof.is_proved(proving.verify(path, PUBLIC))


def test_the_steps_without_pulang_say_the_same(files: Files, tmp_path: Path) -> None:
    """Those of docs/extracts.md, run as they stand there."""
    text = (settings.PACKAGE.parent / "docs" / "extracts.md").read_text("utf-8")
    steps = text.split("### Years later")[1].split("```sh\n")[1].split("```")[0]
    where, *commands = steps.strip().splitlines()
    assert where.startswith("cd ")
    bundle.write(tmp_path / "extract", files)
    said = [outcome(command, tmp_path / "extract") for command in commands]
    assert [code for code, _ in said] == [0, 0, 0, 0]
    assert said[0][1].split()[0] == signature.fingerprint(PUBLIC).replace(" ", "")
    assert said[2][1].count(": OK") == len(files) - len(manifest.OUTSIDE)
    assert said[3][1].strip() == str(len(files))
    (tmp_path / "extract" / "departures.csv").write_bytes(b"x")
    (tmp_path / "extract" / "manifest.json").write_bytes(files["manifest.json"] + b" ")
    assert [outcome(command, tmp_path / "extract")[0] for command in commands[1:3]] == [1, 1]


def outcome(command: str, folder: Path) -> tuple[int, str]:
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout


# Changed


def mutated(content: bytes, chance: random.Random) -> bytes:
    """One byte changed, some cut off or added, two bytes swapped, or a part repeated."""
    at = chance.randrange(len(content))
    kind = chance.randrange(10)
    if kind < 6:
        other = bytes([content[at] ^ chance.randrange(1, 256)])
        return content[:at] + other + content[at + 1 :]
    if kind == 6:
        return content[:at]
    if kind == 7:
        return content + bytes([chance.randrange(256)]) * chance.randrange(1, 9)
    if kind == 8:
        return content[:at] + content[at : at + 3] + content[at:]
    second = chance.randrange(len(content))
    swapped = bytearray(content)
    swapped[at], swapped[second] = content[second], content[at]
    return bytes(swapped)


def test_ten_thousand_changes_of_files_are_found(files: Files) -> None:
    chance, names, tried = random.Random(7), sorted(files), 0  # noqa: S311
    assert is_whole(files)
    while tried < 10_000:
        name = names[tried % len(names)]
        changed = mutated(files[name], chance)
        if changed != files[name]:
            assert not is_whole(files | {name: changed}), name
            tried += 1


def test_ten_thousand_changes_of_the_zip_are_found(packed: bytes) -> None:
    chance, tried = random.Random(8), 0  # noqa: S311
    while tried < 10_000:
        changed = mutated(packed, chance)
        if changed != packed:
            claims, found = proof.opened(changed)
            assert refuted(claims) == ["zip"], tried
            assert found == {}
            tried += 1


@pytest.mark.parametrize("name", ["departures.csv", "evidence.parquet", "manifest.sig"])
def test_a_file_less_is_found(files: Files, name: str) -> None:
    assert not is_whole({n: c for n, c in files.items() if n != name})


def test_a_file_more_is_found(files: Files) -> None:
    assert not is_whole(files | {"catatan.txt": b"x"})


def test_two_files_that_changed_places_are_found(files: Files) -> None:
    one, other = "tables/by_period.csv", "tables/by_rule.csv"
    assert not is_whole(files | {one: files[other], other: files[one]})


def rezipped(files: Files, **given: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **given) as again:
        for name, content in files.items():
            again.writestr(name, content)
    return out.getvalue()


def renamed(files: Files) -> Files:
    return {("x" + n if n == "data.xlsx" else n): c for n, c in files.items()}


REZIPS: dict[str, Callable[[Files, bytes], bytes]] = {
    "compressed": lambda files, _: rezipped(files, compression=zipfile.ZIP_DEFLATED),
    "with the time of now": lambda files, _: rezipped(dict(sorted(files.items()))),
    "in another order": lambda files, _: rezipped(dict(sorted(files.items(), reverse=True))),
    "a byte before it": lambda _, packed: b"x" + packed,
    "a comment": lambda _, packed: packed[:-2] + b"\x01\x00x",
    "nothing in it": lambda *_: bundle.zipped({}),
    "no zip": lambda *_: b"PK",
    "empty": lambda *_: b"",
}


@pytest.mark.parametrize("how", REZIPS)
def test_a_zip_that_was_made_again_is_refused(files: Files, packed: bytes, how: str) -> None:
    claims, found = proof.opened(REZIPS[how](files, packed))
    if how == "nothing in it":  # a zip of ours, and no extract
        claims += proof.integrity(found, PUBLIC)
    assert refuted(claims)


def test_a_renamed_member_is_found(files: Files) -> None:
    _, found = proof.opened(bundle.zipped(renamed(files)))
    assert refuted(claims_of(found)) == ["files"]


def test_a_member_twice_is_refused(files: Files) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as again:
        again.writestr(zipfile.ZipInfo("manifest.json", bundle.DATED), files["manifest.json"])
        with pytest.warns(UserWarning, match="Duplicate"):
            again.writestr(zipfile.ZipInfo("manifest.json", bundle.DATED), b"{}")
    assert refuted(proof.opened(out.getvalue())[0]) == ["zip"]


def test_a_link_in_the_folder_is_refused(files: Files, tmp_path: Path) -> None:
    bundle.write(tmp_path / "extract", files)
    (tmp_path / "aside").write_bytes(files["data.xlsx"])
    (tmp_path / "extract" / "data.xlsx").unlink()
    (tmp_path / "extract" / "data.xlsx").symlink_to(tmp_path / "aside")
    assert refuted(proving.verify(tmp_path / "extract", PUBLIC)) == ["folder"]


# Forged: made anew, and signed by somebody


def forged(files: Files, key: Ed25519PrivateKey, **changed: object) -> Files:
    """Everything listed and signed again, with what is said put in the place of the true."""
    said = json.loads(files["manifest.json"]) | {"public_key": signature.public_hex(key)} | changed
    others = {n: c for n, c in files.items() if n not in manifest.OUTSIDE}
    said["files"] = {
        n: {"bytes": len(c), "sha256": sha256(c).hexdigest()} for n, c in others.items()
    }
    whole = json.dumps(said).encode()
    return others | {"manifest.json": whole, "manifest.sig": key.sign(whole)}


def test_somebody_elses_signature_is_found_where_the_key_is_pinned(files: Files) -> None:
    other = Ed25519PrivateKey.generate()
    assert refuted(claims_of(forged(files, other), PUBLIC)) == ["signature"]
    assert states(claims_of(forged(files, other)))["key"] == proof.OPEN


def rows_of(files: Files) -> pa.Table:
    return formats.read_parquet(files["departures.parquet"])


def test_a_csv_that_says_other_than_the_parquet_is_found(files: Files) -> None:
    rows = rows_of(files)
    other = formats.csv(pa.concat_tables([rows.slice(1), rows.slice(0, 1)]))
    assert refuted(claims_of(forged(files | {"departures.csv": other}, tiny.KEY))) == ["same_rows"]


def test_a_table_that_is_no_count_of_the_rows_is_found(files: Files) -> None:
    wrong = files["tables/by_outcome.csv"].replace(b"50", b"49")
    assert wrong != files["tables/by_outcome.csv"]
    found = claims_of(forged(files | {"tables/by_outcome.csv": wrong}, tiny.KEY))
    assert refuted(found) == ["tables"]


def test_other_counts_in_the_manifest_are_found(files: Files) -> None:
    rows = {"departures": 59, "evidence": 60, "deliveries": 1}
    assert refuted(claims_of(forged(files, tiny.KEY, rows=rows))) == ["counts"]


def test_totals_that_lose_a_row_are_found(files: Files) -> None:
    totals = json.loads(files["manifest.json"])["conservation"]
    totals["perlintasan"]["accepted"] -= 1
    found = claims_of(forged(files, tiny.KEY, conservation=totals))
    assert refuted(found) == ["conservation"]


def test_another_request_in_the_manifest_is_found(files: Files) -> None:
    other = tiny.request(purpose="tujuan lain").said()
    assert refuted(claims_of(forged(files, tiny.KEY, request=other))) == ["request"]


def test_a_row_shown_that_is_like_no_other_is_found(files: Files) -> None:
    rows = rows_of(files)
    told = rows.to_pylist()
    told[0]["age_band"] = "61+"
    changed = pa.Table.from_pylist(told, rows.schema)
    found = claims_of(forged(files | {"departures.parquet": formats.parquet(changed)}, tiny.KEY))
    assert "withheld" in refuted(found)


# The key


def test_a_key_is_pinned_by_its_digits_or_its_pem(files: Files) -> None:
    assert signature.pinned(files["public_key.pem"]) == PUBLIC
    assert signature.pinned(PUBLIC.upper() + "\n") == PUBLIC


@pytest.mark.parametrize("wrong", ["", "abc", "z" * 64, "-----BEGIN PUBLIC KEY-----\nx"])
def test_what_is_no_key_is_refused(wrong: str) -> None:
    with pytest.raises(scope.RequestError):
        signature.pinned(wrong)


def test_the_key_is_the_homes_own_and_stays() -> None:
    again, other = (signature.private_key(type(tiny.SECRET)(s)) for s in (tiny.SECRET.secret, b"x"))
    assert signature.public_hex(again) == PUBLIC
    assert signature.public_hex(other) != PUBLIC
