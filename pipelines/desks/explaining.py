"""One departure told to people: outcome, rule, reasons, links, and the delivered rows behind it.

Writes nothing but the access log.
"""

from typing import Any

import ibis
import ibis.expr.types as ir

from pipelines import access_log, link, night, reconcile, settings
from pipelines.desks.front import NothingThereError, opened
from pipelines.intake import corrections
from pipelines.lake import Lake, open_to_note, rows_of
from pipelines.link import judgements, sentences
from pipelines.link.model import Weights, WeightsError
from pipelines.record_keys import list_key, placement_key


def explain(now: settings.Settings, departure_id: str) -> dict[str, Any]:
    """One departure: its outcome, the rule and reasons in words, links, and the delivered rows;
    what it was in earlier nights, and what would make it another.

    The rows are named by file, row number and digest; what they contain stays in the lake.
    """
    with opened(now, open_to_note) as lake:
        departures = lake.table("reconciled", "departures")
        found = rows_of(departures.filter(departures.departure_id == departure_id))
        history = _history(lake, departure_id)
        if not found:
            raise NothingThereError(
                f"no departure {departure_id} in the latest night{_last_seen(history)}"
            )
        departure = found[0]
        access_log.note(lake, now, "explain", {"departure_id": departure["departure_id"]})
        catalogue = {rule["rule"]: rule for rule in reconcile.catalogue().to_pylist()}
        told = {reason["code"]: reason for reason in reconcile.reason_codes().to_pylist()}
        codes = [code for code in (departure["reasons"] or "").split(";") if code]
        hidden = ("departure_key", "exit_crossing_id", "return_crossing_id", "placement_id")
        rows = rows_of(_evidence(lake, departure))
        return {
            "departure": {k: v for k, v in departure.items() if k not in hidden},
            "rule": catalogue[departure["rule"]],
            "reasons": [told[code] for code in codes],
            "revision": _revision(departure),
            "history": history,
            "links": _links(lake, departure, rows, _weights(now, lake)),
            "delivered_rows": [{k: v for k, v in r.items() if k != "record"} for r in rows],
        }


def _history(lake: Lake, departure_id: str) -> list[dict[str, Any]]:
    """What the departure became night by night, with the cause in words; the oldest first."""
    changes = lake.table_if_there("reconciled", "changes")
    causes = {cause["code"]: cause for cause in reconcile.causes().to_pylist()}
    mine = changes.filter(changes.departure_id == departure_id).drop("departure_id")
    said = ("sentence_id", "sentence_en")
    return [
        change | {name: causes[change["cause"]][name] for name in said}
        for change in rows_of(mine.order_by("night_number"))
    ]


def _last_seen(history: list[dict[str, Any]]) -> str:
    """Where a departure went that is no more."""
    if not history:
        return ""
    last = history[-1]
    return (
        f"; it was {last['previous_outcome']} until night {last['night_number']} "
        f"({last['night']}), and was then merged into another or its record replaced"
    )


def _revision(departure: dict[str, Any]) -> dict[str, Any]:
    """What would make the outcome another, and the dates on which it is decided."""
    said = {r["outcome"]: r for r in reconcile.revisions().to_pylist()}[departure["outcome"]]
    return {name: said[name] for name in ("sentence_id", "sentence_en")} | {
        name: departure[name] for name in ("due_on", "final_on")
    }


def _links(
    lake: Lake, departure: dict[str, Any], rows: list[dict[str, Any]], weights: Weights | None
) -> list[dict[str, Any]]:
    """Every link of the person in words, those between `rows` of the departure first.

    Both ends are named by kind of paper, and by their delivered rows where those are among `rows`.
    """
    links = rows_of(_weighed_links(lake, departure["person_id"]))
    if not links:
        return []
    ends = sorted({row[end] for row in links for end in ("record_key", "anchor_key")})
    papers = _papers(lake, ends, rows)
    model = link.declared()
    told = []
    for row in links:
        evidence = row["evidence"] or ""
        reason = sentences.reason(row["rule"], model)
        sentence = sentences.of_link(row["rule"], evidence, model)
        bits = row["match_weight"]
        told.append(
            {
                "source": row["source"],
                "link_rule": row["rule"],
                "link_probability": row["link_probability"],
                "match_weight": None if bits is None else round(bits, sentences.DECIMALS),
                "reason_id": reason.id,
                "reason_en": reason.en,
                "sentence_id": sentence.id,
                "sentence_en": sentence.en,
                "record": papers[row["record_key"]],
                "anchor": papers[row["anchor_key"]],
                "weights": [w._asdict() for w in sentences.weights(evidence, model, weights)],
                "judged_by": row["judged_by"],
                "judged_at": row["judged_at"],
                "why": row["why"],
            }
        )
    return sorted(told, key=lambda t: -bool(t["record"]["rows"]) - bool(t["anchor"]["rows"]))


