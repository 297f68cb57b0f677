"""`embedrec lm`: language models that score, complete and generate text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.failure import offer_resume
from embedrec.cli.options import every_command, json_option, list_given, resume_option, topn_option
from embedrec.cli.output import print_json, print_table, say
from embedrec.errors import ParameterError

if TYPE_CHECKING:
    from embedrec.models.language.model import LanguageModel
    from embedrec.pipeline.language import TextReader

# option -> (parameter of the model, models that have it)
_NEURAL, _RECURRENT = ("nnlm", "rnn", "gru", "lstm"), ("rnn", "gru", "lstm")
_PARAMETERS = {
    "order": ("order", ("kn", "nnlm")),
    "vector_size": ("vector_size", _NEURAL),
    "hidden_size": ("hidden_size", _NEURAL),
    "layers": ("n_layers", _RECURRENT),
    "dropout": ("dropout", _NEURAL),
    "recurrent_dropout": ("recurrent_dropout", _RECURRENT),
    "dropout_mask": ("dropout_mask", _RECURRENT),
    "direct": ("direct", ("nnlm",)),
    "tied": ("tied", _RECURRENT),
    "softmax": ("output", _NEURAL),
    "samples": ("n_samples", _NEURAL),
    "batch_size": ("batch_size", _NEURAL),
    "steps": ("n_steps", _RECURRENT),
    "epochs": ("epochs", _NEURAL),
    "optimizer": ("optimizer", _NEURAL),
    "learning_rate": ("learning_rate", _NEURAL),
    "max_norm": ("max_norm", _NEURAL),
    "decay": ("decay", _NEURAL),
    "patience": ("patience", _NEURAL),
    "freeze": ("freeze", _NEURAL),
    "seed": ("seed", _NEURAL),
}

unknown_option = click.option(
    "--unknown", type=click.Choice(["map", "reject"]), default="map", show_default=True,
    help="Words the model does not know: count as <unk>, or refuse the text.",
)  # fmt: skip


@click.group(
    short_help="Train and ask language models: score, suggest, generate.",
    invoke_without_command=True,
)
@click.pass_context
def lm(ctx: click.Context) -> None:
    """Language models: n-grams (kn), NNLM, and recurrent networks (rnn, gru, lstm)."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@lm.command(short_help="Train a language model on text files or a corpus.")
@click.argument("inputs", metavar="INPUT_OR_CORPUS...", nargs=-1, required=True)
@click.option("--output", "-o", metavar="MODEL", required=True, help="Folder of the model.")
@click.option("--model", type=click.Choice(["kn", *_NEURAL]), default="lstm", show_default=True,
              help="Which kind.")  # fmt: skip
@click.option("--validation", metavar="FILE",
              help="Held-out text.  [default: the last twentieth of the input]")  # fmt: skip
@click.option("--unit", type=click.Choice(["word", "character"]), default="word",
              show_default=True, help="What is predicted, for text files.")  # fmt: skip
@click.option("--segmenter", type=click.Choice(["whitespace", "auto", "jieba", "rjieba"]),
              default="whitespace", show_default=True,
              help="How text files are cut into words; whitespace: a sentence a line, words "
              "between blanks.")  # fmt: skip
@click.option("--max-vocab", type=click.IntRange(min=3), default=50_000, show_default=True,
              help="Most words; others become <unk>.")  # fmt: skip
@click.option("--min-count", type=click.IntRange(min=1), default=1, show_default=True,
              help="Rarer words become <unk>, for text files.")  # fmt: skip
@click.option("--tokens", type=click.IntRange(min=1),
              help="Use so many words of a corpus.  [default: all]")  # fmt: skip
@click.option("--vectors", metavar="FILE", help="Word vectors to start from.")
@click.option("--freeze", is_flag=True, default=False, help="Vectors stay as they are.")
@click.option("--order", type=click.IntRange(min=1), help="kn, nnlm: words of an n-gram.  "
              "[default: 5]")  # fmt: skip
