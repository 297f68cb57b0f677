"""jieba's hidden Markov model for words that are not in its dictionary, from its own tables.

rjieba holds the same model in lower precision, which turns near ties the other way (常在一: 常/在/一
in jieba, 常在/一 in rjieba 0.2.2). Here the sums are jieba's, in the same order and in double
precision, so the words are jieba's to the last tie. Texts repeat themselves: most stretches are
looked up, few are worked out.

Model and search: Viterbi over begin, middle, end and single, as in jieba's `finalseg`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_HAN_RUN = re.compile("([\u4e00-\u9fd5]+)")
# jieba's rule for what is not Chinese: letters and digits, decimals, and a per cent sign.
_NUMBER_OR_NAME = re.compile(r"([a-zA-Z0-9]+(?:\.\d+)?%?)")
_NEVER = -3.14e100
# The memory is forgotten when it has grown to this many stretches (about 200 MB).
_MEMORY_SIZE = 1_000_000


class UnknownWords(dict[str, list[str]]):
    """Stretch that no dictionary word covers, to its words, as a memory that fills itself.

    Args:
        is_word: whether the dictionary has a word; jieba leaves such a stretch in characters.
    """

    def __init__(self, is_word: Callable[[str], bool]) -> None:
        super().__init__()
        from jieba.finalseg import prob_emit, prob_start, prob_trans

        self._is_word = is_word
        self._start: dict[str, float] = prob_start.P
        self._step: dict[str, dict[str, float]] = prob_trans.P
        emit: dict[str, dict[str, float]] = prob_emit.P
        self._emit = {
            character: tuple(emit[state].get(character, _NEVER) for state in "BMES")
            for character in {character for state in "BMES" for character in emit[state]}
        }

    def __missing__(self, stretch: str) -> list[str]:
        if len(self) >= _MEMORY_SIZE:
            self.clear()
        self[stretch] = words = self._cut(stretch)
        return words

    def __reduce__(self) -> Any:
        raise TypeError("UnknownWords is a memory of one process")

    def _cut(self, stretch: str) -> list[str]:
        if len(stretch) == 1:
            return [stretch]
        if self._is_word(stretch):
            return list(stretch)
        words: list[str] = []
        for i, run in enumerate(_HAN_RUN.split(stretch)):
            if i % 2:
                words += self._cut_run(run)
            elif run:
                words += filter(None, _NUMBER_OR_NAME.split(run))
        return words

    def _cut_run(self, run: str) -> list[str]:
        if len(run) == 1:
            return [run]
        words, begin = [], 0
        for i, state in enumerate(self._find_states(run), 1):
            if state in "ES":
                words.append(run[begin:i])
                begin = i
        return words

    def _find_states(self, run: str) -> str:
        """Return the likeliest states, a letter of BMES a character; on ties the later letter."""
        step, emit, start = self._step, self._emit, self._start
        b_e, b_m = step["B"]["E"], step["B"]["M"]
        m_e, m_m = step["M"]["E"], step["M"]["M"]
        e_b, e_s = step["E"]["B"], step["E"]["S"]
        s_b, s_s = step["S"]["B"], step["S"]["S"]
        never = (_NEVER,) * 4
        at_b, at_m, at_e, at_s = emit.get(run[0], never)
        b, m = start["B"] + at_b, start["M"] + at_m
        e, s = start["E"] + at_e, start["S"] + at_s
        before: list[tuple[str, str, str, str]] = []
        for character in run[1:]:
            at_b, at_m, at_e, at_s = emit.get(character, never)
            # The order of the additions is jieba's; another would round otherwise.
            e_to_b, s_to_b = e + e_b + at_b, s + s_b + at_b
            b_to_m, m_to_m = b + b_m + at_m, m + m_m + at_m
            b_to_e, m_to_e = b + b_e + at_e, m + m_e + at_e
            e_to_s, s_to_s = e + e_s + at_s, s + s_s + at_s
            before.append((
                "E" if e_to_b > s_to_b else "S",
                "B" if b_to_m > m_to_m else "M",
                "B" if b_to_e > m_to_e else "M",
                "E" if e_to_s > s_to_s else "S",
            ))  # fmt: skip
            b = e_to_b if e_to_b > s_to_b else s_to_b
            m = b_to_m if b_to_m > m_to_m else m_to_m
            e = b_to_e if b_to_e > m_to_e else m_to_e
            s = e_to_s if e_to_s > s_to_s else s_to_s
        state = "E" if e > s else "S"
        states = [state]
        for choices in reversed(before):
            state = choices["BMES".index(state)]
            states.append(state)
        return "".join(reversed(states))
