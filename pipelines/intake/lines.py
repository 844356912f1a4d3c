"""The lines of a CSV as Arrow may read them: bounded, in UTF-8, and no quotation left open.

A quotation that is never closed would swallow the lines after it. Lines with quotes that do not
close are looked at one by one; a value over several lines stays one row, anything else is marked
so that only that line is set apart.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from typing import Protocol

from pipelines.intake.refusals import (
    LINE_BYTES,
    RATIO_FROM,
    UNPACKED_BYTES,
    UNPACKED_RATIO,
    UnreadableError,
)

BLOCK = 1 << 22
MARK = "\x1a"  # begins the line that stands for one that was set apart
MOST_LINES = 20  # of one value
PATIENCE = 1000  # open quotations that led nowhere, before no more than the next line is looked at
LINE_END = re.compile(rb"\r\n|\n|\r")
WINDOWS = re.compile(rb"[\x80-\x9f]")
CODECS = {"mixed": "utf-8"}


class Bytes(Protocol):
    """Anything that gives bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes; none only at the end."""

    def close(self) -> None:
        """Give it up."""


class Bounded(io.RawIOBase):
    """A stream that refuses to unpack to more than any honest delivery."""

    def __init__(self, raw: Bytes, packed_bytes: int) -> None:
        """`packed_bytes` is the size of the file that is being unpacked."""
        self.raw, self.packed, self.read_bytes = raw, max(1, packed_bytes), 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes; raises UnreadableError beyond the bounds."""
        block = self.raw.read(size if size >= 0 else BLOCK)
        self.read_bytes += len(block)
        is_bomb = self.read_bytes > max(RATIO_FROM, UNPACKED_RATIO * self.packed)
        if is_bomb or self.read_bytes > max(UNPACKED_BYTES, 2 * self.packed):
            raise UnreadableError("too_large", "the file unpacks to too much")
        return bytes(block)

    def close(self) -> None:
        """Close what lies below."""
        self.raw.close()
        super().close()


class Mended(io.RawIOBase):
    """The lines after the header, mended; `originals` has what a mark stands for."""

    def __init__(self, raw: Bytes, encoding: str, delimiter: str, columns: int) -> None:
        """`raw` stands at the first line after the header."""
        self.blocks = whole(raw, encoding)
        self.delimiter, self.columns = delimiter, columns
        self.originals: list[str] = []
        self.ready, self.open = b"", b""  # to be given; an open quotation at the end of a block
        parts = re.escape(delimiter)
        value = rf'(?:"(?:[^"]|"")*"|[^"{parts}\r\n]*)'
        self.is_regular = re.compile(f"{value}(?:{parts}{value})*")

    def readable(self) -> bool:
        """It can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes; never more than `size`."""
        while not self.ready:
            block = next(self.blocks, None)
            if block is None and not self.open:
                return b""
            whole, self.open = self.open + (block or b""), b""
            self.ready = self._mended(whole, is_last=block is None)
        size = len(self.ready) if size is None or size < 0 else size
        given, self.ready = self.ready[:size], self.ready[size:]
        return given

    def skip(self, lines: int) -> None:
        """Leave out the first lines, the header among them."""
        self.blocks = _without_first(self.blocks, lines)

    def _mended(self, block: bytes, is_last: bool) -> bytes:
        if b'"' not in block and MARK.encode() not in block:
            return block
        lines = LINE_END.split(block)
        out: list[bytes] = []
        at = 0
        while at < len(lines):
            line = lines[at]
            if b'"' in line or line.startswith(MARK.encode()):
                taken, text = self._looked_at(lines, at, is_last)
                if not taken:
                    self.open = b"\n".join(lines[at:])
                    return b"\n".join([*out, b""])
                out.append(text)
                at += taken
            else:
                out.append(line)
                at += 1
        return b"\n".join(out)

    def _looked_at(self, lines: list[bytes], at: int, is_last: bool) -> tuple[int, bytes]:
        """(lines taken, what stands for them); none taken where the next block must be seen."""
        line = lines[at].decode()
        if not line.startswith(MARK) and (
            self.is_regular.fullmatch(line) or not _is_open(line, self.delimiter)
        ):
            return 1, lines[at]
        joined = line
        for more in range(1, MOST_LINES if len(self.originals) < PATIENCE else 2):
            if at + more >= len(lines):
                if not is_last:
                    return 0, b""
                break
            following = lines[at + more].decode()
            joined += "\n" + following
            if '"' not in following:
                if self._columns(following) == self.columns > 1:
                    break  # a whole row would be swallowed
                continue
            if self._is_row(joined):
                if self._are_two_rows(line, following):
                    break
                return more + 1, joined.encode()
        return 1, self._mark(line)

    def _columns(self, line: str) -> int:
        return line.count(self.delimiter) + 1

    def _is_row(self, text: str) -> bool:
        try:
            rows = list(csv.reader(io.StringIO(text), delimiter=self.delimiter, strict=True))
        except csv.Error:
            return False
        return len(rows) == 1 and len(rows[0]) == self.columns

    def _are_two_rows(self, first: str, last: str) -> bool:
        return self.columns > 1 and min(map(self._columns, (first, last))) >= self.columns

    def _mark(self, line: str) -> bytes:
        self.originals.append(line)
        return f"{MARK}{len(self.originals) - 1}{self.delimiter * self.columns}".encode()

    def original(self, text: str) -> str | None:
        """The line that a mark stands for; None for any other line."""
        number = text.split(self.delimiter, 1)[0].removeprefix(MARK)
        if text.startswith(MARK) and number.isdigit() and int(number) < len(self.originals):
            return self.originals[int(number)]
        return None


