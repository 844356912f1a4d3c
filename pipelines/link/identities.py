"""Identities of every source in one shape: what linkage compares.

Key: record_key. For crossings it is the travel document (`D:number`), for placements `P:` and the
placement_id, for lists `L:` with file and number. `kind` is document (of crossings, any but), splp
(a travel paper in lieu of a passport), bare (a crossing without a document), placement or list.
`event_on` and `event_country` are the end of the process and the destination of a placement, the
return and the host country of a row of a list. spellings, words, whole_name,
word_pairs and places are what blocking looks for (`with_keys`). All columns: SHAPE.
"""

import ibis
import ibis.expr.types as ir

from pipelines.link import compatible
from pipelines.record_keys import document_key, list_key, placement_key

SHAPE = [
    "source",
    "kind",
    "record_key",
    "document_number",
    "nik",
    "name",
    "birth_date",
    "birth_year",
    "sex",
    "birth_place",
    "issuing_office",
    "home_regency_code",
    "event_on",
    "event_country",
    "records",
    "first_received_at",
    "first_event_at",
    "last_event_at",
    "spellings",
    "words",
    "whole_name",
    "word_pairs",
    "places",
]
KEYS = {
    "spellings": "array<string>", "words": "array<int64>", "whole_name": "int64",
    "word_pairs": "array<int64>", "places": "array<string>",
}  # fmt: skip


def identities(keyed: ir.Table, placements: ir.Table, repatriations: ir.Table) -> ir.Table:
    """Identities of all sources. Key: record_key."""
    parts = (travellers(keyed), placed(placements), listed(repatriations))
    return ibis.union(*parts, distinct=False)


def traveller_keys(tuples: ir.Table) -> ir.Table:
    """`tuples` with their record_key.

    A document belongs to its commonest bearer; a bearer whose birth date and name both disagree
    with that one is somebody else on a number written wrongly, and gets a key of its own. Where
    neither is written, nothing speaks against him. Without a document the NIK is the key, and
    without a NIK the name with birth date and sex.
    """
    single, several = _apart(tuples, "document_number")
    order = ibis.window(group_by="document_number", order_by=_commonest_first(several))
    beside = several.mutate(
        bearer_name=several.name.first().over(order),
        bearer_birth_date=several.birth_date.first().over(order),
    )
    is_bearer = (
        _is_blank(beside)
        | compatible.birth_dates(beside.birth_date, beside.bearer_birth_date)
        | compatible.names(beside.name, beside.bearer_name)
    )
    keyed = _keyed(beside, is_bearer).drop("bearer_name", "bearer_birth_date")
    return keyed.union(_keyed(single, ibis.literal(True)))


def _apart(rows: ir.Table, key: str) -> tuple[ir.Table, ir.Table]:
    """The rows that are alone with their key, and the others.

    Nearly all are alone; a window over the others costs a tenth of one over all.
    """
    counted = rows.group_by(key).agg(rows=rows.count())
    repeated = counted.filter(counted.rows > 1).select(key)
    return rows.anti_join(repeated, key), rows.semi_join(repeated, key)


def _is_blank(tuples: ir.Table) -> ir.BooleanColumn:
    return tuples.name.isnull() & tuples.birth_date.isnull()


def _commonest_first(tuples: ir.Table) -> list[ir.Value]:
    """An order in which what says nothing comes last, however often it was written."""
    described = (ibis.asc(name) for name in ("name", "birth_date", "sex"))
    return [ibis.asc(_is_blank(tuples)), ibis.desc("records"), *described]


def _keyed(t: ir.Table, is_bearer: ir.BooleanValue) -> ir.Table:
    document = document_key(t.document_number)
    key = ibis.coalesce(
        ibis.cases((is_bearer, document)),
        document + "|" + _written(t),
        ibis.literal("N:") + t.nik,
        ibis.literal("W:") + _written(t),
    )
    return t.mutate(record_key=key)


def _written(t: ir.Table) -> ir.StringValue:
    parts = [t.name, t.birth_date.cast("string"), t.sex]
    return ibis.literal("|").join([part.fill_null("") for part in parts])


