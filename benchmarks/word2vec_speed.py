"""How fast are the word2vec kernels beside gensim's, on one core?

    python -m benchmarks.word2vec_speed CORPUS [--words 2000000] [--rounds 3]

Both train one pass over the same first sentences of a corpus (200 dimensions, window 5, 5
negatives, sample 1e-4) with one thread, in turn within each round; words per second of processor
time, without reading the vocabulary and compiling. Quotes the median of the rounds and the median
of their ratios.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.machine import describe_machine, measure_peak_mb
from embedrec.corpus.shards import Corpus

RESULT = Path(__file__).resolve().parent / "results" / "word2vec_speed.json"
SETTINGS = {"vector_size": 200, "window": 5, "sample": 1e-4, "epochs": 1}


class Head:
    """The first sentences of a corpus, as training reads them."""

    def __init__(self, corpus: Corpus, n_words: int) -> None:
        ids, offsets = corpus.shard(0)
        end = int(np.searchsorted(offsets, n_words))
        self.offsets = np.array(offsets[: end + 1])
        self.ids = np.array(ids[: self.offsets[-1]])
        self.n_tokens, self.n_shards = len(self.ids), 1
        self.vocabulary = corpus.vocabulary
        self.manifest = SimpleNamespace(files={})
        self.text: dict[str, Any] = {}
        self.user_dict = None

    def shard(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Return ids and offsets."""
        return self.ids, self.offsets

    def write(self, path: Path) -> None:
        """Write the sentences as lines of words."""
        words = self.vocabulary.words
        with path.open("w", encoding="utf-8") as file:
            for begin, end in itertools.pairwise(self.offsets):
                file.write(" ".join(words[i] for i in self.ids[begin:end]) + "\n")


def time_embedrec(head: Head, architecture: str, loss: str) -> float:
    """Return words per second of processor time."""
    from embedrec.models.word2vec import Word2Vec

    model = Word2Vec(architecture=architecture, loss=loss, alpha=0.025, **SETTINGS)
    begin = time.process_time()
    model.fit(head)  # type: ignore[arg-type]
    return head.n_tokens / (time.process_time() - begin)


def time_gensim(head: Head, text: Path, architecture: str, loss: str) -> float:
    """Return words per second of processor time, with the whole corpus's vocabulary."""
    from gensim.models import Word2Vec

    model = Word2Vec(
        sg=int(architecture == "skipgram"),
        hs=int(loss != "ns"),
        negative=5 if loss != "hs" else 0,
        min_count=1,
        workers=1,
        **SETTINGS,
    )
    counts = zip(head.vocabulary.words, head.vocabulary.counts.tolist(), strict=True)
    model.build_vocab_from_freq(dict(counts), corpus_count=len(head.offsets) - 1)
    begin = time.process_time()
    model.train(
        corpus_file=str(text),
        total_examples=len(head.offsets) - 1,
        total_words=head.n_tokens,
        epochs=1,
    )
    return head.n_tokens / (time.process_time() - begin)


def main() -> None:
    """Time all combinations and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus")
    parser.add_argument("--words", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    head = Head(Corpus.open(arguments.corpus), arguments.words)
    warm = Head(Corpus.open(arguments.corpus), 1_000)
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "head.txt"
        head.write(text)
        for architecture, loss in itertools.product(("skipgram", "cbow"), ("ns", "hs", "both")):
            time_embedrec(warm, architecture, loss)
            rounds = [
                (
                    time_embedrec(head, architecture, loss),
                    time_gensim(head, text, architecture, loss),
                )
                for _ in range(arguments.rounds)
            ]
            ours, theirs = zip(*rounds, strict=True)
            rows[f"{architecture}-{loss}"] = row = {
                "embedrec": round(statistics.median(ours)),
                "gensim": round(statistics.median(theirs)),
                "ratio": round(statistics.median(a / b for a, b in rounds), 2),
                "rounds": [[round(a), round(b)] for a, b in rounds],
            }
            print(f"{architecture}-{loss}", json.dumps(row), flush=True)
    results = {
        "command": f"python -m benchmarks.word2vec_speed CORPUS --words {arguments.words}",
        "machine": describe_machine("gensim", "numpy", "numba"),
        "unit": "words of the corpus per second of processor time, one thread",
        "settings": {**SETTINGS, "n_negative": 5},
        "words": head.n_tokens,
        "vocabulary": len(head.vocabulary.words),
        "peak_mb": measure_peak_mb(),
        "figures": rows,
    }
    RESULT.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
