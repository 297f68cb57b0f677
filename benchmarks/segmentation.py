"""How fast text becomes words, and whether both engines give the same ones.

    python benchmarks/segmentation.py [--data FOLDER] [--size MB] [--output FILE]

For a piece of each shared corpus, on one core: jieba, rjieba as it comes, this package's segmenter
on it, and the whole pipeline (script, sentences, words, rule), in megabytes of UTF-8 a second; the
share of lines whose words equal jieba's; and precision, recall and F1 on the SIGHAN 2005 test sets.
"""

from __future__ import annotations

import argparse
import gzip
import json
import lzma
import os
import platform
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import rjieba

from embedrec.files import write_json
from embedrec.text.document import RawDocument
from embedrec.text.pipeline import TextPipeline
from embedrec.text.segment import open_segmenter

HERE = Path(__file__).resolve().parent


def measure(work: Callable[[], Any], n_bytes: int) -> tuple[Any, float]:
    """Run once; return the result and megabytes a second of processor time."""
    begin = time.process_time()
    result = work()
    return result, round(n_bytes / 1e6 / (time.process_time() - begin), 2)


def read_pieces(data: Path, size: int) -> Iterator[tuple[str, str]]:
    """Yield (source, about `size` characters) from the middle of each corpus."""
    for path in [*sorted((data / "zh_corpus").glob("*.xz")), *(data / "en_corpus").glob("*.xz")]:
        with lzma.open(path, "rt", encoding="utf-8") as file:
            text = file.read(3 * size)
        yield path.name.split(".")[0], text[-size:]
    texts = []
    for path in sorted((data / "zh_wiki").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            texts += [json.loads(line)["text"] for line in file]
    yield "zh_wiki", "\n\n".join(texts)[:size]


def compare_speed(name: str, text: str) -> dict[str, Any]:
    """Time all ways on one text, line by line where they take lines."""
    n_bytes = len(text.encode())
    lines = text.splitlines(keepends=True)
    documents = [RawDocument("", body, "plain") for body in text.split("\n\n") if body.strip()]
    slow, fast, bare = open_segmenter("jieba"), open_segmenter("rjieba"), rjieba.Jieba()
    pipeline = TextPipeline()
    _ = pipeline.segmenter
    theirs, speed_jieba = measure(lambda: [slow.cut(line) for line in lines], n_bytes)
    raw, speed_rjieba = measure(lambda: [bare.cut(line) for line in lines], n_bytes)
    ours, speed_ours = measure(lambda: [fast.cut(line) for line in lines], n_bytes)
    fresh = open_segmenter("rjieba")
    _, speed_lines = measure(lambda: fresh.cut_lines(lines), n_bytes)
    sentences, speed_all = measure(lambda: [s for d in documents for s in pipeline(d)], n_bytes)
    return {
        "source": name,
        "megabytes": round(n_bytes / 1e6, 2),
        "jieba_mb_s": speed_jieba,
        "rjieba_mb_s": speed_rjieba,
        "embedrec_mb_s": speed_ours,
        "embedrec_lines_mb_s": speed_lines,
        "pipeline_mb_s": speed_all,
        "identical_rjieba": round(sum(map(list.__eq__, raw, theirs)) / len(lines), 6),
        "identical_embedrec": round(sum(map(list.__eq__, ours, theirs)) / len(lines), 6),
        "sentences": len(sentences),
        "words": sum(map(len, sentences)),
    }


def score(data: Path, name: str) -> dict[str, Any]:
    """Compare words by their places with the gold words of a SIGHAN test set."""
    segmenter = open_segmenter("auto")
    n_gold = n_cut = n_right = 0
    with gzip.open(data / "segmentation" / f"{name}_test_gold.utf8.gz", "rt", "utf-8") as file:
        for line in file:
            gold = find_spans(line.split())
            cut = find_spans(segmenter.cut("".join(line.split())))
            n_gold, n_cut, n_right = (
                n_gold + len(gold),
                n_cut + len(cut),
                n_right + len(gold & cut),
            )
    return {
        "set": name,
        "precision": round(100 * n_right / n_cut, 2),
        "recall": round(100 * n_right / n_gold, 2),
        "f1": round(200 * n_right / (n_cut + n_gold), 2),
    }


def find_spans(words: list[str]) -> set[tuple[int, int]]:
    """Return the (begin, end) of each word in characters."""
    spans, begin = set(), 0
    for word in words:
        spans.add((begin, begin + len(word)))
        begin += len(word)
    return spans


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--size", type=float, default=1.0, help="million characters a source")
    parser.add_argument("--output", type=Path, default=HERE / "results" / "segmentation.json")
    arguments = parser.parse_args()
    data = arguments.data or Path(
        os.environ.get("EMBEDREC_DATA", HERE.parent.parent / "shared" / "data")
    )
    rows = []
    for name, text in read_pieces(data, int(arguments.size * 1e6)):
        rows.append(compare_speed(name, text))
        print(json.dumps(rows[-1]), flush=True)
    scores = [score(data, name) for name in ("pku", "msr")]
    print(json.dumps(scores))
    write_json(
        arguments.output,
        {
            "question": "how fast text becomes words on one core, and whether they are jieba's",
            "python": platform.python_version(),
            "processors": os.cpu_count(),
            "load_at_end": round(os.getloadavg()[0], 1),
            "engines": TextPipeline().collect_facts(),
            "sources": rows,
            "sighan_2005": scores,
        },
    )


if __name__ == "__main__":
    main()
