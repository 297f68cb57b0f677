"""`embedrec train`: word2vec on raw text or a corpus."""

from __future__ import annotations

from typing import Any

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.failure import offer_resume
from embedrec.cli.options import (
    TEXT_OPTIONS,
    corpus_options,
    every_command,
    list_given,
    make_text_settings,
    resume_option,
)
from embedrec.cli.output import name_program, say
from embedrec.errors import ParameterError

# option -> parameter of Word2Vec, where they are not called the same
_PARAMETERS = {
    "architecture": "architecture",
    "loss": "loss",
    "vector_size": "vector_size",
    "window": "window",
    "shrink_window": "shrink_window",
    "negative": "n_negative",
    "negative_exponent": "negative_exponent",
    "sample": "sample",
    "epochs": "epochs",
    "alpha": "alpha",
    "min_alpha": "min_alpha",
    "cbow_mean": "cbow_mean",
    "subwords": "subwords",
    "min_n": "min_n",
    "max_n": "max_n",
    "buckets": "n_buckets",
    "deterministic": "deterministic",
    "seed": "seed",
}


@click.command(short_help="Train word vectors on dumps, texts or a corpus.")
@click.argument("inputs", metavar="INPUT_OR_CORPUS...", nargs=-1, required=True)
@click.option("--output", "-o", metavar="MODEL", required=True, help="Folder of the model.")
@click.option(
    "--from", "start_from", metavar="MODEL",
    help="Go on from this model with new text and its new words; its parameters and text settings "
    "hold where none is given.",
)  # fmt: skip
@click.option(
    "--preset", type=click.Choice(["word", "items"]),
    help="Values for words in text, or for items in sessions (a line each, ids between blanks); "
    "options go before them.  [default: word]",
)  # fmt: skip
@click.option(
    "--architecture", type=click.Choice(["skipgram", "cbow"]), default="skipgram",
    show_default=True, help="Predict the context from the word, or the word from its context.",
)  # fmt: skip
@click.option(
    "--loss", type=click.Choice(["ns", "hs", "both"]), default="ns", show_default=True,
    help="Negative sampling, hierarchical softmax, or both at once.",
)  # fmt: skip
@click.option("--vector-size", type=click.IntRange(min=1), default=200, show_default=True,
              help="Dimensions.")  # fmt: skip
@click.option("--window", type=click.IntRange(min=1), default=5, show_default=True,
              help="Words on each side that are context, at most.")  # fmt: skip
@click.option("--shrink-window/--no-shrink-window", default=True, show_default=True,
              help="Draw each word's window from 1 to --window, or keep it fixed.")  # fmt: skip
@click.option("--negative", type=click.IntRange(min=0), default=5, show_default=True,
              help="Negatives of each window.")  # fmt: skip
@click.option("--negative-exponent", type=float, default=0.75, show_default=True,
              help="Power of a word's count when negatives are drawn.")  # fmt: skip
@click.option("--sample", type=click.FloatRange(min=0, max=1), default=1e-4, show_default=True,
              help="Share above which frequent words are thinned out; 0: never.")  # fmt: skip
@click.option("--epochs", type=click.IntRange(min=1), default=5, show_default=True,
              help="Passes over the corpus.")  # fmt: skip
@click.option("--alpha", type=click.FloatRange(min=0, min_open=True),
              help="Learning rate at the beginning.  [default: 0.025 for skipgram, 0.05 for "
              "cbow]")  # fmt: skip
@click.option("--min-alpha", type=click.FloatRange(min=0),
              help="Learning rate at the end.  [default: alpha / 10,000]")  # fmt: skip
@click.option("--cbow-mean/--cbow-sum", default=True, show_default=True,
              help="Mean or sum of the context's vectors.")  # fmt: skip
@click.option("--subwords/--no-subwords", default=False, show_default=True,
              help="Learn character n-grams too, so that unseen words have vectors.")  # fmt: skip