def travellers(keyed: ir.Table) -> ir.Table:
    """Identities of the crossings. Key: record_key. Attributes are those written most often."""
    single, several = _apart(keyed, "record_key")
    commonest = ibis.window(
        group_by="record_key",
        order_by=[
            *_commonest_first(several),
            *(ibis.asc(c) for c in ("birth_place", "issuing_office", "is_in_lieu")),
        ],
    )
    whole = ibis.window(group_by="record_key")
    spread = several.mutate(
        place=ibis.row_number().over(commonest),
        nik=several.nik.max().over(whole),
        records=several.records.sum().over(whole),
        first_received_at=several.first_received_at.min().over(whole),
        first_event_at=several.first_event_at.min().over(whole),
        last_event_at=several.last_event_at.max().over(whole),
    )
    chosen = spread.filter(spread.place == 0).select(*keyed.columns)
    one = single.union(chosen)
    kind = ibis.cases(
        (one.document_number.isnull(), "bare"),
        (one.is_in_lieu.fill_null(False), "splp"),
        else_="document",
    )
    return _shaped(
        one.mutate(source=ibis.literal("perlintasan"), kind=kind, birth_year=one.birth_date.year())
    )


def placed(placements: ir.Table) -> ir.Table:
    """Identities of the placements, one each. Key: record_key."""
    return _shaped(
        placements.mutate(
            source=ibis.literal("penempatan"),
            kind=ibis.literal("placement"),
            record_key=placement_key(placements.placement_id),
            document_number=placements.passport_number,
            birth_year=placements.birth_date.year(),
            home_regency_code=placements.regency_code,
            event_on=placements.processed_on,
            event_country=placements.country_code,
            records=ibis.literal(1),
            first_event_at=placements.processed_on,
        )
    )


def listed(repatriations: ir.Table) -> ir.Table:
    """Identities of the rows of repatriation lists, one each. Key: record_key."""
    return _shaped(
        repatriations.mutate(
            source=ibis.literal("pemulangan"),
            kind=ibis.literal("list"),
            record_key=list_key(repatriations.list_file, repatriations.list_number),
            home_regency_code=repatriations.regency_code,
            event_on=repatriations.arrived_on,
            event_country=repatriations.country_code,
            records=ibis.literal(1),
            first_event_at=repatriations.arrived_on,
        )
    )


def _shaped(t: ir.Table) -> ir.Table:
    types = {
        "records": "int64",
        "birth_year": "int64",
        "first_received_at": "timestamp('UTC')",
        "first_event_at": "timestamp('UTC')",
        "last_event_at": "timestamp('UTC')",
        "birth_date": "date",
        "event_on": "date",
        **KEYS,
    }
    given = {name: t[name] if name in t.columns else ibis.null() for name in SHAPE}
    return t.select(**{name: given[name].cast(types.get(name, "string")) for name in SHAPE})


def place_words(identities: ir.Table) -> ir.StringColumn:
    """Every word by which an identity names a place."""
    born = identities.select(place_word="birth_place")
    return born.union(identities.select(place_word="issuing_office")).drop_null().place_word


def with_keys(
    identities: ir.Table,
    names: ir.Table,
    words: ir.Table,
    codes: ir.Table,
    nik_regions: ir.Table,
) -> ir.Table:
    """`identities` with their KEYS. Key: record_key.

    Takes the keys of names (`evidence.keys`), (place_word, place_code), (regency_code, place_code)
    and (nik_prefix, regency_code); see `standardise.place_words` and `standardise.namesakes`.
    """
    coded = codes.inner_join(nik_regions, "regency_code").select("nik_prefix", "place_code")
    prefixed = identities.drop(*KEYS).mutate(nik_prefix=identities.nik.substr(0, 6))
    looked_up = (
        (words, "birth_place", "place_word"),
        (words, "issuing_office", "place_word"),
        (codes, "home_regency_code", "regency_code"),
        (coded, "nik_prefix", "nik_prefix"),
    )
    joined = prefixed.left_join(names, "name").drop("name_right")
    found = []
    for table, column, key in looked_up:
        found.append(f"place_{column}")
        known = table.select(**{f"key_{column}": table[key], found[-1]: table.place_code})
        joined = joined.left_join(known, [(column, f"key_{column}")]).drop(f"key_{column}")
    named = ibis.array([joined[name] for name in found]).filter(lambda code: code.notnull())
    return joined.mutate(places=named.unique().sort()).select(*identities.columns)
