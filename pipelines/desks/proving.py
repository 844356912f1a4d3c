"""The proof of an extract: from its bytes, and against lake, archive and published file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage

from pipelines import keys, settings, spills
from pipelines.audit import bundle, compose, proof, scope, selection, signature
from pipelines.desks import archive
from pipelines.desks.extracts import Then, own_names, reading, rows_of_scope, then_of
from pipelines.desks.front import NothingThereError
from pipelines.intake import corrections
from pipelines.lake import Lake, exists, rows_of
from pipelines.publish import kept

Report = Callable[[str], None]


def verify(
    path: Path,
    key: str | None = None,
    identity: str | None = None,
    now: settings.Settings | None = None,
    report: Report = lambda _: None,
) -> list[proof.Claim]:
    """What is proved of an extract: a folder, a zip, or an encrypted one with its `identity`.

    With `now`, also against the lake of that home, where it holds the night.
    """
    report("checking signature and digests")
    claims, files = _opened(path, identity)
    if not proof.is_proved(claims):
        return claims
    claims += proof.integrity(files, signature.pinned(key) if key else None)
    if not proof.is_proved(claims):
        return claims
    whole = proof.extract_of(files)
    claims += proof.content(whole)
    if proof.is_proved(claims):
        claims += _against_lake(whole, now, report)
    return claims


def _opened(path: Path, identity: str | None) -> tuple[list[proof.Claim], dict[str, bytes]]:
    if path.is_dir():
        try:
            return [], bundle.read(path)
        except bundle.BrokenError as error:
            said = (f"folder tidak utuh: {error}", str(error))
            return [proof.Claim("folder", proof.REFUTED, *said)], {}
    content = path.read_bytes()
    if path.suffix == ".age":
        if not identity:
            raise scope.RequestError("an encrypted extract needs the recipient's --identity FILE")
        try:
            content = pyrage.decrypt(content, _identities(identity))
        except pyrage.DecryptError:
            said = ("tidak dapat dibuka: kunci lain, atau berkas berubah",
                    "cannot be opened: another key, or the file was changed")  # fmt: skip
            return [proof.Claim("age", proof.REFUTED, *said)], {}
    return proof.opened(content)


def _identities(text: str) -> list[Any]:
    try:
        return [
            pyrage.x25519.Identity.from_str(line.strip())
            for line in text.splitlines()
            if line.strip() and not line.startswith("#")
        ]
    except pyrage.IdentityError:
        raise scope.RequestError("the identity is no age secret key") from None


def _against_lake(
    whole: proof.Extract, now: settings.Settings | None, report: Report
) -> list[proof.Claim]:
    if now is None or not exists(now.home):
        return [_open("lake", "danau data tidak tersedia di sini", "the lake is not at hand")]
    with reading(now) as (lake, secret):
        if whole.said["public_key"] != signature.public_hex(signature.private_key(secret)):
            return [_open("lake", "ekstrak ini dibuat rumah lain", "another home made the extract")]
        try:
            then = then_of(lake, None, whole.said["night"]["night_number"])
        except NothingThereError:
            return [_open("lake", "malam itu tidak lagi disimpan di danau data",
                          "the lake does not keep that night any more")]  # fmt: skip
        report("working the rows out again")
        again = rows_of_scope(then, whole.request, secret)
        claims = [_same(whole, again, name) for name in again.counts]
        report("reading the archived deliveries")
        return [
            *claims,
            *_against_archive(now, then, whole, secret),
            _against_published(now, then, whole),
        ]


def _same(whole: proof.Extract, again: compose.Rows, name: str) -> proof.Claim:
    rows = getattr(again, name)
    is_same = whole.rows(name).equals(rows)
    if not is_same and whole.said["night"]["code_sha256"] != settings.code_digest():
        return _open(
            f"lake_{name}",
            f"{name}: dihitung berbeda oleh versi lain dari perangkat lunak",
            f"{name}: another version of the software works them out another way",
        )
    return proof.Claim(
        f"lake_{name}", proof.PROVED if is_same else proof.REFUTED,
        f"{name}: {rows.num_rows} baris dihitung lagi dari danau data malam itu",
        f"{name}: {rows.num_rows} rows worked out again from the lake of that night",
    )  # fmt: skip


def _against_archive(
    now: settings.Settings, then: Then, whole: proof.Extract, secret: keys.Keys
) -> Iterator[proof.Claim]:
    """Whether the archived deliveries are those, and read again say what the evidence rests on."""
    with then.lake.scratchpad() as hold:
        behind = hold(then.evidence(hold(then.chosen(whole.request))))
        batches = then.table("ops", "batches")
        wanted = rows_of(batches.semi_join(behind, "batch_id"))
        done = corrections.done(then.table("ops", "corrections"))
        with spills.folder(now.home.temporary) as folder:
            found = archive.compare(then.lake, now, secret, behind, done, wanted, folder)
    yield proof.Claim(
        "archive", proof.REFUTED if found.changed else proof.PROVED,
        f"{found.deliveries} kiriman dalam arsip masih bersidik sama",
        f"{found.deliveries} archived deliveries still have the same SHA-256",
    )  # fmt: skip
    if found.corrected:
        yield proof.Claim(
            "corrected_rows", proof.PROVED,
            f"{found.corrected} baris berlaku sebagaimana dibetulkan oleh perintah dalam log",
            f"{found.corrected} rows count as an order in the log corrected them",
        )  # fmt: skip
    all_there = found.same + found.corrected == found.rows
    yield proof.Claim(
        "delivered_rows", proof.PROVED if all_there else proof.REFUTED,
        f"{found.same} dari {found.rows} baris kiriman dibaca lagi dari arsip dan sama",
        f"{found.same} of {found.rows} delivered rows, read again from the archive, are the same "
        "field by field",
    )  # fmt: skip


def _against_published(now: settings.Settings, then: Then, whole: proof.Extract) -> proof.Claim:
    """Whether the file that was published that night tells the same outcomes."""
    number = then.night["night_number"]
    file = next((k.file for k in kept.kept(now.home.warehouse) if k.number == number), None)
    if file is None:
        return _open("published", "berkas terbitan malam itu tidak lagi disimpan",
                     "the published file of that night is not kept any more")  # fmt: skip
    lake = then.lake
    lake.ibis.attach(file, "published_then", read_only=True)
    told = lake.ibis.table("departures", database=("published_then", "main"))
    chosen = then.chosen(whole.request)
    key = ["departure_id", "outcome", "rule", "origin_regency_code", "departed_on", "returned_on"]
    ours, theirs = chosen.select(key), told.select(key)
    missing = ours.difference(theirs).count().to_pyarrow().as_py()
    said = ("berkas terbitan malam itu menyatakan hal yang sama",
            "the file published that night says the same")  # fmt: skip
    return proof.Claim("published", proof.REFUTED if missing else proof.PROVED, *said)


def _open(code: str, indonesian: str, english: str) -> proof.Claim:
    return proof.Claim(code, proof.OPEN, indonesian, english)


# One row


def departure_of(now: settings.Settings, path: Path, row: str) -> str:
    """The departure_id behind a row_id of a pseudonymous extract of this home, for `explain`.

    Raises NothingThereError where there is none, RequestError where the extract is not whole.
    """
    with reading(now) as (lake, secret):
        return row_of(lake, secret, path, row).departure_id


@dataclass(frozen=True)
class Row:
    """A row of a pseudonymous extract: its departure, that night, the extract's own key."""

    departure_id: str
    then: Then
    key: str


def row_of(lake: Lake, secret: keys.Keys, path: Path, row: str) -> Row:
    """The row with this row_id, for the home that made the extract. Raises as `departure_of`."""
    claims, files = _opened(path, None)
    house = signature.public_hex(signature.private_key(secret))
    if not proof.is_proved([*claims, *proof.integrity(files, house)]):
        raise scope.RequestError(f"{path.name} is no extract of this home as it was made")
    whole = proof.extract_of(files)
    then = then_of(lake, None, whole.said["night"]["night_number"])
    chosen, key = then.chosen(whole.request), own_names(secret, whole.request, then)
    named = selection.row_id(chosen.departure_id, key)
    for found in rows_of(chosen.filter(named == row).select("departure_id")):
        return Row(str(found["departure_id"]), then, key)
    raise NothingThereError(f"{path.name} has no row {row}")
