"""Random draws: seeded streams for the nation, keyed draws for its papers.

A stream is drawn in order; a keyed draw depends on nothing but the key and the label, so a row
looks the same
whichever block, thread or file it is written in.
"""

from __future__ import annotations

import zlib
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.integer[Any]]
Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Array: TypeAlias = npt.NDArray[Any]

_GOLDEN = 0x9E3779B97F4A7C15
_MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def stream(seed: int, label: str) -> np.random.Generator:
    """The generator of one subject; other subjects draw without moving it."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(label.encode())]))


def keyed(seed: int, keys: npt.ArrayLike, label: str) -> Floats:
    """One uniform number in [0, 1) per key (splitmix64), the same wherever the key is met."""
    salt = (seed * 0x5851F42D4C957F2D + zlib.crc32(label.encode()) * _GOLDEN) % 2**64
    mixed = np.asarray(keys).astype(np.uint64)
    mixed *= np.uint64(_GOLDEN)
    mixed += np.uint64(salt)
    for shift, factor in zip((30, 27), _MIX, strict=True):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def pick(weights: npt.ArrayLike, draws: Floats) -> Ints:
    """Index of one option per draw, in proportion to the weights."""
    steps = np.cumsum(np.asarray(weights, dtype=np.float64))
    picked = np.searchsorted(steps / steps[-1], draws, side="right")
    return np.asarray(np.minimum(picked, len(steps) - 1))


def pick_by_row(weights: npt.ArrayLike, rows: npt.ArrayLike, draws: Floats) -> Ints:
    """Like `pick`, with a row of weights of its own for each draw: weights[rows[i]]."""
    table = np.asarray(weights, dtype=np.float64)
    steps = np.cumsum(table, axis=1)
    steps /= steps[:, -1:]
    lines = np.arange(len(table))[:, None]
    flat = np.searchsorted((steps + lines).ravel(), np.asarray(rows) + draws, side="right")
    picked = flat - np.asarray(rows, dtype=np.int64) * table.shape[1]
    return np.asarray(np.minimum(picked, table.shape[1] - 1))


def pick_below(counts: npt.ArrayLike, draws: Floats) -> Ints:
    """A whole number below each count."""
    return np.asarray((draws * np.asarray(counts)).astype(np.int64))


def share_out(total: int, weights: npt.ArrayLike) -> Ints:
    """Whole numbers that sum to `total`, in proportion to the weights (largest remainders)."""
    exact = np.asarray(weights, dtype=np.float64)
    exact = exact / exact.sum() * total
    parts: Ints = np.floor(exact).astype(np.int64)
    rest = total - int(parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[:rest]] += 1
    return parts


def expand(counts: npt.ArrayLike) -> Ints:
    """0 repeated counts[0] times, then 1 repeated counts[1] times, and so on."""
    numbers = np.asarray(counts)
    return np.asarray(np.repeat(np.arange(len(numbers)), numbers))


def log_normal(
    rng: np.random.Generator, median: npt.ArrayLike, spread: npt.ArrayLike, size: int
) -> Ints:
    """Whole days, at least 0, log-normal around a median."""
    days = np.exp(np.log(median) + np.asarray(spread) * rng.standard_normal(size))
    return np.asarray(days.astype(np.int64))
