"""The extract that the form of Airflow asks for."""

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from pipelines import settings
from pipelines.audit import proof
from pipelines.desks import proving
from pipelines.schedule import work
from tests import story
from tests.story import Told

FORM = {
    "region": None, "from": "2024-01-01", "to": "2025-12-31", "purpose": "pemeriksaan aduan",
    "legal_basis": "UU 37/2008 pasal 8", "requester": "Ombudsman RI", "language": "id",
    "night": "2025-12-31", "outcomes": [], "lists": [], "departure": None,
}  # fmt: skip


@pytest.fixture
def now(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Settings:
    copied = story.copied(told, tmp_path / "home")
    monkeypatch.setenv("PULANG_HOME", str(copied.home.path))
    monkeypatch.setenv("PULANG_KEY", copied.key or "")
    return copied


def asked(form: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(work, "get_current_context", lambda: {"params": form})
    return work.extract()


def test_it_is_put_into_the_home_and_proved(
    now: settings.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = asked(FORM, monkeypatch)
    assert proof.is_proved(proving.verify(now.home.extracts / name, now=now))
    assert proof.is_proved(proving.verify(now.home.extracts / f"{name}.zip", now=now))


@pytest.mark.usefixtures("now")
def test_a_scope_of_few_fails_the_task_by_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AirflowFailException, match="fewer than 10 departures"):
        asked(FORM | {"region": "99"}, monkeypatch)
