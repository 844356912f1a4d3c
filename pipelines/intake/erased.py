"""Records of persons who were erased, known again by keyed digests when an agency sends them again.

A digest is made of the key of a record, another of who it is about and its dates, so that a record
is known under a new key, or on another list. Nothing can be read out of one, and without the key of
the house none can be tried out.
"""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from pipelines import contracts
from pipelines.contracts import Table
from pipelines.intake import supersede, typed
from pipelines.intake.redact import plain_text
from pipelines.intake.refusals import ERASED_BEFORE
from pipelines.lake import Lake

PREFIX = "E"  # of the pseudonyms that digests are
BY_KEY, BY_PERSON = "erased_by_key", "erased_by_person"
NAMING = ("full_name", "nik", "document_number", "passport_number")
DATES = ("date", "timestamp")
BETWEEN = "\x1f"
Pseudonym = Callable[[ir.StringValue], ir.StringValue]


def with_digests(rows: ir.Table, source: str, pseudonym: Pseudonym) -> ir.Table:
    """Typed rows of a source with the columns BY_KEY and BY_PERSON, empty where nothing is said.

    The key of a list is a number in one file, and tells nobody.
    """
    contract, records = contracts.sources()[source], contracts.records_of(source)
    key = supersede.record_key(rows, records, contract)
    by_key = pseudonym(ibis.literal(source + BETWEEN) + key)
    if contract.is_keyed_by_file:
        by_key = ibis.null("string")
    return rows.mutate(**{BY_KEY: by_key, BY_PERSON: pseudonym(_person(rows, source, records))})


def _person(rows: ir.Table, source: str, records: Table) -> ir.StringValue:
    """Who a row is about and all its dates; empty where it names nobody."""
    names = [plain_text(rows[c.name]) for c in records.columns if c.name in NAMING]
    dates = [rows[c.name] for c in records.columns if c.source and c.logical_type in DATES]
    said = [ibis.coalesce(part, "") for part in (*names, *(d.cast("string") for d in dates))]
    whole = ibis.literal(BETWEEN).join([ibis.literal(source), *said])
    return ibis.cases((ibis.or_(*(name.notnull() for name in names)), whole))


def judge(lake: Lake, source: str, pseudonym: Pseudonym) -> Callable[[pa.Table], pa.Table]:
    """`typed.judge`, where records are known that were erased: it sets them apart as well."""
    digests = lake.table("ops", "erased")
    known = digests.filter(digests.source == source).digest.to_pyarrow()
    if not len(known):
        return typed.judge(lake, source)
    read = typed.judge(lake, source, lambda rows: with_digests(rows, source, pseudonym))
    return lambda rows: set_apart(read(rows), known)


def set_apart(read: pa.Table, known: pa.Array) -> pa.Table:
    """Typed rows with digests, those that are `known` refused for that and nothing else."""
    is_theirs = pc.or_(*(pc.is_in(read[name], known) for name in (BY_KEY, BY_PERSON)))
    for name, value in (("field", ""), ("reason", ERASED_BEFORE)):
        place = read.column_names.index(name)
        read = read.set_column(place, name, pc.if_else(is_theirs, value, read[name]))
    return read.drop_columns([BY_KEY, BY_PERSON])
