"""The vector registers of this processor, which decide the shapes of blocks."""

from __future__ import annotations

from typing import NamedTuple

from llvmlite import binding


class Registers(NamedTuple):
    """Vector registers.

    Attributes:
        lanes: float32 values in one register.
        n_inputs: input rows of a block of sums held at once; with `n_outputs` so that sums, output
            values and one input value fit.
        n_outputs: output rows of such a block.
        n_alone: output rows of such a block with a single input.
        n_updated: output rows updated at once: their values and their changes stay in registers.
    """

    lanes: int
    n_inputs: int
    n_outputs: int
    n_alone: int
    n_updated: int


def find_registers() -> Registers:
    """Choose by processor: 32 registers of 512 bits, 16 of 256, or the 128 bits that all have."""
    has = binding.get_host_cpu_features()
    if has.get("avx512f") and has.get("avx512vl"):
        return Registers(16, 4, 6, 16, 6)
    if has.get("avx2"):
        return Registers(8, 4, 3, 12, 6)
    return Registers(4, 4, 3, 12, 6)


REGISTERS = find_registers()
LANES = REGISTERS.lanes
