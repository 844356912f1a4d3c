"""The words of a name, and which spellings may be one word.

A word has three forms from narrow to wide, and the scorer weighs which of them agree: as written;
canonical, by the reference table `name_words`; and folded, where old and new orthography meet.
The folded one is a key beside the others and never replaces them: HARJONO may be HARDJONO in the
orthography of today or HARYONO in that of before 1972, so that all three share one key.
"""

from functools import cache, reduce
from string import ascii_uppercase

import ibis
import ibis.expr.types as ir

from pipelines import reference

# Three single letters in a row are one word in spaced print; one or two are initials.
SPACED_LETTERS = "(^| )([A-Z]( [A-Z]){2,})( |$)"

VOWELS = "AEIOU"

# Rules of the folded spelling, in order. None looks around or refers back to a group, because
# engines do not write that alike: where the neighbours of a letter matter, the cases come one by
# one and a sound that is settled stands in small letters until the end.
_LETTERS = (
    ("DZ", "S"),  # DZULKIFLI
    ("Z", "S"),  # AZIZ, ASIS
    ("[FV]", "P"),  # SAEFUL, SAEPUL; NOVI, NOPI
    ("Q", "K"),  # TAUFIQ, TAUFIK
    ("X", "KS"),  # FELIX, FELIKS
)
_DIGRAPHS = (
    ("^CHR", "KR"),  # CHRISTINA, KRISTINA
    ("[CK]+H+", "H"),  # ACHMAD, AKHMAD, AHMAD
    ("^(R+H+)+", "R"),  # RHOMA, ROMA
    *((f"{letter}H+", letter) for letter in "BDGJPST"),  # BUDHI, GHANI, LUTHFI, SHOLEH
    ("D+J", "J"),  # DJOKO, JOKO
    ("TJ", "C"),  # TJAHJONO, CAHYONO
    ("S[YJ]+H+", "S"),  # ASYHARI, ASHARI
    *((f"S[YJ]+{vowel}", f"S{vowel}") for vowel in VOWELS),  # SJAIFUL, SYAIFUL, SAIFUL
    ("^SY|SY$", "SI"),  # SYLVI, SILVI; SUSY, SUSI
    ("S[YJ]+", "S"),  # MASYKUR, MASKUR
    ("T+S", "S"),  # UTSMAN, USMAN
)
_LONG_VOWELS = (
    ("OE", "U"),  # SOEHARTO, SUHARTO
    ("IE", "I"),  # ARIEF, ARIF; YANTIE, YANTI
    ("AE", "AI"),  # ZAENAL, ZAINAL
)
_GLIDES = (
    ("TY", "TI"),  # SULISTYO, SULISTIO; TJ is another sound
    ("DY", "DI"),  # DYAH, DIAH
    *((f"Y{vowel}", f"J{vowel}") for vowel in VOWELS),  # YUSUF, JUSUF
    ("Y", "I"),  # RIZKY, RIZKI
    ("WJ", "WI"),  # DWYANA, DWIANA
    *_LONG_VOWELS,
    *((f"{vowel}W", f"{vowel}w") for vowel in "AEIO"),  # HERAWATI
    *((f"UW{vowel}", f"U{vowel}") for vowel in "AEIO"),  # SUWARNI, SUARNI
    ("UW", "Uw"),
    ("^W", "w"),
    *((f"W{vowel}", f"U{vowel}") for vowel in "AEIO"),  # RIDWAN, RIDUAN
    *((f"{vowel}J", f"{vowel}j") for vowel in "AEOU"),  # RAHAYU, RAHAJU
    *((f"IJ{vowel}", f"I{vowel}") for vowel in "AOU"),  # SUGIJANTO, SUGIYANTO, SUGIANTO
    ("IJ", "Ij"),
    ("^J", "j"),
    *((f"J{vowel}", f"I{vowel}") for vowel in "AOU"),  # SURJADI, SURYADI, SURIADI
)
_ENDS = (
    *((f"C{vowel}", f"c{vowel}") for vowel in VOWELS),  # CAHYO keeps its C
    ("C", "K"),  # VICTOR, VIKTOR; FREDERIC, FREDERIK
    ("D$", "T"),  # RAHMAD, RAHMAT
    ("B$", "P"),  # YAKUB, YAKUP
    ("H+$", ""),  # FATIMAH, FATIMA
)
_DOUBLED = tuple((f"{letter}{letter}+", letter) for letter in ascii_uppercase)


