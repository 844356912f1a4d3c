"""PDF with a text layer -> pages of cells, by ruled lines or by the white between columns.

Runs apart (`apart.py`). Coordinates are points from the left and from the top of the page as read.
"""

from collections.abc import Iterator
from ctypes import byref, c_float
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as c

from pipelines.intake import pdf_feet, pdf_tables
from pipelines.intake.pdf_tables import Rule, Word
from pipelines.intake.refusals import UnreadableError

PAGES = 2000
INVISIBLE = 3  # the render mode of text that a scanner's software lays under a picture
PICTURE = 0.5  # share of the page from which a picture is the page
SHORTEST = 4.0
DEPTH = 4


@dataclass
class _Frame:
    """The page as it is read: its size, turned as its rotation says."""

    width: float
    height: float
    turn: int
    left: float
    bottom: float

    def place(self, x: float, y: float) -> tuple[float, float]:
        """(points from the left, points from the top)."""
        x, y = x - self.left, y - self.bottom
        if self.turn == 90:
            return y, x
        if self.turn == 180:
            return self.width - x, y
        if self.turn == 270:
            return self.width - y, self.height - x
        return x, self.height - y

    def box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        """(left, top, right, bottom) of two corners."""
        a, b = self.place(x0, y0), self.place(x1, y1)
        return min(a[0], b[0]), min(a[1], b[1]), max(a[0], b[0]), max(a[1], b[1])


def pages(path: Path) -> Iterator[dict[str, Any]]:
    """The pages of a document as `grid_headers.Page` takes them; raises UnreadableError."""
    document = _opened(path)
    if len(document) > PAGES:
        raise UnreadableError("too_large", "the document has too many pages")
    read = [_read(document, number) for number in range(len(document))]
    feet = pdf_feet.feet(read)
    for number, (words, rules) in enumerate(read):
        foot = feet[number]
        lines, merged = pdf_tables.lines([word for word in words if word not in foot], rules)
        below = [[" ".join(word.text for word in line)] for line in pdf_tables.text_lines(foot)]
        yield {
            "label": f"page {number + 1}", "lines": lines + below, "merged": merged,
            "goes_on": True,
        }  # fmt: skip


def _read(document: Any, number: int) -> tuple[list[Word], list[Rule]]:
    """Words and ruled lines of a page; raises UnreadableError where it is a picture."""
    page = document[number]
    frame = _frame(page)
    rules, is_picture, is_invisible = _drawn(page, frame)
    words = _words(page, frame)
    page.close()
    if is_picture and (not words or is_invisible):
        raise UnreadableError("scanned_pdf", f"page {number + 1} is a picture without text")
    return words, rules


def _opened(path: Path) -> Any:
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        reason = "encrypted_file" if "password" in str(error).lower() else "unreadable_file"
        raise UnreadableError(reason, "the document cannot be opened") from None


def _frame(page: Any) -> _Frame:
    left, bottom, _, _ = page.get_cropbox()
    return _Frame(page.get_width(), page.get_height(), page.get_rotation(), left, bottom)


# Words


def _words(page: Any, frame: _Frame) -> list[Word]:
    text = page.get_textpage()
    words: list[Word] = []
    letters: list[tuple[str, tuple[float, float, float, float]]] = []

    def finish() -> None:
        if letters:
            boxes = [box for _, box in letters]
            words.append(
                Word(
                    "".join(letter for letter, _ in letters),
                    min(b[0] for b in boxes), min(b[1] for b in boxes),
                    max(b[2] for b in boxes), max(b[3] for b in boxes),
                )
            )  # fmt: skip
            letters.clear()

    loose = c.FS_RECTF()
    for n in range(text.count_chars()):
        letter = chr(c.FPDFText_GetUnicode(text, n) or 0xFFFD)
        if letter.isspace() or letter == "\u00a0":
            finish()
            continue
        if letter == "\ufffe" or letter == "\u0002":  # a hyphen at the end of a line
            letter = "-"
        c.FPDFText_GetLooseCharBox(text, n, byref(loose))  # with the white that belongs to it
        box = frame.box(loose.left, loose.bottom, loose.right, loose.top)
        if letters and _is_apart(letters[-1][1], box):
            finish()
        letters.append((letter, box))
    finish()
    text.close()
    return [word for word in words if word.right > 0 and word.left < frame.width]


def _is_apart(
    before: tuple[float, float, float, float], box: tuple[float, float, float, float]
) -> bool:
    height = max(before[3] - before[1], box[3] - box[1], 4.0)
    is_other_line = abs(box[3] - before[3]) > 0.5 * height
    return is_other_line or not -height < box[0] - before[2] < 0.2 * height


# Lines and pictures


def _drawn(page: Any, frame: _Frame) -> tuple[list[Rule], bool, bool]:
    """Ruled lines; whether a picture fills the page; whether all its text is invisible."""
    rules: list[Rule] = []
    area, texts, invisible = 0.0, 0, 0
    for thing in page.get_objects(max_depth=DEPTH):
        if thing.type == c.FPDF_PAGEOBJ_PATH:
            rules += _rules(thing, frame)
        elif thing.type == c.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = thing.get_bounds()
            area += abs(right - left) * abs(top - bottom)
        elif thing.type == c.FPDF_PAGEOBJ_TEXT:
            texts += 1
            invisible += c.FPDFTextObj_GetTextRenderMode(thing) == INVISIBLE
    is_picture = area > PICTURE * frame.width * frame.height
    return rules, is_picture, texts > 0 and texts == invisible


def _rules(path: Any, frame: _Frame) -> Iterator[Rule]:
    """The level and upright segments of a path."""
    matrix = _matrix(path)
    start = before = None
    x, y = c_float(), c_float()
    for n in range(c.FPDFPath_CountSegments(path)):
        segment = c.FPDFPath_GetPathSegment(path, n)
        c.FPDFPathSegment_GetPoint(segment, byref(x), byref(y))
        point = frame.place(*matrix.on_point(x.value, y.value))
        kind = c.FPDFPathSegment_GetType(segment)
        if kind == c.FPDF_SEGMENT_MOVETO:
            start = point
        elif before is not None and kind == c.FPDF_SEGMENT_LINETO:
            yield from _rule(before, point)
        before = point
        if c.FPDFPathSegment_GetClose(segment) and start is not None:
            yield from _rule(before, start)
            before = start


def _matrix(thing: Any) -> Any:
    """From the object to the page, through the forms that hold it."""
    matrix = thing.get_matrix()
    holder = getattr(thing, "container", None)
    while holder is not None:
        matrix = matrix.multiply(holder.get_matrix())
        holder = getattr(holder, "container", None)
    return matrix


def _rule(a: tuple[float, float], b: tuple[float, float]) -> Iterator[Rule]:
    wide, high = abs(a[0] - b[0]), abs(a[1] - b[1])
    if wide < 1 and high > SHORTEST:
        yield Rule(True, (a[0] + b[0]) / 2, min(a[1], b[1]), max(a[1], b[1]))
    elif high < 1 and wide > SHORTEST:
        yield Rule(False, (a[1] + b[1]) / 2, min(a[0], b[0]), max(a[0], b[0]))
