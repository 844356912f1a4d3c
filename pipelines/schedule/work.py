"""What the tasks do: the functions of the night, with nothing of a row in what they give or say."""

import logging
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from typing import Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from pipelines import settings
from pipelines.errors import PulangError
from pipelines.schedule import arrival

WIB = timezone(timedelta(hours=7))
WITHHELD = "withheld"
# So many tasks at most take in what has landed: one for each delivery of a quiet night, and more
# are shared out among them, since only one at a time may write.
MOST_LOTS = 4
ENDS = ("from", "to")


class StageCrashedError(Exception):
    """A fault of ours, told by its kind and place: the words of an engine may quote a row."""


def find() -> list[list[arrival.Number]]:
    """Fetch what feeds have; then deliveries that have stopped growing and that nothing
    published knows, in lots."""
    with discreet():
        from pipelines.intake import feeds

        home = settings.load().home
        feeds.fetch_all(home.path, home.landing)
        before = arrival.look(home)
        time.sleep(arrival.SECONDS_UNCHANGED)
        after, known = arrival.look(home), arrival.published(home)
        return lots([n for n, at in after.items() if n in before and at not in known])


def lots(numbers: list[arrival.Number]) -> list[list[arrival.Number]]:
    """Shared out in order of receipt. Where nothing landed, one empty lot: intake runs anyway."""
    size = -(-len(numbers) // MOST_LOTS) or 1
    return [numbers[start : start + size] for start in range(0, len(numbers), size)] or [[]]


def take_in(lot: list[arrival.Number]) -> None:
    """Take these deliveries into the lake, in one transaction."""
    run_stage("intake", lot)


def run_stage(stage: str, only: list[arrival.Number] | None = None) -> str:
    """One stage from lake to lake. Gives its status: done, withheld or published."""
    with discreet():
        from pipelines import night

        return night.run_stage(settings.load(), night_of(), stage, only=only).status


def run_night() -> None:
    """All stages in one process, on what has arrived; skipped where a gate withholds."""
    only = arrived()
    with discreet():
        from pipelines import night

        status = night.run(settings.load(), night_of(), only=only).status
    if status == WITHHELD:
        raise AirflowSkipException(WITHHELD)


def replay() -> None:
    """Work a past night out again; fails where it does not say what was published."""
    with discreet():
        from pipelines.desks.replay import replay as work_out

        found = work_out(settings.load(), night_of())
    if found.differing:
        raise AirflowFailException(f"other than published: {', '.join(found.differing)}")


def extract() -> str:
    """The extract that the form asks for, in `extracts/` of the home; gives its name."""
    context: Any = get_current_context()
    form = context["params"]
    with discreet():
        from pipelines.desks import extracts

        now, of_night = settings.load(), form.get("night")
        night = date.fromisoformat(of_night) if of_night else None
        made = extracts.extract(now, asked(form), now.home.extracts, night)
    return made.name


def asked(form: Mapping[str, Any]) -> dict[str, Any]:
    """A filled form as a request; always pseudonymous."""
    said = {name: form[name] for name in ("purpose", "legal_basis", "requester", "language")}
    one = {name: [form[name]] if form.get(name) else [] for name in ("region", "departure")}
    days = {name: date.fromisoformat(form[name]) if form.get(name) else None for name in ENDS}
    return said | {
        "first": days["from"], "last": days["to"], "regions": one["region"],
        "departures": one["departure"], "outcomes": form.get("outcomes") or [],
        "lists": tuple(form.get("lists") or ()), "approver": form.get("approver") or None,
    }  # fmt: skip


def arrived() -> list[arrival.Number]:
    """Deliveries that the trigger has told of; where a run was asked for by hand, all."""
    context: Any = get_current_context()
    events = [event for told in context["triggering_asset_events"].values() for event in told]
    if not events:
        return [number for lot in find() for number in lot]
    return [number for event in events for number in event.extra["payload"]["deliveries"]]


def night_of() -> date:
    """The night of this run: as asked for, or the day in Jakarta for which it was scheduled."""
    context: Any = get_current_context()
    if asked := context["params"].get("night"):
        return date.fromisoformat(asked)
    run = context["dag_run"]
    at: datetime = run.logical_date or run.run_after
    return at.astimezone(WIB).date()


def fail_as_withheld() -> None:
    """What ends the run of a night that a gate has withheld."""
    raise AirflowFailException(
        "withheld: a stop check failed; what is published stays as it was. See published/quality"
    )


@contextmanager
def discreet() -> Iterator[None]:
    """Known errors as their sentence, others as kind and place; the lake being busy is retried."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)  # hundreds of lines else
    try:
        yield
    except PulangError as error:
        if type(error).__name__ == "LakeBusyError":
            raise
        raise AirflowFailException(f"{type(error).__name__}: {error}") from None
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
        raise StageCrashedError(f"{type(error).__name__} in {places}") from None
