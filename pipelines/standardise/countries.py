"""Country words to alpha-3 codes. Whole words only: likeness reads Cina as Czechia."""

import ibis
import ibis.expr.types as ir

from pipelines.standardise import words


@words.once
def country_words(countries: ir.Table) -> ir.Table:
    """Every word that means a country. Key: word (compact). Columns: word, country_code.

    Codes, Indonesian and English names, aliases. An alias wins over an alpha-2 code: `AS` in an
    Indonesian paper is Amerika Serikat, not American Samoa.
    """
    aliases = _words(countries, words.listed(countries.aliases))
    alpha2 = _words(countries, countries.alpha2).anti_join(aliases, "word")
    others = [_words(countries, countries[c]) for c in ("alpha3", "name_id", "name_en")]
    return ibis.union(aliases, alpha2, *others, distinct=True)


def resolved(raw: ir.StringColumn, countries: ir.Table) -> ir.Table:
    """The distinct values of `raw` with their codes. Key: raw_country.

    Columns: raw_country, country_code (alpha-3, null when the word is not known).
    """
    distinct = raw.name("raw_country").as_table().distinct()
    values = distinct.filter(distinct.raw_country.notnull())
    known = country_words(countries)
    matched = values.left_join(known, words.compact(values.raw_country) == known.word)
    return matched.select("raw_country", "country_code")


def _words(countries: ir.Table, text: ir.StringValue) -> ir.Table:
    listed = countries.select(text=text, country_code=countries.alpha3)
    keyed = listed.select(word=words.compact(listed.text), country_code=listed.country_code)
    return keyed.filter(keyed.word.notnull()).distinct()
