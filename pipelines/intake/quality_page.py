"""Data Docs of the gate: the validation results as one page that people read.

Great Expectations renders the results; the page around them is ours, because its own loads scripts
and styles from seven other hosts and is unreadable where those cannot be reached.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from great_expectations.core import ExpectationSuiteValidationResult as SuiteResult
from great_expectations.render import (
    RenderedDocumentContent,
    RenderedHeaderContent,
    RenderedSectionContent,
)
from great_expectations.render.renderer.content_block import (
    ValidationResultsTableContentBlockRenderer,
)
from great_expectations.render.view import DefaultJinjaPageView

from pipelines import contracts, whole
from pipelines.intake.expectations import said

COLUMNS = ["", "Aturan · Rule", "Teramati · Observed"]


class QualityPage(DefaultJinjaPageView):
    """One file without anything to load."""

    _template = "quality_page.j2"


def write(results: Mapping[str, SuiteResult], night: date, file: Path) -> None:
    """Render the results of all sources to `file`, replaced in one rename."""
    page = RenderedDocumentContent(
        sections=[_section(source, result) for source, result in results.items()],
        page_title=f"Gerbang mutu · Quality gate · {night}",
    )
    view = QualityPage(custom_views_directory=str(Path(__file__).parent))
    whole.write(file, view.render(page, failed=_failed(results)))


def _failed(results: Mapping[str, SuiteResult]) -> dict[str, list[str]]:
    """Names of the failed checks by severity."""
    failed: dict[str, list[str]] = {"stop": [], "warn": []}
    for source, suite in results.items():
        for check in suite.results:
            if not check.success:
                rule = said(check)
                failed[rule["severity"]].append(f"{source}: {rule['check_id']}")
    return failed


def _section(source: str, result: SuiteResult) -> RenderedSectionContent:
    contract = contracts.sources()[source]
    header = RenderedHeaderContent(header=source, subheader=contract.description_en)
    table: Any = ValidationResultsTableContentBlockRenderer.render(result.results)
    table.header_row, table.header_row_options = COLUMNS, {}
    return RenderedSectionContent(section_name=source, content_blocks=[header, table])
