"""Arrivals that are seen and told once; errors and notices that say nothing of a person."""

import asyncio
import os
from pathlib import Path
from typing import Any

import fsspec
import pytest
from airflow.sdk.exceptions import AirflowFailException

from pipelines import settings
from pipelines.catalog import LakeBusyError
from pipelines.errors import PulangError
from pipelines.schedule import arrival, notice, work
from tests.dags import sinks

MOMENT = 0.05


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Home:
    monkeypatch.setenv("PULANG_HOME", str(tmp_path))
    return settings.Home(tmp_path)


def write(home: settings.Home, file: str, text: str) -> None:
    path = home.landing / "perlintasan" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as out:
        out.write(text)


def told_after(*happenings: Any) -> list[Any]:
    """What the trigger tells after each of these; each is done, then several looks pass."""

    async def tell() -> list[Any]:
        events = arrival.DeliveryTrigger(MOMENT).run()
        told: list[Any] = []
        waiting = asyncio.ensure_future(anext(events))
        for happen in happenings:
            await happen() if asyncio.iscoroutinefunction(happen) else happen()
            done, _ = await asyncio.wait([waiting], timeout=MOMENT * 30)
            told.append(waiting.result().payload if done else None)
            if done:
                waiting = asyncio.ensure_future(anext(events))
        waiting.cancel()
        return told

    return asyncio.run(tell())


def counts(told: list[Any]) -> list[int]:
    return [len(event["deliveries"]) if event else 0 for event in told]


def test_a_file_is_told_once(home: settings.Home) -> None:
    told = told_after(lambda: write(home, "a.csv", "x"), lambda: None)
    assert counts(told) == [1, 0]


def test_a_file_that_lies_there_from_before_is_told(home: settings.Home) -> None:
    write(home, "a.csv", "x")
    assert counts(told_after(lambda: None)) == [1]


def test_a_file_that_was_written_anew_is_told_again(home: settings.Home) -> None:
    told = told_after(lambda: write(home, "a.csv", "x"), lambda: write(home, "a.csv", "y"))
    assert counts(told) == [1, 1]


def test_a_file_is_not_told_while_it_grows(home: settings.Home) -> None:
    async def grow() -> None:
        for _ in range(40):
            write(home, "a.csv", "x" * 1000)
            await asyncio.sleep(MOMENT / 2)

    # Told in the looks after it has stopped, not in the many while it grew.
    assert counts(told_after(grow)) == [1]


@pytest.mark.parametrize("name", ["a.csv.part", "a.csv.tmp", ".a.csv", "~$a.xlsx", "a.filepart"])
def test_a_temporary_name_is_not_looked_at(home: settings.Home, name: str) -> None:
    assert counts(told_after(lambda: write(home, name, "x"))) == [0]


def test_a_file_settles_when_it_was_long_enough_unchanged() -> None:
    watch = arrival.Watch(unchanged=5)
    assert watch.settled(["L1"], 0) == set()
    assert watch.settled(["L1", "L2"], 4.9) == set()
    assert watch.settled(["L1", "L2"], 5) == {"L1"}
    assert watch.settled(["L3", "L2"], 9.9) == {"L2"}  # the first has grown: it has a new number
    assert watch.settled(["L3", "L1"], 20) == {"L3"}


def test_a_growing_file_has_another_number_at_every_look(home: settings.Home) -> None:
    write(home, "a.csv", "x")
    write(home, "b.csv", "x")
    before = arrival.look(home)
    write(home, "a.csv", "y")
    after = arrival.look(home)
    [same] = before.keys() & after.keys()
    assert after[same][1] == "b.csv"
    assert all("csv" not in number for number in after)


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, [0]), (1, [1]), (4, [1] * 4), (5, [2, 2, 1]), (9, [3, 3, 3])]
)
def test_deliveries_are_shared_out_in_order(count: int, sizes: list[int]) -> None:
    numbers = [f"L{n}" for n in range(count)]
    shared = work.lots(numbers)
    assert [len(lot) for lot in shared] == sizes
    assert [number for lot in shared for number in lot] == numbers


# What a failure says


def test_the_words_of_an_engine_are_not_repeated() -> None:
    with pytest.raises(work.StageCrashedError) as raised, work.discreet():
        int("SITI AMINAH")
    assert "SITI" not in str(raised.value)
    assert "ValueError" in str(raised.value)
    assert raised.value.__suppress_context__


def test_a_known_error_is_its_sentence_and_is_not_tried_again() -> None:
    said = "PulangError: the key is not there"
    with pytest.raises(AirflowFailException, match=said), work.discreet():
        raise PulangError("the key is not there")


def test_a_busy_lake_is_tried_again() -> None:
    with pytest.raises(LakeBusyError), work.discreet():
        raise LakeBusyError("another process holds it")


# Notices

TOLD = {"event": "failed", "dag": "pulang_nightly", "task": "link", "error": "StageCrashedError"}


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Any:
    with sinks.listening() as listening:
        for name, value in listening.variables.items():
            monkeypatch.setenv(name, value)
        yield listening


def test_mail_and_webhook_are_told(local: sinks.Sinks) -> None:
    notice.tell(TOLD)
    assert local.subjects() == ["Pulang: link of pulang_nightly failed"]
    assert local.posts == [TOLD | {"path": "/kait"}]


def test_one_that_does_not_answer_does_not_silence_the_other(
    local: sinks.Sinks, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = '{"conn_type": "smtp", "host": "127.0.0.1", "port": 9, "extra": {"to": "a@b.id"}}'
    monkeypatch.setenv("AIRFLOW_CONN_PULANG_MAIL", nobody)
    with pytest.raises(ExceptionGroup):
        notice.tell(TOLD)
    assert len(local.posts) == 1


def test_one_that_is_not_set_up_is_left_out(
    local: sinks.Sinks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_PULANG_WEBHOOK")
    monkeypatch.setattr(notice.BaseHook, "get_connection", staticmethod(only_from_environment))
    notice.tell(TOLD)
    assert len(local.mails) == 1


def only_from_environment(name: str) -> Any:
    if f"AIRFLOW_CONN_{name.upper()}" not in os.environ:
        raise notice.AirflowNotFoundException(name)
    return notice.Connection.from_json(os.environ[f"AIRFLOW_CONN_{name.upper()}"], conn_id=name)


# Feeds


def test_find_fetches_first_and_goes_on_without_a_feed_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec.filesystem("memory").pipe("/of_find/a.csv", b"id_pmi\nP1\n")
    (tmp_path / "feeds.yaml").write_text(
        "feeds:\n"
        "  - {name: gone, source: perlintasan, kind: files, address: memory://nowhere}\n"
        "  - {name: there, source: penempatan, kind: files, address: memory://of_find}\n"
    )
    monkeypatch.setenv("PULANG_HOME", str(tmp_path))
    monkeypatch.setattr(arrival, "SECONDS_UNCHANGED", 0)
    [[number]] = work.find()
    assert set(arrival.look(settings.Home(tmp_path))) == {number}
