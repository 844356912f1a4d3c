"""Audit extracts of a home. Only reads it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyrage

from pipelines import access_log, keys, night, reconcile, reference, settings
from pipelines.audit import bundle, compose, overlap, scope, selection, signature, suppression
from pipelines.audit.wording import Words
from pipelines.desks.front import READ, NothingThereError, secret_of
from pipelines.intake import corrections
from pipelines.lake import Door, Lake, open_to_note, rows_of

Report = Callable[[str], None]
RULES = ("policy", "policy_sha256", "contracts_sha256", "linkage_model", "code_version")


@dataclass(frozen=True)
class Made:
    """An extract on the disk; an identified one is a single encrypted file.

    `overlaps` is a sentence on an earlier one that this could be subtracted from, empty for none.
    """

    name: str
    paths: tuple[Path, ...]
    rows: Mapping[str, int]
    public_key: str
    overlaps: str = ""

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

    def chosen(self, asked: scope.Request) -> ir.Table:
        """The departures in a scope. Key: departure_id."""
        everyone, matches = (self.table("reconciled", n) for n in ("departures", "list_matches"))
        return selection.chosen(everyone, matches, self.table("records", "repatriations"), asked)

    def evidence(self, chosen: ir.Table) -> ir.Table:
        """The delivered rows behind departures (`selection.evidence`)."""
        everyone, matches = (self.table("reconciled", n) for n in ("departures", "list_matches"))
        batches, orders = self.table("ops", "batches"), self.table("ops", "corrections")
        records, done = self.records(), corrections.done(orders)
        return selection.evidence(chosen, everyone, matches, records, batches, done)

    def records(self) -> dict[str, ir.Table]:
        """All versions of the delivered records that departures are made of."""
        return {name: self.table("records", name) for name in selection.SOURCES}


def extract(
    now: settings.Settings,
    given: Mapping[str, Any],
    out: Path,
    of_night: date | None = None,
    report: Report = lambda _: None,
) -> Made:
    """Make the extract that was asked for, into `out`. `given` is what `scope.request` takes.

    The access log has it before anything is written. Raises RequestError, where `now` wants it also
    where small groups could be worked out from an earlier one, NothingThereError or LogError.
    """
    with reading(now, open_to_note) as (lake, secret):
        report("looking for the departures")
        then = then_of(lake, of_night)
        lists = _deliveries_named(then, given.get("lists", ()))
        asked = scope.request(outcomes(), **{**given, "lists": lists})
        rows = rows_of_scope(then, asked, secret)
        hides = None if asked.is_identified else overlap.of(asked, then.night["night_number"])
        overlaps = _overlaps(lake, hides) if hides and not asked.approver else ""
        if overlaps and now.refuses_overlaps:
            raise scope.RequestError(overlaps)
        key = signature.private_key(secret)
        public = signature.public_hex(key)
        report("writing the extract")
        told = dict(then.night) | {"key_fingerprint": signature.fingerprint(public)}
        files = compose.files(asked, told, rows, _words(), key)
        name = compose.name_of(asked, then.night)
        packed = bundle.zipped(files)
        sealed = sealed_for(asked, packed) if asked.recipient else None
        folder, zipped, encrypted = (out / f"{name}{end}" for end in ("", ".zip", ".zip.age"))
        _refuse_there(folder, zipped, encrypted)
        access_log.note(lake, now, "extract", _logged(asked, name, rows, hides, overlaps))
    out.mkdir(parents=True, exist_ok=True)
    if sealed:  # the plain files are never on a disk
        bundle.write_file(encrypted, sealed)
    else:
        bundle.write(folder, files)
        bundle.write_file(zipped, packed)
    paths = (encrypted,) if sealed else (folder, zipped)
    return Made(name, paths, rows.counts, public, overlaps)


def _overlaps(lake: Lake, asked: overlap.Scope) -> str:
    """What is to be said where an earlier extract can be subtracted from one of this scope.

    One that was made before tells nothing that is new.
    """
    made = [entry for entry in access_log.entries(lake) if entry["kind"] == "extract"]
    told = [json.loads(entry["details"]) for entry in made]
    scopes = [overlap.Scope(**said["scope"]) if "scope" in said else None for said in told]
    if asked in scopes:
        return ""
    for entry, said, other in zip(made, told, scopes, strict=True):
        if other and asked.can_be_subtracted(other):
            return (
                f"{said['extract']} (entry {entry['entry_number']} of the access log) has some of "
                "these departures: one less the other would show groups of fewer than "
                f"{suppression.K}. Ask for the same scope of the same night, for one apart from "
                "it, or with an --approver who answers for it"
            )
    return ""


def _logged(
    asked: scope.Request,
    name: str,
    rows: compose.Rows,
    hides: overlap.Scope | None,
    overlaps: str,
) -> dict[str, Any]:
    """What the log keeps of an extract: who, why and how much, nothing of the people in it."""
    said: dict[str, Any] = {
        "extract": name,
        "request_sha256": asked.digest,
        "departures": str(len(rows.departures)),
    }
    names = ("kind", "requester", "purpose", "legal_basis", "approver", "recipient")
    said |= {n: value for n in names if (value := getattr(asked, n))}
    said |= {"overlaps": overlaps} if overlaps else {}
    return said | ({"scope": hides.said()} if hides else {})


def _refuse_there(*paths: Path) -> None:
    for path in paths:
        if path.exists():
            raise scope.RequestError(f"{path} is there already")


def sealed_for(asked: scope.Request, content: bytes) -> bytes:
    """Encrypted to the recipient of a request. Raises RequestError where that is no key."""
    try:
        return bytes(pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(asked.recipient)]))
    except pyrage.RecipientError:
        raise scope.RequestError("the recipient is no age key (age1...)") from None


# The rows of a scope


def rows_of_scope(then: Then, asked: scope.Request, secret: keys.Keys) -> compose.Rows:
    """The tables of an extract, worked out from the lake of that night."""
    parts = parts_of(then, asked, secret)
    if parts.departures.num_rows < len(asked.departures):
        raise NothingThereError("not every departure that was named is in that night")
    return compose.composed(asked, parts)


def parts_of(then: Then, asked: scope.Request, secret: keys.Keys) -> compose.Parts:
    """What an extract is made of, from the lake of that night."""
    with then.lake.scratchpad() as hold:
        chosen = hold(then.chosen(asked))
        behind = hold(then.evidence(chosen))
        deliveries = then.table("ops", "batches").semi_join(behind, "batch_id").to_pyarrow()
        coarse = hold(selection.coarse(chosen, behind))
        if asked.is_identified:
            named = selection.identified(chosen, coarse, behind, then.records())
            return compose.Parts(named.to_pyarrow(), behind.to_pyarrow(), deliveries)
        key = own_names(secret, asked, then)
        seals = hold(selection.seals(behind, key))
        shown, by_role, whole = (
            _renamed(part, key).to_pyarrow()
            for part in (coarse, seals, selection.whole_seals(seals))
        )
        return compose.Parts(shown, by_role, deliveries, whole)


def own_names(secret: keys.Keys, asked: scope.Request, then: Then) -> str:
    """The key of the names and seals of one extract."""
    return secret.derive(f"extract {asked.digest} {then.night['night_number']}")


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


def then_of(lake: Lake, of_night: date | None, number: int | None = None) -> Then:
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


def outcomes() -> frozenset[str]:
    """Every outcome that a request may name."""
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
def reading(now: settings.Settings, door: Door = READ) -> Iterator[tuple[Lake, keys.Keys]]:
    """The lake of a home to be read, moments as UTC, and the secret of the home."""
    secret = secret_of(now)
    with door(now, secret) as lake:
        lake.con.execute("SET TimeZone = 'UTC'")
        yield lake, secret
