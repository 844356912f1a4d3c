"""Deliveries that are fetched: a view in an agency's PostgreSQL, or files at an fsspec address.

What is fetched lands as a file like any other, and intake hashes and archives it. `feeds.yaml` of
the home says what to fetch; passwords and keys stay in the environment (PGPASSWORD,
AWS_SECRET_ACCESS_KEY) or in places of the libraries' own. What was fetched already stands beside
the deliveries, in `.NAME.fetched.json`; how the last fetch of each feed went, in
`landing/.feeds.json`.
"""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import duckdb
import fsspec
import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from pipelines import contracts, whole
from pipelines.errors import PulangError
from pipelines.intake import arrivals

FILE = "feeds.yaml"
LAST = ".feeds.json"
CHECK = "feed_fetched"
CONNECT_SECONDS = 30
BLOCK = 1 << 22
GIVEN_AWAY = r"(?i)password|secret|://[^/]*@"
LIBPQ = r"^\w+=[^\s'\"]+(\s+\w+=[^\s'\"]+)*$"


class FeedError(PulangError):
    """A feed that is described wrongly or cannot be reached."""


class Feed(BaseModel):
    """One entry of feeds.yaml."""

    model_config = ConfigDict(extra="forbid")
    name: str
    source: str
    kind: Literal["postgres", "files"]
    address: str  # libpq words, or an fsspec address of a folder
    view: str = ""  # schema.view
    watermark: str = ""  # a column that only grows; without it the whole view comes each time


class Fetched(BaseModel):
    """How a fetch went: how many files landed, or why none could."""

    feed: str
    source: str
    files: int = 0
    error: str | None = None


def declared(home: Path) -> list[Feed]:
    """The feeds of a home; none where there is no file."""
    if not (home / FILE).exists():
        return []
    try:
        said = whole.read_yaml(home / FILE) or {}
        feeds = [Feed(**entry) for entry in said["feeds"]]
    except (yaml.YAMLError, ValidationError, KeyError, TypeError):
        raise FeedError(f"{FILE} is not a list of feeds") from None
    for feed in feeds:
        is_known = feed.source in contracts.sources() and re.fullmatch(r"[\w-]+", feed.name)
        is_view = feed.kind == "files" or (feed.view and re.match(LIBPQ, feed.address))
        if not is_known or not is_view or re.search(GIVEN_AWAY, feed.address):
            raise FeedError(f"{FILE}: {feed.name} says something that cannot be fetched")
    return feeds


def fetch_all(home: Path, landing: Path) -> list[Fetched]:
    """Fetch every feed of a home. One that fails stops no other, and is told."""
    try:
        found = [_fetched(feed, landing) for feed in declared(home)]
    except FeedError as error:
        found = [Fetched(feed=FILE, source=FILE, error=str(error))]
    last = landing / LAST
    if found or last.exists():
        landing.mkdir(parents=True, exist_ok=True)
        last.write_text(json.dumps([one.model_dump() for one in found]), "utf-8")
    return found


def last_fetched(landing: Path) -> list[Fetched]:
    """How the last fetch of each feed went."""
    last = landing / LAST
    told = last.read_text("utf-8") if last.exists() else "[]"
    return TypeAdapter(list[Fetched]).validate_json(told)


def verdicts(landing: Path) -> list[dict[str, Any]]:
    """The last fetches as checks of the night: a feed that fails is a warning."""
    return [
        {
            "source": one.source, "check_id": CHECK, "column_name": one.feed, "severity": "warn",
            "passed": one.error is None, "observed": one.error or f"{one.files} files",
            "expected": "fetched",
        }
        for one in last_fetched(landing)
    ]  # fmt: skip


def _fetched(feed: Feed, landing: Path) -> Fetched:
    try:
        return Fetched(feed=feed.name, source=feed.source, files=len(fetch(feed, landing)))
    except FeedError as error:
        return Fetched(feed=feed.name, source=feed.source, error=str(error))


def fetch(feed: Feed, landing: Path) -> list[Path]:
    """Fetch what is new; gives the files that landed."""
    folder = landing / feed.source
    folder.mkdir(parents=True, exist_ok=True)
    memory = folder / f".{feed.name}.fetched.json"
    known = json.loads(memory.read_text("utf-8")) if memory.exists() else {}
    try:
        landed, fresh = (_rows if feed.kind == "postgres" else _files)(feed, folder, known)
    except Exception as error:  # the libraries behind an address raise what they like
        raise FeedError(f"{feed.name} cannot be fetched: {type(error).__name__}") from None
    # After the files: a fetch that was killed is simply done again.
    half = memory.with_suffix(".part")
    half.write_text(json.dumps(fresh, sort_keys=True), "utf-8")
    half.replace(memory)
    return landed


# A view