def _is_open(line: str, delimiter: str) -> bool:
    """Whether a quotation opens in the line, as Arrow reads it, that does not close in it."""
    at = 0
    while at <= len(line):
        if line.startswith('"', at):
            end = line.find('"', at + 1)
            while end >= 0 and line.startswith('"', end + 1):
                end = line.find('"', end + 2)
            if end < 0:
                return True
            at = end + 1
        following = line.find(delimiter, at)
        if following < 0:
            return False
        at = following + 1
    return False


def whole(raw: Bytes, encoding: str) -> Iterator[bytes]:
    """Blocks of whole lines in UTF-8; what cannot be decoded becomes U+FFFD."""
    rest = b""
    while block := raw.read(BLOCK):
        text = rest + block
        end = max(text.rfind(b"\n"), text.rfind(b"\r", 0, -1)) + 1
        if not end and len(text) > LINE_BYTES:
            raise UnreadableError("line_too_long", "a line goes on without an end")
        rest = text[end:]
        if end:
            yield _as_utf8(text[:end], encoding)
    if rest:
        yield _as_utf8(rest, encoding)


def _as_utf8(text: bytes, encoding: str) -> bytes:
    if encoding == "utf-8":
        return text
    return text.decode(CODECS.get(encoding, encoding), errors="replace").encode()


def _without_first(blocks: Iterator[bytes], lines: int) -> Iterator[bytes]:
    for block in blocks:
        at = 0
        while lines and (end := LINE_END.search(block, at)):
            at, lines = end.end(), lines - 1
        if lines:
            return  # the file ends with its header
        yield block[at:]
        yield from blocks


def start(raw: Bytes, size: int) -> bytes:
    """The first bytes of a stream, as many as there are."""
    found = b""
    while len(found) < size and (block := raw.read(size - len(found))):
        found += block
    return found


def split(text: str) -> list[str]:
    """Lines without their ends."""
    found = re.split(r"\r\n|\n|\r", text)
    return found[:-1] if found and not found[-1] else found


def is_hint(line: str) -> bool:
    """`sep=;`: a spreadsheet program's hint above the header."""
    return re.fullmatch(r"\s*sep=.\s*", line, re.IGNORECASE) is not None


class Transcoded(io.RawIOBase):
    """A stream of UTF-16 as one of UTF-8."""

    def __init__(self, raw: Bytes) -> None:
        """`raw` begins with a byte order mark."""
        self.raw, self.decoder = raw, codecs.getincrementaldecoder("utf-16")("replace")

    def readable(self) -> bool:
        """It can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """About as many bytes; none only at the end."""
        while block := self.raw.read(size):
            if text := self.decoder.decode(block):
                return text.encode()
        return self.decoder.decode(b"", final=True).encode()


def encoding_of(raw: Bytes) -> str:
    """utf-8, utf-16, latin-1, cp1252, or mixed: UTF-8 with lines of another encoding among it."""
    start = raw.read(BLOCK)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    has_utf8 = has_other = is_windows = False
    rest = b""
    block = start
    while block:
        text = rest + block
        block = raw.read(BLOCK)
        end = text.rfind(b"\n") + 1 if block else len(text)
        if not end and len(text) > LINE_BYTES:
            return "utf-8"  # reading will refuse it
        text, rest = text[:end], text[end:]
        if _decodes(text):
            has_utf8 |= not text.isascii()
            continue
        for line in LINE_END.split(text):
            if _decodes(line):
                has_utf8 |= not line.isascii()
            else:
                has_other = True
                is_windows |= WINDOWS.search(line) is not None
    if has_other:
        return "mixed" if has_utf8 else "cp1252" if is_windows else "latin-1"
    return "utf-8"


def _decodes(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
