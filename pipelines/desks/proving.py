"""The proof of an extract: from its bytes, and against lake, archive and published file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyrage

from pipelines import keys, settings
from pipelines.audit import bundle, proof, scope, selection, signature
from pipelines.desks import lake_proof
from pipelines.desks.extracts import Report, Then, own_names, reading, then_of
from pipelines.desks.front import NothingThereError
from pipelines.lake import Lake, rows_of


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
        claims += lake_proof.claims(whole, now, report)
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
            raise scope.WrongRequestError(
                "an encrypted extract needs the recipient's --identity FILE"
            )
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
        raise scope.WrongRequestError("the identity is no age secret key") from None


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
    if row in whole.rows("departures")["row_id"].to_pylist():
        raise NothingThereError(f"the departure of row {row} was erased since")
    raise NothingThereError(f"{path.name} has no row {row}")
