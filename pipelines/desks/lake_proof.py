"""An extract against lake, archive and published file of the home that made it.

People are erased and deliveries destroyed in between, as the law asks. What can no longer be proved
because of an order in the log is said so, and is not refuted by it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines import keys, settings, spills
from pipelines.audit import compose, proof, remains, scope, signature
from pipelines.audit.proof import OPEN, PROVED, REFUTED, Claim
from pipelines.audit.remains import GONE, OTHER, SAME, Taken
from pipelines.desks import archive, taken
from pipelines.desks.extracts import Report, Then, parts_of, reading, then_of
from pipelines.desks.front import NothingThereError
from pipelines.desks.taken import ERASURE, RETENTION, ROTATION, Since
from pipelines.intake import corrections
from pipelines.lake import exists, rows_of
from pipelines.publish import kept


@dataclass(frozen=True)
class _Home:
    """The home of an extract: its night, its secret, and what has left it since."""

    now: settings.Settings
    then: Then
    secret: keys.Keys
    taken: Taken
    since: Since


def claims(
    extract: proof.Extract, now: settings.Settings | None, report: Report
) -> Iterator[Claim]:
    """What the home of an extract proves of it, where it is at hand."""
    if now is None or not exists(now.home):
        yield Claim("lake", OPEN, "danau data tidak tersedia di sini", "the lake is not at hand")
        return
    with reading(now) as (lake, secret):
        since = taken.since(lake, compose.name_of(extract.request, extract.said["night"]))
        if extract.said["public_key"] != signature.public_hex(signature.private_key(secret)):
            yield _of_another_key(since)
            return
        yield _logged(since)
        try:
            then = then_of(lake, None, extract.said["night"]["night_number"])
        except NothingThereError:
            yield Claim("lake", OPEN, "malam itu tidak lagi disimpan di danau data",
                        "the lake does not keep that night any more")  # fmt: skip
            return
        home = _Home(now, then, secret, taken.taken(then), since)
        report("working the rows out again")
        yield from _rows(extract, home)
        report("reading the archived deliveries")
        yield from _archive(extract, home)
        yield _published(extract, home)


def _of_another_key(since: Since) -> Claim:
    if since.made is None:
        return Claim("lake", OPEN, "ekstrak ini dibuat rumah lain",
                     "another home made the extract")  # fmt: skip
    number, changed = since.made["entry_number"], since.orders(ROTATION)
    return Claim(
        "lake", OPEN,
        f"dibuat rumah ini (catatan {number} log akses) dengan kunci yang kemudian diganti "
        f"(catatan {changed}); tanpa kunci itu barisnya tidak dapat dihitung lagi",
        f"this home made it (entry {number} of the access log) with a key that was changed since "
        f"(entry {changed}); without that key its rows cannot be worked out again",
    )  # fmt: skip


def _logged(since: Since) -> Claim:
    if since.made is None:
        return Claim("logged", OPEN, "log akses rumah ini tidak memuatnya",
                     "the access log of this home does not have it")  # fmt: skip
    entry = f"{since.made['entry_number']} ({since.made['entered_at']:%Y-%m-%d})"
    return Claim("logged", PROVED, f"tercatat dalam log akses: catatan {entry}",
                 f"entered in the access log: entry {entry}")  # fmt: skip


# Rows


def _rows(extract: proof.Extract, home: _Home) -> Iterator[Claim]:
    """Every table worked out again; row by row where some were taken away since."""
    parts = parts_of(home.then, extract.request, home.secret)
    is_same = _same_tables(extract, parts)
    if all(is_same.values()) or not home.since.orders(ERASURE, RETENTION):
        for name, same in is_same.items():
            count = extract.rows(name).num_rows
            yield _worked_out(extract, name, Counter({SAME if same else OTHER: count}))
        return
    left = remains.compared(extract, parts, home.taken)
    found = vars(left) | {"deliveries": _deliveries(extract, home)}
    for name, rows in found.items():
        yield _worked_out(extract, name, rows)
    yield _taken(left, home.since)


def _same_tables(extract: proof.Extract, parts: compose.Parts) -> dict[str, bool]:
    try:
        again = compose.composed(extract.request, parts)
    except scope.RequestError:  # of the rows that are left none could be shown
        return dict.fromkeys(("departures", "evidence", "deliveries"), False)
    return {name: extract.rows(name).equals(getattr(again, name)) for name in again.counts}


def _deliveries(extract: proof.Extract, home: _Home) -> Counter[str]:
    """Deliveries keep their counts of that night, whatever became of their rows."""
    rows = extract.rows("deliveries")
    known = home.then.table("ops", "batches").select(*rows.column_names).to_pyarrow().to_pylist()
    return Counter(SAME if row in known else OTHER for row in rows.to_pylist())


def _worked_out(extract: proof.Extract, name: str, rows: Counter[str]) -> Claim:
    code = f"lake_{name}"
    if not rows[OTHER]:
        return Claim(
            code, PROVED,
            f"{name}: {rows[SAME]:,} dari {rows.total():,} baris dihitung lagi dari danau data "
            "malam itu, dan sama",
            f"{name}: {rows[SAME]:,} of {rows.total():,} rows, worked out again from the lake of "
            "that night, are the same",
        )  # fmt: skip
    if extract.said["night"]["code_sha256"] != settings.code_digest():
        return Claim(
            code, OPEN, f"{name}: dihitung berbeda oleh versi lain dari perangkat lunak",
            f"{name}: another version of the software works them out another way",
        )  # fmt: skip
    return Claim(
        code, REFUTED,
        f"{name}: danau data malam itu tidak memberikan yang sama ({rows[OTHER]} baris)",
        f"{name}: the lake of that night does not give the same ({rows[OTHER]} rows)",
    )  # fmt: skip


def _taken(left: remains.Remains, since: Since) -> Claim:
    departures, evidence = left.departures[GONE], left.evidence[GONE]
    return Claim(
        "taken", OPEN,
        f"{departures} keberangkatan dan {evidence} baris bukti tidak dapat dihitung lagi, dan "
        "untuk baris lain tidak dapat dihitung lagi apa yang harus disembunyikan: "
        f"{_why(since, 'dihapus', 'dimusnahkan karena masa retensinya habis', 'catatan log')}",
        f"{departures} departures and {evidence} rows of evidence cannot be worked out again, nor "
        "what had to be withheld of the others: "
        f"{_why(since, 'erased', 'destroyed as their time of retention was over', 'log entry')}",
    )  # fmt: skip


def _why(since: Since, erased: str, destroyed: str, entry: str) -> str:
    said = ((erased, since.orders(ERASURE)), (destroyed, since.orders(RETENTION)))
    return "; ".join(f"{what}, {entry} {orders}" for what, orders in said if orders)


# Deliveries


def _archive(extract: proof.Extract, home: _Home) -> Iterator[Claim]:
    """Whether the archived deliveries are those, and read again say what the evidence rests on."""
    then, named = home.then, extract.rows("deliveries")["batch_id"].to_pylist()
    with then.lake.scratchpad() as hold:
        behind = hold(then.evidence(hold(then.chosen(extract.request))))
        batches = then.table("ops", "batches")
        wanted = rows_of(batches.filter(batches.batch_id.isin(named)))
        done = hold(corrections.done(then.table("ops", "corrections")))
        with spills.folder(home.now.home.temporary) as folder:
            found = archive.compare(
                then.lake, home.now, home.secret, behind, done, wanted, home.taken, folder
            )
    yield from _copies(found.deliveries, home.since)
    yield from _delivered(found)


def _copies(found: Counter[str], since: Since) -> Iterator[Claim]:
    changed, whole = found[archive.CHANGED], found[archive.WHOLE]
    yield Claim(
        "archive", REFUTED if changed else PROVED,
        f"{whole} kiriman dalam arsip masih bersidik sama"
        + (f", {changed} berubah atau hilang" if changed else ""),
        f"{whole} archived deliveries still have the same SHA-256"
        + (f", {changed} were changed or are missing" if changed else ""),
    )  # fmt: skip
    erased, orders = (found[archive.LESS], found[archive.REMOVED]), since.orders(ERASURE)
    if sum(erased):
        yield Claim(
            "archive_erased", OPEN,
            f"SHA-256 dari {sum(erased)} kiriman tidak dapat ditunjukkan lagi: orang dihapus "
            f"darinya (catatan log {orders}); {erased[1]} di antaranya tidak disimpan lagi",
            f"the SHA-256 of {sum(erased)} deliveries cannot be shown any more: people were erased "
            f"from them (log entry {orders}); {erased[1]} of them are not kept at all",
        )  # fmt: skip
    if destroyed := found[archive.DESTROYED]:
        orders = since.orders(RETENTION)
        yield Claim(
            "archive_destroyed", OPEN,
            f"{destroyed} kiriman dimusnahkan karena masa retensinya habis (catatan log {orders})",
            f"{destroyed} deliveries were destroyed as their time of retention was over (log entry "
            f"{orders})",
        )  # fmt: skip


def _delivered(found: archive.Compared) -> Iterator[Claim]:
    if found.corrected:
        yield Claim(
            "corrected_rows", PROVED,
            f"{found.corrected} baris berlaku sebagaimana dibetulkan oleh perintah dalam log",
            f"{found.corrected} rows count as an order in the log corrected them",
        )  # fmt: skip
    all_there = found.same + found.corrected == found.rows
    yield Claim(
        "delivered_rows", PROVED if all_there else REFUTED,
        f"{found.same:,} dari {found.rows:,} baris kiriman dibaca lagi dari arsip dan sama",
        f"{found.same:,} of {found.rows:,} delivered rows, read again from the archive, are the "
        "same field by field",
    )  # fmt: skip


def _published(extract: proof.Extract, home: _Home) -> Claim:
    """Whether the file that was published that night tells the same outcomes."""
    then = home.then
    file = kept.of_night(home.now.home.warehouse, then.night["night_number"])
    if file is None:
        return Claim("published", OPEN, "berkas terbitan malam itu tidak lagi disimpan",
                     "the published file of that night is not kept any more")  # fmt: skip
    then.lake.ibis.attach(file, "published_then", read_only=True)
    told = then.lake.ibis.table("departures", database=("published_then", "main"))
    key = ["departure_id", "outcome", "rule", "origin_regency_code", "departed_on", "returned_on"]
    ours, theirs = then.chosen(extract.request).select(key), told.select(key)
    missing = ours.difference(theirs).count().to_pyarrow().as_py()
    if missing:
        return Claim("published", REFUTED, "berkas terbitan malam itu menyatakan hal lain",
                     "the file published that night says otherwise")  # fmt: skip
    return Claim("published", PROVED, "berkas terbitan malam itu menyatakan hal yang sama",
                 "the file published that night says the same")  # fmt: skip
