"""ringkasan.pdf: what was asked, what was found, how, and what it does not say.

The same bytes for the same extract: no clock, no compression that changes, fonts embedded.
"""

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import pyarrow as pa
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from pipelines.audit import figures, manifest
from pipelines.audit.looks import (
    BODY,
    FACE,
    GREY,
    HEAD,
    ITEM,
    LINE,
    MONO,
    RIGHT,
    SMALL,
    TITLE,
    register,
)
from pipelines.audit.scope import Request
from pipelines.audit.suppression import WITHHELD, K
from pipelines.audit.tables import COUNT
from pipelines.audit.wording import TEXTS, Words, day, whole

if TYPE_CHECKING:
    from pipelines.audit.compose import Rows

UNDOCUMENTED = ("confirmed_undocumented", "suspected_undocumented", "unrecorded_exit")
MOST_LINES = 12
MOSTLY = 0.8  # of what a chart is about must be in it, or it would show a course that is none
EDGE, FRAME = 20 * mm, 6  # of the page, and reportlab's own inside it
WIDTH = A4[0] - 2 * EDGE - 2 * FRAME
Night = Mapping[str, Any]


def about(request: Request, night: Night, words: Words, name: str) -> list[tuple[str, str]]:
    """What the extract is, in the language of the request; the first line is its title."""
    language = request.languages[0]
    return [(TEXTS[language]["title"], name), *_asked(request, night, words, language)]


def _asked(request: Request, night: Night, words: Words, language: str) -> list[tuple[str, str]]:
    t = TEXTS[language]
    said = [(t["number"], request.digest[:16]), (t["requester"], request.requester),
            (t["purpose"], request.purpose), (t["legal_basis"], request.legal_basis)]  # fmt: skip
    if request.first and request.last:
        ends = {"first": day(request.first, language), "last": day(request.last, language)}
        said.append((t["period"], t["from_to"].format(**ends)))
    names = [f"{words.regions.get(code, code)} ({code})" for code in request.regions]
    said.append((t["regions"], ", ".join(names) or t["all"]))
    for field in ("outcomes", "lists", "departures"):
        if given := getattr(request, field):
            said.append((t[field], ", ".join(given)))
    numbered = {"night": day(night["night"], language), "number": night["night_number"]}
    said += [(t["night"], t["night_said"].format(**numbered)), (t["kind"], t[request.kind])]
    for field in ("approver", "recipient"):
        if given := getattr(request, field):
            said.append((t[field], given))
    return said


def pdf(
    request: Request,
    night: Night,
    rows: "Rows",
    counted: Mapping[str, pa.Table],
    words: Words,
    name: str,
    watermark: str | None,
) -> bytes:
    """The whole document, once in each language that was asked for."""
    register()
    out = io.BytesIO()
    story: list[Any] = []
    for language in request.languages:
        story += [PageBreak()] if story else []
        part = _Part(request, night, words, language, counted)
        story += [*part.head(), *part.findings(), *part.method(), *part.limits(),
                  *part.proof(rows.deliveries.to_pylist())]  # fmt: skip
    title = TEXTS[request.languages[0]]["title"]
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=20 * mm, rightMargin=20 * mm, topMargin=20 * mm,
        bottomMargin=22 * mm, title=title, author="Pulang", subject=name, invariant=1,
        lang=request.languages[0], pageCompression=0,
    )  # fmt: skip
    page = TEXTS[request.languages[0]]["page"]
    document.build(story, canvasmaker=_paged(name, page, watermark))
    return out.getvalue()


