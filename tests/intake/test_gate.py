"""The gate: which checks stop a night, which warn, and what their page may not show."""

import importlib.util
import os
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipelines import contracts, keys, settings
from pipelines.intake import gate, measures
from pipelines.lake import Lake, open_lake, rows_of

NIGHT = date(2026, 3, 10)
CANARY_NAME = "SITI KENARI BINTI BURUNG"
CANARY_NIK = "5203014101900001"
CANARY_DOCUMENT = "B7654321"


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    home = settings.Home(tmp_path)
    secret = keys.load(home.keys, None, lake_exists=False)
    with open_lake(settings.Settings(home, None, "1GB", None), secret) as lake:
        yield lake


def insert(lake: Lake, schema: str, name: str, rows: list[dict[str, Any]]) -> None:
    lake.insert(
        schema, name, pa.Table.from_pylist(rows, contracts.lake()[schema, name].arrow_schema)
    )


def crossing(number: int, **other: Any) -> dict[str, Any]:
    return {
        "crossing_id": f"IMI-{number}",
        "direction": "KELUAR",
        "crossed_at": datetime(2026, 3, 9, 5, tzinfo=UTC),
        "document_number": CANARY_DOCUMENT,
        "full_name": CANARY_NAME,
        "birth_date": date(1990, 1, 1),
        "nik": CANARY_NIK,
        "batch_id": "B1",
        "row_number": number,
    } | other


def placement(number: int, **other: Any) -> dict[str, Any]:
    return {
        "placement_id": f"PMI-{number}",
        "nik": CANARY_NIK,
        "full_name": CANARY_NAME,
        "birth_date": date(1990, 1, 1),
        "passport_number": CANARY_DOCUMENT,
        "processed_on": date(2026, 3, 1),
        "batch_id": "B2",
        "row_number": number,
    } | other


def batch(source: str, rows: int, quarantined: int, batch_id: str = "B1") -> dict[str, Any]:
    accepted = rows - quarantined
    return {
        "batch_id": batch_id,
        "source": source,
        "rows": rows,
        "accepted": accepted,
        "quarantined": quarantined,
        "superseded": 0,
    }


def fill(lake: Lake, crossings: list[dict[str, Any]] | None = None) -> None:
    """A night on which nothing is wrong, but for the crossings that are given."""
    insert(lake, "records", "crossings", crossings or [crossing(n) for n in range(10)])
    insert(lake, "records", "placements", [placement(n) for n in range(10)])


def judge(lake: Lake, night: date = NIGHT) -> pa.Table:
    return gate.judge(lake, night, lake_docs(lake)).checks


def lake_docs(lake: Lake) -> Path:
    [(catalog,)] = lake.con.execute(
        "SELECT path FROM duckdb_databases() WHERE path LIKE '%catalog.duckdb'"
    ).fetchall()
    return Path(catalog).parent.parent / "published" / "quality"


def page(lake: Lake) -> str:
    return (lake_docs(lake) / gate.PAGE).read_text("utf-8")


def verdict(checks: pa.Table, source: str, check_id: str) -> dict[str, Any]:
    [found] = [c for c in checks.to_pylist() if (c["source"], c["check_id"]) == (source, check_id)]
    return dict(found)


def failed(checks: pa.Table) -> set[tuple[str, str, str]]:
    return {
        (c["severity"], c["source"], c["check_id"]) for c in checks.to_pylist() if not c["passed"]
    }


def test_a_sound_night_passes_every_check(lake: Lake) -> None:
    fill(lake)
    checks = judge(lake)
    assert failed(checks) == set()
    assert not gate.is_withheld(checks)
    assert "May be published" in page(lake)


def test_every_check_of_the_contracts_is_judged_once_and_in_order(lake: Lake) -> None:
    checks = judge(lake)
    wanted = [
        (name, check.id, check.column or "")
        for name, source in contracts.sources().items()
        for check in source.checks_of("stop", "warn")
    ]
    wanted += [(n, "stale_feed", s.latency[0]) for n, s in contracts.sources().items() if s.latency]
    keys_found = [(c["source"], c["check_id"], c["column_name"]) for c in checks.to_pylist()]
    assert len(wanted) > 10
    assert keys_found == sorted(wanted)
    schema = contracts.lake()["ops", "checks"].arrow_schema
    assert checks.schema.names == [name for name in schema.names if name != "night_number"]


