"""Which pair of papers is of which type of link, counted by hand."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest

from pipelines.evaluate import link_types, linkage
from tests.evaluate.nights import identities

DOCUMENTS = ("passport", "splp", "other_document")
OF_TYPE = {
    ("placement", "passport"): "placement_to_document",
    ("placement", "other_document"): "placement_to_document",
    **{("dated_row", paper): "list_to_document_with_birth_date" for paper in DOCUMENTS},
    **{("undated_row", paper): "list_to_document_age_only" for paper in DOCUMENTS},
    ("passport", "splp"): "splp_to_passport",
    ("passport", "passport"): "passport_to_passport",
}


def pairs(*rows: tuple[str, str, str | None]) -> dict[str, tuple[int, ...]]:
    """(true, predicted, correct) of the types that have any, for (paper, person_key, person_id)."""
    world = identities(*((str(number), *row) for number, row in enumerate(rows)))
    found = link_types.report(linkage.cells(world))
    counts = {name: tuple(scores["pairs"].values()) for name, scores in found.items()}
    return {name: counted for name, counted in counts.items() if any(counted)}


@pytest.mark.parametrize(
    "papers", list(combinations_with_replacement(linkage.PAPERS, 2)), ids=" ".join
)
def test_two_papers_of_one_person_are_of_one_type_or_none(papers: tuple[str, str]) -> None:
    one, other = papers
    found = pairs((one, "A", "P1"), (other, "A", "P1"))
    expected = OF_TYPE.get((one, other))
    assert found == ({expected: (1, 1, 1)} if expected else {})


def test_a_placement_with_old_and_new_passport_is_two_links_and_a_renewal() -> None:
    found = pairs(("placement", "A", "P1"), ("passport", "A", "P1"), ("passport", "A", "P2"))
    assert found == {"placement_to_document": (2, 1, 1), "passport_to_passport": (1, 0, 0)}


def test_a_returnee_on_splp_who_is_not_recognised() -> None:
    found = pairs(("passport", "A", "P1"), ("splp", "A", "P2"), ("undated_row", "A", "P2"))
    assert found == {"splp_to_passport": (1, 0, 0), "list_to_document_age_only": (2, 1, 1)}


def test_two_people_with_one_name_taken_for_one_cost_the_type_of_their_papers() -> None:
    found = pairs(("passport", "A", "P1"), ("dated_row", "B", "P1"), ("passport", "B", "P2"))
    assert found == {"list_to_document_with_birth_date": (1, 1, 0)}


def test_nobody_at_all() -> None:
    found = link_types.report(linkage.cells(identities()))
    assert list(found) == list(link_types.TYPES)
    assert found["splp_to_passport"] == {
        "precision": None, "recall": None, "f1": None,
        "pairs": {"true": 0, "predicted": 0, "correct": 0},
    }  # fmt: skip