@click.option("--vector-size", type=click.IntRange(min=1), help="Size of word vectors.  "
              "[default: 200; nnlm: 100]")  # fmt: skip
@click.option("--hidden-size", type=click.IntRange(min=1), help="Size of each layer.  "
              "[default: 200]")  # fmt: skip
@click.option("--layers", type=click.IntRange(min=1), help="Recurrent layers.  [default: 2]")
@click.option("--dropout", type=click.FloatRange(0, 1, max_open=True),
              help="Left out in training.  [default: 0.25]")  # fmt: skip
@click.option("--recurrent-dropout", type=click.FloatRange(0, 1, max_open=True),
              help="Left out on the way to the next step.  [default: 0]")  # fmt: skip
@click.option("--dropout-mask", type=click.Choice(["step", "sequence"]),
              help="Drawn anew for each step, or once a sequence.  [default: step]")  # fmt: skip
@click.option("--direct", is_flag=True, default=False,
              help="nnlm: the output sees the vectors directly too.")  # fmt: skip
@click.option("--tied/--no-tied", default=True,
              help="Output vectors are the input vectors.  [default: tied]")  # fmt: skip
@click.option("--softmax", "softmax", type=click.Choice(["full", "hierarchical", "sampled", "nce"]),
              help="What training computes at the output.  [default: full]")  # fmt: skip
@click.option("--samples", type=click.IntRange(min=1),
              help="Words drawn in a step for sampled and nce.  [default: 1000]")  # fmt: skip
@click.option("--batch-size", type=click.IntRange(min=1), help="[default: 20; nnlm: 128]")
@click.option("--steps", type=click.IntRange(min=1),
              help="Words that gradients go back.  [default: 35]")  # fmt: skip
@click.option("--epochs", type=click.IntRange(min=1), help="Most passes.  [default: 30; nnlm: 20]")
@click.option("--optimizer", help="sgd, adam, ...  [default: sgd; nnlm: adam]")
@click.option("--learning-rate", type=click.FloatRange(min=0, min_open=True),
              help="[default: 20 for sgd of recurrent models; nnlm: 0.001]")  # fmt: skip
@click.option("--max-norm", type=click.FloatRange(min=0, min_open=True),
              help="Limit of all gradients together.  [default: 0.25; nnlm: 5]")  # fmt: skip
@click.option("--decay", type=click.FloatRange(min=1, min_open=True),
              help="Divides the rate after an epoch without progress.  "
              "[default: 4; nnlm: 2]")  # fmt: skip
@click.option("--patience", type=click.IntRange(min=1),
              help="Epochs without progress before training ends.  [default: 3]")  # fmt: skip
@click.option("--plot", metavar="FILE", help="Draw the learning curve into FILE (.png, .svg).")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True,
              help="Decides every random draw.")  # fmt: skip
@resume_option
@every_command
@click.pass_context
def train(ctx: click.Context, inputs: tuple[str, ...], output: str, **values: Any) -> None:
    """Train a language model on INPUT (text files, or one corpus), and write it to MODEL.

    MODEL.partial holds checkpoints until it is finished; --resume goes on from there.
    """
    from embedrec.pipeline.language import TextReader, train_language_model

    model = values["model"]
    parameters = _collect_parameters(ctx, model)
    if values["plot"] is not None:
        from embedrec.cli.curve import check_plot

        check_plot(values["plot"])
    vectors = None
    if values["vectors"] is not None:
        from embedrec.vectors.formats import load_vectors

        vectors = load_vectors(values["vectors"])
    progress = open_progress(values["quiet"])
    with offer_resume(ctx, output):
        learned: Any = train_language_model(
            inputs, output, model, reader=_open_reader(TextReader, values),
            validation=values["validation"], max_vocab=values["max_vocab"],
            min_count=values["min_count"], n_tokens=values["tokens"], vectors=vectors,
            resume=values["resume"], progress=progress, on_epoch=None, **parameters,
        )  # fmt: skip
    if values["plot"] is not None:
        from embedrec.cli.curve import draw_curve

        draw_curve(values["plot"], getattr(learned, "figures_", []))
    if not values["quiet"]:
        figures = getattr(learned, "figures_", [])
        best = [f.valid_perplexity for f in figures if f.valid_perplexity is not None]
        told = f", epochs: {len(figures)}, validation perplexity: {min(best):.2f}" if best else ""
        say(f"{output}  {model}, {len(learned.vocabulary_):,} words{told}")


