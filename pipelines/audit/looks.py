"""Fonts, colours and paragraph styles of a summary."""

from functools import cache
from importlib import resources

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.fonts import addMapping
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FACE, STRONG = "Vera", "VeraBd"
INK, GREY, LINE = HexColor("#1d2733"), HexColor("#5b6775"), HexColor("#cfd6dd")
PLAIN, MARKED = HexColor("#8fa3b5"), HexColor("#b3402a")

BODY = ParagraphStyle("body", fontName=FACE, fontSize=8.6, leading=12.4, textColor=INK,
                      spaceAfter=3, bulletIndent=0, leftIndent=0)  # fmt: skip
ITEM = ParagraphStyle("item", parent=BODY, leftIndent=9)
SMALL = ParagraphStyle(
    "small", parent=BODY, fontSize=7.5, leading=9.8, bulletIndent=0, spaceAfter=0
)
RIGHT = ParagraphStyle("right", parent=SMALL, alignment=TA_RIGHT)
MONO = ParagraphStyle("mono", parent=SMALL, fontName=STRONG, fontSize=6.6)
TITLE = ParagraphStyle("title", parent=BODY, fontName=STRONG, fontSize=16, leading=20)
HEAD = ParagraphStyle("head", parent=BODY, fontName=STRONG, fontSize=10.5, leading=14,
                      spaceBefore=9, spaceAfter=3)  # fmt: skip


@cache
def register() -> None:
    """Make the fonts known; they come with reportlab and are embedded."""
    folder = resources.files("reportlab") / "fonts"
    for face in (FACE, STRONG):
        pdfmetrics.registerFont(TTFont(face, str(folder / f"{face}.ttf")))
    addMapping(FACE, 0, 0, FACE)
    addMapping(FACE, 1, 0, STRONG)
