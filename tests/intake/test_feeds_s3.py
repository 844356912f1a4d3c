"""Feeds from an object store: a real S3 server (moto) on this machine, spoken to over HTTP."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import s3fs
from moto.server import ThreadedMotoServer

from pipelines.desks import sources
from pipelines.intake import feeds
from tests import papers

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAINVENTED", "AWS_SECRET_ACCESS_KEY": "only-for-tests"}
FEED = feeds.Feed(
    name="imigrasi", source="perlintasan", kind="files", address="s3://agency/perlintasan"
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def store(address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """The agency's side of an empty bucket; ours has its address and keys in the environment."""
    monkeypatch.setenv("HOME", str(tmp_path))  # no ~/.aws of whoever runs this
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()
    agency = boto3.session.Session().client("s3")
    agency.create_bucket(Bucket="agency")
    yield agency
    for found in agency.list_objects_v2(Bucket="agency").get("Contents", []):
        agency.delete_object(Bucket="agency", Key=found["Key"])
    agency.delete_bucket(Bucket="agency")
    s3fs.S3FileSystem.clear_instance_cache()


def put(store: Any, name: str, content: bytes) -> None:
    store.put_object(Bucket="agency", Key=f"perlintasan/{name}", Body=content)


def day(keys: list[str]) -> bytes:
    return papers.csv_text([papers.crossing(key) for key in keys]).encode()


def fetched(landing: Path) -> list[str]:
    return [file.name for file in feeds.fetch(FEED, landing)]


def test_objects_land_once_and_again_when_they_change(store: Any, tmp_path: Path) -> None:
    put(store, "hari1.csv", day(["A1"]))
    put(store, "hari2.csv.part", b"half")
    put(store, "", b"")  # the marker that consoles write for a folder
    put(store, "lama/hari0.csv", day(["A0"]))
    assert fetched(tmp_path) == ["hari1.csv"]
    assert fetched(tmp_path) == []
    put(store, "hari1.csv", day(["A9"]))  # as many bytes, and another content
    put(store, "hari2.csv", day(["A2", "A3"]))
    assert fetched(tmp_path) == ["hari1.csv", "hari2.csv"]
    landed = tmp_path / "perlintasan"
    keys = [
        row["crossing_id"]
        for name in ("hari1.csv", "hari2.csv")
        for row in sources.check(landed / name, None).accepted
    ]
    assert keys == ["A9", "A2", "A3"]


@contextmanager
def repeated(task: Callable[[int], None]) -> Iterator[None]:
    """`task` again and again beside what the block does."""
    is_over = threading.Event()

    def work() -> None:
        n = 0
        while not is_over.wait(0.02):
            n += 1
            task(n)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def test_an_object_that_is_still_growing_is_not_taken(store: Any, tmp_path: Path) -> None:
    put(store, "tetap.csv", day(["A1"]))
    put(store, "tumbuh.csv", day(["A1"]))
    with repeated(lambda n: put(store, "tumbuh.csv", day([f"A{k}" for k in range(n + 1)]))):
        assert fetched(tmp_path) == ["tetap.csv"]
    assert not list((tmp_path / "perlintasan").glob(".*.part"))
    put(store, "tumbuh.csv", day(["B1", "B2"]))
    assert fetched(tmp_path) == ["tumbuh.csv"]


def test_an_upload_in_parts_is_not_there_before_it_is_whole(store: Any, tmp_path: Path) -> None:
    put(store, "hari1.csv", day(["A1"]))
    where = {"Bucket": "agency", "Key": "perlintasan/besar.csv"}
    upload = {**where, "UploadId": store.create_multipart_upload(**where)["UploadId"]}
    part = store.upload_part(**upload, PartNumber=1, Body=day(["A1", "A2"]))
    assert fetched(tmp_path) == ["hari1.csv"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    store.complete_multipart_upload(**upload, MultipartUpload=parts)
    assert fetched(tmp_path) == ["besar.csv"]


def test_a_large_object_comes_whole(store: Any, tmp_path: Path) -> None:
    content = day(["A1"]) + b"x" * (2 * feeds.BLOCK)
    put(store, "besar.csv", content)
    [file] = feeds.fetch(FEED, tmp_path)
    assert file.read_bytes() == content


@pytest.mark.parametrize("without", KEYS)
def test_without_keys_in_the_environment_nothing_is_fetched(
    store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    put(store, "hari1.csv", day(["A1"]))
    monkeypatch.delenv(without)
    with pytest.raises(feeds.FeedError, match=r"^imigrasi cannot be fetched: \w+$"):
        feeds.fetch(FEED, tmp_path)


def test_a_bucket_that_is_not_there_is_told_and_stops_no_other(store: Any, tmp_path: Path) -> None:
    put(store, "hari1.csv", day(["A1"]))
    entries = (
        "{name: gone, source: penempatan, kind: files, address: s3://nobody/penempatan}",
        "{name: there, source: perlintasan, kind: files, address: s3://agency/perlintasan}",
    )
    papers.write(tmp_path / feeds.FILE, "feeds:\n" + "".join(f"  - {e}\n" for e in entries))
    gone, there = feeds.fetch_all(tmp_path, tmp_path / "landing")
    assert gone.error == "gone cannot be fetched: FileNotFoundError"
    assert (there.files, there.error) == (1, None)


def test_keys_in_an_address_are_refused(tmp_path: Path) -> None:
    entry = "{name: a, source: perlintasan, kind: files, address: 's3://AKIA:key@agency/x'}"
    papers.write(tmp_path / feeds.FILE, f"feeds:\n  - {entry}\n")
    with pytest.raises(feeds.FeedError):
        feeds.declared(tmp_path)
