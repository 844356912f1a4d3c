"""Audit extracts of a home, and their proof against its lake. Reads lake and published file."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyrage

from pipelines import keys, night, reconcile, reference, settings, spills
from pipelines.audit import bundle, compose, proof, scope, selection, signature
from pipelines.audit.wording import Words
from pipelines.desks import archive
from pipelines.desks.front import NothingThereError
from pipelines.lake import Lake, exists, open_lake, rows_of
from pipelines.publish import kept

Log = Callable[[str, Mapping[str, str]], None]
Report = Callable[[str], None]
RULES = ("policy", "policy_sha256", "contracts_sha256", "linkage_model", "code_version")


@dataclass(frozen=True)
class Made:
    """An extract on the disk; an identified one is a single encrypted file."""

    name: str
    paths: tuple[Path, ...]
    rows: Mapping[str, int]
    public_key: str

    @property
    def fingerprint(self) -> str:
        """By which the signing key is known."""
        return signature.fingerprint(self.public_key)


@dataclass(frozen=True)
class Then:
    """The lake as it was in one published night."""

    lake: Lake
    night: Mapping[str, Any]

    def table(self, schema: str, name: str) -> ir.Table:
        """A table as it was."""
        return self.lake.table_at(schema, name, self.night["snapshot_id"])


def extract(
    now: settings.Settings,
    given: Mapping[str, Any],
    out: Path,
    log: Log,
    of_night: date | None = None,
    report: Report = lambda _: None,
) -> Made:
    """Make the extract that was asked for, into `out`. `given` is what `scope.request` takes.

    `log` is told before anything is written. Raises RequestError, NothingThereError.
    """
    with _reading(now) as (lake, secret):
        report("looking for the departures")
        then = _then(lake, of_night)
        lists = _deliveries_named(then, given.get("lists", ()))
        asked = scope.request(_outcomes(), **{**given, "lists": lists})
        rows = _rows(then, asked, secret)
        key = signature.private_key(secret)
        report("writing the extract")
        told = dict(then.night) | {
            "key_fingerprint": signature.fingerprint(signature.public_hex(key))
        }
        files = compose.files(asked, told, rows, _words(), key)
    name = compose.name_of(asked, then.night)
    log("extract", _logged(asked, name, rows))
    paths = _write(out, name, files, asked.recipient)
    return Made(name, paths, rows.counts, signature.public_hex(key))


def access_log(now: settings.Settings) -> Log:
    """Where extracts of a home are entered, before anything of them is written."""

    def enter(_kind: str, details: Mapping[str, str]) -> None:
        if details["kind"] == "identified":
            raise scope.RequestError(f"{now.home.path} keeps no access log: nobody may be named")

    return enter


def _logged(asked: scope.Request, name: str, rows: compose.Rows) -> dict[str, str]:
    """What the log keeps of an extract: who, why and how much, nothing of the people in it."""
    said = {
        "extract": name,
        "request_sha256": asked.digest,
        "departures": str(len(rows.departures)),
    }
    names = ("kind", "requester", "purpose", "legal_basis", "approver", "recipient")
    return said | {n: value for n in names if (value := getattr(asked, n))}


def _write(
    out: Path, name: str, files: Mapping[str, bytes], recipient: str | None
) -> tuple[Path, ...]:
    """A folder and a zip; for a recipient only an encrypted zip, the plain one never on a disk."""
    out.mkdir(parents=True, exist_ok=True)
    packed = bundle.zipped(files)
    if recipient:
        sealed = out / f"{name}.zip.age"
        bundle.write_file(sealed, pyrage.encrypt(packed, [_recipient(recipient)]))
        return (sealed,)
    folder, file = out / name, out / f"{name}.zip"
    for path in (folder, file):
        if path.exists():
            raise scope.RequestError(f"{path} is there already")
    bundle.write(folder, files)
    bundle.write_file(file, packed)
    return folder, file


def _recipient(key: str) -> Any:
    try:
        return pyrage.x25519.Recipient.from_str(key)
    except pyrage.RecipientError:
        raise scope.RequestError("the recipient is no age key (age1...)") from None


# The rows of a scope


def _rows(then: Then, asked: scope.Request, secret: keys.Keys) -> compose.Rows:
    lake = then.lake
    everyone, matches = (then.table("reconciled", n) for n in ("departures", "list_matches"))
    records = {name: then.table("records", name) for name in selection.SOURCES}
    with lake.scratchpad() as hold:
        chosen = hold(selection.chosen(everyone, matches, records["repatriations"], asked))
        if asked.departures and chosen.count().to_pyarrow().as_py() < len(asked.departures):
            raise NothingThereError("not every departure that was named is in that night")
        batches = then.table("ops", "batches")
        behind = hold(selection.evidence(chosen, everyone, matches, records, batches))
        deliveries = batches.semi_join(behind, "batch_id").to_pyarrow()
        coarse = hold(selection.coarse(chosen, behind))
        if asked.is_identified:
            named = selection.identified(chosen, coarse, behind, records)
            return compose.identified(named.to_pyarrow(), behind.to_pyarrow(), deliveries)
        key = _own_names(secret, asked, then)
        seals = hold(selection.seals(behind, key))
        shown, by_role, whole = (
            _renamed(part, key).to_pyarrow()
            for part in (coarse, seals, selection.whole_seals(seals))
        )
        return compose.pseudonymous(asked, shown, by_role, whole, deliveries)


def _own_names(secret: keys.Keys, asked: scope.Request, then: Then) -> str:
    """The key of the names and seals of one extract."""
    return secret.derive(f"extract {asked.digest} {then.night['night_number']}")


def departure_of(now: settings.Settings, path: Path, row: str) -> str:
    """The departure_id behind a row_id of a pseudonymous extract of this home, for `explain`.

    Raises NothingThereError where there is none, RequestError where the extract is not whole.
    """
    claims, files = _opened(path, None)
    with _reading(now) as (lake, secret):
        house = signature.public_hex(signature.private_key(secret))
        if not proof.is_proved([*claims, *proof.integrity(files, house)]):
            raise scope.RequestError(f"{path.name} is no extract of this home as it was made")
        whole = proof.extract_of(files)
        then = _then(lake, None, whole.said["night"]["night_number"])
        everyone, matches = (then.table("reconciled", n) for n in ("departures", "list_matches"))
        lists = then.table("records", "repatriations")
        chosen = selection.chosen(everyone, matches, lists, whole.request)
        named = selection.row_id(chosen.departure_id, _own_names(secret, whole.request, then))
        for found in rows_of(chosen.filter(named == row).select("departure_id")):
            return str(found["departure_id"])
    raise NothingThereError(f"{path.name} has no row {row}")


def _renamed(rows: ir.Table, key: str) -> ir.Table:
    named = rows.mutate(row_id=selection.row_id(rows.departure_id, key))
    return named.drop("departure_id")


def _deliveries_named(then: Then, lists: tuple[str, ...]) -> tuple[str, ...]:
    """Lists by their batch_id; who asks may name the file. Raises NothingThereError."""
    if not lists:
        return ()
    batches = then.table("ops", "batches")
    of_lists = batches.filter(
        batches.source == "pemulangan", batches.file.isin(lists) | batches.batch_id.isin(lists)
    )
    found = rows_of(of_lists.select("batch_id", "file"))
    if len({row["file"] for row in found}) < len(set(lists)):
        raise NothingThereError("not every list that was named was delivered by that night")
    return tuple(row["batch_id"] for row in found)


def _then(lake: Lake, of_night: date | None, number: int | None = None) -> Then:
    """The night of a date or number, else the latest; of several on a date the last."""
    nights, stages = lake.table("ops", "nights"), lake.table("ops", "stages")
    t = nights.filter(nights.outcome == night.PUBLISHED)
    if of_night:
        t = t.filter(t.night == of_night)
    if number is not None:
        t = t.filter(t.night_number == number)
    wanted = t.select("night_number", "night", "snapshot_id", *RULES)
    found = rows_of(wanted.order_by(ibis.desc("night_number")).limit(1))
    if not found:
        raise NothingThereError(f"no night was published{f' on {of_night}' if of_night else ''}")
    if found[0]["snapshot_id"] < lake.oldest_snapshot_id:
        raise NothingThereError(
            f"the night of {found[0]['night']} is not kept in the lake any more"
        )
    of_stage = stages.filter(
        stages.night_number == found[0]["night_number"], stages.stage == "publish"
    )
    conditions = rows_of(of_stage.select("conditions").distinct().order_by("conditions"))
    told = found[0] | {
        "night": found[0]["night"].isoformat(), "reference_sha256": reference.digest(),
        "code_sha256": settings.code_digest(),
        "conditions": [row["conditions"] for row in conditions],
    }  # fmt: skip
    return Then(lake, told)


def _outcomes() -> frozenset[str]:
    return frozenset(rule["outcome"] for rule in reconcile.catalogue().to_pylist())


def _words() -> Words:
    provinces, regencies = reference.load("provinces"), reference.load("regencies")
    names = {row["code"]: row["name"] for row in provinces.to_pylist()}
    names |= {r["code"]: f"{r['kind'].capitalize()} {r['name']}" for r in regencies.to_pylist()}
    countries = {
        row["alpha3"]: {"id": row["name_id"], "en": row["name_en"]}
        for row in reference.load("countries").to_pylist()
    }
    return Words(names, countries, tuple(reconcile.catalogue().to_pylist()))


@contextmanager
def _reading(now: settings.Settings) -> Iterator[tuple[Lake, keys.Keys]]:
    if not exists(now.home):
        raise NothingThereError(f"no lake in {now.home.path}; run `pulang night` first")
    secret = keys.load(now.home.keys, now.key, lake_exists=True)
    with open_lake(now, secret, read_only=True) as lake:
        lake.con.execute("SET TimeZone = 'UTC'")
        yield lake, secret


# Proof


def verify(
    path: Path,
    key: str | None = None,
    identity: str | None = None,
    now: settings.Settings | None = None,
    report: Report = lambda _: None,
) -> list[proof.Claim]:
    """What is proved of an extract: a folder, a zip, or an encrypted one with its `identity`.

    With `now`, also against the lake of that home, where it holds the night.
    """
    report("checking signature and digests")
    claims, files = _opened(path, identity)
    if not proof.is_proved(claims):
        return claims
    claims += proof.integrity(files, signature.pinned(key) if key else None)
    if not proof.is_proved(claims):
        return claims
    whole = proof.extract_of(files)
    claims += proof.content(whole)
    if proof.is_proved(claims):
        claims += _against_lake(whole, now, report)
    return claims


def _opened(path: Path, identity: str | None) -> tuple[list[proof.Claim], dict[str, bytes]]:
    if path.is_dir():
        try:
            return [], bundle.read(path)
        except bundle.BrokenError as error:
            said = (f"folder tidak utuh: {error}", str(error))
            return [proof.Claim("folder", proof.REFUTED, *said)], {}
    content = path.read_bytes()
    if path.suffix == ".age":
        if not identity:
            raise scope.RequestError("an encrypted extract needs the recipient's --identity FILE")
        try:
            content = pyrage.decrypt(content, _identities(identity))
        except pyrage.DecryptError:
            said = ("tidak dapat dibuka: kunci lain, atau berkas berubah",
                    "cannot be opened: another key, or the file was changed")  # fmt: skip
            return [proof.Claim("age", proof.REFUTED, *said)], {}
    return proof.opened(content)


def _identities(text: str) -> list[Any]:
    try:
        return [
            pyrage.x25519.Identity.from_str(line.strip())
            for line in text.splitlines()
            if line.strip() and not line.startswith("#")
        ]
    except pyrage.IdentityError:
        raise scope.RequestError("the identity is no age secret key") from None


def _against_lake(
    whole: proof.Extract, now: settings.Settings | None, report: Report
) -> list[proof.Claim]:
    if now is None or not exists(now.home):
        return [_open("lake", "danau data tidak tersedia di sini", "the lake is not at hand")]
    with _reading(now) as (lake, secret):
        if whole.said["public_key"] != signature.public_hex(signature.private_key(secret)):
            return [_open("lake", "ekstrak ini dibuat rumah lain", "another home made the extract")]
        try:
            then = _then(lake, None, whole.said["night"]["night_number"])
        except NothingThereError:
            return [_open("lake", "malam itu tidak lagi disimpan di danau data",
                          "the lake does not keep that night any more")]  # fmt: skip
        report("working the rows out again")
        again = _rows(then, whole.request, secret)
        claims = [_same(whole, again, name) for name in again.counts]
        report("reading the archived deliveries")
        return [
            *claims,
            *_against_archive(now, then, whole, secret),
            _against_published(now, then, whole),
        ]


def _same(whole: proof.Extract, again: compose.Rows, name: str) -> proof.Claim:
    rows = getattr(again, name)
    is_same = whole.rows(name).equals(rows)
    if not is_same and whole.said["night"]["code_sha256"] != settings.code_digest():
        return _open(
            f"lake_{name}",
            f"{name}: dihitung berbeda oleh versi lain dari perangkat lunak",
            f"{name}: another version of the software works them out another way",
        )
    return proof.Claim(
        f"lake_{name}", proof.PROVED if is_same else proof.REFUTED,
        f"{name}: {rows.num_rows} baris dihitung lagi dari danau data malam itu",
        f"{name}: {rows.num_rows} rows worked out again from the lake of that night",
    )  # fmt: skip


def _against_archive(
    now: settings.Settings, then: Then, whole: proof.Extract, secret: keys.Keys
) -> Iterator[proof.Claim]:
    """Whether the archived deliveries are those, and read again say what the evidence rests on."""
    everyone, matches = (then.table("reconciled", n) for n in ("departures", "list_matches"))
    records = {name: then.table("records", name) for name in selection.SOURCES}
    batches = then.table("ops", "batches")
    with then.lake.scratchpad() as hold:
        chosen = hold(selection.chosen(everyone, matches, records["repatriations"], whole.request))
        behind = hold(selection.evidence(chosen, everyone, matches, records, batches))
        wanted = rows_of(batches.semi_join(behind, "batch_id"))
        with spills.folder(now.home.temporary) as folder:
            found = archive.compare(then.lake, now, secret, behind, wanted, folder)
    yield proof.Claim(
        "archive", proof.REFUTED if found.changed else proof.PROVED,
        f"{found.deliveries} kiriman dalam arsip masih bersidik sama",
        f"{found.deliveries} archived deliveries still have the same SHA-256",
    )  # fmt: skip
    yield proof.Claim(
        "delivered_rows", proof.PROVED if found.same == found.rows else proof.REFUTED,
        f"{found.same} dari {found.rows} baris kiriman dibaca lagi dari arsip dan sama",
        f"{found.same} of {found.rows} delivered rows, read again from the archive, are the same "
        "field by field",
    )  # fmt: skip


def _against_published(now: settings.Settings, then: Then, whole: proof.Extract) -> proof.Claim:
    """Whether the file that was published that night tells the same outcomes."""
    number = then.night["night_number"]
    file = next((k.file for k in kept.kept(now.home.warehouse) if k.number == number), None)
    if file is None:
        return _open("published", "berkas terbitan malam itu tidak lagi disimpan",
                     "the published file of that night is not kept any more")  # fmt: skip
    lake = then.lake
    lake.ibis.attach(file, "published_then", read_only=True)
    told = lake.ibis.table("departures", database=("published_then", "main"))
    everyone, matches = (then.table("reconciled", n) for n in ("departures", "list_matches"))
    lists = then.table("records", "repatriations")
    chosen = selection.chosen(everyone, matches, lists, whole.request)
    key = ["departure_id", "outcome", "rule", "origin_regency_code", "departed_on", "returned_on"]
    ours, theirs = chosen.select(key), told.select(key)
    missing = ours.difference(theirs).count().to_pyarrow().as_py()
    said = ("berkas terbitan malam itu menyatakan hal yang sama",
            "the file published that night says the same")  # fmt: skip
    return proof.Claim("published", proof.REFUTED if missing else proof.PROVED, *said)


def _open(code: str, indonesian: str, english: str) -> proof.Claim:
    return proof.Claim(code, proof.OPEN, indonesian, english)
