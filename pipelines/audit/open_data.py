"""Open aggregates: a few public tables of counts, and what describes them to whoever finds them.

Counts of combinations, each of ten departures at least (suppression.py), rounded to tens: beside an
extract or the tables of the next night an exact count would give away what these withhold. The
descriptor is a Data Package (datapackage.org, 2.0) that also says what Perpres 39/2019 on Satu Data
Indonesia asks of public data: standard, metadata, codes, interoperability.
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from pipelines import contracts
from pipelines.audit import formats
from pipelines.audit.suppression import K, shown_as
from pipelines.contracts import Table

# Early columns keep exact counts (suppression.py).
SPLITS: dict[str, str | None] = {
    "outcome": None, "year": None, "gender": None, "origin_province_code": None,
    "destination_country": None, "age_broad": None,
}  # fmt: skip
# As CTDC's Global Synthetic Dataset writes gender and ageBroad: each band with the age after it.
GENDERS = {"L": "Man", "P": "Woman"}
BANDS = {
    "0--8": 9, "09--17": 18, "18--20": 21, "21--23": 24, "24--26": 27, "27--29": 30,
    "30--38": 39, "39--47": 48,
}  # fmt: skip
OLDEST = "48+"
PROFILE = "https://datapackage.org/profiles/2.0"
TYPES = {pa.string(): "string", pa.int64(): "integer"}
CODES = {
    "origin_province_code": "Kode wilayah administrasi pemerintahan, Kementerian Dalam Negeri",
    "destination_country": "ISO 3166-1 alpha-3",
    "gender": "CTDC Global Synthetic Dataset, gender",
    "age_broad": "CTDC Global Synthetic Dataset, ageBroad",
    "outcome": "UU 18/2017; docs/outcomes.md",
}


def cells(departures: ir.Table) -> ir.Table:
    """How many published departures share each combination (key: the columns of SPLITS)."""
    genders = [(departures.sex == code, word) for code, word in GENDERS.items()]
    day = departures.departed_on.coalesce(departures.returned_on)
    values = {
        "outcome": departures.outcome,
        "year": day.year().cast("string"),
        "origin_province_code": departures.origin_province_code,
        "destination_country": departures.observed_country.coalesce(departures.declared_country),
        "gender": ibis.cases(*genders, else_=""),
        "age_broad": _band(departures.age_at_departure),
    }
    told = departures.select(**{name: value.fill_null("") for name, value in values.items()})
    return told.group_by(list(SPLITS)).agg(rows=told.count()).order_by(list(SPLITS))


def _band(age: ir.IntegerValue) -> ir.StringValue:
    bands = [(age < end, name) for name, end in BANDS.items()]
    return ibis.cases(*bands, (age.notnull(), OLDEST), else_="")


def rounded(counts: pd.Series) -> pd.Series:
    """The nearest multiple of K; halves go up."""
    return (counts + K // 2) // K * K


def tables(counted: pa.Table) -> dict[str, pa.Table]:
    """The tables of schemas/extracts/open.yaml from `cells`; where there are too few, none."""
    frame = counted.to_pandas()
    if frame["rows"].sum() < K:
        return {}
    shown = shown_as(frame, K, SPLITS).assign(departures=frame["rows"])
    made = {}
    for (kind, name), contract in contracts.extracts().items():
        if kind != "open":
            continue
        summed = shown.groupby(contract.keys, sort=True)["departures"].sum().reset_index()
        summed["departures"] = rounded(summed["departures"])
        rows = pa.Table.from_pandas(
            summed[contract.names].replace("", None), contract.arrow_schema, preserve_index=False
        )
        made[name] = rows
    return made


def files(made: Mapping[str, pa.Table], night: Mapping[str, Any]) -> dict[str, bytes]:
    """The tables as CSV, and their descriptor. The same tables of a night give the same bytes."""
    written = {f"{name}.csv": formats.csv(rows) for name, rows in made.items()}
    resources = [
        _resource(contracts.extracts()["open", name], rows, written[f"{name}.csv"])
        for name, rows in made.items()
    ]
    described = _described(night, resources)
    text = json.dumps(described, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    return written | {"datapackage.json": text.encode()}


def _resource(contract: Table, rows: pa.Table, content: bytes) -> dict[str, Any]:
    fields = [
        {"name": c.name, "type": TYPES[rows.schema.field(c.name).type],
         "description": f"{c.description_en} | {c.description_id}"}
        | ({"codes": CODES[c.name]} if c.name in CODES else {})
        for c in contract.columns
    ]  # fmt: skip
    return {
        "$schema": f"{PROFILE}/dataresource.json",
        "name": contract.name, "path": f"{contract.name}.csv", "type": "table", "format": "csv",
        "mediatype": "text/csv", "encoding": "utf-8", "bytes": len(content),
        "hash": f"sha256:{sha256(content).hexdigest()}",
        "description": f"{contract.description_en} | {contract.description_id}",
        "schema": {"$schema": f"{PROFILE}/tableschema.json", "fields": fields,
                   "primaryKey": contract.keys, "missingValues": [""]},
    }  # fmt: skip


def _described(night: Mapping[str, Any], resources: list[dict[str, Any]]) -> dict[str, Any]:
    """The descriptor; `satu_data` follows articles 4 to 7 of Perpres 39/2019."""
    return {
        "$schema": f"{PROFILE}/datapackage.json",
        "name": "pulang-open",
        "title": "Keberangkatan menurut asal dan status · Departures by origin and outcome",
        "version": f"{night['night']}",
        "created": f"{night['night']}T00:00:00+07:00",
        "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
        "resources": resources,
        "satu_data": {
            "standar_data": {
                "konsep": "Keberangkatan WNI dan apa yang terjadi sesudahnya",
                "definisi": "Satu kali keluar, atau satu kepulangan tanpa keluar tercatat",
                "klasifikasi": "Status keberangkatan menurut UU 18/2017 (docs/outcomes.md)",
                "ukuran": "Jumlah",
                "satuan": "Keberangkatan",
            },
            "metadata": {
                "malam": str(night["night"]),
                "nomor_malam": night["night_number"],
                "versi_perangkat": night["code_version"],
                "kebijakan_sha256": night["policy_sha256"],
                "ambang_pengungkapan": K,
                "pembulatan": K,
                "yang_disembunyikan": "*",
                "tak_cocok": "Tak cocok bukan berarti tak berdokumen",
            },
            "kode_referensi": CODES,
            "interoperabilitas": "CSV UTF-8 (RFC 4180) dengan deskriptor Data Package 2.0",
        },
    }