class _Part:
    """The document in one language."""

    def __init__(
        self, request: Request, night: Night, words: Words, language: str,
        counted: Mapping[str, pa.Table],
    ) -> None:  # fmt: skip
        self.request, self.night, self.words, self.language = request, night, words, language
        self.t = TEXTS[language]
        self.counted = {name: table.to_pylist() for name, table in counted.items()}
        self.total = sum(row[COUNT] for row in self.counted["by_outcome"])

    def head(self) -> list[Any]:
        lines = _asked(self.request, self.night, self.words, self.language)
        body = [[Paragraph(escape(a), SMALL), Paragraph(escape(b), BODY)] for a, b in lines]
        table = Table(body, colWidths=[42 * mm, WIDTH - 42 * mm], hAlign="LEFT")
        table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *_TIGHT,
                                   ("LINEBELOW", (0, 0), (-1, -1), 0.3, LINE)]))  # fmt: skip
        return [Paragraph(self.t["title"], TITLE), Spacer(1, 3 * mm), table]

    def findings(self) -> list[Any]:
        t = self.t
        said = [
            Paragraph(t["findings"], HEAD),
            Paragraph(t["total"].format(n=self._n(self.total)), BODY),
        ]
        by_outcome = {row["outcome"]: row[COUNT] for row in self.counted["by_outcome"]}
        is_all = set(self.request.outcomes or ["?"]) <= set(UNDOCUMENTED)
        found = self.total if is_all else sum(by_outcome.get(name, 0) for name in UNDOCUMENTED)
        least = t["least"] if WITHHELD in by_outcome and not is_all else ""
        told = {"n": self._n(found), "least": least, "share": self._share(found)}
        sentences = [t["undocumented"].format(**told)] if found else []
        if waiting := by_outcome.get("awaiting"):
            sentences.append(t["waiting"].format(n=self._n(waiting)))
        said += [Paragraph(" ".join(sentences), BODY), Paragraph(t["not_accused"], BODY)]
        said += [self._outcomes(by_outcome), Spacer(1, 2 * mm)]
        if self._is_by_name:
            return said
        said += self._quarters()
        said += self._broken_down("by_region_outcome", self._region)
        said += self._broken_down("by_destination_outcome", self._country)
        return said

    def _outcomes(self, by_outcome: Mapping[str, int]) -> Any:
        t, meanings = self.t, self.words.meanings(self.language)
        body: list[list[Any]] = [self._header("outcome", "count", "share", "", "meaning")]
        most = max(by_outcome.values(), default=1)
        for outcome in [*meanings, WITHHELD]:
            if count := by_outcome.get(outcome):
                name = t["withheld"] if outcome == WITHHELD else outcome
                body.append([
                    Paragraph(name.replace("_", "_<br/>", 1) if len(name) > 18 else name, SMALL),
                    self._n(count), self._share(count),
                    figures.bar(count / most, outcome in UNDOCUMENTED),
                    Paragraph(escape(meanings.get(outcome, "")), SMALL),
                ])  # fmt: skip
        return _grid(body, [36 * mm, 17 * mm, 13 * mm, 32 * mm, WIDTH - 98 * mm], numbers=(1, 2))

    def _quarters(self) -> list[Any]:
        counts: dict[str, int] = {}
        for row in self.counted["by_period_outcome"]:
            if row["outcome"] in UNDOCUMENTED:
                quarter = figures.quarter_of(row["period"])
                counts[quarter] = counts.get(quarter, 0) + row[COUNT]
        rest = counts.pop("", 0)
        if sum(counts.values()) < MOSTLY * (sum(counts.values()) + rest):
            return [Paragraph(self.t["no_quarters"], SMALL)]
        if not counts:
            return []
        title = Paragraph(self.t["by_quarter"], HEAD)
        chart = figures.columns(sorted(counts.items()), WIDTH, self._n)
        note = [Paragraph(self.t["rest"].format(n=self._n(rest)), SMALL)] if rest else []
        return [KeepTogether([title, chart, *note])]

    def _broken_down(self, by_outcome: str, named: Any) -> list[Any]:
        """Departures shown, and those shown as undocumented; the withheld in the last line."""
        found: dict[str, list[int]] = {}
        for row in self.counted[by_outcome]:
            line = found.setdefault(named(row), [0, 0])
            line[0] += row[COUNT]
            line[1] += row[COUNT] if row["outcome"] in UNDOCUMENTED else 0
        ranked = sorted(
            found.items(), key=lambda i: (self._is_rest(i[0]), -i[1][1], -i[1][0], i[0])
        )
        first = by_outcome.removesuffix("_outcome")
        body: list[list[Any]] = [
            self._header(first.removeprefix("by_"), "departures", "of_them", "")
        ]
        most = max(max((line[1] for _, line in ranked), default=1), 1)
        for name, (count, without) in self._few(ranked):
            drawn = figures.bar(without / most, not self._is_rest(name)) if without else ""
            body.append([Paragraph(escape(name), SMALL), self._n(count),
                         self._n(without) if without else "–", drawn])  # fmt: skip
        left = len(ranked) - len(body) + 1
        note = "" if self.request.is_identified else self.t["dash"] + " "
        note += self.t["more"].format(n=left) if left > 0 else ""
        grid = _grid(body, [68 * mm, 30 * mm, 30 * mm, WIDTH - 128 * mm], numbers=(1, 2))
        return [KeepTogether([Paragraph(self.t[first], HEAD), grid, Paragraph(note, SMALL)])]

    def _few(self, ranked: list[tuple[str, list[int]]]) -> list[tuple[str, list[int]]]:
        """The first lines, and those of what is withheld."""
        rest = [line for line in ranked if self._is_rest(line[0])]
        return [line for line in ranked if not self._is_rest(line[0])][:MOST_LINES] + rest

    def _is_rest(self, name: str) -> bool:
        return self.t["withheld"] in name

    def method(self) -> list[Any]:
        t = self.t
        met = {row["rule"] for row in self.counted["by_rule"]}
        body: list[list[Any]] = [self._header("rule", "reason", "law")]
        for rule in self.words.rules:
            if rule["rule"] in met:
                reason = rule[f"reason_{self.language}"]
                cells = (rule["rule"], reason, rule["legal_basis"] or "")
                body.append([Paragraph(escape(cell), SMALL) for cell in cells])
        said = [Paragraph(t["method"], HEAD), Paragraph(t["method_text"], BODY)]
        if len(body) > 1:
            said.append(_grid(body, [52 * mm, WIDTH - 90 * mm, 38 * mm]))
        changed = self.night["policy"] if self.night["policy"] != "{}" else t["none"]
        return [*said, Spacer(1, 1.5 * mm),
                Paragraph(escape(t["parameters"].format(said=changed)), BODY)]  # fmt: skip

    def limits(self) -> list[Any]:
        names = ["limit_1", "limit_2", "limit_3", "limit_4"]
        if self.request.is_identified:
            names[2:] = ["limit_open"]
        elif self._is_by_name:
            names[2] = "limit_by_name"
        texts = [self.t[name].format(k=K) for name in names]
        return [Paragraph(self.t["limits"], HEAD),
                *(Paragraph(text, ITEM, bulletText="•") for text in texts)]  # fmt: skip

    def proof(self, deliveries: list[Mapping[str, Any]]) -> list[Any]:
        t, night = self.t, self.night
        totals = manifest.conservation(deliveries)
        names = ("deliveries", *manifest.COUNTS)
        body: list[list[Any]] = [self._header("source", *names)]
        body += [[source, *(self._n(said[n]) for n in names)] for source, said in totals.items()]
        code = t["code"].format(
            version=night["code_version"], policy=night["policy_sha256"][:16],
            contracts=night["contracts_sha256"][:16], model=night["linkage_model"],
            snapshot=night["snapshot_id"],
        )  # fmt: skip
        grid = _grid(body, [35 * mm] + [(WIDTH - 35 * mm) / 5] * 5, numbers=(1, 2, 3, 4, 5))
        return [KeepTogether([
            Paragraph(t["proof"], HEAD), Paragraph(t["proof_text"], BODY), grid, Spacer(1, 2 * mm),
            Paragraph(t["verify"], BODY), Paragraph(night["key_fingerprint"], MONO),
            Spacer(1, 1.5 * mm), Paragraph(escape(code), SMALL),
        ])]  # fmt: skip

    @property
    def _is_by_name(self) -> bool:
        """Whether of each departure only its outcome and papers are told."""
        return bool(self.request.departures) and not self.request.is_identified

    def _region(self, row: Mapping[str, Any]) -> str:
        province, regency = row["origin_province_code"], row["origin_regency_code"]
        if province is None or province == WITHHELD:
            return self.t["unknown" if province is None else "withheld"]
        name = self.words.regions.get(regency or "")
        if name:
            return f"{name} ({regency})"
        said = self.words.regions.get(province, province)
        return f"{said}, {self.t['withheld' if regency == WITHHELD else 'unknown']}"

    def _country(self, row: Mapping[str, Any]) -> str:
        code = row["destination_country"]
        if code is None or code == WITHHELD:
            return self.t["unknown" if code is None else "withheld"]
        return self.words.country(code, self.language)

    def _header(self, *names: str) -> list[Any]:
        """Names of columns; all between the first and what is not a count stand to the right."""
        left = ("outcome", "region", "destination", "source", "rule", "reason", "law", "meaning")
        return [
            Paragraph(f"<b>{self.t[name]}</b>" if name else "", SMALL if name in left else RIGHT)
            for name in names
        ]

    def _n(self, number: int) -> str:
        return whole(number, self.language)

    def _share(self, part: int) -> str:
        return self._decimal(f"{100 * part / self.total:.1f}") if self.total else ""

    def _decimal(self, said: str) -> str:
        return said.replace(".", ",") if self.language == "id" else said


