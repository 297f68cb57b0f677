"""The parameters of a word2vec training, checked, and the kernels' plan that follows from them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.seeding import check_seed

ARCHITECTURES = ("skipgram", "cbow")
LOSSES = ("ns", "hs", "both")
MAX_NGRAM = 20
DEFAULT_ALPHA = {"skipgram": 0.025, "cbow": 0.05}
_SWITCHES = ("shrink_window", "cbow_mean", "cbow_full_error", "subwords", "deterministic")


@dataclass(frozen=True)
class Parameters:
    """What decides the result of a training, besides the corpus and the number of threads.

    Attributes:
        architecture: "skipgram" or "cbow" (Mikolov et al. 2013a).
        loss: "ns" (negative sampling), "hs" (Huffman hierarchical softmax) or "both", summed.
        vector_size: dimensions.
        window: largest distance between a centre word and its context.
        shrink_window: draw each window's size from 1 to `window`, so that near words count more.
        n_negative: negatives of each window (Mikolov et al. 2013b, eq. 4); which inputs share
            them: see `plan.choose_sharing`.
        negative_exponent: negatives are drawn with probability proportional to count to this power.
        sample: occurrences of words more frequent than this share are thinned out; 0 for never.
        epochs: passes over the corpus.
        alpha: learning rate at the start; by default 0.025 for skip-gram and 0.05 for CBOW, as in
            word2vec.c (a CBOW window makes one update where skip-gram makes one for each word).
        min_alpha: learning rate at the end, reached linearly in words trained; by default
            alpha / 10,000, as in word2vec.c.
        cbow_mean: CBOW's hidden layer is the mean of the context vectors, else their sum.
        cbow_full_error: with `cbow_mean`, add the whole error to each context vector, as word2vec.c
            and gensim do, in place of its share 1/C, which is the exact gradient.
        subwords: a word's input vector is the mean of its own row and those of its character
            n-grams (Bojanowski et al. 2017), so that unseen words have vectors too.
        min_n: shortest n-gram, in characters; with `max_n` None it is chosen from the vocabulary.
        max_n: longest n-gram.
        n_buckets: rows that n-grams are hashed to; only with `subwords`.
        deterministic: the same result for a seed whatever the number of threads.
        seed: decides the start values and every draw.
    """

    architecture: str = "skipgram"
    loss: str = "ns"
    vector_size: int = 200
    window: int = 5
    shrink_window: bool = True
    n_negative: int = 5
    negative_exponent: float = 0.75
    sample: float = 1e-4
    epochs: int = 5
    alpha: float | None = None
    min_alpha: float | None = None
    cbow_mean: bool = True
    cbow_full_error: bool = True
    subwords: bool = False
    min_n: int | None = None
    max_n: int | None = None
    n_buckets: int = 2_000_000
    deterministic: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        # NumPy's numbers count as Python's, which JSON takes and which know no overflow.
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.generic):
                object.__setattr__(self, field.name, value.item())
        _check_choice("architecture", self.architecture, ARCHITECTURES)
        _check_choice("loss", self.loss, LOSSES)
        _check_whole("vector_size", self.vector_size, 1, 100_000)
        _check_whole("window", self.window, 1, 1_000)
        _check_whole("n_negative", self.n_negative, 0, 1_000)
        _check_whole("epochs", self.epochs, 1, 1_000_000)
        _check_real("negative_exponent", self.negative_exponent, -10.0, 10.0)
        _check_real("sample", self.sample, 0.0, 1.0)
        if self.alpha is None:
            object.__setattr__(self, "alpha", DEFAULT_ALPHA[self.architecture])
        assert self.alpha is not None
        _check_real("alpha", self.alpha, 0.0, 100.0, open_below=True)
        if self.min_alpha is None:
            object.__setattr__(self, "min_alpha", self.alpha * 1e-4)
        _check_real("min_alpha", self.min_alpha, 0.0, self.alpha)
        for name in _SWITCHES:
            if not isinstance(getattr(self, name), bool):
                raise ParameterError(f"{name} must be True or False", value=getattr(self, name))
        object.__setattr__(self, "seed", check_seed(self.seed))
        self._check_subwords()
        if self.deterministic and self.subwords:
            raise ParameterError(
                "deterministic is not available with subwords: leave one of them out; with 1 "
                "thread a seed gives the same result without it, too",
                value=True,
            )
        if self.loss != "hs" and self.n_negative == 0:
            raise ParameterError(
                f"n_negative is 0, and loss {self.loss!r} needs negatives: "
                "give 1 or more, or loss 'hs'",
                value=0,
            )

    def _check_subwords(self) -> None:
        _check_whole("n_buckets", self.n_buckets, 1, 1_000_000_000)
        lengths = (self.min_n, self.max_n)
        if lengths == (None, None):
            return
        if None in lengths:
            given = "max_n" if self.min_n is None else "min_n"
            raise ParameterError(
                f"{given} is given alone: give min_n and max_n, or neither to have both chosen "
                "from the vocabulary",
                value=lengths,
            )
        if not self.subwords:
            raise ParameterError(
                f"min_n {self.min_n} and max_n {self.max_n} are for subwords: give subwords too, "
                "or leave them out",
                value=lengths,
            )
        _check_whole("max_n", self.max_n, 1, MAX_NGRAM)
        assert self.max_n is not None
        _check_whole("min_n", self.min_n, 1, self.max_n)

    @property
    def uses_negatives(self) -> bool:
        """Whether negative sampling is part of the loss."""
        return self.loss != "hs"

    @property
    def uses_paths(self) -> bool:
        """Whether hierarchical softmax is part of the loss."""
        return self.loss != "ns"

    def compute_rate(self, progress: float) -> float:
        """Return the learning rate after the share `progress` of all words."""
        assert self.alpha is not None  # both are set on making
        assert self.min_alpha is not None
        return self.alpha + (self.min_alpha - self.alpha) * progress

    def change(self, **changes: Any) -> Parameters:
        """Return the same with some values changed.

        Raises:
            ParameterError: if a name is not known or a value out of range.
        """
        check_names(changes)
        return replace(self, **changes)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Parameters:
        """Rebuild from the JSON form; names that this version does not know are left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in content.items() if name in known})


