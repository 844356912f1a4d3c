"""An extract made before an erasure, a correction, a release or the end of retention: what can no
longer be proved is said with its order, and nothing of it is called changed; what is changed is."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import access_log, keys, lake_files, night, settings
from pipelines.audit import bundle, compose, formats, proof
from pipelines.custody import corrections, erasure, held, retention
from pipelines.desks import proving
from pipelines.desks.front import NothingThereError
from pipelines.intake.arrivals import Archive
from tests import story
from tests.audit.test_desk import IDENTITY, NAMING, PEOPLE, make, states, table
from tests.story import NIGHT, Told
from tests.test_corrections import RELEASE, RIGHT, apart, given, place
from tests.test_erasure import ORDER, copied

WHO = story.TRAFFICKED
KEPT = ("lake_departures", "lake_evidence", "lake_deliveries", "delivered_rows", "published")


@pytest.fixture(scope="module")
def made(
    told: Told, tmp_path_factory: pytest.TempPathFactory
) -> tuple[settings.Settings, Path, Path]:
    """A home, and two extracts of it: everybody pseudonymous, everybody identified."""
    out = tmp_path_factory.mktemp("made")
    now = story.copied(told, out / "home")
    return now, make(now, out / "whole").paths[0], make(now, out / "sealed", **NAMING).paths[0]


def said(path: Path, now: settings.Settings) -> dict[str, proof.Claim]:
    claims = proving.verify(path, identity=str(IDENTITY), now=now)
    return {claim.code: claim for claim in claims}


def refuted(path: Path, now: settings.Settings) -> list[str]:
    return [code for code, claim in said(path, now).items() if claim.state == proof.REFUTED]


def entry_of(now: settings.Settings, kind: str) -> int:
    """Number of the latest entry of that kind in the access log."""
    with story.opened(now) as lake:
        told = [entry for entry in access_log.entries(lake) if entry["kind"] == kind]
    return int(told[-1]["entry_number"])


# Erased


@pytest.fixture(scope="module")
def erased(
    made: tuple[settings.Settings, Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> settings.Settings:
    now = copied(made[0], tmp_path_factory.mktemp("erased") / "home")
    with story.opened(now) as lake:
        [person] = held.persons(lake, held.Asked(document_number=WHO.document))
    erasure.erase(now, person, ORDER)
    return now


@pytest.mark.parametrize(("kind", "rows"), [(1, 1), (2, 2)], ids=["pseudonymous", "identified"])
def test_after_an_erasure_the_rest_is_proved_and_the_order_named(
    made: tuple[settings.Settings, Path, Path], erased: settings.Settings, kind: int, rows: int
) -> None:
    found = said(made[kind], erased)
    assert {code: found[code].state for code in KEPT} == dict.fromkeys(KEPT, proof.PROVED)
    still_open = {code for code, claim in found.items() if claim.state != proof.PROVED}
    assert still_open == {"key", "taken", "archive_erased"}
    assert "13 of 14 rows" in found["lake_departures"].en
    assert f"1 departures and {rows} rows of evidence" in found["taken"].en
    order = entry_of(erased, "erasure")
    assert f"erased, log entry {order} (" in found["taken"].en
    assert f"dihapus, catatan log {order} (" in found["taken"].id
    assert "destroyed" not in found["taken"].en
    said_of_all = "".join(claim.en + claim.id for claim in found.values())
    assert not [p for p in PEOPLE if p.name in said_of_all or p.document in said_of_all]


def test_where_too_few_are_left_to_make_it_again_the_rest_is_proved_all_the_same(
    made: tuple[settings.Settings, Path, Path], erased: settings.Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(compose, "K", len(story.OUTCOMES))
    assert refuted(made[1], erased) == []


def test_the_row_of_somebody_erased_is_said_to_be_so(
    made: tuple[settings.Settings, Path, Path], erased: settings.Settings
) -> None:
    refusals = Counter[str]()
    for row in table(made[1], "departures")["row_id"].to_pylist():
        try:
            proving.departure_of(erased, made[1], row)
        except NothingThereError as error:
            refusals[str(error).split(" row ")[0]] += 1
    assert refusals == {"the departure of": 1}


def test_what_is_made_after_the_erasure_is_proved_whole(
    erased: settings.Settings, tmp_path: Path
) -> None:
    after = make(erased, tmp_path).paths[0]
    still_open = {c for c, s in states(proving.verify(after, now=erased)).items() if s != "proved"}
    assert still_open == {"key", "archive_erased"}


# Destroyed


def test_after_retention_what_is_left_is_proved_and_the_order_named(
    made: tuple[settings.Settings, Path, Path], tmp_path: Path
) -> None:
    now = copied(made[0], tmp_path / "home")
    (now.home.path / "policy.yaml").write_text("retention_years: 1\n")
    assert retention.destroy(now, NIGHT).deliveries == 1
    order = f"destroyed as their time of retention was over, log entry {entry_of(now, 'retention')}"
    for path in made[1:]:
        found = said(path, now)
        assert refuted(path, now) == []
        assert found["lake_departures"].state == proof.PROVED
        assert order in found["taken"].en
        assert "1 deliveries were destroyed" in found["archive_destroyed"].en
    tampered(now, "exempt")
    assert refuted(made[2], now) == ["lake_departures", "published"]


# Corrected, released


def test_after_a_correction_and_a_release_that_night_is_still_as_it_was(
    made: tuple[settings.Settings, Path, Path], tmp_path: Path
) -> None:
    now = copied(made[0], tmp_path / "home")
    late = place(now, "records.crossings", crossing_id="LATE-IN")
    day = "2025-05-20T08:00:00+07:00"
    corrections.correct(now, *late, given(waktu_perlintasan=day), RIGHT)
    wrong = apart(now, "unknown_direction", "WRONG-1")
    corrections.release(now, *wrong, given(arah="KELUAR"), RELEASE)
    assert night.run(now, NIGHT).status == "published"
    night.tidy(now)
    assert story.outcomes(now)["X:LATE-OUT"] == "returned_within_stay"
    for path in made[1:]:
        still_open = {c for c, claim in said(path, now).items() if claim.state != proof.PROVED}
        assert still_open == {"key"}


# Tampered with


def tampered(now: settings.Settings, outcome: str) -> None:
    """Give everybody of every snapshot another outcome, behind the lake's back."""
    secret = keys.load(now.home.keys, now.key, True)

    def blank(schema: str, name: str) -> str | None:
        return "true" if (schema, name) == ("reconciled", "departures") else None

    def chosen(name: str, where: str | None) -> str:
        return f"'{outcome}' AS outcome" if name == "outcome" and where else f'"{name}"'

    with pytest.MonkeyPatch.context() as patch, lake_files.opened(now, secret) as con:
        patch.setattr(lake_files, "_chosen", chosen)
        lake_files.renew(con, now, blank)