def test_no_crossings_at_all_withhold(lake: Lake) -> None:
    checks = judge(lake)
    assert failed(checks) == {("stop", "perlintasan", "no_rows"), ("warn", "penempatan", "no_rows")}
    assert gate.is_withheld(checks)
    assert verdict(checks, "perlintasan", "no_rows")["observed"] == "0 rows"
    assert verdict(checks, "perlintasan", "missing_name")["observed"] == "no rows"
    assert verdict(checks, "perlintasan", "stale_feed")["observed"] == "no rows"
    assert "Publication withheld" in page(lake)


def test_superseded_crossings_are_no_crossings(lake: Lake) -> None:
    fill(lake, [crossing(1, superseded_by="B9")])
    assert ("stop", "perlintasan", "no_rows") in failed(judge(lake))


@pytest.mark.parametrize(
    ("rows", "quarantined", "withholds"),
    [(99, 99, False), (100, 50, False), (100, 51, True), (100, 100, True)],
)
@pytest.mark.parametrize("source", ["perlintasan", "penempatan", "pemulangan"])
def test_a_quarantined_majority_withholds_from_100_rows_on(
    lake: Lake, source: str, rows: int, quarantined: int, withholds: bool
) -> None:
    fill(lake)
    insert(lake, "ops", "batches", [batch(source, rows, quarantined)])
    checks = judge(lake)
    assert gate.is_withheld(checks) is withholds
    assert verdict(checks, source, "quarantined_majority")["passed"] is not withholds
    assert not verdict(checks, source, "quarantined_share")["passed"]


def test_the_quarantined_share_is_of_all_deliveries_of_that_source(lake: Lake) -> None:
    fill(lake)
    other = [batch("penempatan", 1000, 1000, "B3")]
    insert(
        lake,
        "ops",
        "batches",
        [batch("perlintasan", 960, 0), batch("perlintasan", 40, 40, "B2"), *other],
    )
    found = verdict(judge(lake), "perlintasan", "quarantined_share")
    assert (found["passed"], found["observed"], found["expected"]) == (True, "4 %", "≤ 5 %")


@pytest.mark.parametrize("source", ["perlintasan", "penempatan"])
def test_two_current_versions_of_one_key_withhold(lake: Lake, source: str) -> None:
    fill(lake)
    if source == "perlintasan":
        insert(lake, "records", "crossings", [crossing(3, row_number=99)])
    else:
        insert(lake, "records", "placements", [placement(3, row_number=99)])
    checks = judge(lake)
    assert failed(checks) == {("stop", source, "duplicate_key")}
    assert verdict(checks, source, "duplicate_key")["observed"] == "1 row"
    assert gate.is_withheld(checks)


def test_a_replaced_version_is_no_duplicate(lake: Lake) -> None:
    fill(lake, [crossing(1), crossing(1, batch_id="B0", superseded_by="B1")])
    assert failed(judge(lake)) == set()


@pytest.mark.parametrize(
    ("check_id", "bad"),
    [
        ("missing_birth_date", {"birth_date": None}),
        ("missing_document", {"document_number": None}),
        ("missing_document", {"document_number": "tidak ada"}),
        ("missing_name", {"full_name": None}),
        ("missing_name", {"full_name": "Unknown"}),
    ],
)
def test_poor_crossings_warn_and_do_not_withhold(
    lake: Lake, check_id: str, bad: dict[str, Any]
) -> None:
    fill(lake, [crossing(n, **(bad if n < 3 else {})) for n in range(10)])
    checks = judge(lake)
    assert failed(checks) == {("warn", "perlintasan", check_id)}
    assert verdict(checks, "perlintasan", check_id)["observed"] == "30 %"
    assert not gate.is_withheld(checks)


def test_as_many_poor_rows_as_the_contract_allows_pass(lake: Lake) -> None:
    fill(lake, [crossing(n, full_name="-" if n < 2 else "ANI") for n in range(10)])
    assert failed(judge(lake)) == set()


