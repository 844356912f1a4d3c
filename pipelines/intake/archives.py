"""Zip archives, opened safely: nothing is written under a name that the archive chose."""

import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.contracts import Table
from pipelines.intake.delivery import Delivery
from pipelines.intake.refusals import (
    RATIO_FROM,
    UNPACKED_BYTES,
    UNPACKED_RATIO,
    UnreadableError,
)

MEMBERS = 1000
ENDING = re.compile(r"(\.csv\.gz|\.csv\.zst|\.[a-z0-9]{1,8})$", re.IGNORECASE)
NO_DELIVERY = re.compile(r"(^|/)(__MACOSX/|\.|~\$|Thumbs\.db$)", re.IGNORECASE)
ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".tgz")
DAMAGED = (
    zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, EOFError,
    ValueError,
)  # fmt: skip
Open = Callable[[Path, Table], Delivery]


def chunks(path: Path, contract: Table, into: Delivery, open_member: Open) -> Iterator[pa.Table]:
    """The rows of all files of an archive, in the order of their names, numbered through."""
    with _opened(path) as packed, tempfile.TemporaryDirectory() as folder:
        members = _members(packed, path.stat().st_size)
        if not members:
            raise UnreadableError("empty_file", "there is nothing in the archive")
        start = 0
        for number, member in enumerate(members, start=1):
            found = ENDING.search(member.filename)
            file = Path(folder) / f"member{number}{found[1].lower() if found else ''}"
            _unpack(packed, member, file)
            delivery, last = open_member(file, contract), start
            for table in delivery.chunks:
                moved = _moved(table, delivery, f"file {number}", start)
                last = max([last, *moved["row_number"].to_pylist()[-1:]])
                yield moved
            _add(delivery, f"file {number}", start, into)
            start = max([last, *(start + bad.row_number for bad in delivery.malformed)])
            file.unlink()


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except DAMAGED:
        raise UnreadableError("unreadable_file", "the archive is damaged") from None


def _members(packed: zipfile.ZipFile, size: int) -> list[zipfile.ZipInfo]:
    """The files to be read; raises UnreadableError for an archive that is none of ours."""
    members = [m for m in packed.infolist() if not m.is_dir()]
    if len(members) > MEMBERS:
        raise UnreadableError("too_large", "the archive has too many files")
    for member in members:
        name = member.filename
        if _escapes(name) or name.lower().endswith(ARCHIVES):
            raise UnreadableError("unsafe_archive", "a name leads outside, or is an archive")
        if member.flag_bits & 1:
            raise UnreadableError("encrypted_file", "the archive wants a password")
    unpacked = sum(m.file_size for m in members)
    if unpacked > UNPACKED_BYTES or (unpacked > RATIO_FROM and unpacked > UNPACKED_RATIO * size):
        raise UnreadableError("too_large", "the archive unpacks to too much")
    names = [m.filename for m in members]
    if len(set(names)) < len(names):
        raise UnreadableError("unsafe_archive", "two files of one name")
    wanted = [m for m in members if not NO_DELIVERY.search(m.filename)]
    return sorted(wanted, key=lambda m: m.filename)


def _escapes(name: str) -> bool:
    plain = name.replace("\\", "/")
    path = PurePosixPath(plain)
    return (
        path.is_absolute()
        or ".." in path.parts
        or bool(PureWindowsPath(name).drive)
        or any(ord(letter) < ord(" ") for letter in name)
    )


def _unpack(packed: zipfile.ZipFile, member: zipfile.ZipInfo, file: Path) -> None:
    """Write one member; what it says of its size is not believed."""
    left = member.file_size
    try:
        with packed.open(member) as source, file.open("wb") as target:
            while block := source.read(1 << 20):
                left -= len(block)
                if left < 0:
                    raise UnreadableError("too_large", "a file is larger than the archive says")
                target.write(block)
    except DAMAGED:
        raise UnreadableError("unreadable_file", "a file of the archive is damaged") from None


def _moved(table: pa.Table, member: Delivery, label: str, start: int) -> pa.Table:
    """The rows of one member numbered after those before it, with the file in their position."""
    names = table.column_names
    rows = pc.cast(table["row_number"], pa.string())
    where = table["file_position"] if "file_position" in names else _joined("row", rows)
    lacks = pa.scalar(member.missing[0] if member.missing else None, pa.string())
    marks = {
        "row_number": pc.add(table["row_number"], start),
        "file_position": _joined(label, where),
        "missing_column": table["missing_column"]
        if "missing_column" in names
        else pa.repeat(lacks, table.num_rows),
    }
    for name, values in marks.items():
        if name in names:
            table = table.set_column(table.column_names.index(name), name, values)
        else:
            table = table.append_column(name, values)
    return table


def _joined(word: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(pa.scalar(word), values, pa.scalar(" "))


def _add(member: Delivery, label: str, start: int, into: Delivery) -> None:
    for bad in member.malformed:
        where = f"{label} {bad.position or f'row {bad.row_number}'}"
        into.malformed.append(
            type(bad)(bad.row_number + start, bad.text, bad.reason, bad.field, where)
        )
    into.columns = into.columns or member.columns
    into.unknown += [name for name in member.unknown if name not in into.unknown]
    into.skipped += [f"{label} {line}" for line in member.skipped]
    into.totals += member.totals
    into.is_mixed |= member.is_mixed
    into.rows += member.rows
