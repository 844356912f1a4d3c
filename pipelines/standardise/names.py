"""Names of people as one standard spelling, and names that name nobody.

`bin`, `binti`, spelling variants and word order are left to linkage, which weighs them.
"""

import ibis
import ibis.expr.types as ir

from pipelines.standardise import words

TITLES_BEFORE = (
    "PROF", "DR", "DRS", "DRA", "DRG", "IR", "H", "HJ", "HAJI", "HAJJAH", "HAJAH", "KH",
    "USTAD", "USTADZ", "USTADZAH", "TN", "NN", "SDR", "SDRI", "MR", "MRS", "MS",
)  # fmt: skip

# With dots, as degrees are written: `S H` or `S. H.` at the end may be two initials.
DOTTED_DEGREES = (
    r"S\. ?PD(\. ?I|\. ?SD)?", r"S\. ?AG", r"S\. ?SI", r"S\. ?SOS(\. ?I)?", r"S\. ?KOM",
    r"S\. ?KEP", r"S\. ?IP", r"S\. ?KM", r"S\. ?FARM", r"S\.H(\.I)?", r"S\.E(\.I)?",
    r"S\.T", r"S\.P", r"S\.S", r"M\. ?PD(\. ?I)?", r"M\. ?SI", r"M\. ?AG", r"M\. ?KOM",
    r"M\. ?HUM", r"M\. ?KES", r"M\.H", r"M\.M", r"M\.A", r"M\.T",
    r"A\. ?MD(\. ?KEB|\. ?KEP)?", r"PH\. ?D",
)  # fmt: skip

BARE_DEGREES = (
    "SPD", "SPDI", "SAG", "SSOS", "SKOM", "SKEP", "SKM", "MPD", "MSI", "MKOM", "MHUM", "MKES",
    "AMD", "MBA", "PHD", "LC",
)  # fmt: skip

PLACEHOLDER_NAMES = (
    "TANPA NAMA", "TIDAK DIKETAHUI", "TIDAK TERBACA", "TIDAK JELAS", "TIDAK ADA",
    "TIDAK ADA NAMA", "TDK DIKETAHUI", "TDK ADA", "BELUM DIKETAHUI", "BELUM ADA NAMA", "N A",
    "NA", "NIHIL", "KOSONG", "NAMA", "NO NAME", "NONAME", "UNKNOWN", "UNNAMED", "FNU", "LNU",
    "FNU LNU", "LNU FNU", "NULL", "NONE", "ANONIM", "ANONYMOUS", "TEST", "TES", "DUMMY",
)  # fmt: skip

_LEADING_TITLES = "^((" + "|".join(TITLES_BEFORE) + ") )+"
_TRAILING_BARE_DEGREES = "( (" + "|".join(BARE_DEGREES) + "))+$"
_TRAILING_DOTTED_DEGREES = "([ ,]+(" + "|".join(DOTTED_DEGREES) + r")\.?)+[ ,]*$"


def standard_name(raw: ir.StringValue) -> ir.StringValue:
    """Capitals, single spaces, no accents, punctuation, titles or degrees; null when empty.

    At least one word always stays: a man called Haji is not nameless.
    """
    name = words.unaccented(raw).re_replace(_TRAILING_DOTTED_DEGREES, "")
    return (
        words.single_spaced(name)
        .re_replace(_TRAILING_BARE_DEGREES, "")
        .re_replace(_LEADING_TITLES, "")
        .nullif("")
    )


def usable(name: ir.StringValue) -> ir.StringValue:
    """A standard name; null where it names nobody."""
    return is_placeholder_name(name).ifelse(ibis.null(str), name)


def with_standard_name(records: ir.Table) -> ir.Table:
    """`records` with full_name as a standard name; a step of its own, since it is long to write."""
    return records.mutate(full_name=standard_name(records.full_name))


def tokens(name: ir.StringValue) -> ir.ArrayValue:
    """The words of a standard name, in order."""
    return name.split(" ")


def is_placeholder_name(name: ir.StringValue) -> ir.BooleanValue:
    """True when a standard name names nobody: missing, a filler, digits, one letter repeated."""
    letters = name.re_replace("[0-9 ]+", "")
    return (
        name.isnull()
        | name.isin(PLACEHOLDER_NAMES)
        | (letters == "")
        | (name.replace(" ", "").replace(name.left(1), "") == "")
    ).fill_null(True)
