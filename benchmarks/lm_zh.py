"""Chinese: an LSTM over 50,000 words beside Kneser-Ney 5-grams, on whole documents held out.

    python -m benchmarks.lm_zh --work FOLDER --model kn|lstm [--tokens 10000000] [--threads 2]
                               [--output sampled|hierarchical] [--set ...]
    python -m benchmarks.lm_zh --work FOLDER --mix kn "lstm, ..."
    python -m benchmarks.lm_zh --work FOLDER --samples "lstm, ..."

Shards keep sentences and not where documents end, so the text is divided before it is cut into
words: all documents of the shared zh_corpus (blank lines part them), in an order drawn by seed 0,
go to the test part until it has `TEST` characters, then to the validation part, then to training.
Every source has its share of all three. Lines 【...】 that head the journal articles are left out.

The training part becomes a corpus by `build_corpus`, of which the first `--tokens` words are taken
and the 50,000 commonest of them are the vocabulary; the LSTM's output is sampled or hierarchical in
training, and perplexity always that of the exact distribution. Of the test part there are figures
for each source too: laws repeat each other, which n-grams like. Models and checkpoints stay in
FOLDER; a run goes on where it was interrupted. Results go to results/lm_zh.json, samples of
`suggest` and `generate` to the screen alone.

`--tokens` below a million is for trying out: less text is held out, nothing goes to the results.
"""

from __future__ import annotations

import argparse
import json
import lzma
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.lm_run import (
    MODELS,
    RESULTS,
    add_result,
    make_model,
    name_run,
    read_settings,
    restart_with_threads,
    train_once,
)
from benchmarks.nn.digits import find_data
from embedrec.corpus.shards import Corpus
from embedrec.models.language.load import load_language_model
from embedrec.models.language.mixture import Mixture
from embedrec.models.language.text import LanguageText, take_corpus
from embedrec.pipeline import build_corpus
from embedrec.pipeline.language import TextReader, read_language_text
from embedrec.text.pipeline import TextSettings

RESULT = RESULTS / "lm_zh.json"
VOCABULARY = 50_000
TEST, VALIDATION = 500_000, 250_000  # characters, about 250,000 and 125,000 words
CHARACTERS_A_WORD = 2.4  # at least: for taking enough text, which is cut to the word later
ORDER_SEED = 0
CONTEXTS = ("我 昨天 上学", "经济 发展", "新冠 肺炎", "皇帝 下令", "人民 法院", "病人 应该")


def read_documents() -> list[tuple[str, str]]:
    """Return (source, text) of all documents."""
    found = []
    for path in sorted((find_data() / "zh_corpus").glob("*.txt.xz")):
        text = lzma.decompress(path.read_bytes()).decode("utf-8")
        for document in text.split("\n\n"):
            kept = "\n".join(
                line for line in document.splitlines() if line and not line.startswith("【")
            )
            if kept:
                found.append((path.name.removesuffix(".txt.xz"), kept))
    return found


def divide_documents(folder: Path, n_tokens: int) -> None:
    """Write train.txt, and valid-SOURCE.txt and test-SOURCE.txt for every source."""
    documents = read_documents()
    small = min(1.0, n_tokens / 1_000_000)
    limits = [("test", TEST * small), ("valid", VALIDATION * small),
              ("train", n_tokens * CHARACTERS_A_WORD)]  # fmt: skip
    parts: dict[str, list[str]] = {}
    held = {"train": 0, "valid": 0, "test": 0}
    for at in np.random.default_rng(ORDER_SEED).permutation(len(documents)).tolist():
        part = next((name for name, limit in limits if held[name] < limit), None)
        if part is None:
            break
        source, text = documents[at]
        held[part] += len(text)
        parts.setdefault(part if part == "train" else f"{part}-{source}", []).append(text)
    folder.mkdir(parents=True)
    for name, texts in parts.items():
        (folder / f"{name}.txt").write_text("\n\n".join(texts) + "\n", encoding="utf-8")
    counts = {name: len(texts) for name, texts in parts.items()}
    (folder / "documents.json").write_text(json.dumps(counts) + "\n")