def of_archive(now: settings.Settings, change: Callable[[bytes], bytes]) -> None:
    """Change every copy, by somebody who has the key."""
    secret = keys.load(now.home.keys, now.key, True)
    archive = Archive(now.home.lake / "archive", secret.derive("archive"))
    for digest in archive.kept():
        archive.write(digest, change(archive.read(digest)))


def test_a_changed_outcome_is_found_after_an_erasure_too(
    made: tuple[settings.Settings, Path, Path], erased: settings.Settings, tmp_path: Path
) -> None:
    """The pseudonymous one shows no outcome of so few; the file of that night tells."""
    now = copied(erased, tmp_path / "home")
    tampered(now, "exempt")
    assert refuted(made[1], now) == ["published"]
    assert refuted(made[2], now) == ["lake_departures", "published"]


def test_a_departure_taken_away_without_an_order_is_found(
    made: tuple[settings.Settings, Path, Path], erased: settings.Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Of two that are missing an erasure explains one."""
    from pipelines.desks import extracts

    whole = extracts.Then.chosen
    monkeypatch.setattr(
        extracts.Then, "chosen",
        lambda then, asked: whole(then, asked).filter(lambda t: t.outcome != "exempt"),
    )  # fmt: skip
    assert refuted(made[1], erased) == ["lake_departures"]
    assert refuted(made[2], erased) == ["lake_departures", "lake_evidence"]


def test_a_changed_copy_is_found_after_an_erasure_too(
    made: tuple[settings.Settings, Path, Path], erased: settings.Settings, tmp_path: Path
) -> None:
    now = copied(erased, tmp_path / "home")
    of_archive(now, lambda content: content.replace(b"BAMBANG", b"BAMBANK"))
    assert refuted(made[1], now) == ["delivered_rows"]  # its digest had changed by order
    other = copied(erased, tmp_path / "other")
    for copy in (other.home.lake / "archive").rglob("*.aes"):
        copy.write_bytes(copy.read_bytes()[:-1] + b"x")
    assert refuted(made[1], other) == ["archive", "delivered_rows"]


def test_a_forged_extract_is_found_after_an_erasure_too(
    made: tuple[settings.Settings, Path, Path], erased: settings.Settings, tmp_path: Path
) -> None:
    """By somebody who has the key, and signs it."""
    from pipelines.audit import signature
    from tests.audit.test_proof import forged

    files = bundle.read(made[1])
    evidence = formats.read_parquet(files["evidence.parquet"]).to_pylist()
    evidence[0]["seal"] = "0" * 64
    seals = table(made[1], "evidence")
    files["evidence.parquet"] = formats.parquet(seals.from_pylist(evidence, seals.schema))
    secret = keys.load(erased.home.keys, erased.key, True)
    bundle.write(tmp_path / made[1].name, forged(files, signature.private_key(secret)))
    assert refuted(tmp_path / made[1].name, erased) == ["lake_evidence"]
    assert refuted(tmp_path / made[1].name, made[0]) == ["lake_evidence"]
