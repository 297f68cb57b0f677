"""What `fit` and `grow` share: from a text and start weights to trained weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embedrec.corpus.packed import PackedWords
from embedrec.errors import ParameterError
from embedrec.files import PathLike
from embedrec.kernels.word2vec import Plan
from embedrec.manifest import Manifest
from embedrec.models.word2vec.block import Sentences
from embedrec.models.word2vec.callback import Callback
from embedrec.models.word2vec.loop import BlockRunner
from embedrec.models.word2vec.memory import return_freed_memory
from embedrec.models.word2vec.parameters import Parameters
from embedrec.models.word2vec.plan import build_plan
from embedrec.models.word2vec.rounds import RoundRunner
from embedrec.models.word2vec.state import State, load_checkpoint, save_checkpoint
from embedrec.models.word2vec.training import run_training
from embedrec.progress import Progress


@dataclass(frozen=True)
class Run:
    """How a training goes on, which does not decide its result.

    Attributes:
        n_threads: threads that train.
        checkpoint: folder of the checkpoints, or None.
        checkpoint_seconds: time between them.
        resume: go on from the checkpoint if it is there.
        progress: told the words trained.
        callbacks: told of every block and epoch.
        save_end: write a checkpoint of the finished training, too.

    Raises:
        ParameterError: if `checkpoint_seconds` is not above 0.
    """

    n_threads: int
    checkpoint: PathLike | None
    checkpoint_seconds: float
    resume: bool
    progress: Progress
    callbacks: Sequence[Callback]
    save_end: bool = True

    def __post_init__(self) -> None:
        if not self.checkpoint_seconds > 0:
            raise ParameterError(
                f"checkpoint_seconds must be above 0, not {self.checkpoint_seconds}",
                value=self.checkpoint_seconds,
            )


def prepare_plan(
    parameters: Parameters,
    counts: np.ndarray,
    longest_sentence: int,
    words: PackedWords | None = None,
) -> Plan:
    """Build what kernels look up, and load the kernel: what is to be done before there are weights.

    Args:
        parameters: the training's parameters.
        counts: uint64 (V,), of all words, in descending order.
        longest_sentence: words in the longest sentence of the text.
        words: V words; only needed with subwords.
    """
    plan = build_plan(parameters, counts, longest_sentence, words)
    runner = _choose_runner(parameters)
    runner.load_kernel(parameters.architecture, plan, parameters.vector_size)
    # What was freed on the way so far would otherwise stay with this process, beside the weights.
    return_freed_memory()
    return plan


def train_state(
    text: Sentences,
    parameters: Parameters,
    plan: Plan,
    identity: Manifest,
    start: Callable[[], State],
    run: Run,
) -> State:
    """Train from the start weights, or from a checkpoint on.

    Args:
        text: what to train on.
        parameters: the training's parameters.
        plan: from `prepare_plan`.
        identity: what decides the training, to be matched on resuming.
        start: makes the start weights; not called where a checkpoint is read.
        run: how to go on.

    Raises:
        ResumeError: if the checkpoint is of another training.
        DivergenceError: if weights are no longer finite; the last checkpoint stays.
        InputError: if an epoch has no pair to learn from.
    """
    runner = _choose_runner(parameters)
    if run.resume and run.checkpoint is not None and Path(run.checkpoint).is_dir():
        state = load_checkpoint(run.checkpoint, identity)
    else:
        state = start()

    def save() -> None:
        if run.checkpoint is not None:
            save_checkpoint(run.checkpoint, state, identity)

    run_training(
        text,
        parameters,
        state,
        runner(state, parameters.architecture, plan, run.n_threads),
        save=save,
        save_seconds=run.checkpoint_seconds,
        save_end=run.save_end,
        progress=run.progress,
        callbacks=run.callbacks,
    )
    return state


def _choose_runner(parameters: Parameters) -> type[BlockRunner]:
    return RoundRunner if parameters.deterministic else BlockRunner
