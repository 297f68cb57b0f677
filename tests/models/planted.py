"""A corpus whose structure is known: topics whose words occur together."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from embedrec.corpus.encoder import build_corpus
from embedrec.corpus.shards import Corpus
from embedrec.models.word2vec import Word2Vec

N_TOPICS = 4
WORDS_A_TOPIC = 8


def name_word(topic: int, number: int) -> str:
    return f"t{topic}w{number}"


def make_sentences(n_sentences: int = 3000, seed: int = 0) -> list[list[str]]:
    """Sentences of 12 words of one topic, with two common words in between."""
    generator = np.random.default_rng(seed)
    sentences = []
    for _ in range(n_sentences):
        topic = int(generator.integers(N_TOPICS))
        numbers = generator.integers(WORDS_A_TOPIC, size=12)
        words = [name_word(topic, int(n)) for n in numbers]
        words[3] = words[8] = "common"
        sentences.append(words)
    return sentences


def build_planted(folder: Path, n_sentences: int = 3000, seed: int = 0) -> Corpus:
    return build_corpus(
        [make_sentences(n_sentences, seed)],
        list,
        folder,
        description={"segmenter": "whitespace"},
        inputs={"planted": f"{n_sentences}-{seed}"},
        min_count=1,
    )


def join_outputs(model: Word2Vec) -> bytes:
    """The bytes of a trained model's output matrix."""
    assert model._outputs is not None
    return b"".join(part.tobytes() for part in model._outputs.values())
