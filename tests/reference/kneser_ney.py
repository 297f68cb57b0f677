"""Interpolated modified Kneser-Ney with dictionaries, from Chen and Goodman 1999, section 3."""

from __future__ import annotations

from collections import Counter, defaultdict

START = "<start>"


class SlowKneserNey:
    def __init__(self, sentences: list[list[str]], words: list[str], order: int) -> None:
        self.words, self.order = words, order
        self.counts: list[Counter[tuple[str, ...]]] = [Counter() for _ in range(order + 1)]
        for sentence in sentences:
            line = [START, *sentence, "<eos>"]
            for end in range(1, len(line)):
                for n in range(1, order + 1):
                    if end - n + 1 >= 0:
                        self.counts[n][tuple(line[end - n + 1 : end + 1])] += 1
        self.used = [Counter() for _ in range(order + 1)]
        for n in range(1, order + 1):
            before = defaultdict(set)
            if n < order:
                for gram in self.counts[n + 1]:
                    before[gram[1:]].add(gram[0])
            for gram, count in self.counts[n].items():
                is_raw = n == order or gram[0] == START
                self.used[n][gram] = count if is_raw else len(before[gram])
        self.discounts = [self.find_discounts(counts) for counts in self.used]
        self.followers: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for n in range(1, order + 1):
            for gram, count in self.used[n].items():
                if count:
                    self.followers[gram[:-1]].append(count)

    def find_discounts(self, counts: Counter[tuple[str, ...]]) -> list[float]:
        n = [sum(count == c for count in counts.values()) for c in (1, 2, 3, 4)]
        y = n[0] / (n[0] + 2 * n[1]) if n[0] else 1.0
        found = [0.0]
        for c in (1, 2, 3):
            raw = c - (c + 1) * y * n[c] / n[c - 1] if n[c] and n[c - 1] else c / 2
            found.append(min(max(raw, 0.01), c - 0.01))
        return found

    def p(self, history: tuple[str, ...], word: str) -> float:
        n = len(history) + 1
        below = self.p(history[1:], word) if history else 1 / len(self.words)
        followers = self.followers.get(history)
        if not followers:
            return below
        discounts = self.discounts[n]
        total = sum(followers)
        count = self.used[n][(*history, word)]
        gone = sum(discounts[min(c, 3)] for c in followers)
        return (count - discounts[min(count, 3)]) / total + gone / total * below

    def predict(self, context: list[str], word: str) -> float:
        return self.p(tuple([START, *context][-(self.order - 1) :]) if self.order > 1 else (), word)
