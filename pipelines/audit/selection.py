"""The departures of a request, and the delivered rows behind them.

Pure functions of the lake's tables, as they were that night.
"""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from pipelines import contracts
from pipelines.audit.scope import Request

UNDER_17, TO_60 = 17, 60
# First age of each band; 17 and 60 are the ends of working age in schemas/policy.yaml.
BANDS = ((UNDER_17, "0-16"), (25, "17-24"), (35, "25-34"), (45, "35-44"), (TO_60 + 1, "45-60"))
OLDEST = "61+"
BETWEEN = "+"
CORRECTED = " corrected "
COARSE = ("outcome", "rule", "period", "origin_province_code", "origin_regency_code",
          "destination_country", "sex", "age_band", "papers")  # fmt: skip
SOURCES = {"crossings": "perlintasan", "placements": "penempatan", "repatriations": "pemulangan"}
Records = Mapping[str, ir.Table]


def chosen(
    departures: ir.Table, matches: ir.Table, repatriations: ir.Table, request: Request
) -> ir.Table:
    """The departures in the scope of a request. Key: departure_id.

    The day of a departure is that of its exit; where none is on record, that of the return.
    """
    t = departures
    if request.first and request.last:
        t = t.filter(t.occurred_on.between(request.first, request.last))
    if request.regions:
        is_inside = t.origin_province_code.isin(request.regions)
        t = t.filter(is_inside | t.origin_regency_code.isin(request.regions))
    if request.outcomes:
        t = t.filter(t.outcome.isin(request.outcomes))
    if request.departures:
        t = t.filter(t.departure_id.isin(request.departures))
    if request.lists:
        listed = repatriations.filter(repatriations.batch_id.isin(request.lists))
        keys = matches.semi_join(listed, ["list_file", "list_number"])
        t = t.semi_join(keys, "departure_key")
    return t


def coarse(chosen: ir.Table, evidence: ir.Table) -> ir.Table:
    """What a pseudonymous extract may say of a departure, nothing withheld yet.

    Key: departure_id.
    """
    roles = evidence.select("departure_id", "role").distinct()
    papers = roles.group_by("departure_id").agg(
        papers=roles.role.group_concat(BETWEEN, order_by=roles.role)
    )
    t = chosen.left_join(papers, "departure_id")
    return t.select(
        "departure_id", "outcome", "rule", "origin_province_code", "origin_regency_code", "sex",
        "papers",
        period=t.occurred_on.strftime("%Y-%m"),
        destination_country=t.observed_country.coalesce(t.declared_country),
        age_band=_band(t.age_at_departure),
    ).select("departure_id", *COARSE)  # fmt: skip


def _band(age: ir.IntegerValue) -> ir.StringValue:
    below = [(age < first, name) for first, name in BANDS]
    return ibis.cases(*below, (age.notnull(), OLDEST), else_=ibis.null("string"))


def evidence(
    chosen: ir.Table,
    everyone: ir.Table,
    matches: ir.Table,
    records: Records,
    batches: ir.Table,
    orders: ir.Table,
) -> ir.Table:
    """Every delivered row behind the chosen departures, replaced versions too.

    (departure_id, role, source, batch_id, sha256, row_number, is_current, fields, corrected_on).
    `everyone` are all departures: a return that nobody saw is inferred from the next exit. `orders`
    are the rows of ops.corrections that hold.
    """
    crossings, placements = records["crossings"], records["placements"]
    lists = records["repatriations"]
    listed = matches.inner_join(chosen.select("departure_id", "departure_key"), "departure_key")
    parts = [
        _behind(chosen, "exit_crossing_id", crossings, "crossings", "exit"),
        _behind(chosen, "return_crossing_id", crossings, "crossings", "return"),
        _behind(_next_exits(chosen, everyone), "crossing_id", crossings, "crossings", "next_exit"),
        _behind(chosen, "placement_id", placements, "placements", "placement"),
        _cited(
            lists.inner_join(
                listed.select("departure_id", "list_file", "list_number"),
                ["list_file", "list_number"],
            ),
            "repatriations",
            "list",
        ),
    ]
    corrected = orders.select("batch_id", "row_number", corrected_on="night")
    rows = ibis.union(*parts, distinct=True).left_join(corrected, ["batch_id", "row_number"])
    return rows.inner_join(batches.select("batch_id", "source", "sha256"), "batch_id").select(
        "departure_id", "role", "source", "batch_id", "sha256", "row_number", "is_current",
        "fields", "corrected_on",
    )  # fmt: skip


