"""The weights in training, how far training has come, and its checkpoints."""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from embedrec.errors import CorruptedError, ParameterError, ResumeError
from embedrec.files import PathLike, write_folder
from embedrec.manifest import Manifest, collect_versions, load_manifest
from embedrec.models.word2vec.parameters import Parameters
from embedrec.seeding import make_generator
from embedrec.tensors import allocate_aligned, read_tensors, save_tensors

CHECKPOINT_KIND = "word2vec-checkpoint"
CHECKPOINT_VERSION = 1
_WEIGHTS = "weights.safetensors"
_ROWS_AT_ONCE = 4_096
_MOST_THREADS = 8
_FLOATS_A_STEP = 8  # 32-bit numbers that Philox draws with one value of its counter


@dataclass
class State:
    """Weights and position.

    Attributes:
        inputs: float32 (V, D), the input vectors, which become the word vectors; with subwords
            words' own rows, and then the rows of n-grams.
        outputs: float32 (R, D): V rows for words with negative sampling, then V - 1 rows for the
            inner nodes of the Huffman tree with hierarchical softmax.
        epoch: epoch in training, 0-based; equal to the number of epochs when done.
        block: number of the next block of that epoch.
        loss: summed loss of the epoch so far.
        n_pairs: pairs of the epoch so far.
        losses: mean loss of each finished epoch.
    """

    inputs: np.ndarray
    outputs: np.ndarray
    epoch: int = 0
    block: int = 0
    loss: float = 0.0
    n_pairs: int = 0
    losses: list[float] = field(default_factory=list)

    def count_block(self, loss: float, n_pairs: int) -> None:
        """Advance by one trained block with its summed loss and its pairs."""
        self.block += 1
        self.loss += loss
        self.n_pairs += n_pairs

    def end_epoch(self) -> float:
        """Close the epoch; return its mean loss per pair (nan without a pair)."""
        mean = self.loss / self.n_pairs if self.n_pairs else math.nan
        self.losses.append(mean)
        self.epoch, self.block, self.loss, self.n_pairs = self.epoch + 1, 0, 0.0, 0
        return mean


def count_input_rows(parameters: Parameters, n_words: int) -> int:
    """Return the number of rows of the input matrix."""
    return n_words + parameters.n_buckets * parameters.subwords


def count_output_rows(parameters: Parameters, n_words: int) -> int:
    """Return the number of rows of the output matrix."""
    return n_words * parameters.uses_negatives + (n_words - 1) * parameters.uses_paths


def start_state(parameters: Parameters, n_words: int) -> State:
    """Draw the start weights: inputs uniform in +-1/D, outputs 0.

    gensim's choice. word2vec.c's range is half as wide, from which CBOW learns more slowly.
    """
    if n_words < 2:
        raise ParameterError(
            f"the vocabulary has {n_words} word, and training needs at least 2: "
            "lower min_count or give more text",
            value=n_words,
        )
    n_input_rows = count_input_rows(parameters, n_words)
    inputs = allocate_aligned((n_input_rows, parameters.vector_size), np.float32)
    _fill_inputs(inputs, parameters.seed)
    n_output_rows = count_output_rows(parameters, n_words)
    outputs = allocate_aligned((n_output_rows, parameters.vector_size), np.float32)
    return State(inputs, outputs)


def _fill_inputs(inputs: np.ndarray, seed: int) -> None:
    # Drawn from one stream whatever the number of threads: each goes to its places in it.
    n_rows, size = inputs.shape
    starts = range(0, n_rows, _ROWS_AT_ONCE)
    n_threads = max(1, min(len(starts), os.cpu_count() or 1, _MOST_THREADS))

    def fill(first: int) -> None:
        for begin in starts[first::n_threads]:
            generator = make_generator(seed, "inputs")
            generator.bit_generator.advance(begin * size // _FLOATS_A_STEP)  # type: ignore[attr-defined]
            part = inputs[begin : begin + _ROWS_AT_ONCE]
            generator.random(dtype=np.float32, out=part)
            part -= np.float32(0.5)
            part *= np.float32(2.0 / size)

    with ThreadPoolExecutor(n_threads) as threads:
        list(threads.map(fill, range(n_threads)))  # raises what a thread has raised


def save_checkpoint(folder: PathLike, state: State, identity: Manifest) -> None:
    """Write a checkpoint that replaces the one in `folder` as a whole.

    Args:
        folder: where the checkpoint stands.
        state: what to save.
        identity: parameters and inputs of this training, to be matched on resuming.
    """
    with write_folder(folder) as work:
        weights = {"inputs": state.inputs, "outputs": state.outputs}
        checksum = save_tensors(work / _WEIGHTS, weights)
        Manifest(
            CHECKPOINT_KIND,
            CHECKPOINT_VERSION,
            inputs=identity.inputs,
            parameters=identity.parameters,
            files={_WEIGHTS: checksum},
            facts={
                "epoch": state.epoch,
                "block": state.block,
                "loss": state.loss,
                "n_pairs": state.n_pairs,
                "losses": state.losses,
            },
            versions=collect_versions(numpy=np.__version__),
        ).save(work)


def load_checkpoint(folder: PathLike, identity: Manifest) -> State:
    """Read a checkpoint.

    Raises:
        InputError: if there is none.
        ResumeError: if it belongs to a training with other parameters or another corpus.
        CorruptedError: if it is damaged.
    """
    manifest = load_manifest(folder, CHECKPOINT_KIND, CHECKPOINT_VERSION)
    if difference := identity.describe_difference(manifest):
        raise ResumeError(
            f"can't resume from {os.fspath(folder)}: {difference}; "
            "use the same settings, or start again without resuming",
            value=difference,
        )
    manifest.verify_files(folder)
    tensors = read_tensors(Path(folder) / _WEIGHTS)
    facts = manifest.facts
    try:
        return State(
            tensors["inputs"],
            tensors["outputs"],
            int(facts["epoch"]),
            int(facts["block"]),
            float(facts["loss"]),
            int(facts["n_pairs"]),
            [float(loss) for loss in facts["losses"]],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptedError(
            f"the checkpoint {os.fspath(folder)} is not complete ({error}); "
            "start again without resuming",
            value=folder,
        ) from error


def identify_training(parameters: Parameters, corpus_files: dict[str, str]) -> Manifest:
    """Return what decides a training: its parameters and its corpus by checksum."""
    return Manifest(
        CHECKPOINT_KIND,
        CHECKPOINT_VERSION,
        inputs=corpus_files,
        parameters=parameters.to_json(),
    )
