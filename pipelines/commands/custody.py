"""Commands for whoever answers for the data: the access log, persons, keys."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pipelines import settings
from pipelines.commands import quarantine
from pipelines.commands.console import AsJson, explained, out, plain, reported

log = typer.Typer(no_args_is_help=True, help="The access log: who did what with persons' data.")
key = typer.Typer(no_args_is_help=True, help="The key that everything is derived from.")

person = typer.Typer(
    no_args_is_help=True, help="Rights of persons: what is held, correction, erasure."
)


def add_to(app: typer.Typer) -> None:
    """Put these commands under the others."""
    app.add_typer(log, name="log")
    app.add_typer(key, name="key")
    app.add_typer(person, name="person")
    app.add_typer(quarantine.quarantine, name="quarantine")


@log.command("show")
def show_log(as_json: AsJson = False) -> None:
    """Every entry, the oldest first."""
    from pipelines.custody import logbook

    with explained():
        entries = logbook.shown(settings.load())
    if as_json:
        typer.echo(json.dumps({"entries": entries}, default=plain, ensure_ascii=False))
        return
    for entry in entries:
        at = f"{entry['entered_at']:%Y-%m-%d %H:%M:%S} UTC"
        said = f"{entry['entry_number']:>5} {at} {entry['actor']}: {entry['kind']} "
        out.print(escape(said + entry["details"]), highlight=False)


@log.command("verify")
def verify_log(
    also: Annotated[
        list[Path] | None,
        typer.Option(
            "--against",
            help="A published file that is kept elsewhere; may be given again.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Whether the log is what was entered, and what published nights vouch for. Exit 1 if not."""
    from pipelines.custody import logbook

    with explained():
        entries, nights, found = logbook.verified(settings.load(), *(also or []))
    if as_json:
        told = {"entries": entries, "nights": nights, "findings": [asdict(f) for f in found]}
        typer.echo(json.dumps(told))
    else:
        out.print(
            f"{entries} entries, held against {nights} published nights: {len(found)} findings"
        )
        for finding in found:
            out.print(escape(f"{finding.code}: {finding.says}"), highlight=False)
    raise typer.Exit(1 if found else 0)


@key.command("rotate")
def rotate_key() -> None:
    """Change the key to PULANG_NEW_KEY, or a new file of the home; ids of persons stay.

    Broken off, the same command goes on. Destroy the old key and the backups that it opens.
    """
    from pipelines.custody import rotation

    with reported() as report:
        rotation.rotate(settings.load(), report)
    out.print("the key is changed; backups of before are opened by the old one only")


@person.command("find")
def find_person(
    request: Annotated[
        typer.FileText,
        typer.Argument(help="YAML or JSON: nik, document_number, or name and birth_date; - reads."),
    ],
    file: Annotated[Path, typer.Option("--out", help="File to be written, mode 0600.")],
    recipient: Annotated[
        str | None, typer.Option(help="Public age key; only its owner can open the file.")
    ] = None,
) -> None:
    """Write all that is held on a person; name them in the request, never in arguments."""
    from pipelines.custody import subject

    with reported() as report:
        report("looking")
        found = subject.find(settings.load(), request, file, recipient)
    persons = ", ".join(found.persons) or "no person"
    out.print(
        f"{persons}: {found.delivered} delivered rows, {found.quarantined} set apart, "
        f"{found.departures} departures in {file}"
    )


@person.command("correct")
def correct_record(
    batch_id: quarantine.Batch,
    row_number: quarantine.RowNumber,
    correction: Annotated[typer.FileText, quarantine.CORRECTION],
    reason: quarantine.Reason,
    legal_basis: quarantine.LegalBasis,
    approver: quarantine.Approver,
) -> None:
    """Order that a record, as `person find` names it, counts corrected from the next night on."""
    from pipelines.custody import corrections

    order = corrections.Order(reason, legal_basis, approver)
    with reported() as report:
        report("judging the row")
        done = corrections.correct(settings.load(), batch_id, row_number, correction, order)
    quarantine.say_ordered(done.columns)


@person.command("erase")
def erase_person(
    person_id: Annotated[str, typer.Argument(help="As `person find` says it.")],
    reason: quarantine.Reason,
    legal_basis: quarantine.LegalBasis,
    approver: quarantine.Approver,
) -> None:
    """Erase a person from lake, past, archive, landing/ and published files; broken off, go on."""
    from pipelines.custody import erasure

    with reported() as report:
        report("erasing")
        order = erasure.Order(reason, legal_basis, approver)
        done = erasure.erase(settings.load(), person_id, order)
    out.print(
        f"{done.rows} rows erased; archived deliveries: {done.changed} written anew, "
        f"{done.removed} removed; {done.landed} files taken out of landing/; "
        f"{done.published} published files written anew. Run a night now."
    )
