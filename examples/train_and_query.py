"""From raw text to related words in four steps.

Run with inputs (dumps, texts, folders):   python examples/train_and_query.py INPUT... MODEL
Run without arguments, a few sentences stand in, and the model goes to a temporary folder.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import embedrec

TEXT = """\
李白和杜甫是唐朝诗人。李白写诗，杜甫写诗，王维也写诗。唐朝诗人写诗喝酒。
北京和上海是城市。北京有机场，上海有机场，广州也有机场。城市有机场和火车站。
"""


def main(arguments: list[str]) -> None:
    """Train, and print what is near to some words."""
    work = tempfile.mkdtemp()
    if arguments:
        *inputs, model = arguments
        options = {}
    else:
        text = Path(work, "text.txt")
        text.write_text(TEXT * 100, encoding="utf-8")
        inputs, model = [str(text)], str(Path(work, "model"))
        options = {"vector_size": 16, "epochs": 20, "sample": 0.01, "seed": 1}

    # 1. Cut the text into words once, and keep it as a corpus.
    corpus = embedrec.build_corpus(inputs, f"{model}.corpus", settings=embedrec.TextSettings())
    print(f"{corpus.n_tokens:,} tokens, {len(corpus.vocabulary):,} words")

    # 2. Train. An interrupted call goes on with resume=True.
    vectors = embedrec.train(corpus.folder, model, **options)

    # 3. Ask for related words.
    for word in [word for word in ("李白", "北京", "城市") if word in vectors]:
        print(word, *(f"{near} {score:.2f}" for near, score in vectors.most_similar(word, topn=4)))

    # 4. Recommend for a history; the answer says which words of it brought each one.
    for item in embedrec.WordRecommender(vectors).recommend(vectors.index_to_key[:2], n=3):
        print(item.word, f"{item.score:.2f}", [word for word, _ in item.because])


if __name__ == "__main__":
    main(sys.argv[1:])
