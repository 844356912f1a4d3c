"""What would make an outcome another is said for each of them."""

from pipelines.reconcile.outcomes import OUTCOMES
from pipelines.reconcile.revisions import REVISIONS, revisions


def test_every_outcome_says_what_would_change_it() -> None:
    assert [r.outcome for r in REVISIONS] == [outcome.name for outcome in OUTCOMES]
    assert all(row["sentence_id"] and row["sentence_en"] for row in revisions().to_pylist())
