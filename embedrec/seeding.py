"""One seed, many independent streams: each stage, epoch, block and thread derives its own.

Streams depend on nothing but the seed and the path to the place where the numbers are used: never
on the order in which work happens to be done, on the interpreter's hash seed, or on a global.
"""

from __future__ import annotations

import hashlib

import numpy as np

from embedrec.errors import ParameterError


def check_seed(seed: int) -> int:
    """Return `seed` as int.

    Raises:
        ParameterError: if it is not a whole number from 0 to 2**63 - 1.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise ParameterError(f"seed must be a whole number, not {seed!r}", value=seed)
    if not 0 <= int(seed) < 2**63:
        raise ParameterError(f"seed must be from 0 to 2**63 - 1, not {seed}", value=seed)
    return int(seed)


def derive_seed(seed: int, *path: int | str) -> int:
    """Derive the 64-bit seed of the stream at `path` (names and numbers) below `seed`.

    Different paths give independent seeds: the derivation is the first 8 bytes of BLAKE2b over an
    unambiguous encoding of the seed and the path. A NumPy whole number counts as the Python one.

    Raises:
        ParameterError: if the seed is out of range, or a step of the path is neither a name nor a
            whole number.
    """
    text = "\x1f".join([str(check_seed(seed)), *(_encode_step(step) for step in path)])
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")


def _encode_step(step: int | str) -> str:
    if isinstance(step, str):
        return "s" + step.replace("\\", "\\\\").replace("\x1f", "\\x1f")
    if isinstance(step, (int, np.integer)) and not isinstance(step, bool):
        return f"i{int(step)}"
    raise ParameterError(f"a stream is named by words and whole numbers, not {step!r}", value=step)


def make_generator(seed: int, *path: int | str) -> np.random.Generator:
    """Return a NumPy generator for the stream at `path` below `seed` (Philox, counter-based)."""
    return np.random.Generator(np.random.Philox(derive_seed(seed, *path)))
