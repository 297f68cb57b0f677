"""The two parts of growing: new words are introduced first, then all words train together.

Words that are known need little change, and at the rate of a first training they lose by text that
is smaller and other than what they were learnt from; new words start from nothing and need that
rate. So a first pass goes at the rate at which the model was once trained, and then the old words'
rows are put back as they were: what is left of it are the new words' vectors, near their place.
From there all train on, at a part of that rate (`GROWN_RATE`).

Measured on 16 M words of English, the last fifth as the new text, 100 dimensions, 5 epochs; 128
words of the test sets were taken out of the old part, so that they are new. Analogies with old
words only, in percent; the same with a new word; Spearman x 100 of MEN's pairs with a new word:

    skip-gram ns: old model 32.7; full rate 25.7, 26.6, 58.6; half 31.8, 29.3, 57.0; a fifth 35.3,
    27.1, 52.1; introduced, then a fifth (1 + 4 epochs) 35.5, 29.3, 57.3.
    CBOW ns: old model 32.6; full rate 31.4, 27.9, 55.4; half 35.2, 29.7, 55.0; introduced, then a
    fifth (1 + 5) 34.8, 27.2, 54.7; introduced, then half 35.2, 28.2, 55.4.
    Skip-gram hs (30 % of the text, 64 dimensions, 3 epochs): old model 10.9; full rate 4.7, 3.4,
    58.4; a fifth 10.5, 5.3, 56.2, and with inner nodes from 0 11.0, 3.8, 46.0; introduced, then a
    fifth 10.6, 4.9, 56.0.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from embedrec.files import PathLike
from embedrec.manifest import Manifest
from embedrec.models.word2vec.block import Sentences
from embedrec.models.word2vec.fitting import Run, prepare_plan, train_state
from embedrec.models.word2vec.grow import Growth, Learnt, put_old_words
from embedrec.models.word2vec.parameters import Parameters
from embedrec.models.word2vec.state import State, identify_training, save_checkpoint, start_state


def train_grown(
    text: Sentences,
    parameters: Parameters,
    old: Learnt,
    growth: Growth,
    longest_sentence: int,
    identity: Manifest,
    run: Run,
    *,
    first_rate: float,
) -> State:
    """Introduce the new words if there are any, then train all.

    Args:
        text: the new text, in the grown vocabulary's numbers.
        parameters: of the part with all words.
        old: what the model has learnt.
        growth: the grown vocabulary.
        longest_sentence: words in the longest sentence of the text.
        identity: what decides the training.
        run: how to go on; its callbacks are told of the part with all words.
        first_rate: learning rate of the introduction.

    Raises:
        ResumeError, DivergenceError, InputError: as `train_state`.
    """
    counts, words = growth.vocabulary.counts, growth.vocabulary.packed
    # Both parts look up the same.
    plan = prepare_plan(parameters, counts, longest_sentence, words)

    def start() -> State:
        state = start_state(parameters, len(counts))
        put_old_words(state, parameters, old, growth)
        return state

    def introduce() -> State:
        if not growth.n_new:
            return start()
        rate = {"epochs": 1, "alpha": first_rate, "min_alpha": first_rate}
        first = parameters.change(**rate)
        folder = None if run.checkpoint is None else name_introduction(run.checkpoint)
        if folder is not None and not run.resume:
            shutil.rmtree(folder, ignore_errors=True)
        state = train_state(
            text,
            first,
            plan,
            identify_training(first, identity.inputs),
            start,
            # Its end is saved below, as the beginning of the other part.
            replace(run, checkpoint=folder, callbacks=(), save_end=False),
        )
        put_old_words(state, parameters, old, growth)
        introduced = State(state.inputs, state.outputs)
        if run.checkpoint is not None and folder is not None:
            # From here on the introduction need not be done again.
            save_checkpoint(run.checkpoint, introduced, identity)
            shutil.rmtree(folder, ignore_errors=True)
        return introduced

    return train_state(text, parameters, plan, identity, introduce, run)


def name_introduction(checkpoint: PathLike) -> Path:
    """Return the folder of the introduction's checkpoint, beside that of the other part."""
    return Path(f"{checkpoint}-new-words")
