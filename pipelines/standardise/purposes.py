"""Purposes of travel: the words of the source to the closed classes of outcome rules."""

import ibis
import ibis.expr.types as ir

from pipelines.standardise import words

OTHER = "other"
PURPOSES = (
    "tourism", "family", "business", "work", "pilgrimage", "study", "official", "health", OTHER,
)  # fmt: skip


def resolved(raw: ir.StringColumn, synonyms: ir.Table) -> ir.Table:
    """The distinct values of `raw` with their classes. Key: raw_purpose.

    `synonyms` has word and purpose (from the contract of the source). Columns: raw_purpose,
    known_purpose (null when the contract has no such word).
    """
    distinct = raw.name("raw_purpose").as_table().distinct()
    values = distinct.filter(distinct.raw_purpose.notnull())
    known = synonyms.select(word=words.compact(synonyms.word), known_purpose="purpose").distinct()
    matched = values.left_join(known, words.compact(values.raw_purpose) == known.word)
    return matched.select("raw_purpose", "known_purpose")


def class_of(raw: ir.StringValue, known: ir.StringValue) -> ir.StringValue:
    """The class: null when nothing is stated, `other` when the word is not known."""
    return raw.isnull().ifelse(ibis.null(str), known.fill_null(OTHER))
