"""The commands. Exit codes: 0 published, 1 failed, 2 wrong usage, 3 a gate withheld publication."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from pipelines import settings
from pipelines.commands import audit, custody, source
from pipelines.commands.console import AsJson, err, explained, out, plain, reported

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Pulang: who left, who came back, and who is missing from both.",
)  # fmt: skip
linkage = typer.Typer(no_args_is_help=True, help="Who is who: what linkage asks of humans.")
review = typer.Typer(no_args_is_help=True, help="Pairs that linkage is unsure of, for judgement.")
linkage.add_typer(review, name="review")
app.add_typer(source.source, name="source")
app.add_typer(linkage, name="linkage")
custody.add_to(app)
app.command("extract")(audit.extract)
app.command("verify")(audit.verify)
app.command("open-seal")(audit.open_seal)
app.command("open-data")(audit.open_data)
WIB = timezone(timedelta(hours=7))
WITHHELD = 3

DEMO_MARK = "demo.json"
DEMO_FOLDERS = ("landing", "truth", "lake", "published", "tmp")


class Noise(StrEnum):
    """How papers are written; see `pipelines.simulate`."""

    clean = "clean"
    mixed = "mixed"
    harsh = "harsh"


Day = Annotated[
    datetime | None,
    typer.Option("--date", formats=["%Y-%m-%d"], help="Run date; today (WIB) if not given."),
]
Wait = Annotated[
    int | None,
    typer.Option(
        min=0,
        metavar="SECONDS",
        help="How long to wait for another writer; default PULANG_WAIT, else not at all.",
    ),
]
Scale = Annotated[
    float, typer.Option(min=0.001, max=2.0, help="1.0 is a national year of 22 million crossings.")
]
Probability = Annotated[float, typer.Option(min=0, max=1, help="Of the pairs to be judged.")]
Seed = Annotated[int, typer.Option(min=0, help="The same seed gives the same nation.")]


@app.command()
def night(
    day: Day = None,
    engine: Annotated[str, typer.Option(help="duckdb; spark is for a later release.")] = "duckdb",
    wait: Wait = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Work everything out anew; the result is the same.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take in all that has landed, judge it, reconcile it, and publish."""
    if engine != "duckdb":
        raise typer.BadParameter(f"engine {engine!r} is not available; use duckdb")
    with reported(quiet=as_json) as report:
        now = settings.load()
        if wait is not None:
            now = replace(now, wait=float(wait))
        outcome = _run_night(now, _day(day), report, rebuild)
    _warn_of_new_key(outcome, now)
    if as_json:
        from pipelines import screen

        typer.echo(json.dumps(screen.night_as_json(outcome, now.home), default=plain))
    else:
        _say_night(outcome, now)
    raise typer.Exit(0 if outcome.status == "published" else WITHHELD)


@app.command()
def demo(scale: Scale = 0.05, seed: Seed = 7) -> None:
    """A synthetic nation, one night, the findings on screen."""
    with reported() as report:
        now = settings.load()
        report("simulating a nation")
        summary = _make_demo_home(now, scale, seed)
        outcome = _run_night(now, summary.run_date, report)
        report("comparing with the truth")
        accuracy = _evaluated(now, now.home.path / "truth")
    _warn_of_new_key(outcome, now)
    _say_night(outcome, now)
    from pipelines import screen

    out.print(screen.findings(now.home))
    out.print(screen.accuracy(accuracy))
    out.print(screen.next_steps(now.home))
    raise typer.Exit(0 if outcome.status == "published" else WITHHELD)


@app.command()
def simulate(
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for landing/ and truth/.")],
    scale: Scale = 0.05,
    seed: Seed = 7,
    noise: Annotated[
        Noise, typer.Option(help="harsh: a quarter of the names, 4 % of birth dates garbled.")
    ] = Noise.clean,
) -> None:
    """Write a synthetic nation's deliveries and its truth."""
    from pipelines.simulate import simulate as simulate_nation

    if (out_folder / "landing").exists():
        raise typer.BadParameter(f"{out_folder / 'landing'} exists already; choose another folder")
    with reported() as report:
        report("simulating a nation")
        summary = simulate_nation(out_folder, scale, seed, noise=noise.value)
    rows = ", ".join(f"{count:,} {source}" for source, count in summary.rows.items())
    out.print(f"{summary.persons:,} people, {rows} in {out_folder}; run date {summary.run_date}")


