"""The seals of one row of a pseudonymous extract, opened for somebody who has a right to know.

What is handed over are texts: the SHA-256 of each is the seal in evidence.parquet, so that anybody
can check with `sha256sum` that these are the rows that were sealed, and which file they stand in.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines import access_log, settings
from pipelines.audit import bundle, scope, selection
from pipelines.desks.extracts import outcomes, reading, sealed_for
from pipelines.desks.proving import Row, row_of
from pipelines.lake import open_to_note, rows_of

ALL = "all"  # of a row whose kinds of papers are withheld: one seal over the others


def open_seals(
    now: settings.Settings, extract: Path, row_id: str, given: Mapping[str, Any], out: Path
) -> Path:
    """Write the openings of a row as one encrypted file in `out`; gives the file.

    `given` are purpose, legal_basis, requester, approver and recipient, as for an identified
    extract. The access log has it before anything is written. Raises RequestError,
    NothingThereError or LogError.
    """
    with reading(now, open_to_note) as (lake, secret):
        row = row_of(lake, secret, extract, row_id)
        asked = scope.request(outcomes(), **given, kind="identified", departures=[row.departure_id])
        texts = _texts(row)
        file = out / f"{extract.stem}_{row_id}.zip.age"
        if file.exists():
            raise scope.RequestError(f"{file} is there already")
        said = {name: getattr(asked, name) for name in ("requester", "approver", "recipient")}
        said |= {"purpose": asked.purpose, "legal_basis": asked.legal_basis}
        told = {"extract": extract.stem, "row_id": row_id, "departure_id": row.departure_id}
        access_log.note(lake, now, "open_seal", told | said)
    out.mkdir(parents=True, exist_ok=True)
    bundle.write_file(file, sealed_for(asked, bundle.zipped(texts)))
    return file


def _texts(row: Row) -> dict[str, bytes]:
    """A text by role, and one whose digest is the seal of all of them together."""
    with row.then.lake.scratchpad() as hold:
        everyone = row.then.table("reconciled", "departures")
        mine = everyone.filter(everyone.departure_id == row.departure_id)
        behind = hold(row.then.evidence(hold(mine)))
        told = rows_of(selection.openings(behind, row.key).order_by("role", "source"))
        seals = rows_of(selection.seals(behind, row.key).order_by("role", "source"))
    texts = {f"{one['role']}.txt": one["opening"].encode() for one in told}
    return texts | {f"{ALL}.txt": "".join(one["seal"] for one in seals).encode()}