@click.option(
    "--min-n",
    type=click.IntRange(min=1),
    help="Characters of the shortest n-gram.  [default: chosen from the vocabulary]",
)
@click.option(
    "--max-n",
    type=click.IntRange(min=1),
    help="Characters of the longest n-gram.  [default: chosen from the vocabulary]",
)
@click.option("--buckets", type=click.IntRange(min=1), default=2_000_000, show_default=True,
              help="Rows that n-grams are hashed to.")  # fmt: skip
@click.option(
    "--deterministic",
    is_flag=True,
    default=False,
    help="The same result for a seed whatever --threads is.",
)
@click.option("--threads", type=click.IntRange(min=1),
              help="Threads that train; with 1 a seed gives the same bits every time.  "
              "[default: one a core]")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True,
              help="Decides every random draw.")  # fmt: skip
@click.option("--keep-corpus", metavar="DIR", help="Keep the corpus made of raw input in DIR.")
@resume_option
@corpus_options
@every_command
@click.pass_context
def train(ctx: click.Context, inputs: tuple[str, ...], output: str, **values: Any) -> int:
    """Train word vectors on raw text or on a corpus, and write the model to MODEL.

    Raw input is first made into a corpus; the options from --segmenter on are for that and the
    same as in `embedrec corpus build`. MODEL.partial holds the work until it is finished.

    With --from OLD the vocabulary and vectors of a model grow: what it knows is kept, the words
    that are new in the text join it. OLD itself stays as it is.
    """
    from embedrec.pipeline import count_cores, find_corpus
    from embedrec.pipeline import train as train_model

    raw = find_corpus(inputs) is None
    if not raw:
        _refuse_text_options(ctx, inputs[0])
    elif values["start_from"] is not None:
        _refuse_other_text(ctx, values["start_from"])
    text = list_given(ctx, TEXT_OPTIONS)
    limits = list_given(ctx, ("min_count", "max_vocab"))
    given = list_given(ctx, tuple(_PARAMETERS))
    n_threads = values["threads"] or count_cores()
    with offer_resume(ctx, output):
        vectors = train_model(
            inputs,
            output,
            preset=values["preset"],
            start_from=values["start_from"],
            settings=make_text_settings(text, values["preset"]) if text else None,
            **limits,
            n_workers=values["workers"],
            keep_corpus=values["keep_corpus"],
            n_threads=n_threads,
            resume=values["resume"],
            progress=open_progress(values["quiet"]),
            **{_PARAMETERS[option]: value for option, value in given.items()},
        )
    if not values["quiet"]:
        loss = vectors.metadata["training"]["losses"][-1]
        n_new = vectors.metadata.get("n_new_words")
        new = "" if n_new is None else f" ({n_new:,} new)"
        say(
            f"{output}  {len(vectors):,} words{new}, {vectors.vector_size} dimensions, trained on "
            f"{vectors.metadata['n_tokens']:,} tokens, threads: {n_threads}, loss: {loss:.4f}"
        )
        say(f"next: {name_program()} similar {output} WORD")
    return 1 if raw and vectors.metadata.get("damages") else 0


def _refuse_text_options(ctx: click.Context, corpus: str) -> None:
    names = (*TEXT_OPTIONS, "workers", "keep_corpus")
    if given := list_given(ctx, names):
        option = f"--{next(iter(given)).replace('_', '-')}"
        raise ParameterError(
            f"{option} is for raw input, and {corpus} is a corpus already; leave it out, or train "
            "on the raw input",
            value=option,
        )


def _refuse_other_text(ctx: click.Context, model: str) -> None:
    if given := list_given(ctx, TEXT_OPTIONS):
        option = f"--{next(iter(given)).replace('_', '-')}"
        raise ParameterError(
            f"{option} can't be chosen with --from: the text is cut into words as that of {model} "
            "was; leave it out",
            value=option,
        )
