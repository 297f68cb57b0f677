"""Small corpora for tests, and a program that builds one and can be killed."""

from __future__ import annotations

import hashlib
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from embedrec.corpus.encoder import build_corpus
from embedrec.corpus.first_pass import BuildSizes
from embedrec.corpus.shards import Corpus

SMALL = BuildSizes(batch_characters=300, checkpoint_tokens=150, shard_tokens=300)
DESCRIPTION = {"segmenter": "whitespace", "rules": {"digits": "keep"}}
INPUTS = {"a.txt": "sha256:aa", "b.txt": "sha256:bb"}


def cut(document: str) -> Iterator[list[str]]:
    """Sentences end at 。, words at blanks."""
    for sentence in document.split("。"):
        yield sentence.split()


def cut_slowly(document: str) -> Iterator[list[str]]:
    """Cut, leaving time to be killed, and leave the number of the process where asked."""
    if "PID_FOLDER" in os.environ:
        Path(os.environ["PID_FOLDER"], str(os.getpid())).touch()
    time.sleep(0.004)
    yield from cut(document)


def join(sentences: list[list[str]]) -> str:
    """Write sentences as a document that `cut` gives back."""
    return "。".join(" ".join(sentence) for sentence in sentences)


def make_documents(n: int = 60, seed: int = 5) -> list[str]:
    """Documents over words of every sort, Zipf-like, some empty."""
    rng = random.Random(seed)
    words = [f"{first}{i}" for i in range(60) for first in ("水", "w", "é", "\U00020000", "\uff21")]
    documents = []
    for _ in range(n):
        sentences = []
        for _ in range(rng.randint(0, 6)):
            sentence = [
                words[min(int(rng.paretovariate(0.6)), 299)] for _ in range(rng.randint(0, 12))
            ]
            sentences.append(sentence)
        documents.append(join(sentences))
    return documents


def build(folder: Path, documents: Any = None, tokenize: Callable = cut, **options: Any) -> Corpus:
    """Build with settings that make many batches, checkpoints and shards."""
    settings: dict[str, Any] = {
        "description": DESCRIPTION, "inputs": INPUTS, "min_count": 2, "sizes": SMALL,
    }  # fmt: skip
    settings.update(options)
    return build_corpus(
        make_documents() if documents is None else documents, tokenize, folder, **settings
    )


def digest(folder: Path) -> str:
    """One checksum over the names and bytes of all files in a folder."""
    total = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        total.update(f"{path.name}\n".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def main() -> None:
    """Run `making FOLDER N_WORKERS RESUME SLOW N_DOCUMENTS`."""
    folder, n_workers, resume, slow, n_documents = sys.argv[1:]
    tokenize = cut_slowly if slow == "1" else cut
    documents = make_documents(int(n_documents))
    build(Path(folder), documents, tokenize, n_workers=int(n_workers), resume=resume == "1")
    sys.stdout.write(digest(Path(folder)))


if __name__ == "__main__":
    main()