@lm.command(short_help="Measure how well a model predicts a text.")
@click.argument("model")
@click.argument("text", metavar="TEXT")
@click.option("--mix", metavar="MODEL", multiple=True, help="Mix with this model too.")
@click.option("--cache", type=click.IntRange(min=1), metavar="N",
              help="Mix with a cache of the last N words too.")  # fmt: skip
@click.option("--validation", metavar="FILE",
              help="Text that the weights of a mixture are fitted on.  [default: equal "
              "weights]")  # fmt: skip
@unknown_option
@json_option
@every_command
def evaluate(
    model: str, text: str, mix: tuple[str, ...], cache: int | None, validation: str | None,
    unknown: str, as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Print the perplexity of TEXT, a file in the form the model was trained on."""
    from embedrec.models.language.cache import UnigramCache
    from embedrec.models.language.mixture import Mixture
    from embedrec.pipeline.language import read_language_text

    asked, reader = _open_model(model)
    models = [asked, *(_open_model(other)[0] for other in mix)]
    if cache is not None:
        models.append(UnigramCache(asked.vocabulary_, cache))
    if len(models) > 1:
        asked = mixed = Mixture(models)
        if validation is not None:
            mixed.fit(read_language_text(reader, validation, asked.vocabulary_))
    elif validation is not None:
        raise ParameterError("--validation is for mixtures: add --mix or --cache, or leave it out",
                             value=validation)  # fmt: skip
    result = asked.evaluate(read_language_text(reader, text, asked.vocabulary_, unknown))
    names = [model, *mix, *(["cache"] if cache is not None else [])]
    weights = getattr(asked, "weights_", [1.0])
    if as_json:
        print_json(
            {
                "perplexity": result.perplexity,
                "tokens": result.n_tokens,
                "unknown_rate": result.unknown_rate,
                "log_prob": result.log_prob,
                "models": dict(zip(names, map(float, weights), strict=True)),
            }
        )
        return
    rows = [("perplexity", f"{result.perplexity:.2f}"), ("tokens", f"{result.n_tokens:,}"),
            ("unknown words", f"{100 * result.unknown_rate:.2f} %")]  # fmt: skip
    if len(models) > 1:
        rows += [(f"weight of {n}", f"{w:.3f}") for n, w in zip(names, weights, strict=True)]
    print_table(rows, right=[1])


@lm.command(short_help="Suggest the next word of a sentence.")
@click.argument("model")
@click.argument("context", metavar="TEXT")
@click.option("--prefix", default="", metavar="LETTERS",
              help="What has been typed of the next word.")  # fmt: skip
@topn_option
@json_option
@every_command
def suggest(model: str, context: str, prefix: str, topn: int, as_json: bool, quiet: bool) -> None:
    """Print the likeliest words after TEXT, the beginning of a sentence as one would type it."""
    asked, reader = _open_model(model)
    found = asked.next_words(reader.cut(context), topn, prefix=prefix)
    if as_json:
        print_json({"results": [{"word": word, "probability": p} for word, p in found]})
    else:
        print_table([(word, f"{p:.4f}") for word, p in found], right=[1])


@lm.command(short_help="Score sentences, one a line.")
@click.argument("model")
@click.argument("file")
@click.option("--ranked", is_flag=True, help="Likeliest first, by the mean of a word.")
@click.option("--words", is_flag=True, help="Each word's probability too.")
@unknown_option
@json_option
@every_command
def score(
    model: str, file: str, ranked: bool, words: bool, unknown: str, as_json: bool, quiet: bool
) -> None:
    """Print log p (natural logarithm, the sentence's end included) and perplexity of each line."""
    asked, reader = _open_model(model)
    rows = []
    for line in _read_lines(file, reader):
        scored = asked.log_prob(line, unknown=unknown)
        mean = scored.log_prob / len(scored.words)
        rows.append((mean, " ".join(line), scored))
    if ranked:
        rows.sort(key=lambda row: -row[0])
    from math import exp

    if as_json:
        results = [
            {"sentence": sentence, "log_prob": scored.log_prob, "perplexity": exp(-mean),
             **({"words": [list(pair) for pair in scored.words]} if words else {})}
            for mean, sentence, scored in rows
        ]  # fmt: skip
        print_json({"results": results})
        return
    for mean, sentence, scored in rows:
        say(f"{scored.log_prob:10.3f} {exp(-mean):10.2f}  {sentence}")
        if words:
            say("  " + " ".join(f"{word}:{log_p:.2f}" for word, log_p in scored.words))


@lm.command(short_help="Write text as the model has learnt it.")
@click.argument("model")
@click.option("--context", default="", metavar="TEXT", help="What to go on from.")
@click.option("--words", "-n", type=click.IntRange(min=1), default=60, show_default=True,
              help="How many to draw.")  # fmt: skip
@click.option("--temperature", type=click.FloatRange(min=0), default=1.0, show_default=True,
              help="Below 1 likelier words, above 1 stranger ones.")  # fmt: skip
@click.option("--top-k", type=click.IntRange(min=1), help="Draw among so many likeliest words.")
@click.option("--top-p", type=click.FloatRange(0, 1, min_open=True),
              help="Draw among the likeliest words of this share.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True,
              help="The same gives the same words.")  # fmt: skip
@json_option
@every_command
def generate(
    model: str, context: str, words: int, temperature: float, top_k: int | None,
    top_p: float | None, seed: int, as_json: bool, quiet: bool,
) -> None:  # fmt: skip
    """Draw words one after another; a sentence's end starts a new line."""
    asked, reader = _open_model(model)
    begun = reader.cut(context)
    drawn = asked.generate(
        begun, words, temperature=temperature, top_k=top_k, top_p=top_p, seed=seed
    )
    if as_json:
        print_json({"context": begun, "words": drawn})
        return
    lines = [list(begun)]
    for word in drawn:
        if word == asked.vocabulary_.words[asked.vocabulary_.end]:
            lines.append([])
        else:
            lines[-1].append(word)
    joint = "" if reader.unit == "character" else " "
    say(*(joint.join(line) for line in lines if line))


def _collect_parameters(ctx: click.Context, model: str) -> dict[str, Any]:
    parameters = {}
    for option, value in list_given(ctx, tuple(_PARAMETERS)).items():
        name, models = _PARAMETERS[option]
        if model not in models:
            raise ParameterError(
                f"--{option.replace('_', '-')} is for {', '.join(models)}, not for {model}: leave "
                "it out",
                value=option,
            )
        parameters[name] = "softmax" if value == "full" else value
    return parameters


def _open_reader(kind: Any, values: dict[str, Any]) -> TextReader:
    if values["unit"] == "character":
        return kind("character")
    from embedrec.text.pipeline import TextPipeline, TextSettings

    return kind("word", TextPipeline(TextSettings(segmenter=values["segmenter"])))


def _open_model(folder: str) -> tuple[LanguageModel, TextReader]:
    from embedrec.models.language.load import load_language_model
    from embedrec.pipeline.language import TextReader

    model: Any = load_language_model(folder)
    return model, TextReader.from_facts(model.facts_)


def _read_lines(file: str, reader: TextReader) -> list[list[str]]:
    from embedrec.models.language.text import read_sentences

    return [words for line in read_sentences(file, "word") if (words := reader.cut(" ".join(line)))]
