"""The softmax over all words as an output layer, with weights of its own or an embedding's."""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.kernels.softmax import fill_gradients, sum_exponentials
from embedrec.nn.check import check_floating, check_shape, check_size
from embedrec.nn.embedding import Embedding
from embedrec.nn.hierarchical import check_counts
from embedrec.nn.init import Initializer, make_uniform
from embedrec.nn.layer import Train
from embedrec.nn.loss import Loss, LossBackward, check_labels, compute_shares
from embedrec.nn.parameter import Array, Parameter
from embedrec.nn.scratch import give_back, take
from embedrec.nn.softmax import compute_log_sum_exp, compute_softmax
from embedrec.nn.threads import split_rows

_MOST_KEPT = 1 << 25  # logits held at a time, 128 MB of float32
_WORK = 20  # multiplications that an exponential is worth


class SoftmaxOutput(Loss):
    """-log p(word), where p = softmax(h W^T + b).

    The same as `Dense` and `SoftmaxCrossEntropy`, with the words in rows as the other output layers
    have them, and for any number of rows: where the logits of a batch would be too many to keep,
    they are computed for a part of the rows at a time, and a second time on the way back.

    Attributes:
        weight: W (n_words, n_inputs), a vector for each word; with `tied_to` the embedding's own
            parameter, whose gradient is then the sum of both uses.
        bias: b (n_words,).
    """

    def __init__(
        self,
        n_inputs: int,
        n_words: int,
        *,
        generator: np.random.Generator | None = None,
        tied_to: Embedding | None = None,
        counts: Array | None = None,
        init: Initializer = make_uniform(0.1),  # noqa: B008 - a function of its arguments
        dtype: Any = np.float32,
    ) -> None:
        """Set up the layer.

        Args:
            n_inputs: size of the layer below.
            n_words: how many there are.
            generator: of the start weights, where they are not tied.
            tied_to: an embedding (n_words, n_inputs) to share the vectors with (Press and Wolf
                2017; Inan, Khosravi and Socher 2017): fewer numbers to learn, and better words.
            counts: integer (n_words,), how often each occurs: the bias starts at the logarithm of
                its share, so that an untrained layer gives each word about its frequency.
            init, dtype: of the vectors, where they are not tied.

        Raises:
            ParameterError: if the embedding has another shape or does not learn.
        """
        shape = check_size("n_words", n_words), check_size("n_inputs", n_inputs)
        if tied_to is not None:
            if tied_to.weight.value.shape != shape or tied_to.is_frozen:
                raise ParameterError(
                    f"SoftmaxOutput({n_inputs}, {n_words} words) can't be tied to {tied_to!r}"
                    f"{', which is frozen' if tied_to.is_frozen else ': the sizes differ'}",
                    value=tied_to.weight.value.shape,
                )
            self.weight = tied_to.weight
        elif generator is None:
            raise ParameterError("SoftmaxOutput draws its weights: give generator=, or tied_to=")
        else:
            self.weight = Parameter(init(generator, shape, dtype))
        start = np.zeros(n_words)
        if counts is not None:
            counts = check_counts("SoftmaxOutput", counts)
            check_shape(self, counts, (n_words,), "counts")
            start = np.log((counts + 1.0) / (counts + 1.0).sum())
        self.bias = Parameter(start.astype(self.weight.value.dtype), is_penalized=False)

    def forward(  # type: ignore[override]
        self, y: Array, target: Array, weights: Array | None = None, train: Train = False
    ) -> tuple[float, LossBackward]:
        """Return the loss and its backward.

        Args:
            y: floating (..., n_inputs), output of the layer below.
            target: integer (...), the words.
            weights: floating or bool (...), how much each counts; 0 leaves a place out, as of a
                sequence that is shorter than others.
        """
        self._check_input(y)
        weight = self.weight.value
        shares = compute_shares(self, weights, y.shape[:-1])
        words = check_labels(self, target, y.shape[:-1], len(weight), shares)
        taken = np.flatnonzero(shares)
        words, shares = words[taken], shares[taken]
        h = y.reshape(-1, y.shape[-1])  # (n, D)
        h = h if len(taken) == len(h) else h[taken]
        n_at_once = max(1, _MOST_KEPT // len(weight))
        parts = [slice(begin, begin + n_at_once) for begin in range(0, len(h), n_at_once)]
        tops, sums, own = np.empty((3, len(h)), h.dtype)
        for part in parts:
            z = self._score(h[part])  # (n, V)
            tops[part], own[part] = z.max(axis=1), z[np.arange(len(z)), words[part]]
            _split(z, sum_exponentials, z, tops[part], sums[part])
            if len(parts) > 1:
                give_back(z)
        kept: Array | None = z if len(parts) == 1 else None
        value = float(shares @ (np.log(sums, dtype=np.float64) + tops - own))

        def backward(scale: float = 1.0) -> Array:
            nonlocal kept
            factors, at_h = (scale * shares).astype(h.dtype), np.empty_like(h)
            for part in parts:
                z = self._score(h[part]) if kept is None else kept
                d = take(z.shape, z.dtype)
                _split(z, fill_gradients, z, tops[part], sums[part], words[part], factors[part], d)
                self.weight.add_product(d, h[part])
                self.bias.add_gradient(d.sum(axis=0))
                at_h[part] = d @ weight
                kept = None
                give_back(z)
                give_back(d)
            if len(taken) == y.size // y.shape[-1]:
                return at_h.reshape(y.shape)
            gradient = np.zeros((y.size // y.shape[-1], y.shape[-1]), y.dtype)
            gradient[taken] = at_h
            return gradient.reshape(y.shape)

        return value, backward

    def log_prob(self, y: Array) -> Array:
        """Return the log-probabilities (..., n_words) of all words for inputs (..., n_inputs)."""
        z = self.compute_logits(y)
        z -= compute_log_sum_exp(z)[..., None]
        return z

    def predict(self, y: Array) -> Array:
        """Return the probabilities (..., n_words) of all words for inputs (..., n_inputs)."""
        return compute_softmax(self.compute_logits(y))

    def compute_logits(self, y: Array) -> Array:
        """Return z (..., n_words) of all words for inputs (..., n_inputs)."""
        self._check_input(y)
        z = self._score(y.reshape(-1, y.shape[-1]))
        return z.reshape(*y.shape[:-1], len(self.weight.value))

    def _score(self, h: Array) -> Array:
        weight = self.weight.value
        z = take((len(h), len(weight)), weight.dtype)
        np.matmul(h, weight.T, out=z)
        z += self.bias.value
        return z

    def _check_input(self, y: Array) -> None:
        check_shape(self, y, ("...", self.weight.value.shape[1]))
        check_floating(self, y, self.weight.value.dtype)

    def __repr__(self) -> str:
        return "SoftmaxOutput({1}, {0} words)".format(*self.weight.value.shape)


def _split(z: Array, loop: Any, *arrays: Array) -> None:
    """Call a compiled loop over rows for parts of them, in threads."""
    split_rows(
        len(z),
        z.shape[1] * _WORK,
        lambda begin, end: loop(*(array[begin:end] for array in arrays)),
    )
