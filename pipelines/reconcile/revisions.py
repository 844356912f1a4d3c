"""What could still make an outcome another, in words; `final_on` says until when."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True)
class Revision:
    """The records that would change an outcome."""

    outcome: str
    sentence_id: str
    sentence_en: str


REVISIONS: tuple[Revision, ...] = (
    Revision(
        "exempt",
        "Daftar pemulangan yang membuktikan pekerjaan, atau koreksi atas tujuan perjalanan.",
        "A repatriation list that proves work, or a correction of the stated purpose.",
    ),
    Revision(
        "documented",
        "Koreksi atau pembatalan penempatan, atau daftar pemulangan dari negara lain.",
        "A correction or cancellation of the placement, or a list from another country.",
    ),
    Revision(
        "documented_diverted",
        "Penempatan ke negara tempat orang itu berada, atau koreksi atas daftar atau negara yang "
        "dinyatakan.",
        "A placement to the country where the person was, or a correction of the list or of the "
        "stated country.",
    ),
    Revision(
        "confirmed_undocumented",
        "Penempatan sah yang mencakup keberangkatan ini, atau koreksi atas kategori daftar.",
        "A valid placement that covers the departure, or a correction of the list's category.",
    ),
    Revision(
        "unrecorded_exit",
        "Perlintasan keluar yang terlambat dikirim, atau yang ternyata milik orang ini.",
        "An exit that is delivered late, or that proves to be this person's.",
    ),
    Revision(
        "returned_within_stay",
        "Daftar pemulangan yang membuktikan pekerjaan, penempatan sah, atau koreksi atas tanggal "
        "perlintasan.",
        "A repatriation list that proves work, a valid placement, or a corrected day of a "
        "crossing.",
    ),
    Revision(
        "returned_late",
        "Daftar pemulangan yang membuktikan pekerjaan, penempatan sah, atau koreksi atas tanggal "
        "perlintasan.",
        "A repatriation list that proves work, a valid placement, or a corrected day of a "
        "crossing.",
    ),
    Revision(
        "awaiting",
        "Kepulangan, daftar pemulangan, atau penempatan; tanpa itu, berakhirnya masa tinggal dan "
        "tenggang.",
        "A return, a repatriation list or a placement; without them, the end of permitted stay "
        "and grace.",
    ),
    Revision(
        "suspected_undocumented",
        "Kepulangan, daftar pemulangan, atau penempatan sah yang terlambat dikirim.",
        "A return, a repatriation list or a valid placement that is delivered late.",
    ),
    Revision(
        "insufficient_data",
        "Identitas yang lebih lengkap, atau catatan yang menutup celah.",
        "Better identifiers, or records that close the gap.",
    ),
)


def revisions() -> pa.Table:
    """What would change each outcome, as data (key outcome)."""
    return pa.Table.from_pylist([vars(revision) for revision in REVISIONS])