_TIGHT = [("TOPPADDING", (0, 0), (-1, -1), 1.6), ("BOTTOMPADDING", (0, 0), (-1, -1), 2.2),
          ("LEFTPADDING", (0, 0), (0, -1), 0)]  # fmt: skip


def _grid(body: list[list[Any]], widths: Sequence[float], numbers: Sequence[int] = ()) -> Table:
    table = Table(body, colWidths=list(widths), repeatRows=1, hAlign="LEFT")
    style: list[Any] = [
        ("FONT", (0, 0), (-1, -1), FACE, 7.5), ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, GREY), ("LINEBELOW", (0, 1), (-1, -1), 0.3, LINE),
        *_TIGHT,
    ]  # fmt: skip
    style += [("ALIGN", (at, 1), (at, -1), "RIGHT") for at in numbers]
    table.setStyle(TableStyle(style))
    return table


def _paged(name: str, page: str, watermark: str | None) -> type[Canvas]:
    """A canvas that numbers its pages once it knows how many there are."""

    class Paged(Canvas):
        def __init__(self, *args: Any, **given: Any) -> None:
            super().__init__(*args, **given)
            self.pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802
            self.pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for at, state in enumerate(self.pages, start=1):
                self.__dict__.update(state)
                self._foot(page.format(at=at, of=len(self.pages)))
                super().showPage()
            super().save()

        def _foot(self, numbered: str) -> None:
            if watermark:
                self.saveState()
                self.setFillColor(colors.Color(0.6, 0.1, 0.1, alpha=0.10))
                self.translate(A4[0] / 2, A4[1] / 2)
                self.rotate(52)
                self.setFont(FACE, 13)
                for line in range(-4, 5):
                    self.drawCentredString(0, line * 62, watermark)
                self.restoreState()
            self.setFont(FACE, 7)
            self.setFillColor(GREY)
            self.drawString(EDGE + FRAME, 12 * mm, f"Pulang · {name}")
            self.drawRightString(A4[0] - EDGE - FRAME, 12 * mm, numbered)
            if watermark:
                self.drawString(EDGE + FRAME, 8 * mm, watermark)

    return Paged
