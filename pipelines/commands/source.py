"""`pulang source`: for whoever sends. Contracts, trials and feeds."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pipelines import settings
from pipelines.commands.console import AsJson, explained, out, plain, reported

source = typer.Typer(no_args_is_help=True, help="For whoever sends: contracts and trials.")


@source.command("check")
def check_source(
    file: Annotated[
        Path, typer.Argument(help="A delivery.", exists=True, dir_okay=False, readable=True)
    ],
    of: Annotated[
        str | None, typer.Option("--source", help="Its source; default: the name of its folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a file would become, row by row, without taking it in."""
    from pipelines.desks import sources

    with reported(quiet=as_json) as report:
        report("reading")
        trial = sources.check(file, of)
    if as_json:
        told = {k: v for k, v in asdict(trial).items() if k != "accepted"}
        typer.echo(json.dumps(told, default=plain, ensure_ascii=False))
    else:
        for line in sources.said(trial):
            out.print(escape(line), highlight=False)
    raise typer.Exit(0 if trial.status == "taken_in" and not trial.quarantined else 1)


@source.command("fetch")
def fetch_source() -> None:
    """Fetch what is new at the feeds of this home (feeds.yaml) into landing/."""
    from pipelines.desks import sources

    with reported() as report:
        report("fetching")
        found = sources.fetch(settings.load().home)
    for one in found:
        out.print(f"{one.feed}: {one.error or f'{one.files} new'}", markup=False)
    raise typer.Exit(1 if any(one.error for one in found) else 0)


@source.command("new")
def new_source(
    name: Annotated[str, typer.Argument(help="Small letters, digits and _.")],
    like: Annotated[
        Path | None,
        typer.Option("--like", help="A file whose header gives the columns.", exists=True),
    ] = None,
) -> None:
    """Write the skeleton of a contract, and the table of records that it goes into."""
    from pipelines.desks import sources

    with explained():
        columns = sources.header_of(like) if like else []
        files = sources.write(name, columns, settings.SCHEMAS)
    for written in files:
        out.print(f"{written}: complete what says TODO", markup=False)
    out.print(f"then: make dictionary; pulang source check FILE --source {name}", markup=False)
