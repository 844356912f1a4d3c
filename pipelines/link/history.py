"""What became of persons since the night before: which passed into others, and why."""

import ibis
import ibis.expr.types as ir

from pipelines.link import judgements as judged

MERGED, SPLIT = "merged", "split"
IDENTITY = ["source", "record_key"]
PERSONS = ["person_id", "other_person_id"]


def history(
    before: ir.Table,
    after: ir.Table,
    judgements: ir.Table,
    is_new_model: bool,
    night_number: int,
) -> ir.Table:
    """Persons between whom identities passed, ordered by key. Key: person_id, other_person_id.

    `before` and `after` are identity.person_records of the night before and of tonight,
    `judgements` those that came in between. Columns: night_number, person_id, other_person_id,
    event (`merged` when no identity kept the old person_id, else `split`), identities (how many
    passed), reason. The first reason that applies stands:

    - judgement: one of the identities that passed was judged;
    - model: the linkage model is another;
    - correction: an identity of the old person is no more;
    - new_record: what else has come.

    A person none of whose identities passed on is no row, even where all of them are gone.
    """
    followed = _followed(before, after)
    passed = followed.filter(followed.person_id != followed.other_person_id)
    moves = passed.group_by(PERSONS).agg(
        identities=passed.count(),
        is_judged=passed.record_key.isin(judged.named(judgements).record_key).any(),
    )
    fates = _fates(followed).semi_join(passed, "person_id")
    joined = moves.inner_join(fates, "person_id")
    reason = ibis.cases(
        (joined.is_judged, "judgement"),
        (ibis.literal(is_new_model), "model"),
        (joined.has_lost, "correction"),
        else_="new_record",
    )
    return joined.select(
        *PERSONS,
        night_number=ibis.literal(night_number, "int64"),
        event=joined.has_stayed.ifelse(SPLIT, MERGED),
        identities=joined.identities,
        reason=reason,
    ).order_by(PERSONS)


def _followed(before: ir.Table, after: ir.Table) -> ir.Table:
    """(source, record_key, person_id, other_person_id): who has the identity tonight, or nobody."""
    tonight = after.select(*IDENTITY, other_person_id="person_id")
    return before.left_join(tonight, IDENTITY).select(*IDENTITY, *PERSONS)


def _fates(followed: ir.Table) -> ir.Table:
    """Whether a person kept an identity, and whether it lost one. Key: person_id."""
    stayed = (followed.person_id == followed.other_person_id).fill_null(False)
    return followed.group_by("person_id").agg(
        has_stayed=stayed.any(), has_lost=followed.other_person_id.isnull().any()
    )
