"""jieba's hidden Markov model for words that are not in its dictionary, from its own tables.

rjieba holds the same model in lower precision, which turns near ties the other way (常在一 is
常/在/一 in jieba and 常在/一 in rjieba 0.2.2), and has another rule for letters and digits (a-b is
a/-/b in jieba and one word in rjieba). Here the rule and the sums are jieba's, in the same order
and in double precision, so the words are jieba's to the last tie. Texts repeat themselves: many
stretches are looked up, and only the others worked out.

Model and search: Viterbi over begin, middle, end and single, as in jieba's `finalseg`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import groupby

_HAN_RUN = re.compile("([\u4e00-\u9fd5]+)")
# jieba's rule for what is not Chinese: letters and digits, decimals, and a per cent sign.
_NUMBER_OR_NAME = re.compile(r"([a-zA-Z0-9]+(?:\.\d+)?%?)")
# Where the words of a stretch may differ from its tokens: Chinese characters side by side,
# decimals, per cent signs, and signs side by side. Elsewhere it splits just where tokens meet.
_JOINT = re.compile("[\u4e00-\u9fd5]\0[\u4e00-\u9fd5]|\0%|\0\\.\0[0-9]|\0[+#&._%-]\0[+#&._%-]")
_NEVER = -3.14e100
# The memory is forgotten when it has grown to this many stretches (some 60 MB).
_MEMORY_SIZE = 300_000


class UnknownWords(dict[str, str]):
    """Stretch that the dictionary's words leave open, to its words: a memory that fills itself.

    A stretch is two or more tokens, each a single character or a run of Latin letters and digits,
    with a NUL before each; its words come in the same form.

    Args:
        is_word: whether the dictionary has a word; jieba leaves such a stretch in characters.
        user_words: tokens to leave as they are if they are longer than a character.
    """

    def __init__(self, is_word: Callable[[str], bool], user_words: Iterable[str] = ()) -> None:
        super().__init__()
        from jieba.finalseg import prob_emit, prob_start, prob_trans

        self._is_word = is_word
        self._user_words = {word for word in user_words if len(word) > 1}
        self._start: dict[str, float] = prob_start.P
        self._step: dict[str, dict[str, float]] = prob_trans.P
        emit: dict[str, dict[str, float]] = prob_emit.P
        self._emit = {
            character: tuple(emit[state].get(character, _NEVER) for state in "BMES")
            for character in {character for state in "BMES" for character in emit[state]}
        }

    def __missing__(self, marked: str) -> str:
        if _JOINT.search(marked) is None:
            return marked
        if len(self) >= _MEMORY_SIZE:
            self.clear()
        if self._user_words and not self._user_words.isdisjoint(marked.split("\0")):
            words = self._cut_around_user_words(marked.split("\0")[1:])
        else:
            words = self._cut(marked.replace("\0", ""))
        self[marked] = result = "\0" + "\0".join(words)
        return result

    def _cut_around_user_words(self, tokens: list[str]) -> list[str]:
        words: list[str] = []
        for is_user_word, group in groupby(tokens, self._user_words.__contains__):
            members = list(group)
            words += members if is_user_word else self._cut("".join(members))
        return words

    def _cut(self, stretch: str) -> list[str]:
        if len(stretch) == 1:
            return [stretch]
        if self._is_word(stretch):
            return list(stretch)
        if _HAN_RUN.fullmatch(stretch):
            return self._cut_run(stretch)
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
