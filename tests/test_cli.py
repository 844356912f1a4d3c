"""The commands: exit codes, one JSON object where it is promised, and sentences for errors."""

import json
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

from pipelines import explanation, keys, night, settings
from pipelines.cli import app
from pipelines.desks import explaining
from pipelines.lake import open_lake
from tests import papers, story
from tests.link.people import day
from tests.link.verdicts import judged
from tests.story import Told

Run = Callable[..., Result]
COMMANDS = (
    "night",
    "demo",
    "simulate",
    "status",
    "query",
    "changes",
    "replay",
    "tidy",
    "explain",
    "evaluate",
    "extract",
    "verify",
    "open-seal",
    "open-data",
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, told: Told) -> Run:
    """`run(home, *arguments)`; the home of the story is only to be read."""

    def invoke(home: Path, *arguments: str, key: str | None = told.now.key) -> Result:
        monkeypatch.setenv("PULANG_HOME", str(home))
        monkeypatch.setenv("PULANG_THREADS", str(papers.THREADS))
        monkeypatch.setenv("PULANG_MEMORY", "2GB")
        if key:
            monkeypatch.setenv("PULANG_KEY", key)
        else:
            monkeypatch.delenv("PULANG_KEY", raising=False)
        return CliRunner().invoke(app, list(arguments), terminal_width=200)

    return invoke


def one_object(result: Result) -> dict[str, Any]:
    """The JSON object that standard output is."""
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def departure(told: Told, outcome: str) -> str:
    query = "SELECT departure_id, outcome FROM departures"
    return str(next(name for name, said in story.ask(told.home, query) if said == outcome))


