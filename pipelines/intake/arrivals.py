"""What has landed: find the files, know them by their bytes, keep an encrypted copy.

A delivery is one file in `landing/<source>/`. Its batch_id is a digest of source, file name and
content, so the same delivery has the same id on every machine and in every rebuild.
"""

import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pipelines.errors import PulangError
from pipelines.intake import lines
from pipelines.intake.refusals import UnreadableError

BLOCK = 1 << 22
REMOVED = b""  # all that is kept of a delivery that was erased whole: sent again, it is not kept
NANOSECONDS = 1_000_000_000
YOUNG, STILL = 60, 1.0  # seconds: written to so lately, a file is looked at again after so long
HIDDEN = "\ufffd"
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
IGNORED_ENDINGS = (".part", ".partial", ".tmp", ".crdownload", ".filepart")


class ChangedError(PulangError):
    """A delivery is not complete yet."""


class Sink(Protocol):
    """Something that takes the bytes of a delivery while they are read."""

    def write(self, block: bytes) -> object:
        """Take the next bytes."""


@dataclass(frozen=True, order=True)
class Arrival:
    """A file that lies in landing/, in order of receipt: time, then name, then source."""

    modified_ns: int
    file: str
    source: str
    path: Path
    bytes: int

    @property
    def received_at(self) -> datetime:
        """Time of receipt, to the microsecond."""
        seconds, rest = divmod(self.modified_ns, NANOSECONDS)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)

    @property
    def number(self) -> str:
        """What logs and events call it, before it is read: a file that grows gets another one."""
        known = (self.source, self.file, str(self.modified_ns), str(self.bytes))
        return "L" + sha256("\0".join(known).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Fingerprint:
    """What reading a file once tells: its digest, and how its text is encoded."""

    sha256: str
    encoding: str


def find(landing: Path, sources: list[str]) -> list[Arrival]:
    """Every complete file of the known sources, in order of receipt."""
    found = []
    for source in sources:
        folder = landing / source
        for path in folder.iterdir() if folder.is_dir() else []:
            if path.is_file() and not is_ignored(path.name):
                stat = path.stat()
                found.append(
                    Arrival(
                        stat.st_mtime_ns, shown(path.name), source, path.resolve(), stat.st_size
                    )
                )
    return sorted(found)


def shown(name: str) -> str:
    """A file name as it may be shown: signs that steer a screen or hide an ending are U+FFFD."""
    return UNSEEN.sub(HIDDEN, name)


def settled(found: list[Arrival]) -> list[Arrival]:
    """Without files that are still being written: what is young is looked at twice."""
    now = time.time_ns()
    young = {a for a in found if 0 <= now - a.modified_ns < YOUNG * NANOSECONDS}
    if young:
        time.sleep(STILL)
    return [a for a in found if a not in young or _is_as_found(a)]


def refuse_changed(taken: Iterable[Arrival]) -> None:
    """Raises ChangedError where a file was written to while it was read."""
    for arrival in taken:
        if not _is_as_found(arrival):
            raise ChangedError(
                f"{arrival.source}/{arrival.file} was written to while it was read; nothing was "
                "taken in; run the night again once it has arrived"
            )


def _is_as_found(arrival: Arrival) -> bool:
    try:
        stat = arrival.path.stat()
    except OSError:
        return False
    return (stat.st_mtime_ns, stat.st_size) == (arrival.modified_ns, arrival.bytes)


def unknown_folders(landing: Path, sources: list[str]) -> list[str]:
    """Folders of landing/ that no contract knows; what lies there is not taken in."""
    if not landing.is_dir():
        return []
    return sorted(p.name for p in landing.iterdir() if p.is_dir() and p.name not in sources)


def is_ignored(name: str) -> bool:
    """Whether a file is still arriving, or a program's own."""
    return name.startswith((".", "~$")) or name.lower().endswith(IGNORED_ENDINGS)


def batch_id(source: str, file: str, digest: str) -> str:
    """Identifier of a delivery: B and 16 hexadecimal digits."""
    return "B" + sha256("\0".join((source, file, digest)).encode()).hexdigest()[:16]


def fingerprint(arrival: Arrival, copy: Sink | None = None) -> Fingerprint:
    """Digest and encoding of a file, read once; its bytes also go to `copy`."""
    digest = sha256()
    with arrival.path.open("rb") as raw:
        for block in _blocks(raw):
            digest.update(block)
            if copy:
                copy.write(block)
    is_refused = HIDDEN in arrival.file
    return Fingerprint(digest.hexdigest(), "" if is_refused else encoding_of(arrival.path))


def _blocks(raw: BinaryIO) -> Iterator[bytes]:
    while block := raw.read(BLOCK):
        yield block


def open_text(path: Path) -> pa.NativeFile:
    """The bytes of a CSV, decompressed by the ending of its name (.gz, .zst)."""
    return pa.input_stream(str(path), compression="detect", buffer_size=BLOCK)


def encoding_of(path: Path) -> str:
    """How the text of a CSV is encoded (`lines.encoding_of`); empty for other files."""
    if ".csv" not in path.name.lower():
        return ""
    try:
        with open_text(path) as text:
            return lines.encoding_of(lines.Bounded(text, path.stat().st_size))
    except (OSError, UnreadableError):
        return "utf-8"  # reading it will say what is wrong


class Archive:
    """Encrypted copies of the deliveries, named by their digest (AES-256-GCM).

    A copy is `nonce (12 bytes) + ciphertext + tag (16 bytes)`, mode 0600.
    """

    def __init__(self, folder: Path, key: str) -> None:
        """Copies go to `folder`; `key` has 64 hexadecimal digits."""
        self.folder = folder
        self.key = bytes.fromhex(key)

    def path(self, digest: str) -> Path:
        """Where the copy of a delivery lies."""
        return self.folder / digest[:2] / f"{digest}.aes"

    def keep(self, arrival: Arrival) -> Fingerprint:
        """Read a file once: its fingerprint, and an encrypted copy if there is none yet."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        half = self.folder / "incoming.half"  # one process holds the lake; the next overwrites it
        nonce = os.urandom(12)
        cipher = Cipher(algorithms.AES(self.key), modes.GCM(nonce)).encryptor()
        with open(half, "wb", opener=_private) as out:
            out.write(nonce)
            known = fingerprint(arrival, _Encrypting(out, cipher))
            out.write(cipher.finalize() + cipher.tag)
            out.flush()
        self._settle(half, self.path(known.sha256))
        return known

    @staticmethod
    def _settle(half: Path, whole: Path) -> None:
        if whole.exists():
            half.unlink()
            return
        whole.parent.mkdir(exist_ok=True, mode=0o700)
        half.replace(whole)

    def write(self, digest: str, content: bytes) -> None:
        """Keep bytes under the digest of a delivery: rows of it were erased, or the key is new."""
        path = self.path(digest)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        half, nonce = path.with_suffix(".half"), os.urandom(12)
        cipher = Cipher(algorithms.AES(self.key), modes.GCM(nonce)).encryptor()
        with open(half, "wb", opener=_private) as out:
            out.write(nonce + cipher.update(content) + cipher.finalize() + cipher.tag)
        half.replace(path)

    def kept(self) -> list[str]:
        """The digests of all deliveries of which there is a copy."""
        return sorted(file.stem for file in self.folder.glob("??/*.aes"))

    def read(self, digest: str) -> bytes:
        """The bytes of a delivery as they came; raises InvalidTag if the copy was changed."""
        sealed = self.path(digest).read_bytes()
        mode = modes.GCM(sealed[:12], sealed[-16:])
        decryptor = Cipher(algorithms.AES(self.key), mode).decryptor()
        return decryptor.update(sealed[12:-16]) + decryptor.finalize()


class _Encrypting:
    def __init__(self, out: BinaryIO, cipher: object) -> None:
        self.out, self.cipher = out, cipher

    def write(self, block: bytes) -> None:
        self.out.write(self.cipher.update(block))  # type: ignore[attr-defined]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
