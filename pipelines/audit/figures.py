"""The charts of a summary, drawn as lines and boxes."""

from collections.abc import Callable, Sequence

from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.units import mm

from pipelines.audit.looks import FACE, GREY, INK, LINE, MARKED, PLAIN

BAR, HIGH, TALL = 28 * mm, 6, 34 * mm
FOOT = 12
WIDEST = 80  # points of one column
QUARTERS = {f"{month:02}": f"Q{(month + 2) // 3}" for month in range(1, 13)}


def quarter_of(period: str) -> str:
    """The quarter of a month or quarter; nothing where only the year is shown, or not even it."""
    if "-Q" in period:
        return period
    year, _, month = period.partition("-")
    return f"{year}-{QUARTERS[month]}" if month else ""


def bar(share: float, is_marked: bool) -> Drawing:
    """A bar of a table."""
    drawing = Drawing(BAR, HIGH)
    colour = MARKED if is_marked else PLAIN
    drawing.add(Rect(0, 0, max(0.5, BAR * share), HIGH, fillColor=colour, strokeColor=None))
    return drawing


def columns(counts: Sequence[tuple[str, int]], width: float, said: Callable[[int], str]) -> Drawing:
    """Columns side by side, each with its count."""
    drawing = Drawing(width, TALL + FOOT + 12)
    step = min(WIDEST, width / len(counts))
    most = max(count for _, count in counts)
    for at, (label, count) in enumerate(counts):
        left, high = at * step, TALL * count / most
        middle = left + step / 2
        drawing.add(Rect(left + step * 0.15, FOOT, step * 0.7, high, fillColor=MARKED,
                         strokeColor=None))  # fmt: skip
        _text(drawing, middle, FOOT + high + 3, said(count), INK)
        _text(drawing, middle, 2, label, GREY)
    drawing.add(Line(0, FOOT, step * len(counts), FOOT, strokeColor=LINE, strokeWidth=0.6))
    return drawing


def _text(drawing: Drawing, x: float, y: float, text: str, colour: object) -> None:
    drawing.add(String(x, y, text, fontName=FACE, fontSize=7, fillColor=colour,
                       textAnchor="middle"))  # fmt: skip