def check_names(names: Iterable[str]) -> None:
    """Check that there are parameters of these names.

    Raises:
        ParameterError: naming the first that is none.
    """
    known = Parameters.__dataclass_fields__
    for name in names:
        if name not in known:
            raise ParameterError(
                f"Word2Vec has no parameter {name!r}; it has {', '.join(known)}", value=name
            )


def compute_keep(counts: np.ndarray, sample: float) -> np.ndarray:
    """Return each word's probability of surviving subsampling, float32 (V,).

    word2vec.c's formula, sqrt(t / f) + t / f for the share f of a word, capped at 1; it keeps a
    little more than the sqrt(t / f) of Mikolov et al. 2013b, eq. 5.

    Args:
        counts: (V,), occurrences, all above 0.
        sample: the threshold t; 0 keeps everything.
    """
    if sample == 0:
        return np.ones(len(counts), np.float32)
    shares = counts / counts.sum(dtype=np.float64)
    return np.minimum(1.0, np.sqrt(sample / shares) + sample / shares).astype(np.float32)


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ParameterError(
            f"{name} must be one of {', '.join(choices)}, not {value!r}", value=value
        )


def _check_whole(name: str, value: object, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ParameterError(f"{name} must be a whole number, not {value!r}", value=value)
    if not low <= value <= high:
        raise ParameterError(f"{name} must be from {low} to {high}, not {value}", value=value)


def _check_real(
    name: str, value: object, low: float, high: float, *, open_below: bool = False
) -> None:
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not real or not math.isfinite(value):  # type: ignore[arg-type]
        raise ParameterError(f"{name} must be a finite number, not {value!r}", value=value)
    if not low <= value <= high or (open_below and value == low):  # type: ignore[operator]
        above = "above" if open_below else "from"
        raise ParameterError(
            f"{name} must be {above} {low:g} to {high:g}, not {value}", value=value
        )
