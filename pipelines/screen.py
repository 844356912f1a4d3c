"""What people see in a terminal: tables of the published figures, in English with Indonesian."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from rich.console import Group
from rich.table import Table
from rich.text import Text

from pipelines import reference
from pipelines.desks.front import Status
from pipelines.lake import rows_of
from pipelines.night import Outcome
from pipelines.settings import Home

KEPRI, CAMBODIA, MYANMAR = "21", "KHM", "MMR"
TOP = 10
GATES = 6


def _grid(title: str, columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim")
    body = [list(row) for row in rows]
    for position, name in enumerate(columns):
        is_number = bool(body) and all(isinstance(r[position], int | float | None) for r in body)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in body:
        table.add_row(*(_cell(value) for value in row))
    return table


def _cell(value: Any) -> Text:
    if value is None:
        return Text("")
    if isinstance(value, bool):
        return Text("yes" if value else "no")
    if isinstance(value, int):
        return Text(f"{value:,}")
    if isinstance(value, float):
        return Text(f"{value:,.2f}")
    return Text(str(value))


def table(rows: pa.Table) -> Table:
    """Any rows, as they are."""
    return _grid("", rows.column_names, (list(r.values()) for r in rows.to_pylist()))


def night_as_json(outcome: Outcome, home: Home) -> dict[str, Any]:
    """The night for a program."""
    return {
        "night": outcome.night,
        "night_number": outcome.number,
        "status": outcome.status,
        "published": str(home.warehouse) if outcome.status == "published" else None,
        "seconds": outcome.seconds,
        "failed_checks": [c for c in outcome.checks if not c["passed"]],
        "batches": outcome.batches,
    }


def night(outcome: Outcome, home: Home) -> Group:
    """How the night went: stages, checks that failed, and where the result is."""
    took = "  ".join(f"{stage} {seconds:.1f} s" for stage, seconds in outcome.seconds.items())
    line = Text(f"Night of {outcome.night}: {outcome.status}   ({took})", style="bold")
    parts: list[Any] = [line]
    if failed := [c for c in outcome.checks if not c["passed"]]:
        columns = ("severity", "source", "check_id", "column_name", "observed", "expected")
        rows = ([c[name] for name in columns] for c in failed)
        parts.append(_grid("Checks that failed · Pemeriksaan yang gagal", columns, rows))
    if outcome.status != "published":
        parts.append(Text(f"Publication withheld; {home.warehouse} is as it was.", style="red"))
    return Group(*parts)


def findings(home: Home) -> Group:
    """The findings of the published night: regions, the Myanmar lists, Kepri, coverage."""
    con = ibis.duckdb.connect(home.warehouse, read_only=True)
    try:
        tables = {name: con.table(name) for name in con.list_tables()}
        return Group(
            _regions(tables["hotspots"], "regency"),
            _regions(tables["hotspots"], "watch"),
            _myanmar(tables["repatriations"]),
            _kepri(tables["hotspots"], tables["departures"]),
            *_of_other_sources(tables["gates"], tables["recruitment"]),
            _coverage(tables["coverage"]),
            _quarantine(tables["batches"]),
        )
    finally:
        con.disconnect()


def _regions(hotspots: ir.Table, which: str) -> Table:
    yearly = hotspots.filter(hotspots.grain == "year")
    year = _busiest_year(yearly)
    of_year = yearly.filter(yearly.period_start == year)
    if which == "watch":
        title = "Watch regions · Wilayah pantauan"
        chosen = of_year.filter(of_year.is_watch_region).order_by("rank_by_count", "region_code")
    else:
        title = "Where people leave without papers · Asal keberangkatan tanpa dokumen"
        of_level = of_year.filter(of_year.level == "regency")
        chosen = of_level.order_by("rank_by_count", "region_code").limit(TOP)
    columns = {
        "#": "rank_by_count", "region": "region_name", "undocumented": "undocumented",
        "confirmed": "confirmed_undocumented", "suspected": "suspected_undocumented",
        "no exit": "unrecorded_exit", "awaiting": "awaiting", "documented": "documented",
        "per 100k": "per_100k", "low": "per_100k_low", "high": "per_100k_high",
        "# by rate": "rank_by_rate",
    }  # fmt: skip
    rows = rows_of(chosen.select(**columns))
    return _grid(f"{title}, {year:%Y}", list(columns), (r.values() for r in rows))


def _busiest_year(yearly: ir.Table) -> Any:
    """First day of the year with most departures: a record ends in the middle of a year."""
    totals = yearly.group_by("period_start").agg(departures=yearly.departures.sum())
    found = rows_of(totals.order_by(ibis.desc("departures"), "period_start").limit(1))
    return found[0]["period_start"] if found else date.min


def _myanmar(repatriations: ir.Table) -> Table:
    """The largest list from Myanmar by province, and all its lists together."""
    names = ("listed", "exit_found", "no_exit_on_record", "had_placement")
    lists = repatriations.filter(repatriations.countries == MYANMAR)
    sums = {name: lists[name].sum() for name in names}
    by_list = rows_of(
        lists.group_by("list_file").agg(**sums).order_by(ibis.desc("listed"), "list_file")
    )
    body = [[found["list_file"], *(found[n] for n in names)] for found in by_list[:1]]
    for largest in by_list[:1]:
        provinces = lists.filter(lists.list_file == largest["list_file"])
        shown = rows_of(provinces.order_by(ibis.desc("listed"), "province_code").limit(TOP // 2))
        body += [
            [f"  of whom {r['province_name'] or 'province not given'}", *(r[n] for n in names)]
            for r in shown
        ]
    if len(by_list) > 1:
        body.append([f"{len(by_list) - 1} other lists", *_totals(by_list[1:], names)])
    columns = ("", "listed", "exit found", "no exit on record", "had a placement")
    return _grid("Home from Myanmar · Dipulangkan dari Myanmar", columns, body)


def _totals(rows: list[dict[str, Any]], names: Sequence[str]) -> list[int]:
    return [sum(row[name] for row in rows) for name in names]


def _kepri(hotspots: ir.Table, departures: ir.Table) -> Text:
    """Legal placements from Kepulauan Riau beside its departures to Cambodia, one line."""
    yearly = hotspots.filter(hotspots.region_code == KEPRI, hotspots.grain == "year")
    kepri = departures.filter(departures.origin_province_code == KEPRI)
    to = kepri.observed_country.coalesce(kepri.declared_country)
    cambodia = kepri.filter(to == CAMBODIA)
    outcomes = {
        "confirmed": "confirmed_undocumented", "suspected": "suspected_undocumented",
        "unrecorded": "unrecorded_exit", "awaiting": "awaiting",
    }  # fmt: skip
    counted = cambodia.agg(
        **{name: (cambodia.outcome == outcome).sum() for name, outcome in outcomes.items()}
    )
    found = {name: count or 0 for name, count in rows_of(counted)[0].items()}
    placed = rows_of(yearly.agg(placements=yearly.placements.sum()))[0]["placements"] or 0
    without = found["confirmed"] + found["suspected"] + found["unrecorded"]
    return Text.assemble(
        ("Kepulauan Riau → Kamboja: ", "bold"),
        f"{placed:,} legal placements from the province to anywhere; {without:,} departures to "
        f"Cambodia without papers ({found['confirmed']:,} confirmed, {found['suspected']:,} "
        f"suspected, {found['unrecorded']:,} without exit on record) and {found['awaiting']:,} "
        "awaiting.\n",
    )


def _of_other_sources(gates: ir.Table, recruitment: ir.Table) -> Iterable[Table]:
    """Refusals by gate and content by promised country; nothing of what no agency delivered."""
    names = ("refused", "refused_nonprocedural", "refused_left_later", "refused_left_elsewhere")
    summed = gates.group_by("gate_code", "gate_name").agg(**{n: gates[n].sum() for n in names})
    refused = summed.filter(summed.refused > 0).order_by(ibis.desc("refused"), "gate_code")
    if rows := rows_of(refused.drop("gate_code").limit(GATES)):
        yield _grid(
            "Refused at gates · Ditunda di gerbang",
            ("gate", "refused", "nonprocedural", "left later", "by another gate"),
            (row.values() for row in rows),
        )
    promised = recruitment.filter(recruitment.grain == "year").order_by(
        "period_start", ibis.desc("reported"), "promised_country"
    )
    measures = ("reported", "blocked", "median_days_to_block", "departures", "undocumented")
    year = promised.period_start.year().cast("string")
    if rows := rows_of(promised.select("name_en", *measures, year=year).limit(GATES)):
        yield _grid(
            "Recruitment content beside departures · Konten lowongan di samping keberangkatan",
            ("promised country", "reported", "blocked", "median days", *measures[3:], "year"),
            (row.values() for row in rows),
        )


def _coverage(coverage: ir.Table) -> Table:
    pairs = (
        ("exits that met an entry", "exits", "exits_with_entry"),
        ("entries that met an exit", "entries", "entries_with_exit"),
        ("placements that met an exit", "placements", "placements_with_exit"),
        ("returnees that met an exit", "returnees", "returnees_with_exit"),
    )
    sums = coverage.agg(**{n: coverage[n].sum() for _, *names in pairs for n in names})
    found = rows_of(sums)[0]
    rows = [
        (
            label,
            found[whole],
            found[part],
            100 * found[part] / found[whole] if found[whole] else None,
        )
        for label, whole, part in pairs
    ]
    return _grid("Coverage · Cakupan", ("", "all", "met", "%"), rows)


def _quarantine(batches: ir.Table) -> Table:
    names = ("rows", "accepted", "quarantined", "superseded")
    by_source = batches.group_by("source").agg(
        deliveries=batches.count(), **{n: batches[n].sum() for n in names}
    )
    rows = rows_of(by_source.order_by("source"))
    title = "Every delivered row · Setiap baris kiriman"
    return _grid(title, ("source", "deliveries", *names), (r.values() for r in rows))


SCORES = ("precision", "recall", "f1")
SCORE_COLUMNS = ("precision %", "recall %", "F1 %")


def accuracy(figures: dict[str, Any]) -> Group:
    """Linkage and outcomes against a truth."""
    linkage = figures["linkage"]
    sources = {"all": linkage, **linkage["by_source"]}
    links = _grid(
        "Linkage against the truth, pairs of identities · Penautan terhadap kebenaran",
        ("source", *SCORE_COLUMNS), ([name, *_scores(found)] for name, found in sources.items()),
    )  # fmt: skip
    outcomes = _grid(
        "Outcomes against the truth · Status terhadap kebenaran",
        ("outcome", *SCORE_COLUMNS[:2]),
        ([name, *_scores(found)[:2]] for name, found in figures["outcomes"].items()),
    )
    regions = {k: v for k, v in figures["regions"].items() if not isinstance(v, dict | list)}
    said = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in regions.items())
    parts: list[Any] = [links, _link_types(linkage["by_type"]), _gaps(linkage["by_group"])]
    if linkage["calibration"]:
        parts.append(_calibration(linkage["calibration"]))
    return Group(*parts, outcomes, Text(f"Regions: {said}\n"))


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _scores(found: dict[str, Any]) -> list[float | None]:
    return [_percent(found[name]) for name in SCORES]


def _words(key: str) -> str:
    return key.replace("_", " ").replace("splp", "SPLP")


def _link_types(by_type: dict[str, Any]) -> Table:
    rows = (
        [_words(name), *found["pairs"].values(), *_scores(found)] for name, found in by_type.items()
    )
    columns = ("link", "true pairs", "found", "of them true", *SCORE_COLUMNS)
    return _grid("Linkage by type of link · Penautan menurut jenis", columns, rows)


def _gaps(by_group: dict[str, Any]) -> Table:
    """The groups that are linked best and worst."""
    rows = [[_words(name), *_gap(name, found)] for name, found in by_group.items()]
    columns = ("", "best linked", "F1 %", "worst linked", "F1 %", "gap", "for sure")
    return _grid("Linkage by group of people · Penautan menurut kelompok", columns, rows)


def _gap(dimension: str, found: dict[str, Any]) -> list[Any]:
    if found["worst_gap"] is None:
        return [None] * 6
    ends = (found["best"], found["worst"])
    shown = [[_group(dimension, end), _percent(found["groups"][end]["f1"])] for end in ends]
    return [*shown[0], *shown[1], *(_percent(found[gap]) for gap in ("worst_gap", "sure_gap"))]


def _group(dimension: str, label: str) -> str:
    """A group in words: a province by its name."""
    if dimension != "province":
        return label
    provinces = reference.load("provinces").select(["code", "name"]).to_pylist()
    return next((row["name"] for row in provinces if row["code"] == label), label)


def _calibration(bins: list[dict[str, Any]]) -> Table:
    """What linkage said of its pairs, of every kind together, beside how many are true."""
    rows = (
        [
            f"{found['from']:g} – {found['to']:g}",
            found["pairs"],
            _percent(found["mean_probability"]),
            _percent(found["true_share"]),
        ]
        for found in bins
        if found["kind"] == "all"
    )
    columns = ("probability", "pairs", "mean %", "true %")
    return _grid("Calibration of scored pairs · Kalibrasi pasangan yang dinilai", columns, rows)


def status(state: Status) -> Group:
    """Nights, freshness, deliveries, quarantine, failed checks."""
    parts: list[Any] = [_nights(state)]
    for title, rows in (
        ("Freshness of sources · Kesegaran sumber", state.freshness),
        ("Deliveries · Pengiriman", state.sources),
        ("Quarantine · Karantina", state.quarantine),
        ("Refused files · Berkas ditolak", state.refused),
        ("Failed checks of the latest night · Pemeriksaan yang gagal", state.checks),
    ):
        if rows:
            parts.append(_grid(title, list(rows[0]), (r.values() for r in rows)))
    if state.unknown_folders:
        names = ", ".join(state.unknown_folders)
        parts.append(Text(f"Folders of landing/ that no contract knows: {names}", style="yellow"))
    if state.open_to_others:
        names = ", ".join(state.open_to_others)
        parts.append(Text(f"Open to other accounts, and should not be: {names}", style="yellow"))
    return Group(*parts)


def _nights(state: Status) -> Table:
    """The latest nights with the seconds of each stage."""
    stages = list(dict.fromkeys(stage for night in state.nights for stage in night["seconds"]))
    rows = [
        [n["night_number"], n["night"], n["outcome"], n["snapshot_id"]]
        + [n["seconds"].get(stage) for stage in stages]
        for n in state.nights[:TOP]
    ]
    columns = ("number", "night", "outcome", "snapshot", *(f"{stage} s" for stage in stages))
    return _grid("Nights · Malam", columns, rows)


def next_steps(home: Home) -> Text:
    """What to open next."""
    return Text.assemble(
        ("Open next · Buka berikutnya\n", "bold"),
        f"  {home.warehouse}\n",
        f"  {home.published / 'quality' / 'index.html'}\n",
        f"  {home.published / 'operations.html'}\n",
        '  pulang query "SELECT region_name, undocumented, per_100k FROM hotspots '
        "WHERE grain = 'year' AND level = 'regency' ORDER BY rank_by_rate LIMIT 10\"\n",
        "  pulang status\n",
    )