# Usage


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help(run: Run, tmp_path: Path, command: str) -> None:
    result = run(tmp_path, command, "--help")
    assert result.exit_code == 0
    assert f"{command} " in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_no_command_is_without_a_test() -> None:
    assert {c.name or c.callback.__name__ for c in app.registered_commands if c.callback} == set(
        COMMANDS
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["night", "--date", "31/12/2025"], ["night", "--date", "2025-02-30"],
        ["night", "--engine", "spark"], ["night", "2025-12-31"], ["query"], ["explain"],
        ["evaluate"], ["simulate"], ["simulate", "--out", "x", "--scale", "0"],
        ["simulate", "--out", "x", "--scale", "9"], ["simulate", "--out", "x", "--seed", "-1"],
        ["status", "--colour"], ["sleep"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_is_2_and_touches_nothing(
    run: Run, tmp_path: Path, arguments: list[str]
) -> None:
    result = run(tmp_path, *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_demo_does_not_touch_deliveries(run: Run, tmp_path: Path) -> None:
    file = papers.write(tmp_path / "landing" / "perlintasan" / "a.csv", [papers.crossing("A1")])
    result = run(tmp_path, "demo")
    assert result.exit_code == 2
    assert "holds deliveries" in " ".join(result.stderr.replace("│", " ").split())
    assert [f for f in tmp_path.rglob("*") if f.is_file()] == [file]


def test_deliveries_that_landed_beside_those_of_a_demo_are_not_erased_by_the_next(
    run: Run, tmp_path: Path
) -> None:
    row = [papers.crossing("A1")]
    papers.write(tmp_path / "landing" / "perlintasan" / "made.csv", row)
    (tmp_path / "demo.json").write_text('["landing/perlintasan/made.csv"]')
    real = papers.write(tmp_path / "landing" / "perlintasan" / "real.csv", row)
    result = run(tmp_path, "demo")
    assert result.exit_code == 2
    assert "holds deliveries" in " ".join(result.stderr.replace("│", " ").split())
    assert real.exists()


# Night


def test_a_published_night_is_0_its_json_one_object_and_its_overrides_recorded(
    run: Run, told: Told, tmp_path: Path
) -> None:
    shutil.copytree(told.home.landing, tmp_path / "landing")
    (tmp_path / "policy.yaml").write_text("grace_days: 0\nwatch_regions: ['32']\n")
    result = run(tmp_path, "night", "--date", "2026-01-01", "--json")
    assert result.exit_code == 0
    said = one_object(result)
    assert (said["night"], said["night_number"], said["status"]) == ("2026-01-01", 1, "published")
    assert said["published"] == str(tmp_path / "published" / "pulang.duckdb")
    assert {check["severity"] for check in said["failed_checks"]} == {"warn"}
    assert len(said["batches"]) == 8
    assert set(said["seconds"]) >= {"intake", "gate", "link", "reconcile", "publish"}
    now = papers.home(tmp_path)
    assert story.outcomes(now)["X:WAITING-OUT"] == "suspected_undocumented"
    [(policy, digest)] = story.ask(now.home, "SELECT policy, policy_sha256 FROM nights")
    assert json.loads(policy) == {"grace_days": 0, "watch_regions": ["32"]}
    [(default,)] = story.ask(told.home, "SELECT policy_sha256 FROM nights")
    assert digest != default


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_new_key_is_announced_and_needed_from_then_on(
    run: Run, tmp_path: Path, as_json: list[str]
) -> None:
    first = run(tmp_path, "night", *as_json, key=None)
    assert first.exit_code == 3
    assert "A key was created" in first.stderr
    assert "A key was created" not in run(tmp_path, "night", *as_json, key=None).stderr
    (tmp_path / "keys" / "pulang.key").unlink()
    without = run(tmp_path, "status", key=None)
    assert without.exit_code == 1
    assert without.stderr.startswith("KeyMissing:")


def test_a_withheld_night_is_3_and_says_so(run: Run, tmp_path: Path) -> None:
    result = run(tmp_path, "night", "--date", "2025-12-31")
    assert result.exit_code == 3
    assert "Publication withheld" in result.stdout
    assert "no_rows" in result.stdout
    again = run(tmp_path, "night", "--date", "2025-12-31", "--json")
    assert again.exit_code == 3
    said = one_object(again)
    assert (said["status"], said["published"], said["night_number"]) == ("withheld", None, 2)
    assert {"stop", "warn"} == {check["severity"] for check in said["failed_checks"]}


# Errors are sentences


def test_known_errors_are_1_and_one_sentence(run: Run, told: Told, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("grace_days: never\n")
    here = told.home.path
    cases = {
        "NothingThere": [
            run(tmp_path, "status"), run(tmp_path, "query", "SELECT 1"),
            run(tmp_path, "explain", "D1"), run(here, "explain", "D0000000000000000"),
            run(here, "evaluate", "--truth", str(tmp_path)),
        ],
        "Query": [run(here, "query", "SELECT * FROM people"), run(here, "query", "SELEC 1")],
        "Policy": [run(tmp_path, "night")],
        "LakeShut": [
            run(here, *arguments, key="another key")
            for arguments in (["night"], ["status"], ["explain", "D1"])
        ],
    }  # fmt: skip
    for name, results in cases.items():
        for result in results:
            assert result.exit_code == 1, name
            assert result.stdout == ""
            assert result.stderr.startswith(f"{name}:"), result.stderr
            assert "Traceback" not in result.stderr
    assert "grace_days" in cases["Policy"][0].stderr


@pytest.mark.parametrize("arguments", [["status", "--json"], ["night", "--json"]])
def test_an_error_leaves_standard_output_empty(run: Run, told: Told, arguments: list[str]) -> None:
    result = run(told.home.path, *arguments, key="another key")
    assert (result.exit_code, result.stdout) == (1, "")


def test_an_unknown_error_shows(run: Run, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(keys, "load", broken)
    assert isinstance(run(told.home.path, "status").exception, ZeroDivisionError)


# Status


def test_status_tells_nights_deliveries_quarantine_and_refusals(run: Run, told: Told) -> None:
    said = one_object(run(told.home.path, "status", "--json"))
    assert [(n["night_number"], n["outcome"]) for n in said["nights"]] == [(1, "published")]
    sources = {row["source"]: row for row in said["sources"]}
    assert {name: row["deliveries"] for name, row in sources.items()} == {
        "perlintasan": 5, "penempatan": 2, "pemulangan": 1,
    }  # fmt: skip
    for row in sources.values():
        assert row["rows"] == row["accepted"] + row["quarantined"] + row["superseded"]
    found = {(row["field"], row["reason"]): row["rows"] for row in said["quarantine"]}
    assert found == story.REASONS
    assert [(row["file"], row["status_reason"]) for row in said["refused"]] == [
        ("tanpa_kolom.csv", "missing_column tanggal_selesai_proses"),
        ("rusak.parquet", "unreadable_file"),
    ]
    assert "delivered_row" not in json.dumps(said)


def test_status_on_screen(run: Run, told: Told) -> None:
    (told.home.landing / "penundaan").mkdir(exist_ok=True)
    result = run(told.home.path, "status")
    (told.home.landing / "penundaan").rmdir()
    assert result.exit_code == 0
    for words in ("Nights", "Deliveries", "Quarantine", "unknown_direction", "rusak.parquet",
                  "penundaan"):  # fmt: skip
        assert words in result.stdout


# Query


def test_query_gives_columns_and_rows(run: Run, told: Told) -> None:
    sql = "SELECT outcome, count(*) AS n, max(departed_on) AS latest FROM departures GROUP BY ALL"
    said = one_object(run(told.home.path, "query", sql, "--json"))
    assert said["columns"] == ["outcome", "n", "latest"]
    found = {row["outcome"]: row["n"] for row in said["rows"]}
    assert sum(found.values()) == len(story.OUTCOMES)
    assert {"outcome": "awaiting", "n": 1, "latest": "2025-12-01"} in said["rows"]


def test_sums_are_numbers(run: Run, told: Told) -> None:
    sql = "SELECT sum(rows) AS whole, 1.5::DECIMAL(4, 1) AS broken FROM batches"
    (row,) = one_object(run(told.home.path, "query", sql, "--json"))["rows"]
    assert (type(row["whole"]), row["broken"]) == (int, 1.5)


def test_query_on_screen(run: Run, told: Told) -> None:
    result = run(told.home.path, "query", "SELECT 1234567 AS n, 'Pulang [bold]' AS word")
    assert result.exit_code == 0
    assert "1,234,567" in result.stdout
    assert "Pulang [bold]" in result.stdout


@pytest.mark.parametrize(
    "sql",
    ["DROP TABLE departures", "CREATE TABLE x (y int)", "INSERT INTO gates SELECT * FROM gates"],
)
def test_a_query_changes_nothing(run: Run, told: Told, sql: str) -> None:
    before = told.home.warehouse.read_bytes()
    assert run(told.home.path, "query", sql).exit_code == 1
    assert told.home.warehouse.read_bytes() == before


# Explain


def test_explain_leads_from_the_outcome_to_the_delivered_rows(run: Run, told: Told) -> None:
    name = departure(told, "documented_diverted")
    said = one_object(run(told.home.path, "explain", name, "--json"))
    assert set(said) == {
        "departure", "rule", "reasons", "revision", "history", "links", "delivered_rows",
    }  # fmt: skip
    assert said["departure"]["outcome"] == "documented_diverted"
    assert said["rule"]["rule"] == said["departure"]["rule"] == "placement_diverted_by_list"
    assert {"list_scam", "placement_valid"} <= {reason["code"] for reason in said["reasons"]}
    assert all(reason["sentence_id"] and reason["sentence_en"] for reason in said["reasons"])
    links = {(row["source"], row["link_rule"]): row for row in said["links"]}
    assert {("penempatan", "same_document"), ("pemulangan", "same_document")} <= set(links)
    placed = links["penempatan", "same_document"]
    assert placed["sentence_id"] == placed["reason_id"] != ""
    assert placed["sentence_en"] == placed["reason_en"] != ""
    assert (placed["match_weight"], placed["weights"], placed["judged_by"]) == (None, [], None)
    assert placed["record"] == {
        "source": "penempatan", "paper": "placement",
        "rows": [{"role": "placement", "file": "siskop2mi.xlsx", "row_number": 2}],
    }  # fmt: skip
    assert placed["anchor"] == {
        "source": "perlintasan", "paper": "passport",
        "rows": [{"role": "exit", "file": "2025.csv", "row_number": 3}],
    }  # fmt: skip
    rows = {(r["role"], r["file"], r["row_number"]) for r in said["delivered_rows"]}
    assert rows == {
        ("exit", "2025.csv", 3), ("placement", "siskop2mi.xlsx", 2), ("list", "kemlu_mmr.xlsx", 2),
    }  # fmt: skip
    assert set(said["delivered_rows"][0]) == {
        "role", "source", "file", "row_number", "sha256", "received_at", "is_current",
        "corrected_on",
    }  # fmt: skip
    hidden = {"departure_key", "exit_crossing_id", "placement_id", "full_name"}
    assert hidden.isdisjoint(said["departure"])


def test_explain_shows_every_version_of_a_row(run: Run, corrected: Told) -> None:
    with duckdb.connect(str(corrected.home.warehouse), read_only=True) as con:
        [name] = con.execute(
            "SELECT departure_id FROM departures WHERE outcome = 'awaiting' "
            "AND departed_on = '2025-12-20'"
        ).fetchone() or [None]
    said = one_object(run(corrected.home.path, "explain", str(name), "--json"))
    versions = {row["file"]: row["is_current"] for row in said["delivered_rows"]}
    assert versions == {"2025.csv": False, "2025_12.parquet": False, "koreksi.csv": True}


def test_explain_says_what_would_change_the_outcome_and_until_when(run: Run, told: Told) -> None:
    name = departure(told, "awaiting")
    said = one_object(run(told.home.path, "explain", name, "--json"))
    assert said["history"] == []
    assert said["revision"]["due_on"] == "2026-03-31"  # left on 1 December; 30 and 90 days
    assert said["revision"]["final_on"] == said["departure"]["final_on"]
    assert said["revision"]["sentence_id"] != said["revision"]["sentence_en"]
    shown = run(told.home.path, "explain", name).stdout
    for words in ("What would change it", "until 2026-03-31", "unchanged", "legal basis"):
        assert words in shown


def test_explain_tells_the_history_of_a_departure(run: Run, corrected: Told) -> None:
    [(name,)] = story.ask(corrected.home, "SELECT departure_id FROM changes")
    [found] = one_object(run(corrected.home.path, "explain", name, "--json"))["history"]
    assert (found["night_number"], found["night"], found["cause"]) == (
        2, "2025-12-31", "correction",
    )  # fmt: skip
    assert (found["previous_outcome"], found["outcome"]) == ("suspected_undocumented", "awaiting")
    shown = run(corrected.home.path, "explain", name).stdout
    assert "night 2 (2025-12-31): suspected_undocumented → awaiting" in shown
    assert found["sentence_en"] in shown
    assert found["sentence_id"] in shown


def test_every_departure_can_be_explained_on_screen(run: Run, told: Told) -> None:
    for outcome in sorted(set(story.OUTCOMES.values())):
        result = run(told.home.path, "explain", departure(told, outcome))
        assert result.exit_code == 0, result.stderr
        assert outcome in result.stdout
        assert "Delivered rows" in result.stdout


SWAPPED = story.Person("SITI RAHMAWATI", "C0000020", "1990-05-11", sex="P")


@pytest.fixture(scope="module")
def weighed(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The story, and a placement without passport and NIK, its birth date wrongly written."""
    now = papers.home(tmp_path_factory.mktemp("weighed") / "home")
    story.landed(now.home.landing)
    crossed = SWAPPED.crossing("SWAPPED-OUT", "2025-06-10")
    placed = SWAPPED.placement("PMI-20", nomor_paspor=None, tanggal_lahir="1990-11-05")
    papers.write(now.home.landing / "perlintasan" / "siti.csv", [crossed])
    papers.write(now.home.landing / "penempatan" / "siti.csv", [placed])
    return Told(now, night.run(now, story.NIGHT))


def of_crossing(told: Told, crossing_id: str) -> str:
    """The departure_id of an exit."""
    with story.opened(told.now) as lake:
        departures = story.rows(lake, "reconciled", "departures")
    [found] = [r["departure_id"] for r in departures if r["exit_crossing_id"] == crossing_id]
    return str(found)


def test_explain_tells_a_link_by_evidence_in_words_and_bits(run: Run, weighed: Told) -> None:
    name = of_crossing(weighed, "SWAPPED-OUT")
    [link] = one_object(run(weighed.home.path, "explain", name, "--json"))["links"]
    assert (link["source"], link["link_rule"]) == ("penempatan", "placement")
    assert 0.8 <= link["link_probability"] < 1
    assert "; tanggal lahir tertukar hari dan bulan; " in link["sentence_id"]
    assert "; day and month of birth exchanged; " in link["sentence_en"]
    assert link["reason_id"] == "Ditautkan atas dasar bukti yang ditimbang."
    bits = {w["comparison"]: w["bits"] for w in link["weights"]}
    assert {"name", "birth_date", "exit"} <= set(bits)
    assert sum(bits.values()) == pytest.approx(link["match_weight"], abs=0.1)
    assert [link[end]["paper"] for end in ("record", "anchor")] == ["placement", "passport"]
    assert [link[end]["rows"][0]["file"] for end in ("record", "anchor")] == ["siti.csv"] * 2
    shown = " ".join(run(weighed.home.path, "explain", name).stdout.split())
    for words in ("tanggal lahir tertukar hari dan bulan", "day and month of birth exchanged",
                  f"{link['match_weight']:+.2f} bits", f"swapped {bits['birth_date']:+.2f}",
                  "penempatan · placement (penempatan/siti.csv, row 1)"):  # fmt: skip
        assert words in shown
    said = json.dumps(link) + shown
    assert all(text not in said for text in ("C0000020", "SITI RAHMAWATI", "PMI-20"))


def test_without_the_weights_of_the_night_no_bits_are_told(
    run: Run, weighed: Told, tmp_path: Path
) -> None:
    now = story.copied(weighed, tmp_path / "home")
    name = of_crossing(weighed, "SWAPPED-OUT")
    shipped = yaml.safe_load((settings.SCHEMAS / "linkage_weights.yaml").read_text("utf-8"))
    for trained in (shipped | {"seed": 1}, {"model_version": 0}):
        (now.home.path / "linkage_weights.yaml").write_text(yaml.safe_dump(trained))
        [link] = one_object(run(now.home.path, "explain", name, "--json"))["links"]
        assert link["sentence_en"]
        assert link["match_weight"] is not None
        assert {w["bits"] for w in link["weights"]} == {None}


def test_explain_tells_who_judged_and_why(run: Run, weighed: Told, tmp_path: Path) -> None:
    now = story.copied(weighed, tmp_path / "home")
    pair = ("P:PMI-20", "D:C0000020")
    by_hand = {
        "source": "penempatan", "record_key": pair[0], "anchor_key": pair[1], "token": "judgement",
        "rule": "judged_same", "link_probability": 1.0,
    }  # fmt: skip
    judgements = [
        judged(*pair, why="foto lama"),
        judged(*reversed(pair), judged_at=day(2)),
        judged(*pair, "different", judged_at=day(3), why="belum dibaca malam"),
    ]
    with open_lake(now, keys.load(now.home.keys, now.key, True)) as lake, lake.transaction():
        lake.insert("identity", "judgements", judgements)
        lake.insert("identity", "links", [by_hand])
    name = of_crossing(weighed, "SWAPPED-OUT")
    links = one_object(run(now.home.path, "explain", name, "--json"))["links"]
    assert [row["link_rule"] for row in links] == ["judged_same", "placement"]
    assert links[0]["sentence_en"] == "Judged by a human to be one person."
    assert (links[0]["judged_by"], links[0]["why"]) == ("sari", "foto sama")
    assert links[0]["judged_at"].startswith("2025-01-02")
    assert (links[0]["match_weight"], links[0]["weights"]) == (None, [])
    assert links[1]["judged_by"] is None
    assert "judged by sari, 2025-01-02: foto sama" in run(now.home.path, "explain", name).stdout


def test_of_very_many_links_the_screen_shows_a_dozen(weighed: Told) -> None:
    said = explaining.explain(weighed.now, of_crossing(weighed, "SWAPPED-OUT"))
    cases = ((40, 12, "and 28 more"), (12, 12, "Links"), (0, 0, "none: all is on one paper"))
    for number, shown, words in cases:
        console = Console(width=200)
        with console.capture() as captured:
            console.print(explanation.explanation(said | {"links": said["links"] * number}))
        assert captured.get().count("rule placement,") == shown
        assert (" more, see --json" in captured.get()) == (number > shown)
        assert words in captured.get()


# Evaluate, simulate


def test_evaluate_compares_with_a_truth(run: Run, told: Told, tmp_path: Path) -> None:
    truth(tmp_path)
    said = one_object(run(told.home.path, "evaluate", "--truth", str(tmp_path), "--json"))
    assert {"precision", "recall", "f1", "by_source", "calibration"} <= set(said["linkage"])
    placed = said["linkage"]["by_type"]["placement_to_document"]["pairs"]
    assert placed == {"true": 1, "predicted": 1, "correct": 1}
    by_group = said["linkage"]["by_group"]
    assert [list(by_group[name]["groups"]) for name in ("sex", "province")] == [["L"], ["52"]]
    assert list(by_group["name_words"]["groups"]) == ["2"]
    documented = said["outcomes"]["documented"]
    assert (documented["precision"], documented["recall"]) == (1.0, 1.0)
    assert {"rank_correlation", "top5_match"} <= set(said["regions"])
    shown = run(told.home.path, "evaluate", "--truth", str(tmp_path))
    assert shown.exit_code == 0
    for title in ("Linkage against the truth", "Linkage by type", "Linkage by group"):
        assert title in shown.stdout


def truth(folder: Path) -> None:
    """What really happened to two people of the story."""
    persons = [
        ("perlintasan", "2025.csv", "PLACED-OUT", "1"),
        ("penempatan", "siskop2mi.xlsx", "PMI-1", "1"),
        ("perlintasan", "2025.csv", "OVERDUE-OUT", "2"),
    ]
    names = ["source", "delivery_file", "record_key", "person_key"]
    departures = [
        ("1", "PLACED-OUT", None, None, "documented", "52", "52.03"),
        ("2", "OVERDUE-OUT", None, None, "suspected_undocumented", "32", "32.04"),
    ]
    columns = ["person_key", "exit_record_key", "list_delivery_file", "list_record_key", "outcome",
               "origin_province_code", "origin_regency_code"]  # fmt: skip
    for name, header, rows in (("persons", names, persons), ("departures", columns, departures)):
        arrays = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
        pq.write_table(pa.table(arrays, names=header), folder / f"{name}.parquet")


def test_simulate_writes_landing_and_truth_and_says_the_run_date(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines import simulate as nation

    asked: list[tuple[Path, float, int, str]] = []

    def small(path: Path, scale: float, seed: int, noise: str) -> Any:
        asked.append((path, scale, seed, noise))
        rows = {"perlintasan": 5678}
        return nation.Summary(date(2025, 12, 31), 1234, 2345, rows, {"perlintasan": 1})

    monkeypatch.setattr(nation, "simulate", small)
    result = run(tmp_path, "simulate", "--out", str(tmp_path / "x"), "--scale", "0.5")
    assert result.exit_code == 0
    assert asked == [(tmp_path / "x", 0.5, 7, "clean")]
    assert "1,234 people" in result.stdout
    assert "2025-12-31" in result.stdout.replace("\n", "")


def test_the_stages_of_a_night_are_reported(told: Told, tmp_path: Path) -> None:
    said: list[str] = []
    night.run(papers.home(tmp_path), story.NIGHT, said.append)
    assert said == ["intake", "gate"]  # nothing landed; the rest is withheld
    assert list(told.outcome.seconds) == [
        "intake", "gate", "standardise", "link", "reconcile", "publish",
    ]  # fmt: skip
