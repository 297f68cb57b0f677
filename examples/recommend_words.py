"""Recommends words for a history, and says which words of it brought each one.

Run with a model folder:   python examples/recommend_words.py MODEL 北京 李白:2 股票
Run without arguments, a toy model of six words stands in.
"""

from __future__ import annotations

import sys

import numpy as np

from embedrec import KeyedVectors, WordRecommender
from embedrec.recommend.history import parse_history


def make_toy_model() -> KeyedVectors:
    """Return six words in two dimensions: cities to the right, poets upwards."""
    words = ["北京", "上海", "广州", "李白", "杜甫", "白居易"]
    vectors = [[1.0, 0.0], [0.9, 0.1], [0.8, 0.2], [0.0, 1.0], [0.1, 0.9], [0.2, 0.8]]
    return KeyedVectors(words, np.array(vectors, np.float32))


def main(arguments: list[str]) -> None:
    """Print the recommendations, one a line."""
    model = KeyedVectors.load(arguments[0]) if arguments else make_toy_model()
    history = parse_history(",".join(arguments[1:]) or "北京,李白:0.5")
    for item in WordRecommender(model).recommend(history, n=3):
        because = ", ".join(f"{word} {share:+.2f}" for word, share in item.because[:3])
        print(f"{item.word}  {item.score:.3f}  because of {because}")


if __name__ == "__main__":
    main(sys.argv[1:])
