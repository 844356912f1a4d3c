"""The outcomes of a departure: a closed set, and what each means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What an outcome means, for people."""

    name: str
    meaning_id: str
    meaning_en: str


OUTCOMES: tuple[Outcome, ...] = (
    Outcome(
        "exempt",
        "Bukan pekerja migran menurut UU 18/2017 pasal 4, dari bukti dalam catatan itu sendiri.",
        "Not a migrant worker under UU 18/2017 art. 4, from evidence in the record itself.",
    ),
    Outcome(
        "documented",
        "Penempatan yang sah mencakup keberangkatan ini: orang, waktu, dan negara.",
        "A valid placement covers the departure: person, time and destination.",
    ),
    Outcome(
        "documented_diverted",
        "Penempatannya sah, tetapi orangnya berada di negara lain.",
        "A valid placement, but the person was elsewhere.",
    ),
    Outcome(
        "confirmed_undocumented",
        "Tanpa penempatan yang sah, dan sebuah daftar pemulangan membuktikan pekerjaan atau "
        "perdagangan orang.",
        "No valid placement, and a repatriation list proves work or trafficking abroad.",
    ),
    Outcome(
        "unrecorded_exit",
        "Pulang, atau ada dalam daftar, tanpa keberangkatan dalam catatan: celah pada catatan "
        "perbatasan.",
        "Came home, or is on a list, with no exit on record: a gap in the border record itself.",
    ),
    Outcome(
        "returned_within_stay",
        "Kembali dalam masa tinggal yang diizinkan; tanpa penempatan, tanpa daftar yang "
        "membuktikan pekerjaan.",
        "Came back within the permitted stay; no placement, no list that proves work.",
    ),
    Outcome(
        "returned_late",
        "Kembali setelah masa tinggal yang diizinkan; tanpa penempatan, tanpa daftar yang "
        "membuktikan pekerjaan.",
        "Came back after the permitted stay; no placement, no list that proves work.",
    ),
    Outcome(
        "awaiting",
        "Belum kembali, masa tinggal dan tenggang belum lewat: belum dapat diketahui.",
        "Not back, permitted stay and grace not yet over: not yet knowable.",
    ),
    Outcome(
        "suspected_undocumented",
        "Belum kembali setelah masa tinggal dan tenggang, usia kerja, tanpa penempatan, tidak "
        "dikecualikan.",
        "Not back after permitted stay and grace, of working age, no placement, not exempt.",
    ),
    Outcome(
        "insufficient_data",
        "Data terlalu lemah untuk menyatakan sesuatu.",
        "The data are too poor to say.",
    ),
)
