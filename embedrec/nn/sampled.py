"""Output layers for large vocabularies that are trained against a few words drawn as noise.

`SampledSoftmax` and `NoiseContrastive` have the parameters of a dense layer with softmax, by words:
z_w = h v_w + b_w. Training looks at the target and at drawn words; at prediction (train=False) both
are the exact softmax over all words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from embedrec.nn.activation import compute_sigmoid, compute_softplus
from embedrec.nn.check import check_floating, check_shape, check_size
from embedrec.nn.init import Initializer, make_uniform
from embedrec.nn.layer import Train, require_generator
from embedrec.nn.loss import Loss, LossBackward, check_labels, compute_shares
from embedrec.nn.parameter import Array, Parameter
from embedrec.nn.softmax import SoftmaxCrossEntropy, compute_log_sum_exp
from embedrec.nn.word_noise import WordNoise

_NEVER = -1e30  # the logit of what can't be chosen


class _SampledOutput(Loss):
    """What both have in common: parameters, drawing, and the exact softmax at prediction.

    Attributes:
        weight: (n_words, n_inputs), a vector for each word; its gradient is by rows in training.
        bias: (n_words,); where it starts, each says.
    """

    def __init__(
        self,
        n_inputs: int,
        noise: WordNoise,
        *,
        n_samples: int,
        generator: np.random.Generator,
        is_shared: bool = True,
        init: Initializer = make_uniform(0.1),  # noqa: B008 - a function of its arguments
        dtype: Any = np.float32,
    ) -> None:
        """Set up the layer.

        Args:
            n_inputs: size of the layer below.
            noise: from which words are drawn; it says how many there are.
            n_samples: words drawn in each step.
            generator: of the start weights.
            is_shared: draw once for the whole batch, which makes of all scores one matrix product;
                else n_samples for each row, whose vectors, n x n_samples x n_inputs numbers, are
                gathered.
            init: of the vectors.
            dtype: of the parameters.
        """
        shape = len(noise.probabilities), check_size("n_inputs", n_inputs)
        self.noise = noise
        self.n_samples = check_size("n_samples", n_samples)
        self.is_shared = bool(is_shared)
        self.weight = Parameter(init(generator, shape, dtype))
        self.bias = Parameter(self._make_bias().astype(dtype), is_penalized=False)

    def forward(  # type: ignore[override]
        self, y: Array, target: Array, weights: Array | None = None, train: Train = False
    ) -> tuple[float, LossBackward]:
        """Return the loss and its backward: against noise to train, else -log p(word), exactly.

        Args:
            y: floating (..., n_inputs), output of the layer below.
            target: integer (...), the words.
            weights: floating or bool (...), how much each counts; 0 leaves a place out.
            train: to train, the stream of random numbers that noise is drawn with.
        """
        self._check_input(y)
        if train is False:
            return self._forward_exactly(y, target, weights)
        generator = require_generator(self, train)
        shares = compute_shares(self, weights, y.shape[:-1])
        words = check_labels(self, target, y.shape[:-1], len(self.weight.value), shares)
        taken = np.flatnonzero(shares)
        words, shares = words[taken], shares[taken]
        h = y.reshape(-1, y.shape[-1])[taken]  # (n, D)
        shape = (self.n_samples,) if self.is_shared else (len(h), self.n_samples)
        value, back = self._contrast(h, words, self.noise.draw(generator, shape), shares)

        def backward(scale: float = 1.0) -> Array:
            gradient = np.zeros((y.size // y.shape[-1], y.shape[-1]), y.dtype)
            gradient[taken] = back(scale)
            return gradient.reshape(y.shape)

        return value, backward

    def log_prob(self, y: Array) -> Array:
        """Return the log-probabilities (..., n_words) of all words for inputs (..., n_inputs)."""
        z = self.compute_logits(y)
        z -= compute_log_sum_exp(z)[..., None]
        return z

    def predict(self, y: Array) -> Array:
        """Return the probabilities (..., n_words) of all words for inputs (..., n_inputs)."""
        return SoftmaxCrossEntropy().predict(self.compute_logits(y))

    def compute_logits(self, y: Array) -> Array:
        """Return z (..., n_words) of all words for inputs (..., n_inputs)."""
        self._check_input(y)
        z = y.reshape(-1, y.shape[-1]) @ self.weight.value.T
        z += self.bias.value
        return z.reshape(*y.shape[:-1], len(self.weight.value))

    def _make_bias(self) -> Array:
        """Return the start of the bias (n_words,)."""
        raise NotImplementedError

    def _contrast(
        self, h: Array, words: Array, drawn: Array, shares: Array
    ) -> tuple[float, LossBackward]:
        """Return the loss of h (n, D) with words (n,) against drawn ones, (k,) or (n, k)."""
        raise NotImplementedError

    def _score(
        self, h: Array, words: Array, drawn: Array
    ) -> tuple[Array, Array, Callable[[Array, Array], Array]]:
        """Return the scores (n,) of each row's own word, those (n, k) of the drawn ones, and the
        way back from the gradients at both to the gradient at h."""
        v, u = self.weight.value[words], self.weight.value[drawn]  # (n, D); (k, D) or (n, k, D)
        own = np.einsum("nd,nd->n", h, v) + self.bias.value[words]
        others = h @ u.T if self.is_shared else (u @ h[:, :, None])[:, :, 0]
        others += self.bias.value[drawn]

        def backward(d_own: Array, d_others: Array) -> Array:
            gradient = d_own[:, None] * v
            if self.is_shared:
                at_drawn, at_bias = d_others.T @ h, d_others.sum(axis=0)
                gradient += d_others @ u
            else:
                at_drawn, at_bias = d_others[:, :, None] * h[:, None, :], d_others.reshape(-1)
                gradient += (d_others[:, None, :] @ u)[:, 0]
            rows = np.concatenate([drawn.reshape(-1), words])
            at_words = at_drawn.reshape(-1, h.shape[1]), d_own[:, None] * h
            self.weight.add_rows(rows, np.concatenate(at_words))
            self.bias.add_rows(rows, np.concatenate([at_bias, d_own]))
            return gradient

        return own, others, backward

    def _forward_exactly(
        self, y: Array, target: Array, weights: Array | None
    ) -> tuple[float, LossBackward]:
        z = self.compute_logits(y)
        value, back = SoftmaxCrossEntropy().forward(z, target, weights)

        def backward(scale: float = 1.0) -> Array:
            d = back(scale).reshape(-1, z.shape[-1])  # (n, V)
            self.weight.add_product(d, y.reshape(-1, y.shape[-1]))
            self.bias.add_gradient(d.sum(axis=0))
            return (d @ self.weight.value).reshape(y.shape)

        return value, backward

    def _check_input(self, y: Array) -> None:
        check_shape(self, y, ("...", self.weight.value.shape[1]))
        check_floating(self, y, self.weight.value.dtype)

    def __repr__(self) -> str:
        n_words, n_inputs = self.weight.value.shape
        return f"{type(self).__name__}({n_inputs}, {n_words} words, n_samples={self.n_samples})"


class SampledSoftmax(_SampledOutput):
    """Softmax over the target and the words drawn (Bengio and Senecal 2008; Jean et al. 2015).

    From each logit log Q_w is taken off, where Q_w = 1 - (1 - q_w)**k is the probability that the
    word is among k drawn ones: so that words which are drawn often do not seem improbable for it
    (Jean et al., eq. 9). A word drawn twice counts once, and the target is no noise of its own. As
    k grows, all Q_w become 1, and the loss and its gradient those of the full softmax.

    The bias starts at 0, as the full softmax's: from the words' frequencies networks below it learn
    far more slowly, as there is little left to gain at first.
    """

    def _make_bias(self) -> Array:
        return np.zeros(len(self.noise.probabilities))

    def _contrast(
        self, h: Array, words: Array, drawn: Array, shares: Array
    ) -> tuple[float, LossBackward]:
        drawn = np.unique(drawn) if self.is_shared else np.sort(drawn, axis=1)
        own, others, back = self._score(h, words, drawn)
        logits = np.empty((len(h), 1 + others.shape[1]), h.dtype)
        np.subtract(own, self._compute_log_chances(words, h.dtype), out=logits[:, 0])
        np.subtract(others, self._compute_log_chances(drawn, h.dtype), out=logits[:, 1:])
        logits[:, 1:][drawn == words[:, None]] = _NEVER
        if not self.is_shared:
            logits[:, 2:][drawn[:, 1:] == drawn[:, :-1]] = _NEVER
        first = np.zeros(len(h), np.int64)
        value, back_of_loss = SoftmaxCrossEntropy().forward(logits, first, shares)

        def backward(scale: float = 1.0) -> Array:
            d = back_of_loss(scale)
            return back(d[:, 0], d[:, 1:])

        return value, backward

    def _compute_log_chances(self, words: Array, dtype: Any) -> Array:
        """Return log Q of some words."""
        with np.errstate(divide="ignore"):  # q = 1: the only word is always drawn
            q = np.log1p(-self.noise.probabilities[words])
        return np.log(-np.expm1(self.n_samples * q)).astype(dtype)


class NoiseContrastive(_SampledOutput):
    """Noise-contrastive estimation (Gutmann and Hyvarinen 2010; Mnih and Teh 2012, eq. 9 to 11).

    For each row, tells its word from k drawn ones: with D_w = z_w - log(k q_w), the loss is
    -log sigma(D_t) - sum_j log sigma(-D_j) over the drawn words j. The normaliser of the softmax is
    taken to be 1 throughout, and the network learns to make it so.

    The bias starts at the noise's log-probabilities: an untrained layer is normalised already.
    """

    def _make_bias(self) -> Array:
        return np.log(self.noise.probabilities)

    def _contrast(
        self, h: Array, words: Array, drawn: Array, shares: Array
    ) -> tuple[float, LossBackward]:
        times: Any = 1
        if self.is_shared:
            drawn, times = np.unique(drawn, return_counts=True)
            times = times.astype(h.dtype)
        own, others, back = self._score(h, words, drawn)
        noise = self.n_samples * self.noise.probabilities
        own -= np.log(noise[words]).astype(h.dtype)
        others -= np.log(noise[drawn]).astype(h.dtype)
        losses = compute_softplus(-own) + (times * compute_softplus(others)).sum(axis=1)

        def backward(scale: float = 1.0) -> Array:
            factor = (scale * shares).astype(h.dtype)
            d_others = compute_sigmoid(others)
            d_others *= times
            d_others *= factor[:, None]
            return back(-factor * compute_sigmoid(-own), d_others)

        return float(shares @ losses), backward
