"""When two dates of birth, or two names, may belong to one person, and when a NIK is valid."""

import ibis
import ibis.expr.types as ir

EDITS_ALLOWED = 0.25  # share of the longer name; a mistyped, cut or extended name stays below


def birth_dates(left: ir.DateValue, right: ir.DateValue) -> ir.BooleanValue:
    """Equal, day and month swapped, or only one of year, month and day differs; never empty."""
    agreeing = sum(
        (a == b).cast("int64")
        for a, b in (
            (left.year(), right.year()),
            (left.month(), right.month()),
            (left.day(), right.day()),
        )
    )
    swapped = (
        (left.year() == right.year())
        & (left.month() == right.day())
        & (left.day() == right.month())
    )
    return ((agreeing >= 2) | swapped).fill_null(False)


def names(left: ir.StringValue, right: ir.StringValue) -> ir.BooleanValue:
    """The words of one are among the words of the other, or few letters differ; never empty."""
    shorter = left.split(" ").intersect(right.split(" ")).unique().length()
    words = left.split(" ").unique().length(), right.split(" ").unique().length()
    subset = (shorter == words[0]) | (shorter == words[1])
    longest = (left.length() > right.length()).ifelse(left.length(), right.length())
    close = left.levenshtein(right) <= longest * EDITS_ALLOWED
    return (subset | close).fill_null(False)


def valid_nik(papers: ir.Table) -> ir.StringValue:
    """The NIK that says the birth date of its own paper (women: day plus 40); null otherwise.

    A NIK copied wrongly mostly does not; one that does is somebody's.
    """
    date = papers.birth_date
    day = papers.nik.substr(6, 2).try_cast("int64") % 40
    same = (
        (day == date.day())
        & (papers.nik.substr(8, 2).try_cast("int64") == date.month())
        & (papers.nik.substr(10, 2).try_cast("int64") == date.year() % 100)
    )
    return ibis.cases((same, papers.nik))
