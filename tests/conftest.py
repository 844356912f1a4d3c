"""The story of tests/story.py, told once for all tests that only look at it."""

from typing import TYPE_CHECKING

import ibis
import pytest
from ibis.config import Config

if TYPE_CHECKING:
    from tests.story import Told


class SparkOptions(Config):
    """What Ibis asks of its Spark options; they exist only where Spark is installed."""

    treat_nan_as_null: bool = False


@pytest.fixture
def spark(monkeypatch: pytest.MonkeyPatch) -> str:
    """The dialect of Spark, so that expressions compile for it without Spark."""
    if ibis.options.pyspark is None:
        monkeypatch.setattr(ibis.options, "pyspark", SparkOptions())
    return "pyspark"


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> "Told":
    """After the first night. Leave it as it is; `story.copied` gives a home to go on from."""
    from tests import story  # seconds of imports that most tests do not need

    return story.tell(tmp_path_factory.mktemp("told") / "home")


@pytest.fixture(scope="session")
def corrected(told: "Told", tmp_path_factory: pytest.TempPathFactory) -> "Told":
    """After the second night, in a home that was moved in between. Leave it as it is."""
    from tests import story

    return story.go_on(story.copied(told, tmp_path_factory.mktemp("corrected") / "home"))
