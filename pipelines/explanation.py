"""What people see of one departure, in Indonesian and English."""

from typing import Any

from rich.console import Group
from rich.text import Text

from pipelines.link import sentences

MOST_LINKS = 12  # of one person; a program is told all


def explanation(story: dict[str, Any]) -> Group:
    """One departure, from its outcome back to the delivered rows."""
    departure, rule = story["departure"], story["rule"]
    basis = rule["legal_basis"] or "tidak ada, aturan metode · none, a rule of method"
    head = Text.assemble(
        (f"{departure['departure_id']}: {departure['outcome']}\n", "bold"),
        f"{rule['meaning_id']}\n{rule['meaning_en']}\n",
        ("\nRule · Aturan\n", "bold"),
        f"  {rule['reason_id']}\n  {rule['reason_en']}\n",
        (f"  rule {rule['rule']}; legal basis · dasar hukum: {basis}\n", "dim"),
    )
    shown = {k: v for k, v in departure.items() if v is not None}
    facts = (f"  {name}: {value}\n" for name, value in shown.items())
    parts = [head, Text.assemble(("Departure · Keberangkatan\n", "bold"), *facts)]
    reasons = (f"  {r['sentence_id']} {r['sentence_en']}\n" for r in story["reasons"])
    parts.append(Text.assemble(("Reasons · Alasan\n", "bold"), *reasons))
    parts.append(_revision(departure, story["revision"]))
    parts.append(Text.assemble(("History · Riwayat\n", "bold"), *_history(story["history"])))
    parts.append(Text.assemble(("Links · Tautan\n", "bold"), *_links(story["links"])))
    rows = story["delivered_rows"]
    parts.append(Text.assemble(("Delivered rows · Baris kiriman\n", "bold"), *map(_citation, rows)))
    return Group(*parts)


def _revision(departure: dict[str, Any], revision: dict[str, Any]) -> Text:
    """What would make the outcome another, and until when."""
    dates = []
    if departure["outcome"] == "awaiting":
        dates.append(
            f"  masa tinggal dan tenggang sampai · stay and grace until {revision['due_on']}\n"
        )
    dates.append(f"  dalam keadaan biasa final pada · ordinarily final on {revision['final_on']}\n")
    return Text.assemble(
        ("What would change it · Yang dapat mengubahnya\n", "bold"),
        f"  {revision['sentence_id']}\n  {revision['sentence_en']}\n",
        *dates,
    )


def _history(history: list[dict[str, Any]]) -> list[str]:
    """What the departure became, night by night."""
    if not history:
        return ["  unchanged since the first night that saw it · tetap sejak malam pertama\n"]
    return [
        f"  night {c['night_number']} ({c['night']}): {_became(c)}\n"
        f"    {c['sentence_id']}\n    {c['sentence_en']}\n"
        for c in history
    ]


def _became(change: dict[str, Any]) -> str:
    """Old and new outcome; the rules, where only they differ."""
    if change["previous_outcome"] is None:
        return f"first seen, {change['outcome']}"
    if change["previous_outcome"] == change["outcome"]:
        return f"{change['outcome']}, rule {change['previous_rule']} → {change['rule']}"
    return f"{change['previous_outcome']} → {change['outcome']}"


def _links(links: list[dict[str, Any]]) -> list[str]:
    more = len(links) - MOST_LINKS
    told = [_link(found) for found in links[:MOST_LINKS]]
    if not told:
        return ["  none: all is on one paper · tidak ada: semua pada satu dokumen\n"]
    if more > 0:
        told.append(f"  and {more:,} more, see --json · dan {more:,} lagi, lihat --json\n")
    return told


def _link(found: dict[str, Any]) -> str:
    ends = " – ".join(_end(found[end]) for end in ("record", "anchor"))
    said = [f"  {ends}", f"    {found['sentence_id']}", f"    {found['sentence_en']}"]
    grounds = f"    rule {found['link_rule']}, probability {_sure(found['link_probability'])}"
    if found["match_weight"] is not None:
        grounds += f", {found['match_weight']:+.2f} bits"
    said.append(grounds)
    if found["weights"]:
        said.append("    " + ", ".join(map(_weight, found["weights"])))
    if found["judged_by"]:
        said.append(
            f"    judged by {found['judged_by']}, {found['judged_at']:%Y-%m-%d}: {found['why']}"
        )
    return "\n".join(said) + "\n"


def _sure(probability: float) -> str:
    """Four decimals; what is not certain is not written as 1."""
    return "above 0.9999" if 0.9999 < probability < 1 else f"{probability:.4f}"


def _end(end: dict[str, Any]) -> str:
    """One side of a link: the kind of paper, and where it lies."""
    paper = sentences.PAPERS[end["paper"]]
    name = paper.id if paper.id == paper.en else f"{paper.id} · {paper.en}"
    places = [f"{end['source']}/{row['file']}, row {row['row_number']}" for row in end["rows"]]
    return f"{name} ({'; '.join(places or [end['source']])})"


def _weight(weight: dict[str, Any]) -> str:
    bits = "?" if weight["bits"] is None else f"{weight['bits']:+.2f}"
    return f"{weight['comparison']} {weight['level']} {bits}"


def _citation(row: dict[str, Any]) -> str:
    since = "" if row["is_current"] else ", superseded since"
    if row["corrected_on"]:
        since += f", corrected by order since night {row['corrected_on']}"
    return (
        f"  {row['role']}: {row['source']}/{row['file']}, row {row['row_number']}, "
        f"received {row['received_at']:%Y-%m-%d %H:%M} UTC{since}\n"
        f"    sha256 {row['sha256']}\n"
    )
