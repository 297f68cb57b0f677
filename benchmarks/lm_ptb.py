"""How well do the language models predict the Penn Treebank, and what does it cost?

    python -m benchmarks.lm_ptb --work FOLDER --model kn|nnlm|rnn|gru|lstm [--threads 2]
                                [--set dropout=0.3 ...]
    python -m benchmarks.lm_ptb --work FOLDER --mix kn lstm [--cache 2000]

The first trains one model with its own defaults (and what `--set` gives), keeps checkpoints and the
model in FOLDER, goes on from there where it was interrupted, and measures perplexity on the
validation and the test part, every line's "<eos>" counted as a word (82,430 test tokens). The
second mixes models that FOLDER has, by the names under which their results stand, with weights
fitted on the validation part by EM. Results go to results/lm_ptb.json. `--words N` takes the first
N words of each part to try it out; nothing is written to the results then.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from benchmarks.lm_run import (
    MODELS,
    RESULTS,
    add_result,
    encode_ptb,
    make_model,
    name_run,
    read_settings,
    restart_with_threads,
    train_once,
)
from embedrec.models.language.cache import UnigramCache
from embedrec.models.language.load import load_language_model
from embedrec.models.language.mixture import Mixture
from embedrec.models.language.text import LanguageText

RESULT = RESULTS / "lm_ptb.json"


def measure(model: Any, texts: dict[str, LanguageText]) -> dict[str, Any]:
    """Return the exact perplexities of the validation and the test part."""
    start = time.perf_counter()
    valid, test = (model.evaluate(texts[part]) for part in ("valid", "test"))
    return {
        "valid_perplexity": round(valid.perplexity, 3),
        "test_perplexity": round(test.perplexity, 3),
        "test_tokens": test.n_tokens,
        "evaluation_seconds": round(time.perf_counter() - start, 1),
    }


def run_model(asked: argparse.Namespace, texts: dict[str, LanguageText]) -> tuple[str, dict]:
    """Train and measure one model."""
    settings = read_settings(asked.set)
    name = name_run(asked.model, settings, *([f"{asked.words} words"] if asked.words else []))
    learner = make_model(asked.model, settings)
    model, figures = train_once(asked.work / name, learner, texts["train"], texts["valid"])
    return name, {"threads": asked.threads, **measure(model, texts), **figures}


def run_mixture(asked: argparse.Namespace, texts: dict[str, LanguageText]) -> tuple[str, dict]:
    """Mix models that were trained before, and measure the mixture."""
    models = [load_language_model(asked.work / name) for name in asked.mix]
    names = list(asked.mix)
    if asked.cache:
        models.append(UnigramCache(models[0].vocabulary_, asked.cache))
        names.append(f"cache of {asked.cache}")
    mixture = Mixture(models).fit(texts["valid"])
    weights = {name: round(float(w), 4) for name, w in zip(names, mixture.weights_, strict=True)}
    return " + ".join(names), {"weights": weights, **measure(mixture, texts)}


def main() -> None:
    """Measure what is asked for and keep it beside the other results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--model", choices=MODELS)
    what.add_argument("--mix", nargs="+", metavar="NAME")
    parser.add_argument("--set", nargs="+", action="extend", metavar="NAME=VALUE", default=[])
    parser.add_argument("--cache", type=int, metavar="N")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--words", type=int)
    asked = parser.parse_args()
    restart_with_threads("benchmarks.lm_ptb", asked.threads)
    texts = encode_ptb(asked.words)
    name, result = (run_model if asked.model else run_mixture)(asked, texts)
    print(name, json.dumps({k: v for k, v in result.items() if k != "curve"}))
    if not asked.words:
        add_result(RESULT, name, result)


if __name__ == "__main__":
    main()
