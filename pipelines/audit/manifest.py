"""manifest.json: what an extract is, of what it was made, and the digest of each of its files."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pipelines.audit.scope import Request

FORMAT = "pulang-extract-1"
MANIFEST, SIGNATURE, KEY = "manifest.json", "manifest.sig", "public_key.pem"
OUTSIDE = (MANIFEST, SIGNATURE)  # not listed in the manifest themselves
COUNTS = ("rows", "accepted", "quarantined", "superseded")


def described(
    request: Request,
    night: Mapping[str, Any],
    rows: Mapping[str, int],
    deliveries: list[Mapping[str, Any]],
    files: Mapping[str, bytes],
    public_key: str,
) -> bytes:
    """The manifest as it is signed. `night` is as the house knows it, `rows` by table."""
    said = {
        "format": FORMAT,
        "request": request.said(),
        "request_sha256": request.digest,
        "night": dict(night),
        "rows": dict(rows),
        "conservation": conservation(deliveries),
        "files": {name: _file(content) for name, content in sorted(files.items())},
        "public_key": public_key,
    }
    return (json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _file(content: bytes) -> dict[str, Any]:
    return {"bytes": len(content), "sha256": sha256(content).hexdigest()}


def conservation(deliveries: list[Mapping[str, Any]]) -> dict[str, Any]:
    """By source: deliveries behind the extract, and what became of all their rows."""
    found: dict[str, Any] = {}
    for one in deliveries:
        of_source = found.setdefault(one["source"], dict.fromkeys(("deliveries", *COUNTS), 0))
        of_source["deliveries"] += 1
        for name in COUNTS:
            of_source[name] += one[name]
    return found


def holds(conservation: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether every delivered row is accounted for."""
    return all(
        said["rows"] == said["accepted"] + said["quarantined"] + said["superseded"]
        for said in conservation.values()
    )
