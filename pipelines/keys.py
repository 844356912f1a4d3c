"""Keys and pseudonyms: one secret, from which every key of the house is derived."""

import os
import secrets
from dataclasses import dataclass
from hashlib import sha256
from hmac import new as hmac_new
from pathlib import Path

import ibis
import ibis.expr.types as ir

from pipelines.errors import PulangError

PSEUDONYM_DIGITS = 16


class KeyMissingError(PulangError):
    """The lake exists but its key does not; nothing may be created in its place."""


@dataclass(frozen=True)
class Keys:
    """Keys of one home, derived from one secret; `is_new` when it was created just now."""

    secret: bytes
    is_new: bool = False

    def derive(self, purpose: str) -> str:
        """A key of 64 hexadecimal digits for one purpose (HMAC-SHA-256 of its name)."""
        return hmac_new(self.secret, purpose.encode(), sha256).hexdigest()

    def pseudonym(self, value: ir.StringValue, prefix: str) -> ir.StringValue:
        """Keyed pseudonym of `value`: the prefix and 64 bits of SHA-256(key of the prefix, value).

        The key fills exactly one block of the hash and the digest is cut, so that it cannot be
        continued; without the key a value cannot be tried out.
        """
        digest = (ibis.literal(self.derive(f"pseudonym {prefix}")) + value).hexdigest("sha256")
        return ibis.literal(prefix) + digest.substr(0, PSEUDONYM_DIGITS)


def load(folder: Path, given: str | None, lake_exists: bool) -> Keys:
    """The given key (`PULANG_KEY`), else the one in `folder`, created with mode 0600 if new.

    Raises KeyMissingError when a lake exists and neither key is there, or the file is empty.
    """
    if given:
        return Keys(given.encode())
    file = folder / "pulang.key"
    if file.exists():
        if secret := file.read_text().strip():
            return Keys(secret.encode())
        raise KeyMissingError(
            f"{file} is empty; restore it, or take it away where there is no lake"
        )
    if lake_exists:
        raise KeyMissingError(f"{file} is missing and PULANG_KEY is not set; the lake stays shut")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_hex(32))
    return Keys(file.read_text().encode(), is_new=True)
