"""A small extract, made without a lake: sixty departures of nobody."""

from datetime import date
from typing import Any

import pyarrow as pa

from pipelines import contracts
from pipelines.audit import compose, scope, signature
from pipelines.audit.wording import Words
from pipelines.keys import Keys

SECRET = Keys(b"a secret of the tests")
KEY = signature.private_key(SECRET)
OUTCOMES = frozenset({"suspected_undocumented", "documented"})
ASKED: dict[str, Any] = {
    "first": date(2025, 1, 1), "last": date(2025, 12, 31), "regions": ["52"],
    "purpose": "pemeriksaan aduan", "legal_basis": "UU 37/2008 pasal 8",
    "requester": "Ombudsman RI",
}  # fmt: skip
NIGHT = {
    "night_number": 3, "night": "2026-01-15", "snapshot_id": 40, "policy": "{}",
    "policy_sha256": "a" * 64, "contracts_sha256": "b" * 64, "linkage_model": "3-c",
    "code_version": "0.1.0", "reference_sha256": "d" * 64, "conditions": ["e" * 64],
    "key_fingerprint": signature.fingerprint(signature.public_hex(KEY)),
}  # fmt: skip
RULES = tuple(
    {
        "rule": rule, "outcome": outcome, "reason_id": "alasan", "reason_en": "reason",
        "meaning_id": "arti", "meaning_en": "meaning", "legal_basis": "UU 18/2017",
    }
    for rule, outcome in (("covers", "documented"), ("overdue", "suspected_undocumented"))
)  # fmt: skip
WORDS = Words(
    {"52": "Nusa Tenggara Barat", "52.03": "Kabupaten Lombok Timur"},
    {"MYS": {"id": "Malaysia", "en": "Malaysia"}}, RULES,
)  # fmt: skip


def request(**changed: Any) -> scope.Request:
    """The request of these tests, but for what is said."""
    return scope.request(OUTCOMES, **(ASKED | changed))


def coarse(number: int, **changed: str | None) -> dict[str, str | None]:
    """A departure as it may be told; the first fifty documented, the others suspected."""
    is_placed = number < 50
    return {
        "row_id": f"R{number:016x}",
        "outcome": "documented" if is_placed else "suspected_undocumented",
        "rule": "covers" if is_placed else "overdue",
        "period": f"2025-{number % 12 + 1:02}", "origin_province_code": "52",
        "origin_regency_code": "52.03", "destination_country": "MYS", "sex": "LP"[number % 2],
        "age_band": "25-34", "papers": "exit",
    } | changed  # fmt: skip


def rows(asked: scope.Request, count: int = 60) -> compose.Rows:
    """What the lake would give for a request."""
    told = [coarse(number) for number in range(count)]
    ids = [row["row_id"] for row in told]
    whole = pa.table({"row_id": ids, "seal": ["f" * 64] * count})
    by_role = whole.append_column("role", pa.repeat(pa.scalar("exit"), count)).append_column(
        "source", pa.repeat(pa.scalar("perlintasan"), count)
    )
    names = ("batch_id", "source", "sha256", "rows", "accepted", "quarantined", "superseded")
    delivery = ("B" + "1" * 16, "perlintasan", "2" * 64, 70, 60, 8, 2)
    deliveries = pa.Table.from_pylist([dict(zip(names, delivery, strict=True))])
    return compose.pseudonymous(asked, pa.Table.from_pylist(told, SCHEMA), by_role, whole,
                                deliveries)  # fmt: skip


SCHEMA = contracts.extracts()["pseudonymous", "departures"].arrow_schema


def files(asked: scope.Request | None = None) -> dict[str, bytes]:
    """All files of the extract."""
    wanted = asked or request()
    return compose.files(wanted, NIGHT, rows(wanted), WORDS, KEY)
