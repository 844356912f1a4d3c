"""Several places in one cell (`Ds. Aikmel Kec. Aikmel`, `Deliserdang, Sumut`) -> a place each.

A label says what a place is; without labels the first place is that of its column, and the last
one lies around it. Nothing is looked up here, and a cell with one place stays as it is.
"""

import ibis
import ibis.expr.types as ir

LABELS = {
    "KEC": "KECAMATAN|KEC|DISTRIK",
    "KAB": "KABUPATEN|KAB|KODYA|KOTAMADYA|KOTA",
    "PROV": "PROVINSI|PROPINSI|PROV|PROP",
    "DESA": "DESA|DS|KELURAHAN|KEL|DUSUN|DSN|RT|RW|JL|JALAN",
}
INNER = "|".join((LABELS["KEC"], "KABUPATEN|KAB", LABELS["PROV"], "DESA|DS|KELURAHAN|KEL"))
SEVERAL = rf"[,;/()]| - |\S[.\s]+(?:{INNER})[.:\s]"
PARTS = r"\s*[,;/()]+\s*|\s+-\s+"


CELLS = ("province", "regency", "district")


def told(
    records: ir.Table,
    province: ir.StringValue,
    regency: ir.StringValue,
    district: ir.StringValue,
) -> ir.Table:
    """`records` with said_province, said_regency and said_district, empty text for none.

    The values are columns of `records`, or literals. The views keep the steps apart: written into
    each other they would be longer than the engine's parser reads.
    """
    cells = dict(zip(CELLS, (province, regency, district), strict=True))
    whole = records.mutate(**{f"cell_{n}": c.fill_null("") for n, c in cells.items()}).view()
    capitals = whole.mutate(**{f"parts_{n}": whole[f"cell_{n}"].upper() for n in CELLS}).view()
    is_several = ibis.or_(*(capitals[f"parts_{n}"].re_search(SEVERAL) for n in CELLS))
    parted = capitals.mutate(
        is_several=is_several, **{f"parts_{n}": _parted(capitals[f"parts_{n}"]) for n in CELLS}
    ).view()
    plain = parted.mutate(**{f"plain_{n}": _unlabelled(parted[f"parts_{n}"]) for n in CELLS}).view()
    p, r, d = (_places(plain[f"parts_{n}"], plain[f"plain_{n}"]) for n in CELLS)
    of_cells = {
        "province": _first(p["province"], p["first"], r["province"], r["last"], d["province"]),
        "regency": _first(r["regency"], r["first"], d["regency"], d["last"]),
        "district": _first(d["district"], d["first"], r["district"]),
    }
    said = {
        f"said_{n}": plain.is_several.ifelse(found, plain[f"cell_{n}"])
        for n, found in of_cells.items()
    }
    return plain.select(*records.columns, **said).view()


def _first(*values: ir.StringValue) -> ir.StringValue:
    return ibis.coalesce(*(value.nullif("") for value in values), ibis.literal(""))


def _parted(capitals: ir.StringValue) -> ir.StringValue:
    """The places of a cell with one semicolon between."""
    labelled = capitals.re_replace(rf"(\S)[.\s]+({INNER})[.:\s]+", r"\1;\2 ")
    return labelled.re_replace(PARTS, ";").re_replace(r"^[;\s]+|[;\s]+$", "")


def _unlabelled(parts: ir.StringValue) -> ir.StringValue:
    """The places that no label names."""
    labels = "|".join(LABELS.values())
    without = parts.re_replace(rf"(^|;)(?:{labels})[.:\s]+[^;]*", ";")
    return without.re_replace(";+", ";").re_replace("^;|;$", "")


def _places(parts: ir.StringValue, plain: ir.StringValue) -> dict[str, ir.StringValue]:
    """What one cell says, by kind; empty text where it does not."""
    return {
        "first": plain.re_extract("^([^;]*)", 1),
        "last": plain.re_extract(";([^;]*)$", 1),
        "district": _labelled(parts, LABELS["KEC"]),
        "regency": parts.re_extract(rf"(?:^|;)((?:{LABELS['KAB']})[.:\s]+[^;]*)", 1),
        "province": _labelled(parts, LABELS["PROV"]),
    }


def _labelled(parts: ir.StringValue, labels: str) -> ir.StringValue:
    return parts.re_extract(rf"(?:^|;)(?:{labels})[.:\s]+([^;]*)", 1)
