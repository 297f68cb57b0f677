"""The embedding: a vector for each word, looked up by number."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.nn.check import check_finite, check_ids, check_real, check_shape, check_size
from embedrec.nn.init import Initializer, make_uniform
from embedrec.nn.layer import Backward, Layer, Train
from embedrec.nn.parameter import Array, Parameter


class Embedding(Layer):
    """y = W[ids]: one row of W for each number.

    The gradient at W is by rows (`RowGradient`), so a step costs what the batch has of words, not
    what the vocabulary has. Numbers have no gradient: the backward returns zeros.

    Attributes:
        weight: (n_words, size).
        padding: the number of no word, or None; its vector is 0 and is not learned.
        is_frozen: the vectors stay as they are given.
    """

    def __init__(
        self,
        n_words: int,
        size: int,
        *,
        generator: np.random.Generator,
        padding: int | None = None,
        init: Initializer = make_uniform(0.1),  # noqa: B008 - a function of its arguments
        dtype: Any = np.float32,
    ) -> None:
        shape = check_size("n_words", n_words), check_size("size", size)
        self._set_up(init(generator, shape, dtype), padding, is_frozen=False)

    @classmethod
    def from_vectors(
        cls, vectors: Array, *, padding: int | None = None, is_frozen: bool = False
    ) -> Embedding:
        """Start from given vectors, floating (n_words, size), which are copied."""
        check_shape(cls.__name__, vectors, ("n_words", "size"), "vectors")
        check_real(cls.__name__, vectors, "vectors")
        check_finite(cls.__name__, vectors, "vectors")
        embedding = cls.__new__(cls)
        embedding._set_up(vectors.copy(), padding, is_frozen=is_frozen)
        return embedding

    def _set_up(self, vectors: Array, padding: int | None, *, is_frozen: bool) -> None:
        self.weight = Parameter(vectors, is_penalized=not is_frozen)
        self.is_frozen = is_frozen
        self.padding = None if padding is None else check_size("padding", padding, 0)
        if self.padding is not None:
            if self.padding >= len(vectors):
                raise ParameterError(
                    f"padding must be below the {len(vectors)} words of {self!r}, not {padding}",
                    value=padding,
                )
            vectors[self.padding] = 0

    def forward(self, x: Array, train: Train = False) -> tuple[Array, Backward]:
        """Return the vectors (..., size) of integer numbers x (...)."""
        weight = self.weight.value
        check_ids(self, x, len(weight))
        is_padding = None if self.padding is None else x == self.padding
        y = weight[x]  # (..., D)
        if is_padding is not None:
            y[is_padding] = 0

        def backward(gradient: Array) -> Array:
            if not self.is_frozen:
                rows, d = x.reshape(-1), gradient.reshape(-1, weight.shape[1])
                if is_padding is not None:
                    is_word = ~is_padding.reshape(-1)
                    rows, d = rows[is_word], d[is_word]
                self.weight.add_rows(rows.astype(np.int64, copy=False), d)
            return np.zeros(x.shape, weight.dtype)

        return y, backward

    def __repr__(self) -> str:
        return "Embedding({}, {})".format(*self.weight.value.shape)
