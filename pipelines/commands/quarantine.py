"""Commands for rows that were set apart: look at them, release them."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from pipelines import settings
from pipelines.commands.console import AsJson, explained, out, reported

quarantine = typer.Typer(no_args_is_help=True, help="Rows that could not be accepted.")
Batch = Annotated[str, typer.Argument(help="batch_id of the delivery, B...")]
RowNumber = Annotated[int, typer.Argument(help="Number of the row in it.")]
Reason = Annotated[str, typer.Option(help="Without names or numbers; the log keeps it.")]
LegalBasis = Annotated[
    str, typer.Option(help="For example: UU 27/2022 pasal 6 (correction), pasal 43 (erasure).")
]
Approver = Annotated[str, typer.Option(help="Who has approved; not who runs this.")]
CORRECTION = typer.Option(help="YAML or JSON: columns and their cells as they should be; - reads.")


@quarantine.command("list")
def list_rows(
    source: Annotated[str | None, typer.Option(help="One source only.")] = None,
    reason: Annotated[str | None, typer.Option(help="One reason code only.")] = None,
    as_json: AsJson = False,
) -> None:
    """Every row set apart: delivery, row, field and reason; no value of any."""
    from pipelines.custody import corrections

    with explained():
        rows = corrections.listed(settings.load(), source, reason)
    if as_json:
        typer.echo(json.dumps({"quarantine": rows}, ensure_ascii=False))
        return
    names = ("batch_id", "source", "file", "row_number", "file_position", "field", "reason")
    table = Table(*names, "ordered")
    for row in rows:
        cells = ["" if row[name] is None else escape(str(row[name])) for name in names]
        table.add_row(*cells, "next night" if row["is_ordered"] else "")
    out.print(table)


@quarantine.command("show")
def show_row(
    batch_id: Batch,
    row_number: RowNumber,
    file: Annotated[Path, typer.Option("--out", help="File to be written, mode 0600.")],
) -> None:
    """Write one delivered row to a file that can be changed and given as --correction."""
    from pipelines.custody import corrections

    with explained():
        corrections.show(settings.load(), batch_id, row_number, file)
    out.print(escape(str(file)), highlight=False, soft_wrap=True)


@quarantine.command("release")
def release_row(
    batch_id: Batch,
    row_number: RowNumber,
    reason: Reason,
    correction: Annotated[typer.FileText | None, CORRECTION] = None,
) -> None:
    """Order that the next night takes a row in, as it came or corrected."""
    from pipelines.custody import corrections

    order = corrections.Order(reason)
    with reported() as report:
        report("judging the row")
        done = corrections.release(settings.load(), batch_id, row_number, correction, order)
    say_ordered(done.columns)


@quarantine.command("erase")
def erase_row(
    batch_id: Batch,
    row_number: RowNumber,
    reason: Reason,
    legal_basis: LegalBasis,
    approver: Approver,
) -> None:
    """Erase one row, such as that of an erased person which was sent again."""
    from pipelines.custody import erasure

    order = erasure.Order(reason, legal_basis, approver)
    with reported() as report:
        report("erasing")
        done = erasure.erase_row(settings.load(), batch_id, row_number, order)
    out.print(
        f"{done.rows} row erased; {done.landed} files taken out of landing/. Run a night now."
    )


def say_ordered(columns: list[str]) -> None:
    """What the next night will do, by names of columns."""
    out.print(f"the next night takes it in; other than it came: {', '.join(columns) or 'nothing'}")
