"""The truth and the files say the same: every key is delivered, every unusable row is unusable."""

import datetime as dt
from collections import Counter, defaultdict

import pytest

from pipelines.simulate.truth import OUTCOMES

from .conftest import Row, Simulated

KEYS = {"perlintasan": "id_perlintasan", "penempatan": "id_pmi", "pemulangan": "no"}
EVENTS = {
    "perlintasan": "waktu_perlintasan",
    "penempatan": "tanggal_selesai_proses",
    "pemulangan": "tanggal_tiba",
}
IDENTITIES = {
    "perlintasan": ("nomor_dokumen", "nama_lengkap", "nik"),
    "penempatan": ("nomor_paspor", "nama", "nik"),
    "pemulangan": ("nomor_dokumen", "nama", "nik"),
}


def invalid(nation: Simulated) -> dict[tuple[str, str, int], str]:
    return {
        (str(row["source"]), str(row["delivery_file"]), int(str(row["row_number"]))): str(
            row["reason"]
        )
        for row in nation.truth("invalid_rows")
    }


def is_impossible(text: object) -> bool:
    try:
        dt.date.fromisoformat(str(text)[:10])
    except ValueError:
        return True
    return False


def is_spoilt(source: str, row: Row, reason: str) -> bool:
    """Whether a row is unusable for the reason that the truth gives."""
    if reason == "unknown_direction":
        return row["arah"] not in ("KELUAR", "MASUK")
    if reason == "bad_event_date":
        return is_impossible(row[EVENTS[source]])
    if reason == "missing_key":
        return row[KEYS[source]] is None
    return all(row[name] is None for name in IDENTITIES[source])


def test_unusable_rows_are_unusable_for_the_stated_reason(nation: Simulated) -> None:
    bad = invalid(nation)
    checked: Counter[str] = Counter()
    for source in KEYS:
        for file, number, row in nation.all(source):
            reason = bad.pop((source, file, number), None)
            if reason is not None:
                assert is_spoilt(source, row, reason), (file, number, reason)
                checked[reason] += 1
    assert not bad, "the truth names rows that were never delivered"
    assert set(checked) == {"unknown_direction", "bad_event_date", "no_identity", "missing_key"}


@pytest.mark.parametrize("source", list(KEYS))
def test_every_usable_key_is_in_the_truth_and_no_other(nation: Simulated, source: str) -> None:
    bad = invalid(nation)
    delivered: dict[str, set[str]] = defaultdict(set)
    for file, number, row in nation.all(source):
        if (source, file, number) not in bad:
            key = str(row[KEYS[source]])
            delivered[f"{file} {key}" if source == "pemulangan" else key].add(file)
    persons = [row for row in nation.truth("persons") if row["source"] == source]
    told = {
        f"{row['delivery_file']} {row['record_key']}"
        if source == "pemulangan"
        else str(row["record_key"]): str(row["delivery_file"])
        for row in persons
    }
    assert len(told) == len(persons)
    assert told.keys() == delivered.keys()
    assert all(file in delivered[key] for key, file in told.items())


def test_departures_refer_to_delivered_records_of_their_person(nation: Simulated) -> None:
    person = {
        (row["source"], row["delivery_file"], row["record_key"]): row["person_key"]
        for row in nation.truth("persons")
    }
    crossing = {key: who for (source, _, key), who in person.items() if source == "perlintasan"}
    for row in nation.truth("departures"):
        if row["exit_record_key"]:
            assert crossing[row["exit_record_key"]] == row["person_key"]
        if row["list_record_key"]:
            key = ("pemulangan", row["list_delivery_file"], row["list_record_key"])
            assert person[key] == row["person_key"]


def test_every_outcome_occurs_and_fits_its_evidence(nation: Simulated) -> None:
    seen: Counter[str] = Counter()
    for row in nation.truth("departures"):
        outcome = str(row["outcome"])
        seen[outcome] += 1
        if outcome == "unrecorded_exit":
            assert row["exit_record_key"] is None
        elif outcome == "confirmed_undocumented":
            assert row["exit_record_key"]
            assert row["list_record_key"]
        elif outcome != "documented_diverted":
            assert row["exit_record_key"]
        assert str(row["origin_regency_code"]).startswith(str(row["origin_province_code"]))
    assert set(seen) == set(OUTCOMES)
    assert seen["insufficient_data"] < 30


def test_suspects_left_long_enough_ago(nation: Simulated) -> None:
    """30 or 90 days of stay and 90 of grace are over, or not, as of the run date."""
    left = {
        str(row["id_perlintasan"]): str(row["waktu_perlintasan"])[:10]
        for _, _, row in nation.all("perlintasan")
        if row["arah"] == "KELUAR" and not is_impossible(row["waktu_perlintasan"])
    }
    for row in nation.truth("departures"):
        if row["outcome"] in ("suspected_undocumented", "awaiting"):
            left_on = dt.date.fromisoformat(left[str(row["exit_record_key"])])
            days = (nation.summary.run_date - left_on).days
            if row["outcome"] == "awaiting":
                assert days <= 181
            else:
                assert days > 119


def test_origins_differ(nation: Simulated) -> None:
    """Hot regions stand out: NTB far above Bali, per person."""
    outcomes = ("suspected_undocumented", "confirmed_undocumented", "unrecorded_exit")
    found = Counter(
        row["origin_province_code"]
        for row in nation.truth("departures")
        if row["outcome"] in outcomes
    )
    assert found["52"] / 5.75 > 4 * found["51"] / 4.38


def test_the_final_truth_goes_beyond_the_run_date(nation: Simulated) -> None:
    rows = nation.truth("departures")
    final = {name: {row["is_undocumented"] for row in rows if row["outcome"] == name}
             for name in OUTCOMES}  # fmt: skip
    assert final["awaiting"] == {True, False}, "some come back late, some do not"
    assert final["confirmed_undocumented"] == final["unrecorded_exit"] == {True}
    for settled in ("documented", "exempt", "returned_within_stay", "returned_late"):
        assert final[settled] == {False}
    suspected = [row["is_undocumented"] for row in rows
                 if row["outcome"] == "suspected_undocumented"]  # fmt: skip
    assert sum(suspected) > 0.9 * len(suspected)