@app.command()
def status(as_json: AsJson = False) -> None:
    """Nights, deliveries, quarantine and failed checks."""
    from pipelines import screen
    from pipelines.desks import front

    with explained():
        state = front.status(settings.load())
    if as_json:
        typer.echo(json.dumps(asdict(state), default=plain))
    else:
        out.print(screen.status(state))


@app.command()
def query(
    sql: str,
    night: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As it was published that night.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask the published warehouse, for example: SELECT * FROM hotspots LIMIT 5."""
    from pipelines import screen
    from pipelines.desks import front, nights

    with explained():
        now = settings.load()
        file = nights.file_of(now, night.date()) if night else None
        rows = front.query(now, sql, file)
    if as_json:
        answer = {"columns": rows.column_names, "rows": rows.to_pylist()}
        typer.echo(json.dumps(answer, default=plain, ensure_ascii=False))
    else:
        out.print(screen.table(rows))


@app.command()
def changes(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="A night.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="A later one.")],
    as_json: AsJson = False,
) -> None:
    """Departures whose outcome or rule became another between two nights; counted, or each."""
    from pipelines import screen
    from pipelines.desks import nights

    with explained():
        found = nights.changes(settings.load(), first.date(), last.date())
    if as_json:
        answer = {"from": found.first, "to": found.last, "changes": found.rows.to_pylist()}
        typer.echo(json.dumps(answer, default=plain))
    else:
        out.print(screen.table(nights.counted(found.rows)))


@app.command()
def tidy() -> None:
    """Destroy what is older than the policy allows, forget nights older than PULANG_KEEP_NIGHTS
    days, and bring the lake's files in order."""
    from pipelines import night as nightly
    from pipelines.custody import retention

    with reported() as report:
        now = settings.load()
        report("looking for what is too old")
        gone = retention.destroy(now)
        report("tidying")
        done = nightly.tidy(now)
    if gone.deliveries:
        out.print(
            f"{gone.deliveries} deliveries received before {gone.received_before} with "
            f"{gone.rows:,} rows destroyed, {gone.copies} archived copies. Run a night now."
        )
    out.print(f"{done.nights} nights kept, {done.snapshots} snapshots expired")


@app.command()
def explain(departure_id: str, as_json: AsJson = False) -> None:
    """Rule, reasons, links and delivered rows behind one departure."""
    from pipelines import explanation
    from pipelines.desks import explaining

    with explained():
        story = explaining.explain(settings.load(), departure_id)
    if as_json:
        typer.echo(json.dumps(story, default=plain, ensure_ascii=False))
    else:
        out.print(explanation.explanation(story))


@app.command()
def evaluate(
    truth: Annotated[Path, typer.Option(help="Folder with persons and departures (Parquet).")],
    as_json: AsJson = False,
) -> None:
    """Accuracy of linkage and outcomes against a known truth."""
    from pipelines import screen

    with reported(quiet=as_json) as report:
        report("comparing with the truth")
        figures = _evaluated(settings.load(), truth)
    if as_json:
        typer.echo(json.dumps(figures))
    else:
        out.print(screen.accuracy(figures))


@app.command()
def replay(
    day: Annotated[
        datetime, typer.Option("--night", formats=["%Y-%m-%d"], help="Date of a published night.")
    ],
    as_json: AsJson = False,
) -> None:
    """Work a past night out again from the archive, and compare what it published."""
    from pipelines.desks import replay as again

    with reported(quiet=as_json) as report:
        found = again.replay(settings.load(), day.date(), report)
    if as_json:
        typer.echo(json.dumps(asdict(found), default=plain))
    else:
        same = f"{found.tables - len(found.differing)} of {found.tables} tables are the same"
        out.print(f"night {found.number} of {found.night}: {same}")
        if found.differing:
            out.print(f"different: {', '.join(found.differing)}")
        if found.other_conditions:
            out.print(f"changed since: {', '.join(found.other_conditions)}")
    raise typer.Exit(1 if found.differing else 0)


@linkage.command()
def train(
    file: Annotated[
        Path | None,
        typer.Option(
            "--out", help="File of weights; default: the one that this home's nights use."
        ),
    ] = None,
    trained_on: Annotated[str, typer.Option(help="What the records are, for the file.")] = "",
) -> None:
    """Learn the weights of linkage from the records of this home; nights use what they find."""
    from pipelines import link
    from pipelines.desks import school

    with reported() as report:
        now = settings.load()
        wanted = file or now.home.path / link.WEIGHTS
        weights = school.train(now, wanted, trained_on or now.home.path.name, report)
    out.print(f"weights {weights.version} in {wanted}")


@review.command("export")
def export_review(
    file: Annotated[Path, typer.Argument(help="CSV to be written.", dir_okay=False)],
    low: Probability = 0.05,
    high: Probability = 0.95,
) -> None:
    """Write the pairs from LOW to below HIGH that nobody has judged, without who they are."""
    from pipelines.desks import judging

    if low >= high:
        raise typer.BadParameter(f"--low {low} is not below --high {high}")
    with reported() as report:
        report("looking for pairs to be judged")
        pairs = judging.export(settings.load(), file, low, high)
    out.print(f"{pairs:,} pairs in {file}; fill in verdict (same, different), judged_by and why")


@review.command("import")
def import_review(
    file: Annotated[
        Path, typer.Argument(help="CSV with verdicts.", exists=True, dir_okay=False, readable=True)
    ],
) -> None:
    """Take in the verdicts of a review: all of them, or none where one is wrong."""
    from pipelines.desks import judging

    with reported() as report:
        report("taking in verdicts")
        found = judging.take_in(settings.load(), file, datetime.now(UTC))
    out.print(
        f"{found.new:,} judgements taken in, {found.known:,} known already, "
        f"{found.skipped:,} rows without verdict"
    )


def _day(given: datetime | None) -> date:
    return given.date() if given else datetime.now(UTC).astimezone(WIB).date()


def _run_night(
    now: settings.Settings, day: date, report: Callable[[str], None], rebuild: bool = False
) -> Any:
    from pipelines import night as nightly

    return nightly.run(now, day, report, rebuild=rebuild)


def _evaluated(now: settings.Settings, truth: Path) -> dict[str, Any]:
    from pipelines.desks import front

    return front.evaluate(now, truth)


def _make_demo_home(now: settings.Settings, scale: float, seed: int) -> Any:
    """A fresh synthetic home; refuses to touch one that holds anybody's deliveries."""
    from pipelines.simulate import simulate as simulate_nation

    home = now.home
    if _holds_anything_else(home):
        raise typer.BadParameter(
            f"{home.path} holds deliveries that a demo would erase; empty it, or set PULANG_HOME "
            "to another folder"
        )
    for folder in DEMO_FOLDERS:
        shutil.rmtree(home.path / folder, ignore_errors=True)
    summary = simulate_nation(home.path, scale, seed)
    (home.path / DEMO_MARK).write_text(json.dumps(sorted(_landed(home))) + "\n")
    return summary


def _holds_anything_else(home: settings.Home) -> bool:
    """Whether anything lies there that an earlier demo did not make, and a new one would erase."""
    mark = home.path / DEMO_MARK
    if mark.exists():
        return bool(_landed(home) - set(json.loads(mark.read_text())))
    return bool(_landed(home)) or home.lake.exists() or (home.path / "policy.yaml").exists()


def _landed(home: settings.Home) -> set[str]:
    return {p.relative_to(home.path).as_posix() for p in home.landing.rglob("*") if p.is_file()}


def _warn_of_new_key(outcome: Any, now: settings.Settings) -> None:
    if outcome.is_new_key:
        err.print(
            f"[yellow]A key was created in {now.home.keys}. Without it the lake cannot be read; "
            "in production bring your own (PULANG_KEY).[/yellow]"
        )


def _say_night(outcome: Any, now: settings.Settings) -> None:
    from pipelines import screen

    out.print(screen.night(outcome, now.home))