def _weighed_links(lake: Lake, person_id: str) -> ir.Table:
    """The links of a person: identity.links with match_weight and evidence of those that were
    scored, and judged_by, judged_at and why of those that were judged; the surest first.
    """
    links, records = lake.table("identity", "links"), lake.table("identity", "person_records")
    mine = links.semi_join(records.filter(records.person_id == person_id), "record_key")
    scored = lake.table_if_there("identity", "candidates")
    judged = lake.table_if_there("identity", "judgements")
    weighed = scored.select(
        "record_key", "anchor_key", "match_weight", "evidence", rule=scored.kind
    )
    same = judgements.current(judged.filter(judged.verdict == judgements.SAME))
    by_whom = same.select(
        "judged_by", "judged_at", "why",
        record_key="high_key", anchor_key="low_key", rule=ibis.literal(judgements.RULE),
    )  # fmt: skip
    joined, key = mine, ["record_key", "anchor_key", "rule"]
    for table in (weighed, by_whom):
        joined = joined.left_join(table, key).drop(*(f"{name}_right" for name in key))
    return joined.order_by(ibis.desc("link_probability"), *key, "token")


def _weights(now: settings.Settings, lake: Lake) -> Weights | None:
    """The weights that the latest linkage used; none where others have taken their place."""
    try:
        weights = link.weights(now.home.path)
    except WeightsError:
        return None
    last = night.last_published(lake)
    return weights if last and last["linkage_model"] == weights.version else None


def _papers(
    lake: Lake, record_keys: list[str], rows: list[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Each identity as people may see it: source, kind of paper, current rows among `rows`."""
    crossings = lake.table("standard", "crossings")
    crossed = [row["record"] for row in rows if row["source"] == "perlintasan"]
    near = crossings.filter(
        crossings.record_key.isin(record_keys) | crossings.crossing_id.isin(crossed)
    )
    named = near.select("document_type", "record_key", "crossing_id")
    found = rows_of(named.order_by("document_type", "crossing_id"))
    types = {row["record_key"]: row["document_type"] for row in found if row["document_type"]}
    keys_of = {row["crossing_id"]: row["record_key"] for row in found}
    cited: dict[str, list[dict[str, Any]]] = {key: [] for key in record_keys}
    for row in rows:
        key = keys_of.get(row["record"]) if row["source"] == "perlintasan" else row["record"]
        if row["is_current"] and key in cited:
            cited[key].append({name: row[name] for name in ("role", "file", "row_number")})
    return {
        key: {
            "source": judgements.SOURCES[key[0]],
            "paper": sentences.paper(key, types.get(key)),
            "rows": cited[key],
        }
        for key in record_keys
    }


def _evidence(lake: Lake, departure: dict[str, Any]) -> ir.Table:
    """(role, source, file, row_number, sha256, received_at) of every row behind a departure.

    `corrected_on` is the night since when it counts other than it came, `record` the crossing_id,
    or the record_key of a placement or of a row of a list.
    """
    crossings, placements = lake.table("records", "crossings"), lake.table("records", "placements")
    lists, matches = (
        lake.table("records", "repatriations"),
        lake.table("reconciled", "list_matches"),
    )
    listed = lists.semi_join(
        matches.filter(matches.departure_key == departure["departure_key"]),
        ["list_file", "list_number"],
    )
    out = crossings.filter(crossings.crossing_id == departure["exit_crossing_id"])
    back = crossings.filter(crossings.crossing_id == departure["return_crossing_id"])
    placed = placements.filter(placements.placement_id == departure["placement_id"])
    again = crossings.semi_join(_next_exit(lake, departure), "crossing_id")
    parts = [
        _cited(out, out.crossing_id, "exit"),
        _cited(back, back.crossing_id, "return"),
        _cited(again, again.crossing_id, "next_exit"),
        _cited(placed, placement_key(placed.placement_id), "placement"),
        _cited(listed, list_key(listed.list_file, listed.list_number), "list"),
    ]
    rows = ibis.union(*parts, distinct=False)
    batches = lake.table("ops", "batches").select("batch_id", "source", "file", "sha256")
    orders = corrections.done(lake.table_if_there("ops", "corrections"))
    return (
        rows.inner_join(batches, "batch_id")
        .left_join(orders.select(*corrections.ROW, corrected_on="night"), corrections.ROW)
        .select(
            "role",
            "source",
            "file",
            "row_number",
            "sha256",
            "received_at",
            "is_current",
            "record",
            "corrected_on",
        )
        .order_by("role", "received_at", "file", "row_number")
    )


def _next_exit(lake: Lake, departure: dict[str, Any]) -> ir.Table:
    """(crossing_id) of the exit from which a return that nobody saw is inferred."""
    all_of = lake.table("reconciled", "departures")
    mine = all_of.filter(
        (all_of.person_id == departure["person_id"])
        & (all_of.departed_on == departure["next_exit_on"])
        & (all_of.exit_crossing_id != departure["exit_crossing_id"])
    )
    return mine.select(crossing_id="exit_crossing_id")


def _cited(records: ir.Table, record: ir.StringValue, role: str) -> ir.Table:
    return records.select(
        "batch_id", "row_number", "received_at",
        role=ibis.literal(role), is_current=records.superseded_by.isnull(), record=record,
    )  # fmt: skip
