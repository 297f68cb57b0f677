"""The recursive net: one layer, used at every node of a tree.

A node's vector is made of its children's, p = tanh([l; r] W + b), from the leaves up (Pollack 1990;
Socher et al. 2011 and 2013, eq. 1). Gradients come down the same way, from each node to its two
children: back-propagation through structure (Goller and Küchler 1996).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.check import check_floating, check_shape, check_size
from embedrec.nn.init import Initializer, draw_glorot_uniform
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.parameter import Array, Parameter
from embedrec.nn.tree import Trees


class Recursive(Layer):
    """Vectors of all nodes of binary trees: p = tanh([l; r] W + b).

    Attributes:
        weight: (2 D, D); the upper half meets the left child, the lower the right.
        bias: (D,).
    """

    def __init__(
        self,
        size: int,
        *,
        generator: np.random.Generator,
        init: Initializer = draw_glorot_uniform,
        dtype: Any = np.float32,
    ) -> None:
        size = check_size("size", size)
        self.weight = Parameter(init(generator, (2 * size, size), dtype))
        self.bias = Parameter(np.zeros(size, dtype), is_penalized=False)

    def forward(
        self, x: Array, train: Train = False, trees: Trees | None = None
    ) -> tuple[Array, Backward]:
        """Return the vectors of all nodes, (n, D).

        The nodes of one height, of all trees together, are one product.

        Args:
            x: (n_leaves, D), the leaves' vectors, in the order of `trees.leaves`; they are the
                output at the leaves as they are.
            train: as for all layers.
            trees: from `arrange_trees`.

        Raises:
            ParameterError: if there is no tree, or x has another number of leaves.
        """
        if trees is None:
            raise ParameterError(f"{self!r} needs trees=arrange_trees(children)", value=None)
        weight, size = self.weight.value, self.bias.value.shape[0]
        check_shape(self, x, (len(trees.leaves), size), "leaves")
        check_floating(self, x, weight.dtype)
        children, levels = trees.children, trees.levels
        y = np.empty((len(children), size), weight.dtype)
        y[trees.leaves] = x
        for nodes in levels:
            pairs = y[children[nodes]].reshape(-1, 2 * size)  # (k, 2 D)
            y[nodes] = np.tanh(pairs @ weight + self.bias.value)

        def backward(gradient: Array) -> Array:
            d = gradient.copy()  # at y; for inner nodes, soon at z, y = tanh(z)
            for nodes in reversed(levels):
                d[nodes] *= 1 - y[nodes] ** 2
                # No node is the child of two, so that no row is met twice here.
                d[children[nodes]] += (d[nodes] @ weight.T).reshape(-1, 2, size)
            if levels:
                inner = np.concatenate(levels)
                self.weight.add_product(y[children[inner]].reshape(-1, 2 * size), d[inner])
                self.bias.add_gradient(d[inner].sum(axis=0))
            return d[trees.leaves]

        return y, backward

    def __repr__(self) -> str:
        return f"Recursive({self.bias.value.shape[0]})"
