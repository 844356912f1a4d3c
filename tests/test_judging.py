"""Review: pairs go out as CSV without who they are, verdicts come in all together or not at all."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipelines import cli, keys, night, settings
from pipelines.desks.judging import COLUMNS
from pipelines.lake import open_lake
from tests import papers, story
from tests.link.verdicts import candidate
from tests.story import Told

Review = Callable[..., Result]
Cells = dict[str, str]

PAIRS = [
    candidate(
        "P:PMI-1", "D:C0000004", 0.5, match_weight=-2.5, evidence="birth_date:swapped;nik:same"
    ),
    candidate("P:PMI-3", "D:C0000001", 0.9, decision="conflict"),
    candidate("L:kemlu_mmr.xlsx#3", "D:SPLP777", 0.05, kind="list", decision="linked"),
    candidate("D:C0000013", "D:C0000010", 0.2, kind="renewal", evidence=""),
    candidate("P:PMI-2", "D:C0000002", 0.95),
    candidate("P:PMI-2", "D:C0000005", 0.01),
]


@pytest.fixture
def now(told: Told, tmp_path: Path) -> settings.Settings:
    """The home of the story, in which these pairs were scored and none was judged."""
    copied = story.copied(told, tmp_path / "home")
    secret = keys.load(copied.home.keys, copied.key, lake_exists=True)
    with open_lake(copied, secret) as lake, lake.transaction():
        lake.ibis.truncate_table("candidates", database=("lake", "identity"))
        lake.insert("identity", "candidates", PAIRS)
    return copied


@pytest.fixture
def review(now: settings.Settings, monkeypatch: pytest.MonkeyPatch) -> Review:
    """`review(*arguments)` in that home."""
    monkeypatch.setenv("PULANG_HOME", str(now.home.path))
    monkeypatch.setenv("PULANG_KEY", str(now.key))
    monkeypatch.setenv("PULANG_THREADS", str(papers.THREADS))
    return lambda *arguments: CliRunner().invoke(
        cli.app, ["linkage", "review", *map(str, arguments)], terminal_width=200
    )


def exported(review: Review, file: Path, *arguments: str) -> list[Cells]:
    """The rows of an export, as a reviewer's program reads them."""
    result = review("export", file, *arguments)
    assert result.exit_code == 0, result.output
    text = file.read_text("utf-8-sig")
    assert text.splitlines()[0].replace('"', "") == ",".join(COLUMNS)
    found = list(csv.DictReader(io.StringIO(text)))
    assert f"{len(found)} pairs" in result.stdout
    return found


