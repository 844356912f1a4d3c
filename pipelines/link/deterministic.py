"""The deterministic pass: same document, same NIK. What it leaves, Splink will score.

Identities that share a token (a document or a NIK) are linked to the anchor of the token, if birth
date or name agree. Rules and their probabilities stand in schemas/linkage.yaml.
"""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from pipelines.link import compatible
from pipelines.link.model import Rule
from pipelines.record_keys import document_key

Agreement = Callable[[ir.Table], ir.BooleanValue]
# Of an identity, all that its links follow from.
DECIDING = ("source", "record_key", "document_number", "nik", "name", "birth_date",
            "first_received_at", "first_event_at")  # fmt: skip


def links(identities: ir.Table, rules: tuple[Rule, ...]) -> ir.Table:
    """Accepted links. Key: record_key, token, rule. `anchor_key` is the identity linked to."""
    return ibis.union(*(_by_rule(identities, rule) for rule in rules), distinct=False)


def tokens(identities: ir.Table, rules: tuple[Rule, ...]) -> ir.Table:
    """(token) of the links that `identities` may have or have had, as `links` writes it."""
    found = [identities.select(token=_token(rule.token, identities[rule.token])) for rule in rules]
    return ibis.union(*found).drop_null().distinct()


def sharing(identities: ir.Table, tokens: ir.Table, rules: tuple[Rule, ...]) -> ir.Table:
    """What is DECIDING of the identities that have one of the tokens. Their links by another token
    may be missing."""
    names = sorted({rule.token for rule in rules})
    has = [identities[name].isin(_values(name, tokens)) for name in names]
    return identities.filter(ibis.or_(*(t.fill_null(False) for t in has))).select(*DECIDING)


def _token(name: str, value: ir.StringValue) -> ir.StringValue:
    return ibis.literal(f"{name}:") + value


def _values(name: str, tokens: ir.Table) -> ir.StringColumn:
    """The values of the tokens of one name."""
    of_name = tokens.filter(tokens.token.startswith(f"{name}:"))
    return of_name.select(value=of_name.token.substr(len(name) + 1)).value


def _by_rule(identities: ir.Table, rule: Rule) -> ir.Table:
    sharing = _sharing(identities, rule.token)
    order = ibis.window(
        group_by="token",
        order_by=[
            ibis.desc("bears_token"),
            ibis.asc("first_received_at"),
            ibis.asc("first_event_at"),
            ibis.asc("record_key"),
        ],
    )
    beside = sharing.mutate(
        anchor_key=sharing.record_key.first().over(order),
        anchor_name=sharing.name.first().over(order),
        anchor_birth_date=sharing.birth_date.first().over(order),
    )
    agreeing = beside.filter(
        beside.record_key != beside.anchor_key, AGREEMENTS[rule.agreement](beside)
    )
    return agreeing.select(
        "source",
        "record_key",
        "anchor_key",
        token=_token(rule.token, agreeing.token),
        rule=ibis.literal(rule.name),
        link_probability=ibis.literal(rule.probability),
    )


def _sharing(identities: ir.Table, token: str) -> ir.Table:
    """Identities whose token at least two of them carry. A document's own traveller anchors it."""
    bearing = identities.filter(identities[token].notnull()).mutate(
        token=identities[token],
        bears_token=(identities.record_key == document_key(identities[token])).cast("int64"),
    )
    shared = bearing.group_by("token").agg(bearers=lambda t: t.count())
    return bearing.semi_join(shared.filter(shared.bearers > 1), "token")


def _birth_date_or_name(t: ir.Table) -> ir.BooleanValue:
    return compatible.birth_dates(t.birth_date, t.anchor_birth_date) | compatible.names(
        t.name, t.anchor_name
    )


def _birth_date(t: ir.Table) -> ir.BooleanValue:
    """Birth dates agree; where one is missing the names have to."""
    either_missing = t.birth_date.isnull() | t.anchor_birth_date.isnull()
    return compatible.birth_dates(t.birth_date, t.anchor_birth_date) | (
        either_missing & compatible.names(t.name, t.anchor_name)
    )


AGREEMENTS: dict[str, Agreement] = {
    "birth_date_or_name": _birth_date_or_name,
    "birth_date": _birth_date,
}