@pytest.mark.parametrize(("days", "is_stale"), [(3, False), (4, True)])
def test_a_feed_is_stale_after_the_promised_days(lake: Lake, days: int, is_stale: bool) -> None:
    # 17:00 UTC is midnight in WIB: the crossing is of the next day there.
    wib_midnight = datetime(2026, 3, 9, 17, tzinfo=UTC) - timedelta(days=days)
    fill(lake, [crossing(1, crossed_at=wib_midnight)])
    checks = judge(lake)
    found = verdict(checks, "perlintasan", "stale_feed")
    assert (found["column_name"], found["severity"]) == ("waktu_perlintasan", "warn")
    assert (found["passed"], found["observed"]) == (not is_stale, f"{days} days")
    assert not gate.is_withheld(checks)


def test_a_date_after_the_night_makes_no_feed_fresh(lake: Lake) -> None:
    old = datetime(2026, 1, 1, tzinfo=UTC)
    typo = datetime(2062, 1, 1, tzinfo=UTC)
    fill(lake, [crossing(1, crossed_at=old), crossing(2, crossed_at=typo)])
    assert failed(judge(lake)) == {("warn", "perlintasan", "stale_feed")}


def test_the_page_shows_rules_and_no_values(lake: Lake) -> None:
    fill(lake)
    insert(lake, "records", "crossings", [crossing(3, row_number=99)])
    judge(lake)
    written = [file.read_bytes() for file in lake_docs(lake).rglob("*") if file.is_file()]
    assert len(written) == 1
    for identifier in (CANARY_NAME, "KENARI", CANARY_NIK, CANARY_DOCUMENT, "IMI-3"):
        assert all(identifier.encode() not in content for content in written)
    for words in ("Nilai ganda", "duplicate_key", "One current version per key.", "stop"):
        assert words in page(lake)


def test_the_page_loads_nothing_from_elsewhere(lake: Lake) -> None:
    judge(lake)
    assert "http" not in page(lake)
    assert "<script" not in page(lake)


def test_the_page_of_the_last_night_is_replaced(lake: Lake) -> None:
    judge(lake)
    judge(lake, NIGHT + timedelta(days=1))
    assert "2026-03-11" in page(lake)
    assert "2026-03-10" not in page(lake)
    assert [file.name for file in lake_docs(lake).iterdir()] == [gate.PAGE]


def test_the_same_night_gives_the_same_verdicts_and_page(lake: Lake) -> None:
    fill(lake)
    first, first_page = judge(lake), page(lake)
    assert judge(lake).equals(first)
    assert page(lake) == first_page


def test_an_open_transaction_stays_open_and_scratch_tables_go(lake: Lake) -> None:
    with lake.transaction():
        insert(lake, "records", "crossings", [crossing(1)])
        checks = judge(lake)
        assert verdict(checks, "perlintasan", "no_rows")["passed"]
    assert lake.table("records", "crossings").count().execute() == 1
    assert not [t for t in lake.con.execute("SHOW TABLES").fetchall() if "scratch" in t[0]]


def test_nothing_is_sent_and_nothing_is_printed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("the gate opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    judge(lake)
    assert "posthog" not in sys.modules
    assert capfd.readouterr() == ("", "")


def test_great_expectations_does_not_report_its_use(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.intake import expectations

    monkeypatch.setenv("GX_ANALYTICS_ENABLED", "")
    monkeypatch.delenv("GX_ANALYTICS_ENABLED")
    settings.load()
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
    assert expectations.quiet_context().config.analytics_enabled is False
    # The installed version has no client that could report; a later one would be met here.
    assert importlib.util.find_spec("great_expectations.analytics") is None


def test_the_verdict_is_that_of_great_expectations(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.intake import expectations

    def fail(*_: Any, **__: Any) -> dict[str, Any]:
        return {"success": False, "result": {"observed_value": 0}}

    fill(lake)
    monkeypatch.setattr(expectations.ExpectMeasureToBeBetween, "_validate", fail)
    assert not any(judge(lake)["passed"].to_pylist())


def test_a_check_that_cannot_be_evaluated_raises(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.intake import expectations

    def broken(*_: Any, **__: Any) -> dict[str, Any]:
        raise ValueError("broken")

    monkeypatch.setattr(expectations.ExpectMeasureToBeBetween, "_validate", broken)
    with pytest.raises(expectations.NotJudgedError, match=r"pemulangan\.quarantined_share"):
        judge(lake)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"mustBe": 0}, "= 0 rows"),
        ({"mustBeGreaterThan": 0}, "> 0 rows"),
        ({"mustBeGreaterOrEqualTo": 5}, "≥ 5 rows"),
        ({"mustBeLessThan": 5}, "< 5 rows"),
        ({"mustBeLessOrEqualTo": 5}, "≤ 5 rows"),
        ({"mustBeBetween": [1, 5]}, "≥ 1 row, ≤ 5 rows"),
    ],
)
def test_bounds_of_the_contract_standard_are_read(said: dict[str, Any], text: str) -> None:
    assert measures.bounds_of(check(metric="rowCount", **said)).text("rows") == text