def filled(file: Path, rows: list[Cells], delimiter: str = ",") -> Path:
    """A form that was filled in."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    file.write_text(text.getvalue(), "utf-8-sig")
    return file


def verdict(row: Cells, said: str, **given: str) -> Cells:
    """A row with its verdict."""
    return row | {"verdict": said, "judged_by": "sari", "why": "foto sama"} | given


def kept(now: settings.Settings) -> list[tuple[Any, ...]]:
    """(pair, verdict, judge, reason) of every judgement in the lake."""
    names = ("anchor_key", "record_key", "verdict", "judged_by", "why")
    with story.opened(now) as lake:
        return sorted(
            tuple(row[n] for n in names) for row in story.rows(lake, "identity", "judgements")
        )


# Usage


def test_review_has_two_commands_with_help(review: Review) -> None:
    names = {command.name for command in cli.review.registered_commands}
    assert names == {"export", "import"}
    for name in names:
        assert review(name, "--help").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["export"], ["import"], ["import", "nothing.csv"], ["judge"],
        ["export", "x.csv", "--low", "0.5", "--high", "0.5"], ["export", "x.csv", "--low", "-1"],
        ["export", "x.csv", "--high", "1.1"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_is_2(review: Review, arguments: list[str]) -> None:
    assert review(*arguments).exit_code == 2


def test_without_a_night_there_is_nothing_to_review(
    review: Review, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = filled(tmp_path / "form.csv", [dict.fromkeys(COLUMNS, "")])
    monkeypatch.setenv("PULANG_HOME", str(tmp_path / "new"))
    for result in (review("export", tmp_path / "x.csv"), review("import", form)):
        assert result.exit_code == 1
        assert result.stderr.startswith("NothingThere:")
    assert not (tmp_path / "x.csv").exists()
    assert not (tmp_path / "new").exists()


# Out


def test_the_grey_band_goes_out_with_evidence_and_rows(review: Review, tmp_path: Path) -> None:
    found = exported(review, tmp_path / "form.csv")
    shown = [
        (r["kind"], r["link_probability"], r["match_weight"], r["left_source"], r["left_file"],
         r["left_row"], r["right_source"], r["right_file"], r["right_row"])
        for r in found
    ]  # fmt: skip
    assert shown == [
        ("list", "0.05", "-1.5", "pemulangan", "kemlu_mmr.xlsx", "3", "perlintasan", "2025.csv",
         "13"),
        ("placement", "0.9", "-1.5", "penempatan", "siskop2mi.xlsx", "3", "perlintasan",
         "2024.csv.gz", "1"),
        ("placement", "0.5", "-2.5", "penempatan", "siskop2mi.xlsx", "1", "perlintasan",
         "2025.csv", "3"),
        ("renewal", "0.2", "-1.5", "perlintasan", "2025_12.parquet", "1", "perlintasan",
         "2025.csv", "10"),
    ]  # fmt: skip
    assert [(r["evidence_id"], r["evidence_en"]) for r in found] == [
        ("", ""), ("", ""),  # of no level that is declared
        ("Tanggal lahir tertukar hari dan bulan; NIK sama.",
         "Day and month of birth exchanged; same NIK."),
        ("", ""),
    ]  # fmt: skip
    assert {(r["verdict"], r["judged_by"], r["why"]) for r in found} == {("", "", "")}
    assert len({r["review_id"] for r in found}) == 4
    assert all(r["review_id"].startswith("R") and len(r["review_id"]) == 17 for r in found)


def test_the_band_is_chosen_and_the_form_is_the_same_every_time(
    review: Review, tmp_path: Path
) -> None:
    narrow = exported(review, tmp_path / "narrow.csv", "--low", "0.2", "--high", "0.9")
    assert [row["link_probability"] for row in narrow] == ["0.5", "0.2"]
    exported(review, tmp_path / "one.csv")
    exported(review, tmp_path / "two.csv")
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()


def test_a_text_is_no_formula(review: Review, now: settings.Settings, tmp_path: Path) -> None:
    secret = keys.load(now.home.keys, now.key, lake_exists=True)
    with open_lake(now, secret) as lake, lake.transaction():
        pair = candidate("P:PMI-3", "D:C0000004", 0.3, kind="=1+1")
        lake.insert("identity", "candidates", [pair])
    assert "'=1+1" in {row["kind"] for row in exported(review, tmp_path / "form.csv")}


def test_a_form_is_not_written_over(review: Review, tmp_path: Path) -> None:
    form = tmp_path / "form.csv"
    form.write_text("verdicts of a week")
    for file in (form, tmp_path / "nowhere" / "form.csv"):
        result = review("export", file)
        assert result.exit_code == 1
        assert result.stderr.startswith("Review:")
    assert form.read_text() == "verdicts of a week"


# In


def test_verdicts_come_in_once_and_their_pairs_go_out_no_more(
    review: Review, now: settings.Settings, tmp_path: Path
) -> None:
    rows = exported(review, tmp_path / "form.csv")
    given = [verdict(rows[0], "same"), verdict(rows[1], " Different "), rows[2], rows[3]]
    form = filled(tmp_path / "filled.csv", given)
    before = datetime.now(UTC)
    first = review("import", form)
    assert first.exit_code == 0, first.output
    assert "2 judgements taken in, 0 known already, 2 rows without verdict" in first.stdout
    expected = [
        ("D:C0000001", "P:PMI-3", "different", "sari", "foto sama"),
        ("D:SPLP777", "L:kemlu_mmr.xlsx#3", "same", "sari", "foto sama"),
    ]
    assert kept(now) == expected
    with story.opened(now) as lake:
        moments = {row["judged_at"] for row in story.rows(lake, "identity", "judgements")}
    assert len(moments) == 1
    assert before <= moments.pop() <= datetime.now(UTC)
    assert "0 judgements taken in, 2 known" in review("import", form).stdout
    assert kept(now) == expected
    assert exported(review, tmp_path / "rest.csv") == rows[2:]


def test_another_verdict_is_another_judgement(
    review: Review, now: settings.Settings, tmp_path: Path
) -> None:
    [row, *_] = exported(review, tmp_path / "form.csv")
    old = filled(tmp_path / "old.csv", [verdict(row, "same")])
    for form in (old, filled(tmp_path / "new.csv", [verdict(row, "different")]), old):
        assert review("import", form).exit_code == 0
    assert [said[2] for said in kept(now)] == ["different", "same"]


def test_judgements_survive_nights_and_their_forms_stay_known(
    review: Review, now: settings.Settings, tmp_path: Path
) -> None:
    rows = exported(review, tmp_path / "form.csv")
    form = filled(tmp_path / "filled.csv", [verdict(row, "different") for row in rows])
    assert review("import", form).exit_code == 0
    before = kept(now)
    assert len(before) == 4
    story.corrected(now.home.landing)
    assert night.run(now, story.NIGHT).status == "published"
    assert kept(now) == before
    assert "0 judgements taken in, 4 known" in review("import", form).stdout


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_what_spreadsheets_make_of_a_form_is_read(
    review: Review, now: settings.Settings, tmp_path: Path, delimiter: str
) -> None:
    [row, *_] = exported(review, tmp_path / "form.csv")
    quoted = verdict(row, "SAME", judged_by="'-sari", why='\'=1; "dua",\nbaris é')
    wanted = {name: quoted[name] for name in ("why", "verdict", "review_id", "judged_by")}
    form = filled(tmp_path / "filled.csv", [wanted | {"": ""}], delimiter)
    assert review("import", form).exit_code == 0
    assert kept(now)[0][2:] == ("same", "-sari", '=1; "dua",\nbaris é')


def test_a_form_with_its_evidence_as_codes_is_read(
    review: Review, now: settings.Settings, tmp_path: Path
) -> None:
    [row, *_] = exported(review, tmp_path / "form.csv")
    old = {name: cell for name, cell in row.items() if not name.startswith("evidence")}
    form = filled(tmp_path / "old.csv", [verdict(old | {"evidence": "nik:same"}, "same")])
    assert review("import", form).exit_code == 0
    assert [said[2] for said in kept(now)] == ["same"]


WRONG: dict[str, tuple[Cells, str]] = {
    "a verdict of another word": ({"verdict": "KENARI"}, "row 3, verdict"),
    "nobody judged": ({"judged_by": " "}, "row 3, judged_by"),
    "no reason": ({"why": ""}, "row 3, why"),
    "no pair": ({"review_id": ""}, "row 3, review_id"),
    "an unknown pair": ({"review_id": "RKENARI"}, "row 3, review_id"),
}


@pytest.mark.parametrize("case", WRONG)
def test_where_one_row_is_wrong_none_is_taken_in(
    review: Review, now: settings.Settings, tmp_path: Path, case: str
) -> None:
    given, expected = WRONG[case]
    rows = exported(review, tmp_path / "form.csv")
    told = [verdict(rows[0], "same"), verdict(rows[1], "same", **given), verdict(rows[2], "same")]
    refused(review, now, filled(tmp_path / "filled.csv", told), expected)


def test_a_pair_is_judged_once_in_a_form(
    review: Review, now: settings.Settings, tmp_path: Path
) -> None:
    [row, *_] = exported(review, tmp_path / "form.csv")
    twice = [verdict(row, "same"), verdict(row, "different", judged_by="adi")]
    refused(review, now, filled(tmp_path / "filled.csv", twice), "row 3, review_id")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "no column review_id"),
        (b"review_id,verdict,judged_by\n", "no column why"),
        (b"review_id,verdict,judged_by,why\nR1,same,sari,foto,lagi\n", "row 2, why"),
        (b"review_id,verdict,judged_by,why\nR1,same,sari,caf\xe9\n", "not CSV in UTF-8"),
        (b"PK\x03\x04\xff\xfe", "not CSV in UTF-8"),
    ],
)
def test_a_file_of_another_form_is_refused(
    review: Review, now: settings.Settings, tmp_path: Path, content: bytes, expected: str
) -> None:
    form = tmp_path / "filled.csv"
    form.write_bytes(content)
    refused(review, now, form, expected)


def refused(review: Review, now: settings.Settings, form: Path, expected: str) -> None:
    """One sentence that names the place and quotes nothing, and no judgement."""
    result = review("import", form)
    said = " ".join(result.stderr.split())
    assert (result.exit_code, result.stdout) == (1, "")
    assert said.startswith("Review:")
    assert expected in said
    assert "KENARI" not in said
    assert kept(now) == []
