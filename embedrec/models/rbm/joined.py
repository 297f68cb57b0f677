"""Units of several kinds side by side, as one machine's visible units."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from embedrec.models.rbm.units import VisibleUnits
from embedrec.nn.parameter import Array


class JoinedUnits(VisibleUnits):
    """Several groups of units, whose columns stand one after another.

    Attributes:
        parts: the groups.
    """

    name = "joined"

    def __init__(self, parts: Sequence[VisibleUnits]) -> None:
        super().__init__(sum(part.n_features for part in parts))
        self.parts = list(parts)
        self._features = _list_slices([part.n_features for part in parts])
        self._columns = _list_slices([part.n_columns for part in parts])

    @property
    def n_columns(self) -> int:
        """Those of all groups."""
        return sum(part.n_columns for part in self.parts)

    def encode(self, samples: Array) -> Array:
        """Return the states of each group, one after another."""
        return self._join([p.encode(samples[:, at]) for p, at in self._pair(self._features)])

    def decode(self, states: Array) -> Array:
        """Return the samples of each group, one after another."""
        return self._join([p.decode(states[:, at]) for p, at in self._pair(self._columns)])

    def compute_start(self, states: Array) -> Array:
        """Return the biases of each group, one after another."""
        starts = [p.compute_start(states[:, at]) for p, at in self._pair(self._columns)]
        return np.concatenate(starts)

    def compute_energy(self, states: Array, bias: Array) -> Array:
        """Return the sum over groups."""
        return self._add(lambda p, at: p.compute_energy(states[:, at], bias[at]))

    def compute_bias_slope(self, states: Array, bias: Array) -> Array:
        """Return the slopes of each group, one after another."""
        pairs = self._pair(self._columns)
        return self._join([p.compute_bias_slope(states[:, at], bias[at]) for p, at in pairs])

    def compute_log_sum(self, fields: Array, bias: Array) -> Array:
        """Return the sum over groups, as a sum over all states is a product of sums."""
        return self._add(lambda p, at: p.compute_log_sum(fields[:, at], bias[at]))

    def compute_means(self, fields: Array, bias: Array) -> Array:
        """Return the means of each group, one after another."""
        pairs = self._pair(self._columns)
        # Kernels take whole arrays, not columns of one.
        parts = [np.ascontiguousarray(fields[:, at]) for _, at in pairs]
        return self._join(
            [p.compute_means(part, bias[at]) for (p, at), part in zip(pairs, parts, strict=True)]
        )

    def draw(self, means: Array, generator: np.random.Generator) -> Array:
        """Return the states of each group, one after another."""
        pairs = self._pair(self._columns)
        drawn = [p.draw(np.ascontiguousarray(means[:, at]), generator) for p, at in pairs]
        return self._join(drawn)

    def _pair(self, slices: list[slice]) -> list[tuple[VisibleUnits, slice]]:
        return list(zip(self.parts, slices, strict=True))

    def _join(self, arrays: list[Array]) -> Array:
        return np.concatenate(arrays, axis=1)

    def _add(self, compute: Callable[[VisibleUnits, Any], Array]) -> Array:
        total: Array = np.sum([compute(p, at) for p, at in self._pair(self._columns)], axis=0)
        return total

    def __repr__(self) -> str:
        return f"JoinedUnits({self.parts!r})"


def _list_slices(widths: list[int]) -> list[slice]:
    ends = np.cumsum([0, *widths]).tolist()
    return [slice(begin, end) for begin, end in itertools.pairwise(ends)]