def _next_exits(chosen: ir.Table, everyone: ir.Table) -> ir.Table:
    mine = chosen.filter(chosen.next_exit_on.notnull()).select(
        "departure_id", "person_id", "next_exit_on", mine="exit_crossing_id"
    )
    others = everyone.select("person_id", "departed_on", crossing_id="exit_crossing_id")
    t = mine.inner_join(
        others,
        [mine.person_id == others.person_id, mine.next_exit_on == others.departed_on],
    )
    return t.filter(t.crossing_id != t.mine).select("departure_id", "crossing_id")


def _behind(departures: ir.Table, key: str, records: ir.Table, name: str, role: str) -> ir.Table:
    column = {"crossings": "crossing_id", "placements": "placement_id"}[name]
    wanted = departures.select("departure_id", **{column: departures[key]}).drop_null(column)
    return _cited(records.inner_join(wanted, column), name, role)


def _cited(rows: ir.Table, name: str, role: str) -> ir.Table:
    return rows.select(
        "departure_id", "batch_id", "row_number",
        role=ibis.literal(role), is_current=rows.superseded_by.isnull(),
        fields=fields(rows, name),
    )  # fmt: skip


def fields(rows: ir.Table, name: str) -> ir.StringValue:
    """Every delivered field of rows of `records.<name>`, as JSON."""
    source = SOURCES[name]
    columns = contracts.lake()["records", name].columns
    delivered = [c.name for c in columns if (c.source or "").startswith(f"{source}.")]
    return ibis.struct({c: rows[c] for c in delivered}).cast("json").cast("string")


# Names of its own, and seals


def row_id(departure_id: ir.StringValue, key: str) -> ir.StringValue:
    """The name of a departure in one extract: R and 64 bits of SHA-256(key, departure_id)."""
    return ibis.literal("R") + (ibis.literal(key) + departure_id).hexdigest("sha256").substr(0, 16)


def openings(evidence: ir.Table, key: str) -> ir.Table:
    """(departure_id, role, source, opening): the text behind each seal, for the rows of a role.

    A key of its own, derived from `key` and the departure, so that opening one seal opens no other;
    then a line per delivered row: digest of the file, row number, fields, and the night from which
    an order has them so, where they are other than delivered.
    """
    line = evidence.sha256 + " " + evidence.row_number.cast("string") + " " + evidence.fields
    line += ibis.coalesce(ibis.literal(CORRECTED) + evidence.corrected_on.cast("string"), "")
    lines = evidence.mutate(line=line).group_by("departure_id", "role", "source")
    t = lines.agg(text=lambda e: e.line.group_concat("\n", order_by=[e.sha256, e.row_number]))
    own = (ibis.literal(key) + t.departure_id).hexdigest("sha256")
    return t.select("departure_id", "role", "source", opening=own + t.text)


def seals(evidence: ir.Table, key: str) -> ir.Table:
    """(departure_id, role, source, seal): SHA-256 of each opening."""
    t = openings(evidence, key)
    return t.select("departure_id", "role", "source", seal=t.opening.hexdigest("sha256"))


def whole_seals(seals: ir.Table) -> ir.Table:
    """(departure_id, seal): one digest over all seals of a departure."""
    return seals.group_by("departure_id").agg(
        seal=seals.seal.group_concat("", order_by=[seals.role, seals.source])
    ).mutate(seal=lambda t: t.seal.hexdigest("sha256"))  # fmt: skip


def identified(
    chosen: ir.Table, coarse: ir.Table, evidence: ir.Table, records: Records
) -> ir.Table:
    """The departures with the identifiers on their newest paper. Key: departure_id."""
    named = _named(evidence, records)
    wanted = contracts.extracts()["identified", "departures"].names
    t = chosen.drop("outcome", "rule", "origin_province_code", "origin_regency_code", "sex")
    t = t.inner_join(coarse, "departure_id").left_join(named, "departure_id")
    return t.select(*wanted)


def _named(evidence: ir.Table, records: Records) -> ir.Table:
    """(departure_id, full_name, birth_date, nik, document_number) of the newest current row."""
    names = {
        "crossings": "document_number",
        "placements": "passport_number",
        "repatriations": "document_number",
    }
    said = ibis.union(
        *(
            records[name].select(
                "batch_id", "row_number", "received_at", "full_name", "birth_date", "nik",
                document_number=records[name][number],
            )
            for name, number in names.items()
        )
    )  # fmt: skip
    cited = evidence.filter(evidence.is_current & (evidence.role != "next_exit"))
    t = cited.select("departure_id", "batch_id", "row_number").inner_join(
        said, ["batch_id", "row_number"]
    )
    order = ibis.window(
        group_by="departure_id",
        order_by=[ibis.desc("received_at"), ibis.desc("batch_id"), ibis.desc("row_number")],
    )
    newest = t.mutate(place=ibis.row_number().over(order))
    return newest.filter(newest.place == 0).select(
        "departure_id", "full_name", "birth_date", "nik", "document_number"
    )
