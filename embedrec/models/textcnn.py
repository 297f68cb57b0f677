"""TextCNN: classes of texts from word vectors, by windows of words (Kim 2014)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.files import PathLike
from embedrec.models.network import NetworkClassifier
from embedrec.models.text_network import TextNetwork
from embedrec.models.text_words import WordNumbers, check_texts, fill_table, learn_numbers
from embedrec.nn.averaging import Averaging
from embedrec.nn.callback import Callback, StepReport
from embedrec.nn.embedding import Embedding
from embedrec.nn.layer import Layer
from embedrec.nn.optim import Optimizer
from embedrec.nn.padded import Padded, pad_sequences
from embedrec.nn.parameter import Array, Parameter
from embedrec.nn.schedule import Schedule
from embedrec.nn.trainer import Trainer
from embedrec.vectors.keyed import KeyedVectors

# Which embeddings there are: True for one that stays as it is.
CHANNELS = {"static": (True,), "fine-tuned": (False,), "multichannel": (True, False)}


class TextCNN(NetworkClassifier):
    """Windows of 3, 4 and 5 words, 100 maps each, the largest value of each over a text, a class.

    Kim 2014, "Convolutional Neural Networks for Sentence Classification". A sample is a text: a
    list of words (strings), or an array of numbers of words. Texts may differ in length; a batch is
    computed over its words only, not over what fills it up.

    Args:
        vectors: `KeyedVectors` for words, or floating (n_words, size) for numbers; None to begin
            with random vectors. Words without a vector begin with a random one as large.
        channels: "static" keeps the vectors as they are, "fine-tuned" learns them further,
            "multichannel" has both side by side.
        vector_size: of random vectors; without effect where `vectors` are given.
        widths: words in a window, for each kind of window.
        n_maps: windows learned of each kind.
        dropout: share of the maps left out of a training step.
        max_norm: largest length of the weights of a class, to which they are cut back after each
            step (section 2.1; the paper has 3); None to let them grow.
        min_count: rarer words of the training texts are taken as one unknown word.
        max_words: of a text, the rest is left out; None for all.
        epochs, batch_size, optimizer, learning_rate, schedule, l2, clip_norm, patience,
            validation_share, averaging, seed: as in `MLPClassifier`.

    Attributes:
        numbers_: `WordNumbers`, from words to rows of the vectors.
        vector_size_: numbers in a vector.
        n_features_in_: how many words there are.
    """

    numbers_: WordNumbers
    vector_size_: int
    _limit: MaxNorm | None = None  # of the training under way

    def __init__(
        self,
        vectors: KeyedVectors | Array | None = None,
        channels: str = "fine-tuned",
        *,
        vector_size: int = 300,
        widths: Sequence[int] = (3, 4, 5),
        n_maps: int = 100,
        dropout: float = 0.5,
        max_norm: float | None = None,
        min_count: int = 1,
        max_words: int | None = None,
        epochs: int = 10,
        batch_size: int | None = 50,
        optimizer: str | Optimizer = "adam",
        learning_rate: float | None = None,
        schedule: str | Schedule = "constant",
        l2: float = 0.0,
        clip_norm: float | None = None,
        patience: int | None = None,
        validation_share: float = 0.1,
        averaging: Averaging | None = None,
        seed: int = 0,
    ) -> None:
        self.vectors = vectors
        self.channels = channels
        self.vector_size = vector_size
        self.widths = widths
        self.n_maps = n_maps
        self.dropout = dropout
        self.max_norm = max_norm
        self.min_count = min_count
        self.max_words = max_words
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.l2 = l2
        self.clip_norm = clip_norm
        self.patience = patience
        self.validation_share = validation_share
        self.averaging = averaging
        self.seed = seed

    def build_network(self, n_outputs: int, generator: np.random.Generator) -> Layer:
        """Return the network, on vectors of words, of the unknown word and of no word."""
        self._check_options()
        network = TextNetwork(
            self._make_embeddings(generator), self.widths, self.n_maps, n_outputs,
            dropout=self.dropout, generator=generator,
        )  # fmt: skip
        if self._limit is not None:
            self._limit.weight = network.dense.weight
        return network

    def make_trainer(self, **more: Any) -> Trainer:
        """Return the trainer, which also limits the weights of each class."""
        if self.max_norm is not None:
            self._limit = MaxNorm(self.max_norm)
            more["callbacks"] = [self._limit, *more.get("callbacks", ())]
        return super().make_trainer(**more)

    def check_input(self, X: Any) -> Padded:
        """Return texts as numbers of words, int32; in `fit`, learn which words there are.

        Raises:
            ParameterError: if they are neither lists of words nor arrays of numbers, or numbers are
                out of range.
        """
        texts = [text[: self.max_words] for text in check_texts(X)]
        if not hasattr(self, "numbers_"):
            self.numbers_ = learn_numbers(texts, self.vectors, self.min_count)
            self.n_features_in_ = self.numbers_.n_words
        return pad_sequences(
            self.numbers_.number(texts), fill=self.numbers_.n_words + 1, dtype=np.int32
        )

    def pass_forward(self, batch: Any) -> Array:
        """Return the network's output for some texts."""
        return self.network_.forward(batch.values, False, lengths=batch.lengths)[0]  # type: ignore[call-arg]

    def save(self, folder: PathLike) -> None:
        """Write the estimator as a folder; `vectors` is None in what is loaded from it.

        What was learned of them is in the network.
        """
        given, self.vectors = self.vectors, None
        try:
            super().save(folder)
        finally:
            self.vectors = given

    def export_state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return what a network has learned, the classes, the words and the size of a vector."""
        arrays, facts = super().export_state()
        numbers = {"words": self.numbers_.words, "n_words": self.numbers_.n_words}
        return arrays, {**facts, **numbers, "vector_size_": self.vector_size_}

    def restore_state(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        """Take what `export_state` returned."""
        self.numbers_ = WordNumbers(facts["words"], facts["n_words"])
        super().restore_state(arrays, facts)

    def _check_options(self) -> None:
        if self.channels not in CHANNELS:
            raise ParameterError(
                f"channels must be one of {', '.join(CHANNELS)}, not {self.channels!r}",
                value=self.channels,
            )
        if not isinstance(self.widths, (tuple, list)) or not self.widths:
            raise ParameterError(
                f"widths must be a list such as (3, 4, 5), not {self.widths!r}", value=self.widths
            )

    def _make_embeddings(self, generator: np.random.Generator) -> list[Embedding]:
        size = getattr(self, "vector_size_", self.vector_size)
        table = fill_table(self.numbers_, self.vectors, size, generator)
        self.vector_size_ = table.shape[1]
        return [
            Embedding.from_vectors(table, padding=len(table) - 1, is_frozen=is_frozen)
            for is_frozen in CHANNELS[self.channels]
        ]


class MaxNorm(Callback):
    """Cuts columns of a weight matrix back to a length, after each step.

    Attributes:
        limit: the largest length of a column.
        weight: the parameter, (I, O), changed in place.
    """

    def __init__(self, limit: float) -> None:
        if not 0 < limit < float("inf"):
            raise ParameterError(f"max_norm must be above 0, not {limit!r}", value=limit)
        self.limit = limit
        self.weight: Parameter | None = None

    def end_step(self, report: StepReport) -> None:
        """Divide each column that is too long by as much as it is."""
        if self.weight is not None:
            norms = np.linalg.norm(self.weight.value, axis=0)
            self.weight.value /= np.maximum(norms / self.limit, 1).astype(self.weight.value.dtype)
