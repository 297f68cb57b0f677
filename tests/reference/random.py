"""SplitMix64 in plain integers, from the paper's definition."""

from __future__ import annotations

MASK = (1 << 64) - 1
STEP = 0x9E3779B97F4A7C15


class SplitMix:
    """A stream of 64-bit numbers that starts at a counter."""

    def __init__(self, counter: int) -> None:
        self.counter = counter

    def next_bits(self) -> int:
        self.counter = (self.counter + STEP) & MASK
        z = self.counter
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def next_unit(self) -> float:
        return (self.next_bits() >> 40) / (1 << 24)

    def next_range(self, n: int) -> int:
        return ((self.next_bits() >> 32) * n) >> 32
