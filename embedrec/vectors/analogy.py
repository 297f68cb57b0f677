"""Answering analogies: 3CosAdd and 3CosMul over all words, many questions at a time.

Levy and Goldberg 2014, "Linguistic Regularities in Sparse and Explicit Word Representations",
equations 3 and 4. A file of thousands of questions is made of some hundred words, so the cosines of
those words with a stretch of the vocabulary are one matrix product, shared by all questions.
"""

from __future__ import annotations

import numpy as np

from embedrec.vectors.exact import ExactSearch

METHODS = ("3cosadd", "3cosmul")
EPSILON = 0.001  # of equation 4
_STRETCH = 4096  # words of the vocabulary at a time
_N_QUESTIONS = 256  # questions at a time: their scores stay in the cache


def answer_analogies(
    search: ExactSearch,
    questions: np.ndarray,
    n_words: int,
    *,
    method: str,
    families: np.ndarray,
) -> np.ndarray:
    """Return the best answer to each question "a is to b as c is to ...".

    Args:
        search: the vectors, V words.
        questions: (Q, 3) int64, ranks of a, b, c.
        n_words: the answer is one of the first words, this many.
        method: "3cosadd" (cos b - cos a + cos c) or "3cosmul" (cos b * cos c / (cos a + 0.001),
            cosines shifted to 0..1).
        families: (n_words,) int64; words with the family of a, b or c are no answers.

    Returns:
        (Q,) int64 ranks, of equal scores the lower one.
    """
    words, places = np.unique(questions, return_inverse=True)
    places = places.reshape(questions.shape)
    base = search.unit(words).astype(np.float32)  # (W, D)
    asked = np.zeros(n_words, bool)
    asked[families[words]] = True
    members = np.flatnonzero(asked[families])  # every word that some question may not answer
    best = np.full(len(questions), -np.inf, np.float32)
    answers = np.zeros(len(questions), np.int64)
    for start in range(0, n_words, _STRETCH):
        rows = search.normalise(slice(start, min(start + _STRETCH, n_words)))
        cosines = base @ rows.T  # (W, T)
        if method == "3cosmul":
            cosines = (cosines + 1) / 2
        inside = members[(members >= start) & (members < start + len(rows))]
        for first in range(0, len(questions), _N_QUESTIONS):
            part = slice(first, first + _N_QUESTIONS)
            a, b, c = (cosines[places[part, i]] for i in range(3))
            scores = b * c / (a + EPSILON) if method == "3cosmul" else b - a + c
            own = families[questions[part]]  # (q, 3)
            for member in inside.tolist():
                scores[(own == families[member]).any(axis=1), member - start] = -np.inf
            tops = scores.argmax(axis=1)
            found = scores[np.arange(len(tops)), tops]
            better = found > best[part]
            best[part][better] = found[better]
            answers[part][better] = tops[better] + start
    return answers
