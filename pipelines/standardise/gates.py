"""Gate codes and the names of gates on lists."""

import ibis
import ibis.expr.types as ir

from pipelines.standardise import words

HOURS_AHEAD_OF_UTC = {"WIB": 7, "WITA": 8, "WIT": 9}

# The same place with more words around it.
_KIND_OF_PLACE = {
    r"\bBANDAR UDARA\b": "BANDARA",
    r"\bBANDARA INTERNASIONAL\b": "BANDARA",
    r"\bPELABUHAN (INTERNASIONAL|LAUT|FERRY|FERI|PENYEBERANGAN)\b": "PELABUHAN",
    r"\bPOS LINTAS BATAS( NEGARA)?\b": "PLBN",
    r"^TPI ": "",
}


@words.once
def gate_words(gates: ir.Table) -> ir.Table:
    """Every word that means a gate. Key: word. Columns: word, gate_code."""
    texts = [gates.code, gates["name"], words.listed(gates.aliases)]
    listed = ibis.union(*[gates.select(text=text, gate_code=gates.code) for text in texts])
    keyed = listed.select(word=place_key(listed.text), gate_code=listed.gate_code)
    return keyed.filter(keyed.word.notnull()).distinct()


def resolved(raw: ir.StringColumn, gates: ir.Table) -> ir.Table:
    """The distinct values of `raw` with their gates. Key: raw_gate.

    Columns: raw_gate, known_gate_code (null when not in our table), hours_ahead (of UTC, or null).
    """
    distinct = raw.name("raw_gate").as_table().distinct()
    values = distinct.filter(distinct.raw_gate.notnull())
    known = gate_words(gates)
    matched = values.left_join(known, place_key(values.raw_gate) == known.word)
    found = matched.select("raw_gate", known_gate_code=matched.gate_code)
    hours = gates.select("code", hours_ahead=hours_ahead(gates.time_zone))
    return found.left_join(hours, found.known_gate_code == hours.code).drop("code")


def hours_ahead(time_zone: ir.StringValue) -> ir.IntegerValue:
    """Hours ahead of UTC of WIB, WITA and WIT."""
    zones = [(time_zone == zone, hours) for zone, hours in HOURS_AHEAD_OF_UTC.items()]
    return ibis.cases(*zones)


def place_key(text: ir.StringValue) -> ir.StringValue:
    """The compact key of a gate's name, with one word for each kind of place."""
    key = words.spaced(text)
    for pattern, replacement in _KIND_OF_PLACE.items():
        key = key.re_replace(pattern, replacement)
    return key.replace(" ", "").nullif("")
