"""Does an LSTM that starts from word2vec vectors need fewer epochs than one that starts at random?

    python -m benchmarks.lm_vectors --work FOLDER [--seeds 0 1] [--cases random word2vec ...]
                                    [--more FILE] [--threads 2] [--set ...]

The text is the Penn Treebank. Vectors are this project's skip-gram with negative sampling on the
same training part, `VECTOR_EPOCHS` epochs (the text is small); with `--more FILE` on the training
part and this text behind it, a sentence a line, words between blanks: what a language model in want
of text is started from in practice. Cases:

    random       the model's own start
    word2vec     vectors learn on, tied to the output as by default
    untied       vectors learn on, output vectors are others; its counterpart is random-untied
    frozen       vectors stay as they are; output vectors are others

For each there are the validation perplexity after every epoch, the epochs until the best of the
counterpart's was reached, and the same for the perplexity that the counterpart had after 3, 5 and
10 epochs. Models and checkpoints stay in FOLDER, results go to results/lm_vectors.json. `--words N`
takes the first N words to try it out; nothing goes to the results then.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.lm_run import (
    RESULTS,
    add_result,
    encode_ptb,
    make_model,
    name_run,
    read_ptb,
    read_settings,
    restart_with_threads,
    train_once,
)
from embedrec.pipeline import train
from embedrec.text.pipeline import TextSettings
from embedrec.vectors.keyed import KeyedVectors

RESULT = RESULTS / "lm_vectors.json"
VECTOR_EPOCHS = 15
CASES: dict[str, dict[str, Any]] = {
    "random": {},
    "word2vec": {},
    "random-untied": {"tied": False},
    "untied": {"tied": False},
    "frozen": {"tied": False, "freeze": True},
}
COUNTERPARTS = {"word2vec": "random", "untied": "random-untied", "frozen": "random-untied"}
LANDMARKS = (3, 5, 10)


def learn_vectors(asked: argparse.Namespace, size: int) -> KeyedVectors:
    """Return skip-gram vectors of the training part, and of another text if one is given."""
    name = f"vectors {size}" + (f" and {asked.more.stem}" if asked.more else "")
    folder = asked.work / (name + (f" {asked.words} words" if asked.words else ""))
    text = asked.work / "train.txt"
    asked.work.mkdir(parents=True, exist_ok=True)
    lines, taken = [], 0
    for words in read_ptb()["train"]:
        lines.append(" ".join(words))
        taken += len(words)
        if asked.words and taken >= asked.words:
            break
    content = "\n".join(lines) + "\n"
    if not text.exists() or text.read_text() != content:
        text.write_text(content)
    return train(
        [text, *([asked.more] if asked.more else [])], folder, min_count=1, vector_size=size,
        epochs=VECTOR_EPOCHS, n_threads=asked.threads, seed=1, resume=True,
        settings=TextSettings(segmenter="whitespace"),
    )  # fmt: skip


def count_epochs(curve: list[float], wanted: float) -> int | None:
    """Return after how many epochs a perplexity was reached, or None."""
    return next((at for at, value in enumerate(curve, 1) if value <= wanted), None)


def compare(curve: list[float], other: list[float]) -> dict[str, Any]:
    """Return epochs until the counterpart's best, and until what it had after some epochs."""
    best = min(other)
    return {
        "epochs_to_the_best_of_the_counterpart": count_epochs(curve, best),
        "epochs_of_the_counterpart": count_epochs(other, best),
        "epochs_to_what_the_counterpart_had_after": {
            str(at): count_epochs(curve, min(other[:at])) for at in LANDMARKS if at <= len(other)
        },
    }


def main() -> None:
    """Train the cases asked for and keep their results beside the others'."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=["random", "word2vec"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--more", type=Path, metavar="FILE")
    parser.add_argument("--model", choices=["rnn", "gru", "lstm"], default="lstm")
    parser.add_argument("--set", nargs="+", action="extend", metavar="NAME=VALUE", default=[])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--words", type=int)
    asked = parser.parse_args()
    restart_with_threads("benchmarks.lm_vectors", asked.threads)
    given = read_settings(asked.set)
    texts = encode_ptb(asked.words)
    curves: dict[tuple[str, int], list[float]] = {}
    # Counterparts first, so that the others can be compared with them.
    for case in sorted(asked.cases, key=lambda case: case in COUNTERPARTS):
        for seed in asked.seeds:
            settings = {**CASES[case], **given, "seed": seed}
            learner = make_model(asked.model, settings)
            more: dict[str, Any] = {}
            marks = [case]
            if case in COUNTERPARTS:
                more["vectors"] = learn_vectors(asked, learner.vector_size)
                marks += [f"with {asked.more.stem}"] if asked.more else []
            marks += [f"{asked.words} words"] if asked.words else []
            name = name_run(asked.model, {**given, "seed": seed}, *marks)
            _, figures = train_once(
                asked.work / name, learner, texts["train"], texts["valid"], **more
            )
            curve = [epoch["valid_perplexity"] for epoch in figures["curve"]]
            curves[case, seed] = curve
            result = {"threads": asked.threads, "best": min(curve), **figures}
            other = curves.get((COUNTERPARTS.get(case, ""), seed))
            if other is not None:
                result |= {"counterpart": COUNTERPARTS[case], **compare(curve, other)}
            print(name, json.dumps({k: v for k, v in result.items() if k != "settings"}))
            if not asked.words:
                add_result(RESULT, name, result)


if __name__ == "__main__":
    main()