def spoken(names: ir.Table) -> ir.Table:
    """The words of each name that say something. Key: name, position (from 0); column word.

    Takes (name), distinct standard names. Spaced letters are joined; connectors (`BIN`) and titles
    that are no part of a name (`HAJI`) go; a mononym written twice (`SUPARDI SUPARDI`) is written
    once. A name of nothing else keeps its words.
    """
    written = names.select("name", word=names.name.split(" "))
    words = written.select("name", word=written.word.unnest())
    silent = words.filter(words.word.isin(_silent()))
    is_spaced = names.name.re_search(SPACED_LETTERS)
    again = names.name.replace(names.name.split(" ")[0], "").strip() == ""
    odd = names.filter(is_spaced | again).select("name").union(silent.select("name")).distinct()
    plain = written.anti_join(odd, "name")
    told = ibis.union(plain, _telling(odd))
    placed = told.mutate(position=ibis.range(told.word.length()).unnest()).view()
    return placed.mutate(word=placed.word[placed.position])


def _telling(names: ir.Table) -> ir.Table:
    """(name, word): the words that say something, of names that have others too."""
    is_spaced = names.name.re_search(SPACED_LETTERS)
    joined = is_spaced.ifelse(_joined(_joined(names.name)), names.name)  # also in A L I BIN U M A R
    written = joined.split(" ")
    telling = written.filter(lambda word: word.notin(_silent()))
    kept = (telling.length() > 0).ifelse(telling, written)
    words = (kept.unique().length() == 1).ifelse(kept.unique(), kept)
    return names.select("name", word=words)


def dictionary(words: ir.Table, name_words: ir.Table) -> ir.Table:
    """The forms of each word. Key: word; columns canonical and spelling, never empty.

    Takes (word), distinct, and the reference table `name_words`. A word that it does not know, or
    to which it gives no canonical form, is its own. `spelling` is that of the canonical form, so
    that words with one canonical form have one spelling.
    """
    known = name_words.filter(name_words.canonical.notnull()).select("word", "canonical")
    joined = words.select("word").left_join(known, "word")
    found = joined.select("word", canonical=joined.canonical.fill_null(joined.word))
    return found.mutate(spelling=spelling(found.canonical))


def spelling(word: ir.StringValue) -> ir.StringValue:
    """The folded spelling of a word in capitals: equal where orthography or habit may differ.

    DJ, J and Y are one, since J may be read either way; so are KH, CH and H, S, SY and Z, F, P
    and V. SUTRISNO and SUTRISNA, SUPARMAN and SUPARMIN stay apart.
    """
    rules = (*_LETTERS, *_DOUBLED, *_DIGRAPHS, *_GLIDES, *_ENDS)
    folded = _folded(_folded(word, rules).upper(), _DOUBLED)
    return folded.nullif("").fill_null(word)


def _folded(word: ir.StringValue, rules: tuple[tuple[str, str], ...]) -> ir.StringValue:
    return reduce(_replaced, rules, word)


def _replaced(word: ir.StringValue, rule: tuple[str, str]) -> ir.StringValue:
    """`word` with one rule applied; a rule of plain letters is not read as an expression."""
    return word.replace(*rule) if rule[0].isalpha() else word.re_replace(*rule)


def _joined(name: ir.StringValue) -> ir.StringValue:
    """`name` with its first run of spaced letters as one word: `A L I UMAR` is `ALI UMAR`."""
    blank = ibis.literal(" ")
    run = name.re_extract(SPACED_LETTERS, 2)
    joined = (blank + name + " ").replace(blank + run + " ", blank + run.replace(" ", "") + " ")
    return joined.strip()


@cache
def _silent() -> tuple[str, ...]:
    """Words that are no part of a name: those without a canonical form in `name_words`."""
    rows = reference.load("name_words").select(["word", "canonical"]).to_pylist()
    return tuple(row["word"] for row in rows if row["canonical"] is None)
