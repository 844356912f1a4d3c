"""The commands of auditors: `pulang extract` and `pulang verify`."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pipelines import settings
from pipelines.commands import custody
from pipelines.commands.console import AsJson, out, reported

DAY = ["%Y-%m-%d"]
MARKS = {
    "proved": "[green]proved     · terbukti   [/green]",
    "refuted": "[red]REFUTED    · TERBANTAH  [/red]",
    "not proved": "[yellow]not proved · belum pasti[/yellow]",
}
PROVED = "[green]PROVED · TERBUKTI[/green]"
REFUTED = "[red]NOT PROVED · TIDAK TERBUKTI[/red]"
Many = list[str] | None


def extract(
    purpose: Annotated[str, typer.Option(help="What the extract is for.")],
    legal_basis: Annotated[str, typer.Option(help="For example: UU 37/2008 art. 8.")],
    requester: Annotated[str, typer.Option(help="Office that asks, not a person.")],
    folder: Annotated[Path, typer.Option("--out", help="Folder in which the extract is put.")],
    first: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="First day of departure.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=DAY, help="Last day of departure.")
    ] = None,
    region: Annotated[Many, typer.Option(help="52 or 52.03; may be repeated.")] = None,
    outcome: Annotated[Many, typer.Option(help="Outcome; may be repeated.")] = None,
    lists: Annotated[
        Many, typer.Option("--list", help="Repatriation list: batch_id or file name.")
    ] = None,
    departure: Annotated[
        Many, typer.Option(help="departure_id, instead of region and period.")
    ] = None,
    language: Annotated[str, typer.Option(help="Of the summary: id, en or both.")] = "id",
    identified: Annotated[
        bool, typer.Option("--identified", help="With names and NIK, encrypted to --recipient.")
    ] = False,
    approver: Annotated[
        str | None,
        typer.Option(help="Another than the requester: of --identified, or where it overlaps one."),
    ] = None,
    recipient: Annotated[str | None, typer.Option(help="age public key (age1...).")] = None,
    night: Annotated[
        datetime | None, typer.Option(formats=DAY, help="As of that night; default: the latest.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A signed extract for an auditor: a folder and a zip, pseudonymous unless said otherwise."""
    from pipelines.desks import extracts

    given = {
        "first": first and first.date(), "last": last and last.date(),
        "regions": region or (), "outcomes": outcome or (), "lists": tuple(lists or ()),
        "departures": departure or (), "purpose": purpose, "legal_basis": legal_basis,
        "requester": requester, "language": language, "approver": approver,
        "recipient": recipient, "kind": "identified" if identified else "pseudonymous",
    }  # fmt: skip
    with reported(quiet=as_json) as report:
        now = settings.load()
        made = extracts.extract(now, given, folder, night and night.date(), report)
    if as_json:
        paths = [str(path) for path in made.paths]
        answer = {"name": made.name, "paths": paths, "rows": dict(made.rows),
                  "public_key": made.public_key, "fingerprint": made.fingerprint,
                  "overlaps": made.overlaps}  # fmt: skip
        typer.echo(json.dumps(answer))
        return
    said = ", ".join(f"{count:,} {name}" for name, count in made.rows.items())
    for path in made.paths:
        out.print(escape(str(path)), highlight=False, soft_wrap=True)
    out.print(said, highlight=False)
    out.print(f"signed with key {made.public_key}", highlight=False)
    out.print(f"fingerprint     {made.fingerprint}", highlight=False)
    if made.overlaps:
        out.print(f"[yellow]Careful:[/] {escape(made.overlaps)}.", highlight=False)


def open_seal(
    extract: Annotated[Path, typer.Argument(help="Folder or zip of the extract.", exists=True)],
    row_id: Annotated[str, typer.Argument(help="The row, R...")],
    purpose: Annotated[str, typer.Option(help="What it is needed for.")],
    legal_basis: Annotated[str, typer.Option(help="For example: UU 37/2008 art. 8.")],
    requester: Annotated[str, typer.Option(help="Office that asks, not a person.")],
    approver: Annotated[str, typer.Option(help="Another than the requester.")],
    recipient: Annotated[str, typer.Option(help="age public key (age1...).")],
    folder: Annotated[Path, typer.Option("--out", help="Folder in which the file is put.")],
) -> None:
    """The delivered rows behind one row of a pseudonymous extract, proved by its seals."""
    from pipelines.desks import opening

    given = {"purpose": purpose, "legal_basis": legal_basis, "requester": requester,
             "approver": approver, "recipient": recipient}  # fmt: skip
    with reported() as report:
        report("opening")
        file = opening.open_seals(settings.load(), extract, row_id, given, folder)
    out.print(escape(str(file)), highlight=False, soft_wrap=True)


def open_data(
    folder: Annotated[Path, typer.Option("--out", help="Folder of the tables.", file_okay=False)],
    as_json: AsJson = False,
) -> None:
    """Public tables of the latest night, no count of fewer than ten, as a data package."""
    from pipelines.desks import public

    with reported(quiet=as_json) as report:
        report("counting")
        made = public.write(settings.load(), folder)
    if as_json:
        typer.echo(json.dumps({"files": [str(file) for file in made.files], "rows": made.rows}))
        return
    for file in made.files:
        out.print(escape(str(file)), highlight=False, soft_wrap=True)


def verify(
    path: Annotated[
        Path | None,
        typer.Argument(help="Folder, zip, or encrypted zip of an extract.", exists=True),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="The house's public key: 64 digits, or a PEM file.")
    ] = None,
    identity: Annotated[
        Path | None, typer.Option(help="age secret key, for an encrypted extract.", exists=True)
    ] = None,
    lake: Annotated[
        bool, typer.Option("--lake/--no-lake", help="Also against the lake, where it is at hand.")
    ] = True,
    row: Annotated[
        str | None,
        typer.Option(help="Only say which departure a row_id is, for `pulang explain`."),
    ] = None,
    log: Annotated[
        bool, typer.Option("--log", help="The access log of this home, not an extract.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what is proved of an extract, and what is not. Exit 1 where anything is refuted."""
    if log:
        custody.verify_log(as_json=as_json)
    if path is None:
        raise typer.BadParameter("name an extract, or say --log")
    from pipelines.audit import proof
    from pipelines.desks import proving

    if row:
        with reported(quiet=True):
            found = proving.departure_of(settings.load(), path, row)
        typer.echo(json.dumps({"row_id": row, "departure_id": found}) if as_json else found)
        return
    with reported(quiet=as_json) as report:
        pinned = Path(key).read_text() if key and Path(key).is_file() else key
        secret = identity.read_text() if identity else None
        now = settings.load() if lake else None
        claims = proving.verify(path, pinned, secret, now, report)
    proved = proof.is_proved(claims)
    if as_json:
        answer = {"proved": proved, "claims": [asdict(claim) for claim in claims]}
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        for claim in claims:
            out.print(f"{MARKS[claim.state]}  {escape(claim.en)}", highlight=False, soft_wrap=True)
            out.print(f"{'':26}{escape(claim.id)}", style="dim", highlight=False, soft_wrap=True)
        out.print(PROVED if proved else REFUTED)
    raise typer.Exit(0 if proved else 1)
