"""The estimator: fit on a corpus, keep the vectors, save and load."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embedrec.corpus.vocabulary import Vocabulary
from embedrec.errors import CorruptedError, InputError, ParameterError
from embedrec.files import PathLike
from embedrec.models.word2vec.block import find_longest_sentence
from embedrec.models.word2vec.callback import Callback
from embedrec.models.word2vec.fitting import Run, prepare_plan, train_state
from embedrec.models.word2vec.grow import (
    EARLIER,
    Learnt,
    RenumberedText,
    check_same_text,
    choose_parameters,
    find_first_rate,
    grow_vocabulary,
    identify_growth,
    list_trainings,
)
from embedrec.models.word2vec.introduce import train_grown
from embedrec.models.word2vec.memory import check_needs
from embedrec.models.word2vec.parameters import Parameters, check_names
from embedrec.models.word2vec.preset import find_preset
from embedrec.models.word2vec.state import State, identify_training, start_state
from embedrec.models.word2vec.subword import compose_words, settle_lengths
from embedrec.models.word2vec.tree import estimate_moving
from embedrec.progress import Progress, SilentProgress
from embedrec.tensors import map_tensors, save_tensors
from embedrec.vectors.folder import save_folder
from embedrec.vectors.keyed import KeyedVectors
from embedrec.vectors.stored import StoredVectors

if TYPE_CHECKING:
    from embedrec.corpus.shards import Corpus

TRAINING_FILE = "training.safetensors"


class Word2Vec:
    """Word vectors by skip-gram or CBOW.

    Args:
        n_threads: threads that train at once. One thread gives the same bits for a seed; several
            update shared weights without locks, so that runs differ slightly.
        **parameters: see `Parameters`.

    Attributes:
        parameters: Parameters; after `fit` with the lengths of n-grams that it has chosen.
        n_threads: as given.
        vectors_: KeyedVectors, after `fit` or `load`.
        losses_: mean loss per predicted pair of each epoch, each taken right before it is learned.
            Skip-gram with Huffman paths learns the pairs of a window partly one after another, and
            so meets nodes that have just learned the same word: its loss is lower the higher the
            rate is, and may rise while the model gets better.

    Raises:
        ParameterError: for a parameter that can't be worked with.
    """

    losses_: list[float]

    def __init__(self, *, n_threads: int = 1, **parameters: Any) -> None:
        whole = isinstance(n_threads, (int, np.integer)) and not isinstance(n_threads, bool)
        if not whole or n_threads < 1:
            raise ParameterError(
                f"n_threads must be a whole number from 1, not {n_threads!r}", value=n_threads
            )
        check_names(parameters)
        self.parameters = Parameters(**parameters)
        self.n_threads = int(n_threads)
        self._outputs: dict[str, np.ndarray] | None = None
        self._stored: StoredVectors | None = None

    @classmethod
    def from_preset(cls, preset: str, *, n_threads: int = 1, **parameters: Any) -> Word2Vec:
        """Make a model with the parameters of a preset; those given go before the preset's.

        Args:
            preset: "word" or "items"; see `preset`.
            n_threads: as for the class.
            **parameters: as for the class.

        Raises:
            ParameterError: if there is no such preset, or a parameter can't be worked with.
        """
        return cls(n_threads=n_threads, **{**find_preset(preset).parameters, **parameters})

    def fit(
        self,
        corpus: Corpus,
        *,
        checkpoint: PathLike | None = None,
        checkpoint_seconds: float = 120.0,
        resume: bool = False,
        progress: Progress | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Word2Vec:
        """Train from the start, or from a checkpoint on.

        Args:
            corpus: what to train on.
            checkpoint: folder in which the state is saved every `checkpoint_seconds`, at the end of
                each epoch, and when training is interrupted. It is left there at the end.
            checkpoint_seconds: a killed run loses at most this much work, and the blocks (of some
                20,000 words) that were under way.
            resume: go on from `checkpoint` if it is there.
            progress: told the words trained, in raw words of the corpus.
            callbacks: told of every block and epoch.

        Returns:
            self.

        Raises:
            ResumeError: if the checkpoint was made with other parameters or another corpus.
            DivergenceError: if weights are no longer finite; the last checkpoint stays.
            InputError: if no word of the text stands beside another to learn from.
        """
        run = Run(
            self.n_threads,
            checkpoint,
            checkpoint_seconds,
            resume,
            progress or SilentProgress(),
            callbacks,
        )
        counts = np.asarray(corpus.vocabulary.counts)
        words = corpus.vocabulary.packed
        self.parameters = settle_lengths(self.parameters, words, counts)
        longest_sentence = find_longest_sentence(corpus)
        self._check_needs(corpus.vocabulary, longest_sentence, run)
        state = train_state(
            corpus,
            self.parameters,
            prepare_plan(self.parameters, counts, longest_sentence, words),
            identify_training(self.parameters, corpus.manifest.files),
            lambda: start_state(self.parameters, len(counts)),
            run,
        )
        user_dict = corpus.user_dict
        self._keep(
            corpus.vocabulary,
            state,
            {"text": corpus.text},
            user_dict.read_text(encoding="utf-8") if user_dict else None,
        )
        return self

    def grow(
        self,
        corpus: Corpus,
        *,
        min_count: int = 5,
        max_vocab: int | None = None,
        checkpoint: PathLike | None = None,
        checkpoint_seconds: float = 120.0,
        resume: bool = False,
        progress: Progress | None = None,
        callbacks: Sequence[Callback] = (),
        **parameters: Any,
    ) -> Word2Vec:
        """Train on with new text and its new words, as a new model; this one stays as it is.

        Words keep what they have learnt, and their counts, to which those in the text are added.
        New words are introduced by one more pass at the rate of the model's first training, of
        which the old words keep nothing; then all train at a part of it, a fifth for skip-gram and
        half for CBOW (see `introduce`). The trainings before are told in the metadata of the
        vectors under "earlier_trainings", oldest first.

        Args:
            corpus: the new text, cut into words as the model's was.
            min_count: new words that occur less often in it are left out; known ones never are.
            max_vocab: at most so many words in all, none of the model's given up; None for no
                limit.
            checkpoint: as for `fit`, and so are the next four.
            checkpoint_seconds: see `fit`.
            resume: see `fit`.
            progress: see `fit`.
            callbacks: see `fit`.
            **parameters: what is to differ from the model's parameters; see
                `grow.choose_parameters`.

        Raises:
            ParameterError: if the model holds nothing yet, a parameter can't be changed or is out
                of range, or the text was cut otherwise than the model's.
            InputError: if no word is left of the text.
            ResumeError, DivergenceError: as for `fit`, which also raises InputError.
        """
        stored, outputs = self._get_stored(), self._outputs
        if stored is None or outputs is None or stored.counts is None:
            raise ParameterError("the model holds no vectors yet: call fit first")
        earlier = list_trainings(stored.metadata)
        first_rate = find_first_rate(earlier, self.parameters)
        chosen = choose_parameters(self.parameters, parameters, first_rate)
        grown = Word2Vec(n_threads=self.n_threads, **chosen.to_json())
        progress = progress or SilentProgress()
        run = Run(self.n_threads, checkpoint, checkpoint_seconds, resume, progress, callbacks)
        check_same_text(corpus.text, stored.metadata.get("text") or {})
        old = Vocabulary(list(stored.words), stored.counts)
        growth = grow_vocabulary(old, corpus.vocabulary, min_count=min_count, max_vocab=max_vocab)
        progress.remark(growth.describe())
        learnt = Learnt(stored, outputs, old.counts)
        del old  # its words would stay beside the weights
        longest_sentence = find_longest_sentence(corpus)
        grown._check_needs(growth.vocabulary, longest_sentence, run, learnt)
        state = train_grown(
            RenumberedText(corpus, growth),
            chosen,
            learnt,
            growth,
            longest_sentence,
            identify_growth(chosen, corpus.manifest.files, learnt, growth, checkpoint),
            run,
            first_rate=first_rate,
        )
        metadata = {
            "text": corpus.text,
            "n_tokens": growth.n_tokens,
            "n_new_words": growth.n_new,
            EARLIER: earlier,
        }
        grown._keep(growth.vocabulary, state, metadata, stored.user_dict_text)
        return grown

    def _check_needs(
        self, vocabulary: Vocabulary, longest_sentence: int, run: Run, old: Learnt | None = None
    ) -> None:
        size = self.parameters.vector_size
        moves = old is not None and self.parameters.uses_paths
        check_needs(
            self.parameters,
            np.asarray(vocabulary.counts),
            vocabulary.packed,
            n_threads=run.n_threads,
            longest_sentence=longest_sentence,
            besides=estimate_moving(len(vocabulary), size) if moves else 0,
            checkpoint=run.checkpoint,
            progress=run.progress,
        )

    @cached_property
    def vectors_(self) -> KeyedVectors:
        """The word vectors; made when first asked for, as their words take memory."""
        if self._stored is None:
            raise AttributeError("the model holds no vectors yet: call fit first")
        return KeyedVectors.from_stored(self._stored)

    def _get_stored(self) -> StoredVectors | None:
        # Vectors that were asked for may have got other metadata since.
        return self.vectors_.to_stored() if "vectors_" in vars(self) else self._stored

    def _keep(
        self,
        vocabulary: Vocabulary,
        state: State,
        metadata: dict[str, Any],
        user_dict_text: str | None,
    ) -> None:
        self.losses_ = state.losses
        self._outputs = split_outputs(self.parameters, state.outputs, len(vocabulary))
        vars(self).pop("vectors_", None)
        vectors, subwords = compose_words(self.parameters, vocabulary.packed, state.inputs)
        self._stored = StoredVectors(
            vocabulary.packed,
            vectors,
            counts=vocabulary.counts,
            metadata={
                **metadata,
                "training": {**self.parameters.to_json(), "losses": state.losses},
            },
            user_dict_text=user_dict_text,
            subwords=subwords,
        )

    def save(self, folder: PathLike, **metadata: Any) -> None:
        """Write the model: a vectors folder with the output weights beside, replaced as a whole.

        Args:
            folder: where the model goes.
            **metadata: JSON values to add to the metadata of the vectors.

        Raises:
            ParameterError: if there is nothing to save yet.
            StorageError: if it can't be written; what stood there stays.
        """
        outputs, stored = self._outputs, self._get_stored()
        if outputs is None or stored is None:
            raise ParameterError("the model holds no vectors yet: call fit first")
        stored.metadata.update(metadata)
        save_folder(stored, folder, lambda work: save_tensors(work / TRAINING_FILE, outputs))

    @classmethod
    def load(cls, folder: PathLike, *, n_threads: int = 1, verify: bool = False) -> Word2Vec:
        """Open a saved model, its arrays mapped read-only.

        Raises:
            InputError: if the folder holds vectors without the weights of a training.
            CorruptedError: if its parts don't fit together, or with `verify` a checksum differs.
        """
        vectors = KeyedVectors.load(folder, verify=verify)
        path = Path(folder) / TRAINING_FILE
        training = vectors.metadata.get("training")
        if not path.is_file() or not isinstance(training, dict):
            raise InputError(
                f"{os.fspath(folder)} holds vectors only, without the weights of a training; "
                "open it with KeyedVectors.load",
                value=folder,
            )
        parameters = Parameters.from_json(training)
        model = cls(n_threads=n_threads, **parameters.to_json())
        model.vectors_ = vectors
        model.losses_ = [float(loss) for loss in training.get("losses", [])]
        tensors = map_tensors(path)
        expected = list_output_shapes(parameters, len(vectors))
        if {name: array.shape for name, array in tensors.items()} != expected:
            raise CorruptedError(f"{path} does not fit the vectors beside it", value=path)
        model._outputs = {name: tensors[name] for name in expected}
        return model


def split_outputs(
    parameters: Parameters, outputs: np.ndarray, n_words: int
) -> dict[str, np.ndarray]:
    """Name the parts of the output matrix: `negative` (V, D) and `hierarchical` (V - 1, D)."""
    parts, begin = {}, 0
    for name, (n_rows, _) in list_output_shapes(parameters, n_words).items():
        parts[name] = outputs[begin : begin + n_rows]
        begin += n_rows
    return parts


def list_output_shapes(parameters: Parameters, n_words: int) -> dict[str, tuple[int, int]]:
    """Return the shape of each part of the output matrix, in the order in which they stand."""
    size = parameters.vector_size
    shapes = {}
    if parameters.uses_negatives:
        shapes["negative"] = (n_words, size)
    if parameters.uses_paths:
        shapes["hierarchical"] = (n_words - 1, size)
    return shapes
