"""Gates as codes and as lists name them."""

import ibis
import pyarrow as pa

from pipelines import reference
from pipelines.standardise import gates

GATES = {
    "CGK": ("CGK", 7),
    "cgk": ("CGK", 7),
    "Bandara Soekarno-Hatta": ("CGK", 7),
    "Bandar Udara Internasional Soekarno-Hatta": ("CGK", 7),
    "BANDARA SOEKARNO HATTA": ("CGK", 7),
    "Pelabuhan Soekarno-Hatta": ("MKS", 8),  # the port of Makassar
    "Bandara Kualanamu": ("KNO", 7),
    "Pelabuhan Batam Centre": ("BTC", 7),
    "Pelabuhan Internasional Batam Centre": ("BTC", 7),
    "Pelabuhan Sri Bintan Pura": ("SBP", 7),
    "Pelabuhan Tunon Taka Nunukan": ("NNK", 8),
    "PLBN Entikong": ("ENT", 7),
    "Pos Lintas Batas Negara Skouw": ("SKW", 9),
    "TPI Entikong": ("ENT", 7),
    "Mota'ain": ("MTN", 8),
    "ZZZ": (None, None),
    "Pelabuhan": (None, None),
}


def test_gate_words(con):
    raw = ibis.memtable(pa.table({"raw": pa.array([*GATES, None], pa.string())})).raw
    rows = con.to_pyarrow(gates.resolved(raw, reference.memtable("gates"))).to_pylist()
    found = {r["raw_gate"]: (r["known_gate_code"], r["hours_ahead"]) for r in rows}
    assert found == GATES
