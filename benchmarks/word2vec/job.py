"""One training of one tool, as data: what a process of its own is told to do."""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("embedrec", "gensim", "fasttext", "word2vec.c", "embedrec-deterministic")
ARCHITECTURES, LOSSES = ("skipgram", "cbow"), ("ns", "hs", "both")
SUBWORDS = "-subwords"
NGRAMS = {"en": (3, 6), "zh": (1, 3)}
N_BUCKETS = 2_000_000
MODELS = tuple(f"{a}-{x}" for a, x in itertools.product(ARCHITECTURES, LOSSES))
SUBWORD_MODELS = tuple(f"{a}-{x}{SUBWORDS}" for a in ARCHITECTURES for x in ("ns", "hs"))
SETTINGS: dict[str, Any] = {
    "vector_size": 200,
    "window": 5,
    "n_negative": 5,
    "sample": 1e-4,
    "alpha": 0.025,
}


@dataclass(frozen=True)
class Job:
    """A training.

    Attributes:
        tool: one of TOOLS.
        model: architecture and loss, such as "skipgram-ns"; with "-subwords" also n-grams.
        corpus: folder written by `embedrec corpus build` or `slices.write_slice`.
        text: the same tokens as lines of words, for the peers.
        language: decides the lengths of n-grams.
        epochs: passes.
        n_threads: threads; gensim calls them workers.
        seed: where the tool takes one (word2vec.c takes none).
        out: where vectors go as .npy, float32 (V, D) in the order of the vocabulary, if anywhere.
        binary: path of word2vec.c, compiled.
        settings: as SETTINGS.
    """

    tool: str
    model: str
    corpus: str
    text: str
    language: str
    epochs: int
    n_threads: int
    seed: int = 0
    out: str | None = None
    binary: str | None = None
    settings: tuple[tuple[str, Any], ...] = tuple(SETTINGS.items())

    @property
    def architecture(self) -> str:
        """Return "skipgram" or "cbow"."""
        return self.model.split("-")[0]

    @property
    def loss(self) -> str:
        """Return "ns", "hs" or "both"."""
        return self.model.split("-")[1]

    @property
    def subwords(self) -> bool:
        """Return whether n-grams are trained too."""
        return self.model.endswith(SUBWORDS)

    def get(self, name: str) -> Any:
        """Return a setting."""
        return dict(self.settings)[name]

    def to_json(self) -> str:
        """Return the JSON form."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        """Rebuild from the JSON form."""
        content = json.loads(text)
        content["settings"] = tuple((name, value) for name, value in content["settings"])
        return cls(**content)


def can_train(tool: str, model: str) -> bool:
    """Say whether a tool has a model: only fastText and this project have n-grams, and fastText
    has no sum of both losses."""
    if model.endswith(SUBWORDS):
        return tool != "gensim" and tool != "word2vec.c"
    return tool != "fasttext" or not model.endswith("both")


def hash_code(root: Path = ROOT) -> str:
    """Return eight digits that stand for this project's training code, to tell figures apart."""
    digest = hashlib.sha256()
    package = root / "embedrec"
    for folder in (package / "kernels", package / "models" / "word2vec"):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(package).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
