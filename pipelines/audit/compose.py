"""From the rows of a scope to the files of an extract, signed. Pure: the same in, the same out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipelines import contracts
from pipelines.audit import formats, manifest, signature, summary, tables, workbook
from pipelines.audit.scope import Request, RequestError
from pipelines.audit.suppression import WITHHELD, K, withhold, withhold_all_but
from pipelines.audit.wording import Words

# What is said of a departure that was asked for by its name: nothing of who and where.
OF_ONE = ("outcome", "rule", "papers")


@dataclass(frozen=True)
class Parts:
    """The rows of a scope, nothing withheld. Key of departures: row_id or departure_id.

    Behind them lie seals by role and one of all (`whole`), or delivered rows and no `whole`.
    """

    departures: pa.Table
    evidence: pa.Table
    deliveries: pa.Table
    whole: pa.Table | None = None


@dataclass(frozen=True)
class Rows:
    """The tables of an extract, in their final order."""

    departures: pa.Table
    evidence: pa.Table
    deliveries: pa.Table

    @property
    def counts(self) -> dict[str, int]:
        """Rows by table."""
        return {name: table.num_rows for name, table in vars(self).items()}


def composed(request: Request, parts: Parts) -> Rows:
    """The tables of an extract. Raises RequestError for a scope that hides nobody."""
    of = (parts.departures, parts.evidence)
    if parts.whole is None:
        return identified(*of, parts.deliveries)
    return pseudonymous(request, *of, parts.whole, parts.deliveries)


def pseudonymous(
    request: Request, rows: pa.Table, seals: pa.Table, whole: pa.Table, deliveries: pa.Table
) -> Rows:
    """Withhold what is shared by few. `rows` have row_id and what may be said; `seals` are by role,
    `whole` one for a departure. Raises RequestError for a scope that hides nobody.
    """
    if request.is_of_single_departures:
        shown = withhold_all_but(rows, OF_ONE)
    elif rows.num_rows < K:
        raise RequestError(
            f"fewer than {K} departures are in this scope; a pseudonymous extract of it would "
            "point at people. Widen it, or ask for an identified extract"
        )
    else:
        shown = withhold(rows)
    telling = shown.filter(pc.not_equal(shown["papers"], WITHHELD)).select(["row_id"])
    by_role = seals.join(telling, "row_id", join_type="left semi")
    others = whole.join(telling, "row_id", join_type="left anti")
    for name in ("role", "source"):
        others = others.append_column(name, pa.repeat(pa.scalar(WITHHELD), others.num_rows))
    names = by_role.schema.names
    evidence = pa.concat_tables([by_role, others.select(names)])
    return Rows(
        _as_contracted("pseudonymous", "departures", shown),
        _as_contracted("pseudonymous", "evidence", evidence),
        _as_contracted("pseudonymous", "deliveries", deliveries),
    )


def identified(departures: pa.Table, evidence: pa.Table, deliveries: pa.Table) -> Rows:
    """Everything, in its order."""
    return Rows(
        _as_contracted("identified", "departures", departures),
        _as_contracted("identified", "evidence", evidence),
        _as_contracted("pseudonymous", "deliveries", deliveries),
    )


def _as_contracted(kind: str, table: str, rows: pa.Table) -> pa.Table:
    """Columns, types and total order of the contract."""
    contract = contracts.extracts()[kind, table]
    cast = rows.select(contract.names).cast(contract.arrow_schema).combine_chunks()
    return cast.sort_by([(key, "ascending") for key in contract.keys])


def name_of(request: Request, night: Mapping[str, Any]) -> str:
    """The name of an extract: its night and the digest of the request, nothing of a person."""
    return f"extract_{night['night_number']:06}_{night['night']}_{request.digest[:12]}"


def files(
    request: Request,
    night: Mapping[str, Any],
    rows: Rows,
    words: Words,
    key: Ed25519PrivateKey,
) -> dict[str, bytes]:
    """Every file of the extract, the signature included."""
    counted = tables.counted(rows.departures)
    about = summary.about(request, night, words, name_of(request, night))
    meanings = [contracts.extracts()[request.kind, name] for name in ("departures", "evidence")]
    watermark = watermark_of(request)
    made = {
        "ringkasan.pdf": summary.pdf(request, night, rows, counted, words,
                                     name_of(request, night), watermark),
        "data.xlsx": workbook.written(about, rows.departures, counted, rows.deliveries,
                                      meanings, watermark),
        "departures.csv": formats.csv(rows.departures),
        "departures.parquet": formats.parquet(rows.departures),
        "evidence.parquet": formats.parquet(rows.evidence),
        "deliveries.parquet": formats.parquet(rows.deliveries),
        manifest.KEY: signature.public_pem(key),
    } | {f"tables/{name}.csv": formats.csv(table) for name, table in counted.items()}  # fmt: skip
    said = manifest.described(
        request, night, rows.counts, rows.deliveries.to_pylist(), made, signature.public_hex(key)
    )
    return made | {manifest.MANIFEST: said, manifest.SIGNATURE: key.sign(said)}


def watermark_of(request: Request) -> str | None:
    """What stands on every page of an identified extract."""
    if not request.is_identified:
        return None
    return f"{request.requester} · {request.recipient} · {request.digest[:16]}"
