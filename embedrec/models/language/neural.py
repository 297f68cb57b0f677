"""What neural language models share: parameters by name, start vectors, fitting, saving."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

import numpy as np

from embedrec.errors import CorruptedError, EmbedrecError, InputError, ParameterError
from embedrec.files import PathLike
from embedrec.models.language.model import LanguageModel, check_fitted
from embedrec.models.language.store import StoredModel, read_model, save_model
from embedrec.models.language.text import LanguageText, check_text
from embedrec.models.language.training import Course, EpochFigures
from embedrec.models.language.vocabulary import LanguageVocabulary
from embedrec.nn import Embedding, Layer, iterate_parameters, make_optimizer
from embedrec.nn.checkpoint import digest_samples
from embedrec.nn.parameter import Array
from embedrec.nn.schedule import make_schedule
from embedrec.progress import Progress
from embedrec.seeding import make_generator
from embedrec.vectors.keyed import KeyedVectors

Self = TypeVar("Self", bound="NeuralModel")


class NeuralModel:
    """Base of all neural models of text: how they are fitted, saved and loaded.

    Attributes:
        vocabulary_: the words, after `fit`.
        layers_: the network.
        counts_: int64 (V,), how often each word stood in the training text.
        figures_: what each epoch came to.
    """

    family: ClassVar[str]

    vocabulary_: LanguageVocabulary
    layers_: Any
    counts_: Array
    figures_: list[EpochFigures]
    facts_: dict[str, Any]
    # Set by every constructor.
    vector_size: int
    epochs: int
    optimizer: str
    learning_rate: float
    max_norm: float
    schedule: str
    decay: float
    patience: int
    seed: int
    freeze: bool

    def fit(
        self: Self,
        text: LanguageText,
        validation: LanguageText | None = None,
        *,
        vectors: KeyedVectors | None = None,
        checkpoint: PathLike | None = None,
        resume: bool = False,
        progress: Progress | None = None,
        on_epoch: Callable[[list[EpochFigures]], None] | None = None,
    ) -> Self:
        """Learn from a text.

        Args:
            text: what to learn from.
            validation: held-out text of the same vocabulary: it says when to lower the rate and to
                stop, and which weights to keep.
            vectors: word vectors to start from; words they don't have start at random. With
                `freeze` they stay as they are.
            checkpoint: folder that is saved to every minute and after each epoch; it is left there.
            resume: go on from the checkpoint if it is there, to the same weights as uninterrupted;
                parameters, texts and `vectors` must be what they were.
            progress: told how it goes.
            on_epoch: called with the figures of all epochs after each.

        Raises:
            ParameterError: if a parameter can't be worked with.
            InputError: if the text is too short, the validation text has other words, or none that
                is known, or the vectors know no word of the text. After any error the model is what
                it was before.
            DivergenceError, ResumeError: see `Course.run`.
        """
        self._check_parameters()
        check_text(text)
        vocabulary = text.vocabulary
        if validation is not None:
            check_text(validation, "the validation text")
            _check_validation(validation, vocabulary)
        counts = np.bincount(text.ids, minlength=len(vocabulary))
        start = None if vectors is None else self._place_vectors(vectors, vocabulary)
        before = dict(self.__dict__)
        course = Course(
            epochs=self.epochs,
            optimizer=make_optimizer(self.optimizer, self.learning_rate),
            max_norm=self.max_norm,
            schedule=self.schedule,
            decay=self.decay,
            patience=self.patience,
            seed=self.seed,
            checkpoint=checkpoint,
            resume=resume,
            settings={
                "family": self.family,
                **self.get_params(),
                # As they are placed: the words that have one, and its values.
                "vectors": start is not None and digest_samples(start),
            },
            progress=progress,
            on_epoch=on_epoch,
        )
        self.figures_ = course.figures  # goes on growing; whoever stops it by hand can look at it
        try:
            self.vocabulary_, self.counts_ = vocabulary, counts
            self.layers_ = self._build(counts, make_generator(self.seed, "weights"), start)
            course.run(self, text, validation)
        except EmbedrecError:  # nothing half learnt passes for a model, an older one stays
            self.__dict__ = before
            raise
        return self

    @property
    def layers(self) -> Layer:
        """The network, with all its parameters."""
        return self.layers_

    def measure(self, text: LanguageText) -> float:
        """Return the perplexity of a text, by which epochs are compared."""
        raise NotImplementedError

    def count_batches(self, ids: Array) -> int:
        """Return the number of steps in an epoch."""
        raise NotImplementedError

    def add_gradients(
        self, ids: Array, epoch: int, batch: int, state: Any, generator: np.random.Generator
    ) -> tuple[float, int, Any]:
        """Return the loss of a batch, its number of words, and the state for the next one."""
        raise NotImplementedError

    def balance_gradients(self) -> None:
        """Scale a batch's gradients, in place, before their norm is limited; here not at all."""

    def get_params(self) -> dict[str, Any]:
        """Return the constructor's arguments, JSON values."""
        names = list(inspect.signature(type(self).__init__).parameters)[1:]
        values = {name: getattr(self, name) for name in names}
        # NumPy's numbers will do, and are kept as plain ones: a model's file holds JSON.
        return {n: v.item() if isinstance(v, np.generic) else v for n, v in values.items()}

    def save(self, folder: PathLike) -> None:
        """Write the model as a folder, atomically: parameters, words, weights and figures."""
        check_fitted(self)
        arrays = {name: p.value for name, p in iterate_parameters(self.layers_)}
        arrays["word counts"] = self.counts_
        facts = {**self.facts_, "figures": [list(figures) for figures in self.figures_]}
        save_model(
            folder, StoredModel(self.family, self.get_params(), self.vocabulary_, arrays, facts)
        )

    @classmethod
    def load(cls: type[Self], folder: PathLike) -> Self:
        """Read what `save` wrote.

        Raises:
            InputError, CorruptedError, VersionError: if it isn't there, whole, or readable.
        """
        stored = read_model(folder, cls.family)
        try:
            model = cls(**stored.arguments)
            model.vocabulary_ = stored.vocabulary
            model.counts_ = stored.arrays.pop("word counts")
            generator = make_generator(0, "replaced at once")
            model.layers_ = model._build(model.counts_, generator, None)
            for name, parameter in iterate_parameters(model.layers_):
                parameter.value[...] = stored.arrays[name]
            model.facts_ = stored.facts
            model.figures_ = [EpochFigures(*figures) for figures in stored.facts["figures"]]
        except (KeyError, TypeError, ValueError) as error:
            raise CorruptedError(
                f"the model in {folder} can't be put together ({error}): train it again",
                value=str(folder),
            ) from error
        return model

    def _build(self, counts: Array, generator: np.random.Generator, start: Array | None) -> Layer:
        """Return the network; `start` is float32 (V, vector_size), or None for random vectors."""
        raise NotImplementedError

    def _build_embedding(
        self, n_words: int, generator: np.random.Generator, start: Array | None
    ) -> Embedding:
        if start is None:
            return Embedding(n_words, self.vector_size, generator=generator)
        return Embedding.from_vectors(start, is_frozen=self.freeze)

    def _check_parameters(self) -> None:
        for name in ("vector_size", "epochs", "patience"):
            check_whole(name, getattr(self, name), 1)
        for name in ("max_norm", "learning_rate"):
            check_above(name, getattr(self, name), 0)
        check_above("decay", self.decay, 1)
        make_schedule(self.schedule)  # raises if there is none of the name

    def _place_vectors(self, vectors: KeyedVectors, vocabulary: LanguageVocabulary) -> Array:
        if vectors.vector_size != self.vector_size:
            raise InputError(
                f"the vectors have {vectors.vector_size} dimensions and vector_size is "
                f"{self.vector_size}: set it to the same",
                value=vectors.vector_size,
            )
        known = [at for at, word in enumerate(vocabulary.words) if word in vectors]
        if not known:
            raise InputError(
                f"the vectors have none of the text's {len(vocabulary)} words: they belong to "
                "another language or segmentation",
                value=len(vocabulary),
            )
        generator = make_generator(self.seed, "vectors")
        found = np.stack([vectors[vocabulary.words[at]] for at in known]).astype(np.float32)
        # To the spread that start weights have: word2vec's lengths are for other uses.
        spread = float(found.std())
        if not 0 < spread < math.inf:
            raise InputError(
                f"the vectors of the text's {len(known)} words are all the same, or not finite: "
                "give trained ones",
                value=spread,
            )
        found *= 0.1 / math.sqrt(3) / spread
        start = generator.uniform(-0.1, 0.1, (len(vocabulary), self.vector_size))
        start = start.astype(np.float32)
        start[known] = found
        return start


