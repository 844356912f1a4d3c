"""An extract as files in memory, as a folder, and as one zip that can only look one way."""

import io
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

from pipelines.audit.scope import RequestError

Files = Mapping[str, bytes]
# Nothing of the time or the machine; stored, since compressors differ from version to version.
DATED = (1980, 1, 1, 0, 0, 0)
MODE = stat.S_IFREG | 0o644
UNIX = 3
MOST = 64
BROKEN = (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError,
          KeyError, IndexError, OverflowError)  # fmt: skip


class BrokenError(RequestError):
    """What should be an extract is none, or is not complete."""


def zipped(files: Files) -> bytes:
    """The files as a zip, in the order of their names: the same files, the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, DATED)
            member.create_system, member.external_attr = UNIX, MODE << 16
            packed.writestr(member, files[name])
    return out.getvalue()


def unzipped(content: bytes) -> dict[str, bytes]:
    """The files of a zip. Raises BrokenError unless it is, byte for byte, as `zipped` makes it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = packed.infolist()
            if len(members) > MOST or sum(m.file_size for m in members) > len(content):
                raise BrokenError("the zip was not made by Pulang")
            files = {member.filename: packed.read(member) for member in members}
    except BROKEN:
        raise BrokenError("the zip cannot be read") from None
    if zipped(files) != content:
        raise BrokenError("the zip is not as it was made; unpack it to check its files")
    return files


def write(folder: Path, files: Files) -> None:
    """Write a new folder, complete or not at all. Raises RequestError where it is there."""
    if folder.exists():
        raise RequestError(f"{folder} is there already")
    half = folder.with_name(f".{folder.name}.half")
    for name, content in sorted(files.items()):
        file = half / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    half.rename(folder)


def write_file(file: Path, content: bytes) -> None:
    """Write a new file, complete or not at all. Raises RequestError where it is there."""
    if file.exists():
        raise RequestError(f"{file} is there already")
    half = file.with_name(f".{file.name}.half")
    half.write_bytes(content)
    half.rename(file)


def read(folder: Path) -> dict[str, bytes]:
    """The files of a folder, by their path in it. Raises BrokenError for what is no plain file."""
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise BrokenError(f"{path.name} is no plain file")
        if path.is_file():
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files
