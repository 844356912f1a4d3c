"""Keys and pseudonyms: one secret, from which every key of the house is derived.

Pseudonyms outlive the secret: when it is changed, the keys that they were made with are kept in the
lake's folder, sealed with the new one. They are one way: nothing else can be opened with them.
"""

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import new as hmac_new
from pathlib import Path

import ibis
import ibis.expr.types as ir
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.errors import PulangError

PSEUDONYM_DIGITS = 16
PSEUDONYMS = ("P", "D", "R", "E")  # persons, departures, reviews, erased records
FILE = "pulang.key"
NONCE = 12


class KeyMissingError(PulangError):
    """The lake exists but its key does not; nothing may be created in its place."""


@dataclass(frozen=True)
class Keys:
    """Keys of one home, derived from one secret; `is_new` when it was created just now.

    `kept` are the keys of pseudonyms by prefix, where they come from an earlier secret. All other
    keys depend on them as well: without its sealed file a home stays shut, and makes no new names.
    """

    secret: bytes
    is_new: bool = False
    kept: Mapping[str, str] = field(default_factory=dict, hash=False)

    def derive(self, purpose: str) -> str:
        """A key of 64 hexadecimal digits for one purpose (HMAC-SHA-256 of its name)."""
        told = f"{purpose}\0{json.dumps(self.kept, sort_keys=True)}" if self.kept else purpose
        return self._derived(told)

    def _derived(self, purpose: str) -> str:
        return hmac_new(self.secret, purpose.encode(), sha256).hexdigest()

    def _pseudonym_key(self, prefix: str) -> str:
        return self.kept.get(prefix) or self._derived(f"pseudonym {prefix}")

    def pseudonym(self, value: ir.StringValue, prefix: str) -> ir.StringValue:
        """Keyed pseudonym of `value`: the prefix and 64 bits of SHA-256(key of the prefix, value).

        The key fills exactly one block of the hash and the digest is cut, so that it cannot be
        continued; without the key a value cannot be tried out.
        """
        digest = (ibis.literal(self._pseudonym_key(prefix)) + value).hexdigest("sha256")
        return ibis.literal(prefix) + digest.substr(0, PSEUDONYM_DIGITS)

    def succeeded_by(self, secret: bytes) -> "Keys":
        """Keys of another secret that make the same pseudonyms."""
        return Keys(secret, kept={prefix: self._pseudonym_key(prefix) for prefix in PSEUDONYMS})

    def sealed(self) -> bytes:
        """The kept keys as `sealed_in` holds them: nonce, and AES-256-GCM of their JSON."""
        nonce = os.urandom(NONCE)
        return nonce + self._seal().encrypt(nonce, json.dumps(self.kept).encode(), None)

    def unsealed(self, sealed: bytes) -> "Keys":
        """These keys with those of `sealed`. Raises KeyMissingError for another secret's."""
        try:
            text = self._seal().decrypt(sealed[:NONCE], sealed[NONCE:], None)
        except InvalidTag:
            raise KeyMissingError("this key is not the one of the lake; it stays shut") from None
        return Keys(self.secret, kept=json.loads(text))

    def _seal(self) -> AESGCM:
        return AESGCM(bytes.fromhex(self._derived("seal of pseudonyms")))


def load(folder: Path, given: str | None, lake_exists: bool) -> Keys:
    """The given key (`PULANG_KEY`), else the one in `folder`, created with mode 0600 if new.

    Raises KeyMissingError when a lake exists and neither key is there, the file is empty, or the
    key is not that of the pseudonyms kept from an earlier one.
    """
    found = Keys(given.encode()) if given else _of_file(folder, lake_exists)
    sealed = sealed_in(folder)
    return found.unsealed(sealed.read_bytes()) if sealed.exists() else found


def sealed_in(folder: Path) -> Path:
    """The sealed keys of pseudonyms of the home with this key folder.

    They lie with the lake: a backup leaves out the key, and must not leave out these.
    """
    return folder.parent / "lake" / "pseudonyms.sealed"


def _of_file(folder: Path, lake_exists: bool) -> Keys:
    file = folder / FILE
    if file.exists():
        if secret := file.read_text().strip():
            return Keys(secret.encode())
        raise KeyMissingError(
            f"{file} is empty; restore it, or take it away where there is no lake"
        )
    if lake_exists:
        raise KeyMissingError(f"{file} is missing and PULANG_KEY is not set; the lake stays shut")
    return Keys(create(file), is_new=True)


def create(file: Path) -> bytes:
    """A new secret in a file that only its owner may read."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_hex(32))
    return file.read_bytes()
