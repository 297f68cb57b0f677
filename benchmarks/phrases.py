"""How fast are phrases found and joined, and in how much memory, beside gensim's Phrases?

    python -m benchmarks.phrases NAME=CORPUS [...] [--scoring default npmi] [--repeat 1]

Both get the same sentences: this project the corpus folder, gensim a text file with one sentence
a line. "find" ends with the phrases and their scores, "find_and_join" with the new corpus, or the
new text. gensim joins with its frozen form, which is its fast one. Each runs in a process of its
own, in turn; kernels are compiled before the clock starts. gensim's threshold for "default" is
brought to the same scale (it multiplies by its vocabulary's size where word2phrase takes the number
of tokens), and "common" tells how many phrases both found: this project leaves out those that other
phrases leave no place in the text, or too few for the corpus's own min_count. Seconds are of
processor time, with the clock's beside them. Results go to benchmarks/results/phrases.json.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.machine import describe_machine, measure_peak_mb
from embedrec.corpus.encoder import build_corpus
from embedrec.corpus.phrases import SCORINGS, Phrases, find_phrases, join_phrases
from embedrec.corpus.shards import Corpus

RESULTS = Path(__file__).resolve().parent / "results" / "phrases.json"


class Watch:
    """Seconds of the processor and of the clock since it was made."""

    def __init__(self) -> None:
        self._start = time.process_time(), time.perf_counter()

    def read(self, name: str) -> dict[str, float]:
        """Return both, under names that start with `name`."""
        now = time.process_time(), time.perf_counter()
        cpu, wall = (end - begin for end, begin in zip(now, self._start, strict=True))
        return {f"{name}_seconds": round(cpu, 2), f"{name}_wall_seconds": round(wall, 2)}


def measure_own(corpus: Path, scoring: str, work: Path) -> dict[str, Any]:
    """Find phrases, then find and join them, and return the figures."""
    sentences = [["a", "b", "c", "a", "b"]] * 9
    tiny = build_corpus([sentences], list, work / "tiny", description={}, inputs={})
    join_phrases(tiny, work / "tiny-joined", threshold=0.1, scoring=scoring, connector_words=["c"])
    opened = Corpus.open(corpus)
    watch = Watch()
    found = find_phrases(opened, scoring=scoring)
    figures = watch.read("find")
    watch = Watch()
    made = join_phrases(opened, work / "joined", scoring=scoring)
    # Joining finds them once more; what gensim is measured by is both together.
    figures |= watch.read("find_and_join")
    kept = sorted(phrase.joined for phrase in Phrases.load(made.folder))
    assert kept == sorted(phrase.joined for phrase in found)
    (work / "phrases.json").write_text(json.dumps([" ".join(phrase.words) for phrase in found]))
    return {**figures, "n_phrases": len(found)}


def measure_gensim(text: Path, scoring: str, work: Path) -> dict[str, Any]:
    """Train gensim's Phrases on a text and write the text with phrases joined."""
    from gensim.models.phrases import Phrases as Peer
    from gensim.models.word2vec import LineSentence

    sentences = LineSentence(str(text), max_sentence_length=10**9)
    watch = total = Watch()
    # A blank can't be part of a word, so no phrase is taken for a word.
    trained = Peer(
        sentences, min_count=5, threshold=SCORINGS[scoring], scoring=scoring, delimiter=" "
    )
    if scoring == "default":
        trained.threshold *= len(trained.vocab) / trained.corpus_word_count
    frozen = trained.freeze()
    figures = watch.read("find")
    with open(work / "joined.txt", "w", encoding="utf-8") as file:
        for sentence in sentences:
            file.write(" ".join(word.replace(" ", "_") for word in frozen[sentence]) + "\n")
    figures |= total.read("find_and_join")
    (work / "phrases.json").write_text(json.dumps(list(frozen.phrasegrams)))
    return {**figures, "n_phrases": len(frozen.phrasegrams)}


def run_apart(program: str, source: Path, scoring: str) -> tuple[dict[str, Any], set[str]]:
    """Measure in a process of its own; return the figures and the phrases."""
    with tempfile.TemporaryDirectory() as work:
        words = ["-m", "benchmarks.phrases", "--one", program, str(source), scoring, work]
        done = subprocess.run([sys.executable, *words], check=True, stdout=subprocess.PIPE)
        phrases = json.loads((Path(work) / "phrases.json").read_text())
    return json.loads(done.stdout), set(phrases)


def compare(corpus: Path, scoring: str, text: Path, repeat: int) -> dict[str, Any]:
    """Measure both in turn, and return the median run of each with what they have in common."""
    runs: dict[str, list[dict[str, Any]]] = {"embedrec": [], "gensim": []}
    found: dict[str, set[str]] = {}
    load = round(os.getloadavg()[0], 1)
    for _ in range(repeat):
        for program, source in (("embedrec", corpus), ("gensim", text)):
            figures, found[program] = run_apart(program, source, scoring)
            runs[program].append(figures)
            print(program, scoring, figures, flush=True)
    n_tokens = Corpus.open(corpus).n_tokens
    result: dict[str, Any] = {"n_tokens": n_tokens, "repeat": repeat, "load_before": load}
    for program, measured in runs.items():
        measured.sort(key=lambda figures: figures["find_and_join_seconds"])
        middle = measured[len(measured) // 2]
        speed = round(n_tokens / middle["find_and_join_seconds"])
        result[program] = {**middle, "tokens_per_second": speed}
    result["speed_ratio"] = round(
        result["embedrec"]["tokens_per_second"] / result["gensim"]["tokens_per_second"], 1
    )
    result["common"] = len(found["embedrec"] & found["gensim"])
    return result


def write_text(corpus: Path, path: Path) -> None:
    """Write the sentences of a corpus, words joined by blanks."""
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(" ".join(words) + "\n" for words in Corpus.open(corpus).iter_sentences())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("corpora", nargs="*", metavar="NAME=CORPUS")
    parser.add_argument("--scoring", nargs="*", default=list(SCORINGS))
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        program, source, scoring, work = arguments.one
        measure = {"embedrec": measure_own, "gensim": measure_gensim}[program]
        figures = measure(Path(source), scoring, Path(work))
        print(json.dumps({**figures, "peak_mib": measure_peak_mb()}))
        return
    # Figures of other corpora, measured before, stay.
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results["machine"] = describe_machine("gensim", "numba", "numpy")
    for given in arguments.corpora:
        name, _, folder = given.partition("=")
        with tempfile.TemporaryDirectory() as work:
            text = Path(work) / "text.txt"
            write_text(Path(folder), text)
            for scoring in arguments.scoring:
                compared = compare(Path(folder), scoring, text, arguments.repeat)
                results[f"{name} {scoring}"] = compared
                RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
