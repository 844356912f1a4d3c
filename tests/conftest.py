"""The story of tests/story.py, told once for all tests that only look at it."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.story import Told


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
