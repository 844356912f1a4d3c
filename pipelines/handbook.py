"""docs/outcomes.md from the rules, their examples and the policy.

`python -m pipelines.handbook` writes it.
"""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipelines import reconcile, reference, settings
from pipelines.dictionary import table_row
from pipelines.policy import Policy
from pipelines.reconcile import examples
from pipelines.reconcile.examples import Entry, Event, Example, Exit, Gap, Listed, Placed

FILE = settings.PACKAGE.parent / "docs" / "outcomes.md"
PURPOSES = {"study": "pendidikan", "tourism": "wisata"}

HEAD = f"""\
# Outcomes · Hasil

Written from the rules, their examples and `schemas/policy.yaml` by `make dictionary`; edit
those, not this page.

Ditulis dari aturan, contohnya, dan `schemas/policy.yaml` dengan `make dictionary`; ubah
sumbernya, bukan halaman ini.

Each departure has one outcome: the rules are tried in this order, and the first that holds
decides. An outcome states what the records show, never what somebody is; nothing here decides
about a person. Whoever is unmatched is not therefore undocumented.

Setiap keberangkatan mempunyai satu hasil: aturan dicoba menurut urutan ini, dan yang pertama
berlaku menentukan. Hasil menyatakan apa yang ditunjukkan catatan, bukan siapa seseorang; tidak
ada keputusan tentang orang di sini. Yang tidak cocok belum tentu tidak berdokumen.

In the examples the border record begins on {examples.RECORD_FROM}, the night is that of
{examples.AS_OF}, and people were born on {examples.BORN} unless said otherwise. A test runs
every example through the rules. All people are invented.

Dalam contoh, catatan perlintasan dimulai {examples.RECORD_FROM}, malam yang dihitung adalah
{examples.AS_OF}, dan orangnya lahir {examples.BORN} kecuali disebut lain. Setiap contoh
dijalankan melalui aturan oleh sebuah tes. Semua orang rekaan.
"""


def outcomes_markdown() -> str:
    """The page: outcomes, rules with examples, parameters, reasons and findings."""
    rules = reconcile.catalogue().to_pylist()
    parts = (
        HEAD,
        "## What an outcome means · Arti hasil\n",
        _table(("outcome · hasil", "meaning", "arti"), _meanings(rules)),
        "\n## Rules in their order · Aturan menurut urutannya\n",
        "\n".join(_rule(rule) for rule in rules),
        "## Parameters · Parameter\n",
        "A `policy.yaml` in PULANG_HOME overrides single values; a value with several first days "
        "applies to departures from each day on.\n",
        _table(
            ("parameter", "value · nilai", "unit · satuan", "from · sejak", "why", "alasan",
             "law · hukum"),
            _parameters(),
        ),
        "\n## Reasons · Alasan\n",
        _table(("code · kode", "sentence", "kalimat"), _sentences(reconcile.reason_codes())),
        "\n## Findings about the records · Temuan tentang catatan\n",
        _table(("code · kode", "sentence", "kalimat"), _sentences(reconcile.finding_codes())),
        "",
    )  # fmt: skip
    return "\n".join(parts)


def _meanings(rules: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    meant = {rule["outcome"]: (rule["meaning_en"], rule["meaning_id"]) for rule in rules}
    return ((f"`{outcome}`", *texts) for outcome, texts in meant.items())


def _rule(rule: dict[str, Any]) -> str:
    law = f" ({rule['legal_basis']})" if rule["legal_basis"] else ""
    lines = [
        f"### {rule['rule_order']}. {rule['rule']} → {rule['outcome']}\n",
        f"{rule['reason_en']}{law}  ",
        f"{rule['reason_id']}\n",
        *(_example(e) for e in examples.EXAMPLES if e.rule == rule["rule"]),
    ]
    return "\n".join(lines)


def _example(example: Example) -> str:
    known: list[tuple[str, str]] = []
    if example.born is None:
        known.append(("the birth date is not known", "tanggal lahir tidak diketahui"))
    elif example.born != examples.BORN:
        known.append((f"born on {example.born}", f"lahir {example.born}"))
    if example.is_poorly_identified:
        known.append(("name or document is a placeholder", "nama atau dokumen hanya pengisi"))
    told = [*known, *(_told(event) for event in example.events)]
    return "".join(f"- {english} · {indonesian}\n" for english, indonesian in told)


def _told(event: Event) -> tuple[str, str]:
    """An event in English and Indonesian."""
    match event:
        case Exit(on, country, purpose, document):
            paper = " on a border pass" if document == "PLB" else ""
            pass_ = " dengan pas lintas batas" if document == "PLB" else ""
            en, id_ = (f", for {purpose}", f", untuk {PURPOSES[purpose]}") if purpose else ("", "")
            return (
                f"{on}: left for {_country(country, 'en')}{paper}{en}",
                f"{on}: keluar ke {_country(country, 'id')}{pass_}{id_}",
            )
        case Entry(on, country):
            en, id_ = (
                (f" from {_country(country, 'en')}", f" dari {_country(country, 'id')}")
                if (country)
                else ("", "")
            )
            return f"{on}: came home{en}", f"{on}: masuk{id_}"
        case Placed(since, until, country):
            return (
                f"{since} to {until}: placed to {_country(country, 'en')}",
                f"{since} sampai {until}: penempatan ke {_country(country, 'id')}",
            )
        case Listed(on, country, category):
            return (
                f"{on}: on a list from {_country(country, 'en')}, category {category}",
                f"{on}: dalam daftar dari {_country(country, 'id')}, kategori {category}",
            )
        case Gap(on, is_exit):
            return (
                f"{on}: the feed of {'exits' if is_exit else 'entries'} is missing",
                f"{on}: catatan {'keluar' if is_exit else 'masuk'} tidak diterima",
            )


@lru_cache(maxsize=1)
def _countries() -> dict[str, dict[str, Any]]:
    return {row["alpha3"]: row for row in reference.load("countries").to_pylist()}


def _country(alpha3: str, language: str) -> str:
    return str(_countries()[alpha3][f"name_{language}"])


def _parameters() -> Iterator[tuple[str, ...]]:
    for row in Policy.load().table().to_pylist():
        first: date = row["valid_from"]
        yield (
            f"`{row['parameter']}`", row["value"], row["unit"], first.isoformat(),
            row["reason_en"], row["reason_id"], row["legal_basis"] or "",
        )  # fmt: skip


def _sentences(codes: Any) -> Iterator[tuple[str, ...]]:
    for row in codes.to_pylist():
        yield f"`{row['code']}`", row["sentence_en"], row["sentence_id"]


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(map(table_row, lines))


def write(file: Path = FILE) -> None:
    """Write the page."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(outcomes_markdown(), encoding="utf-8")


if __name__ == "__main__":
    write()