def _rows(feed: Feed, folder: Path, known: dict[str, Any]) -> tuple[list[Path], dict[str, Any]]:
    """Rows from the last watermark on, as Parquet; none where they are those of the last fetch.

    The rows that stand at the watermark itself come again: others may have been added to them.
    """
    with _attached(feed) as con:
        schema, _, view = feed.view.rpartition(".")
        rows = con.table(view, database=("feed", schema or "public"))
        if feed.watermark:
            column = rows[feed.watermark]
            if "watermark" in known:
                rows = rows.filter(column >= ibis.literal(known["watermark"]).cast(column.type()))
            rows = rows.order_by(feed.watermark)
        table = con.to_pyarrow(rows)
    file = folder / f".{feed.name}.part"
    pq.write_table(table, file, compression="zstd")
    digest = sha256(file.read_bytes()).hexdigest()
    if not table.num_rows or digest == known.get("sha256"):
        file.unlink()
        return [], known
    target = folder / f"{feed.name}-{digest[:16]}.parquet"
    file.replace(target)
    return [target], {"sha256": digest} | _newest(feed, table)


def _newest(feed: Feed, table: pa.Table) -> dict[str, str]:
    if not feed.watermark:
        return {}
    values = [v for v in table[feed.watermark].to_pylist() if v is not None]
    newest = max(values)
    if isinstance(newest, datetime):
        newest = newest.astimezone(UTC) if newest.tzinfo else newest
    said = newest.isoformat() if isinstance(newest, date) else str(newest)
    return {"watermark": said}


@contextmanager
def _attached(feed: Feed) -> Iterator[Any]:
    con = ibis.duckdb.connect()
    try:
        con.con.load_extension(str(_postgres()))
        con.raw_sql("SET TimeZone = 'UTC'")
        address = f"connect_timeout={CONNECT_SECONDS} {feed.address}"
        con.raw_sql(f"ATTACH '{address}' AS feed (TYPE postgres, READ_ONLY)")
        yield con
    finally:
        con.disconnect()


def _postgres() -> Path:
    """The extension in its wheel, as the lake loads its own."""
    package = Path(str(resources.files("duckdb_extension_postgres_scanner")))
    return package / "extensions" / f"v{duckdb.__version__}" / "postgres_scanner.duckdb_extension"


# Files


def _files(feed: Feed, folder: Path, known: dict[str, Any]) -> tuple[list[Path], dict[str, Any]]:
    """Files of a folder elsewhere that are new, or other than when they were last fetched.

    One that is still growing is not taken; the next fetch takes it whole.
    """
    there, root = fsspec.core.url_to_fs(feed.address)
    listed = _listed(there, root)
    fresh = {name: entry for name, entry in listed.items() if known.get(name) != _mark(entry)}
    if any(map(_is_young, fresh.values())):
        time.sleep(arrivals.STILL)
    failed = {name: _copied(there, e, _half(folder, name)) for name, e in fresh.items()}
    again = _listed(there, root)
    landed = []
    for name, error in failed.items():
        if name not in again or _mark(again[name]) != _mark(fresh[name]):
            _half(folder, name).unlink()
        elif error:
            raise error
        else:
            landed.append(_half(folder, name).replace(folder / name))
    return landed, known | {file.name: _mark(fresh[file.name]) for file in landed}


def _half(folder: Path, name: str) -> Path:
    return folder / f".{name}.part"


def _listed(there: Any, root: str) -> dict[str, dict[str, Any]]:
    """The files of a folder by the name under which they land, in the order of their names."""
    there.invalidate_cache()  # what the folder held when somebody last looked says nothing
    entries = {_name(e): e for e in there.ls(root, detail=True) if e["type"] == "file"}
    return {n: e for n, e in sorted(entries.items()) if n and not arrivals.is_ignored(n)}


def _copied(there: Any, entry: dict[str, Any], half: Path) -> OSError | None:
    """Copy a file; gives why it could not be: it may only be that somebody writes to it."""
    with half.open("wb") as copy:
        try:
            with there.open(entry["name"], "rb") as source:
                while block := source.read(BLOCK):
                    copy.write(block)
        except OSError as error:
            return error
    return None if half.stat().st_size == entry["size"] else OSError("not as long as it is said")


def _name(entry: dict[str, Any]) -> str:
    return arrivals.shown(str(entry["name"]).rsplit("/", 1)[-1])


def _mark(entry: dict[str, Any]) -> list[Any]:
    """What changes when a file does."""
    return [entry.get("size"), _time(entry)]


def _time(entry: dict[str, Any]) -> str:
    """Digest or time of a file, where the store tells one."""
    told = (entry.get(key) for key in ("ETag", "mtime", "LastModified", "created"))
    return str(next((one for one in told if one), None))


def _is_young(entry: dict[str, Any]) -> bool:
    """Written to so lately that it may be written to again; or nobody knows when."""
    at = entry.get("LastModified") or entry.get("mtime") or entry.get("created")
    seconds = at.timestamp() if isinstance(at, datetime) else at
    return not isinstance(seconds, float) or time.time() - seconds < arrivals.YOUNG