@pytest.mark.parametrize("said", [{}, {"mustNotBe": 0}])
def test_a_rule_without_a_bound_to_judge_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(contracts.ContractError, match="no bound"):
        measures.bounds_of(check(metric="rowCount", **said))


def test_values_outside_the_vocabulary_are_counted(lake: Lake) -> None:
    insert(
        lake,
        "records",
        "crossings",
        [crossing(n, sex=s) for n, s in enumerate(["L", "P", None, "pria", "X"])],
    )
    rule = check("jenis_kelamin", metric="invalidValues", mustBe=0)
    given = measures.delivered("perlintasan", lake.table("records", "crossings"))
    [numbers] = rows_of(given.records.agg(**measures.counts(given, [rule])))
    wanted = measures.measures_of(given.contract, [rule])
    assert measures.row(wanted, numbers).to_pylist() == [{"jenis_kelamin.a_rule": 1}]


def check(column: str | None = None, **rule: Any) -> contracts.Check:
    said = contracts.DataQuality(id="a_rule", severity="warn", **rule)
    return contracts.Check("a_rule", "warn", column, "A rule.", said)


def moved(lake: Lake, change: Callable[[], None]) -> None:
    """Judged by what a change moved, and anew: the same numbers and verdicts."""
    before = gate.judge(lake, NIGHT, lake_docs(lake))
    lake.replace("ops", "measured", before.measured)
    since = lake.snapshot_id
    change()
    by_steps = gate.judge(lake, NIGHT, lake_docs(lake), since)
    anew = gate.judge(lake, NIGHT, lake_docs(lake))
    assert by_steps.checks.equals(anew.checks)
    assert by_steps.measured.equals(anew.measured)
    assert not by_steps.measured.equals(before.measured)


@pytest.mark.parametrize(
    "came",
    [
        [crossing(20, full_name="-"), crossing(21, birth_date=None, batch_id="B3")],
        [crossing(3, batch_id="B3")],  # a second current version
        [crossing(3, batch_id="B3"), crossing(3, batch_id="B4"), crossing(20), crossing(20)],
        [crossing(20, superseded_by="B9"), crossing(21)],
    ],
)
def test_records_that_came_are_added_to_what_was_counted(
    lake: Lake, came: list[dict[str, Any]]
) -> None:
    fill(lake)
    moved(lake, lambda: insert(lake, "records", "crossings", came))


@pytest.mark.parametrize("gone", [{3}, {0, 1, 2, 3}, {3, 4}])
def test_records_that_went_are_taken_away(lake: Lake, gone: set[int]) -> None:
    poor = {0: {"full_name": None}, 1: {"document_number": "tidak ada"}}
    rows = [crossing(n, **poor.get(n, {})) for n in range(10)]
    fill(lake, [*rows, crossing(3, batch_id="B3"), crossing(4, batch_id="B3")])

    def replace_some() -> None:
        listed = ", ".join(str(number) for number in gone)
        lake.con.execute(
            "UPDATE lake.records.crossings SET superseded_by = 'B3' "  # noqa: S608
            f"WHERE row_number IN ({listed}) AND batch_id = 'B1'"
        )

    moved(lake, replace_some)