def load_texts(work: Path, n_tokens: int, punctuation: str, n_workers: int) -> dict[str, Any]:
    """Return the texts of training and validation, of the test by source, and what they are."""
    split, corpus_folder = work / "split", work / "corpus"
    if not (split / "documents.json").exists():
        divide_documents(split, n_tokens)
    if not (corpus_folder / "manifest.json").exists():
        # Rare words are kept here, and become <unk> when the 50,000 commonest are taken.
        build_corpus(
            [split / "train.txt"], corpus_folder, min_count=1, n_workers=n_workers, resume=True,
            settings=TextSettings(punctuation=punctuation),
        )  # fmt: skip
    corpus = Corpus.open(corpus_folder)
    # A text to try out with has fewer different words, and must have some that are left out.
    text = take_corpus(corpus, max_size=min(VOCABULARY, n_tokens // 10), n_tokens=n_tokens)
    facts = {"text": corpus.text}
    reader = TextReader.from_facts(facts)
    held_out = {
        path.stem: read_language_text(reader, path, text.vocabulary)
        for path in sorted(split.glob("*-*.txt"))
    }
    valid = [part for name, part in held_out.items() if name.startswith("valid-")]
    tests = {name[5:]: part for name, part in held_out.items() if name.startswith("test-")}
    return {
        "train": text,
        "valid": LanguageText(
            np.concatenate([part.ids for part in valid]), text.vocabulary,
            sum(part.n_unknown for part in valid),
        ),
        "tests": tests,
        "facts": facts,
        "told": {
            "documents": json.loads((split / "documents.json").read_text()),
            "punctuation": punctuation,
            "training_unknown_rate": round(text.unknown_rate, 5),
        },
    }  # fmt: skip


def measure(model: Any, texts: dict[str, Any]) -> dict[str, Any]:
    """Return exact perplexities: validation, test, and test by source."""
    valid = model.evaluate(texts["valid"])
    found = {source: model.evaluate(text) for source, text in texts["tests"].items()}
    n_tokens = sum(one.n_tokens for one in found.values())
    log_prob = sum(one.log_prob for one in found.values())
    unknown = sum(text.n_unknown for text in texts["tests"].values())
    return {
        "valid_perplexity": round(valid.perplexity, 3),
        "test_perplexity": round(float(np.exp(-log_prob / n_tokens)), 3),
        "test_tokens": n_tokens,
        "test_unknown_share": round(unknown / n_tokens, 5),
        "of_each_source": {source: round(one.perplexity, 2) for source, one in found.items()},
    }


def run_model(asked: argparse.Namespace, texts: dict[str, Any]) -> tuple[str, dict]:
    """Train and measure one model."""
    settings = read_settings(asked.set)
    if asked.model not in ("kn", "nnlm"):
        settings = {"tied": False, **settings}
    if asked.model != "kn":
        settings = {"output": asked.output, **settings}
    name = name_run(asked.model, settings)
    learner = make_model(asked.model, settings)
    learner.facts_ = texts["facts"]
    model, figures = train_once(asked.work / name, learner, texts["train"], texts["valid"])
    return name, {"threads": asked.threads, **measure(model, texts), **texts["told"], **figures}


def run_mixture(asked: argparse.Namespace, texts: dict[str, Any]) -> tuple[str, dict]:
    """Mix models that were trained before, and measure the mixture."""
    mixture = Mixture([load_language_model(asked.work / name) for name in asked.mix])
    mixture.fit(texts["valid"])
    weights = dict(zip(asked.mix, mixture.weights_.round(4).tolist(), strict=True))
    return " + ".join(asked.mix), {"weights": weights, **measure(mixture, texts)}


def show_samples(folder: Path) -> None:
    """Print what `embedrec lm suggest` and `embedrec lm generate` give."""
    model: Any = load_language_model(folder)
    reader = TextReader.from_facts(model.facts_)
    for context in CONTEXTS:
        found = model.next_words(reader.cut(context), 10)
        print(f"{context} ->", " ".join(f"{word} {p:.3f}" for word, p in found))
    for seed, context in enumerate(CONTEXTS):
        words = model.generate(reader.cut(context), 60, temperature=0.8, top_p=0.9, seed=seed)
        print(f"\n{context} |", " ".join(words).replace("<eos>", "/"))


def main() -> None:
    """Measure what is asked for and keep it beside the other results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--model", choices=MODELS)
    what.add_argument("--mix", nargs="+", metavar="NAME")
    what.add_argument("--samples", metavar="NAME")
    parser.add_argument("--tokens", type=int, default=10_000_000)
    parser.add_argument("--punctuation", choices=["drop", "keep"], default="drop")
    parser.add_argument("--output", choices=["sampled", "hierarchical", "nce", "softmax"],
                        default="sampled")  # fmt: skip
    parser.add_argument("--set", nargs="+", action="extend", metavar="NAME=VALUE", default=[])
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    restart_with_threads("benchmarks.lm_zh", asked.threads)
    # A folder for each division: models of one are not measured on another.
    asked.work = asked.work / f"{asked.tokens}-{asked.punctuation}"
    if asked.samples:
        show_samples(asked.work / asked.samples)
        return
    texts = load_texts(asked.work, asked.tokens, asked.punctuation, asked.threads)
    name, result = (run_model if asked.model else run_mixture)(asked, texts)
    print(name, json.dumps({k: v for k, v in result.items() if k != "curve"}, ensure_ascii=False))
    if asked.tokens >= 1_000_000:
        add_result(RESULT, f"{name}, {asked.tokens:,} tokens, punctuation {asked.punctuation}",
                   result)  # fmt: skip


if __name__ == "__main__":
    main()
