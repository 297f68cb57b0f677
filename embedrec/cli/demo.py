"""`embedrec demo`: the main job on the built-in sample, from a dump to related words."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.options import every_command
from embedrec.cli.output import name_program, print_table, say
from embedrec.cli.recommend import print_recommendations
from embedrec.cli.sources import SAMPLE_NAME, find_corpora

if TYPE_CHECKING:
    from embedrec.vectors.keyed import KeyedVectors

# A small corpus wants what a large one does not: rare words kept, frequent ones thinned out less,
# more passes, and more negatives for each pair.
MIN_COUNT = 3
TRAINING: dict[str, Any] = {
    "vector_size": 100,
    "epochs": 10,
    "sample": 1e-3,
    "n_negative": 10,
    "seed": 1,
}
WORDS = ("周杰伦", "北京", "李白", "长江", "法国", "足球", "大熊猫", "物理学", "python")
ANALOGIES = (("李白", "唐朝", "苏轼"), ("成都", "四川", "杭州"), ("西安", "陕西", "长沙"))
HISTORY = ("周杰伦", "方文山", "李白")
_N_NEIGHBOURS = 6


@click.command(short_help="Train on the built-in sample and show what can be asked.")
@click.option("--output", "-o", metavar="DIR", help="Folder to keep.  [default: a temporary one]")
@every_command
def demo(output: str | None, quiet: bool) -> None:
    """Make a corpus and a model from the built-in sample, and ask it a few questions.

    The sample is a small Chinese encyclopaedia in MediaWiki's export form that was written for this
    purpose. Everything stays in DIR, so that you can go on asking.
    """
    from embedrec.pipeline import build_corpus, train

    progress = open_progress(quiet)
    sample = find_corpora(SAMPLE_NAME)
    folder = Path(output or tempfile.mkdtemp(prefix="embedrec-demo-"))
    start = time.perf_counter()
    corpus = build_corpus(
        [sample], folder / "corpus", min_count=MIN_COUNT, resume=True, progress=progress
    )
    say(
        f"corpus  {corpus.manifest.facts['n_documents']:,} articles, {corpus.n_tokens:,} tokens, "
        f"{len(corpus.vocabulary):,} words, {time.perf_counter() - start:.1f} s"
    )
    start = time.perf_counter()
    model = folder / "model"
    vectors = train(corpus.folder, model, resume=True, progress=progress, **TRAINING)
    say(
        f"model   skip-gram with negative sampling, {vectors.vector_size} dimensions, "
        f"{TRAINING['epochs']} epochs, {time.perf_counter() - start:.1f} s"
    )
    show_answers(vectors)
    if not quiet:
        show_next(model)


def show_answers(vectors: KeyedVectors) -> None:
    """Print related words, analogies and recommendations."""
    from embedrec.recommend.words import WordRecommender

    say("\nrelated words")
    rows = []
    for word in filter(vectors.__contains__, WORDS):
        found = vectors.most_similar(word, topn=_N_NEIGHBOURS)
        rows.append((f"  {word}", *(f"{near} {score:.2f}" for near, score in found)))
    print_table(rows)
    say("\nanalogies")
    for a, b, c in ANALOGIES:
        if all(word in vectors for word in (a, b, c)):
            answer = vectors.most_similar(positive=[b, c], negative=[a], topn=1)[0][0]
            say(f"  {a} : {b} = {c} : {answer}")
    say(f"\nrecommended to somebody who read {', '.join(HISTORY)}")
    print_recommendations(WordRecommender(vectors).recommend(HISTORY, _N_NEIGHBOURS), indent="  ")


def show_next(model: Path) -> None:
    """Print commands to go on with."""
    program = name_program()
    say(
        f"\ngo on with\n"
        f"  {program} similar {model} 杜甫\n"
        f"  {program} recommend {model} --history 北京,李白:2\n"
        f"  {program} info {model}\n"
        f"  {program} download zh_classicalwiki\n"
        f"  {program} train DUMP.xml.bz2 -o MODEL"
    )