class NeuralLanguageModel(NeuralModel, LanguageModel):
    """Base of NNLM and the recurrent language models."""

    def measure(self, text: LanguageText) -> float:
        """Return the perplexity of a text."""
        return self.evaluate(text).perplexity


def choose_rates(
    optimizer: str, learning_rate: float | None, max_norm: float | None
) -> tuple[float, float]:
    """Return the learning rate and the limit of gradients, those that suit the optimiser for None.

    Those of SGD are large because the loss is a mean over a batch's words, of which each moves few
    vectors.
    """
    rate, norm = (20.0, 0.25) if optimizer == "sgd" else (0.001, 5.0)
    return rate if learning_rate is None else learning_rate, norm if max_norm is None else max_norm


def check_whole(name: str, value: Any, least: int) -> None:
    """Check a count.

    Raises:
        ParameterError: if it is not a whole number of at least `least`.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ParameterError(
            f"{name} must be a whole number of at least {least}, not {value!r}", value=value
        )


def check_above(name: str, value: Any, limit: float) -> None:
    """Check a number.

    Raises:
        ParameterError: if it is not finite and above `limit`.
    """
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float, np.number))
        or not limit < value < math.inf
    ):
        raise ParameterError(f"{name} must be above {limit:g}, not {value!r}", value=value)


def _check_validation(validation: LanguageText, vocabulary: LanguageVocabulary) -> None:
    if validation.vocabulary != vocabulary:
        raise InputError(
            f"the validation text is encoded with {len(validation.vocabulary)} words that are not "
            f"the training text's {len(vocabulary)}: encode it with text.vocabulary",
            value=len(validation.vocabulary),
        )
