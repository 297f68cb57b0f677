"""`embedrec lm train`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.failure import offer_resume
from embedrec.cli.options import every_command, list_given, resume_option
from embedrec.cli.output import say
from embedrec.errors import ParameterError

if TYPE_CHECKING:
    from embedrec.pipeline.language import TextReader

# option -> (parameter of the model, models that have it)
_FORWARD, _TWO_WAYS = ("rnn", "gru", "lstm"), ("birnn", "bigru", "bilstm")
_RECURRENT = (*_FORWARD, *_TWO_WAYS)
_NEURAL = ("nnlm", *_RECURRENT)
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
    "steps": ("n_steps", _FORWARD),
    "epochs": ("epochs", _NEURAL),
    "optimizer": ("optimizer", _NEURAL),
    "learning_rate": ("learning_rate", _NEURAL),
    "max_norm": ("max_norm", _NEURAL),
    "hidden_rate": ("hidden_rate", ("nnlm", *_FORWARD)),
    "schedule": ("schedule", _NEURAL),
    "decay": ("decay", _NEURAL),
    "patience": ("patience", _NEURAL),
    "freeze": ("freeze", _NEURAL),
    "seed": ("seed", _NEURAL),
}


@click.command(short_help="Train a language model on text files or a corpus.")
@click.argument("inputs", metavar="INPUT_OR_CORPUS...", nargs=-1, required=True)
@click.option("--output", "-o", metavar="MODEL", required=True, help="Folder of the model.")
@click.option("--model", type=click.Choice(["kn", *_NEURAL]), default="lstm", show_default=True,
              help="Which kind; bi...: words in their sentences, from both sides.")  # fmt: skip
@click.option("--validation", metavar="FILE",
              help="Held-out text.  [default: the last twentieth of the input]")  # fmt: skip
@click.option("--unit", type=click.Choice(["word", "character"]), default="word",
              show_default=True, help="What is predicted, for text files.")  # fmt: skip
@click.option("--segmenter", type=click.Choice(["whitespace", "auto", "jieba", "rjieba"]),
              default="whitespace", show_default=True,
              help="How text files are cut into words; whitespace: a sentence a line, words "
              "between blanks.")  # fmt: skip
@click.option("--user-dict", metavar="FILE",
              help="Words to keep whole, for text files cut by jieba; kept with the "
              "model.")  # fmt: skip
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
@click.option("--layers", type=click.IntRange(min=1), help="Recurrent layers.  "
              "[default: 2; rnn: 1; bi...: 1 each way]")  # fmt: skip
@click.option("--dropout", type=click.FloatRange(0, 1, max_open=True),
              help="Left out in training.  [default: 0.25]")  # fmt: skip
@click.option("--recurrent-dropout", type=click.FloatRange(0, 1, max_open=True),
              help="Left out on the way to the next step.  [default: 0]")  # fmt: skip
@click.option("--dropout-mask", type=click.Choice(["step", "sequence"]),
              help="Drawn anew for each step, or once a sequence.  [default: step]")  # fmt: skip
@click.option("--direct", is_flag=True, default=False,
              help="nnlm: the output sees the vectors directly too.")  # fmt: skip
@click.option("--tied/--no-tied", default=None,
              help="Output vectors are the input vectors.  [default: where they can be: sizes "
              "equal, full softmax, not frozen]")  # fmt: skip
@click.option("--softmax", "softmax", type=click.Choice(["full", "hierarchical", "sampled", "nce"]),
              help="What training computes at the output.  [default: full]")  # fmt: skip
@click.option("--samples", type=click.IntRange(min=1),
              help="Words drawn in a step for sampled and nce.  [default: 1000]")  # fmt: skip
@click.option("--batch-size", type=click.IntRange(min=1),
              help="Runs of text side by side; nnlm: words; bi...: sentences.  "
              "[default: 20; nnlm: 128]")  # fmt: skip
@click.option("--steps", type=click.IntRange(min=1),
              help="Words that gradients go back.  [default: 35; rnn: 10]")  # fmt: skip
@click.option("--epochs", type=click.IntRange(min=1),
              help="Most passes.  [default: 30; rnn: 12; nnlm: 10]")  # fmt: skip
@click.option("--optimizer", help="sgd, adam, ...  [default: sgd; bi...: adam]")
@click.option("--learning-rate", type=click.FloatRange(min=0, min_open=True),
              help="[default: 20 with sgd, else 0.001; bi...: 0.002]")  # fmt: skip
@click.option("--max-norm", type=click.FloatRange(min=0, min_open=True),
              help="Limit of all gradients together.  "
              "[default: 0.25 with sgd, else 5]")  # fmt: skip
@click.option("--hidden-rate", type=click.FloatRange(min=0, min_open=True),
              help="Share of the rate for the hidden layers, with sgd.  "
              "[default: 1; rnn: 0.03; nnlm: 0.1]")  # fmt: skip
@click.option("--schedule", type=click.Choice(["plateau", "linear", "cosine", "constant"]),
              help="How the rate falls: after epochs without progress, or with every step to 0 at "
              "the last epoch.  [default: plateau; rnn, nnlm: linear]")  # fmt: skip
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
    measure = "pseudo-perplexity" if model in _TWO_WAYS else "perplexity"
    if values["plot"] is not None:
        from embedrec.cli.curve import check_plot

        if model == "kn":
            raise ParameterError("--plot is for models with epochs, not for kn: leave it out",
                                 value=values["plot"])  # fmt: skip
        check_plot(values["plot"])
    vectors = None
    if values["vectors"] is not None:
        from embedrec.vectors.formats import load_vectors

        vectors = load_vectors(values["vectors"])
    progress = open_progress(values["quiet"])
    with offer_resume(ctx, output):
        learned: Any = train_language_model(
            inputs, output, model, reader=_open_reader(ctx, TextReader, values),
            validation=values["validation"], max_vocab=values["max_vocab"],
            min_count=values["min_count"], n_tokens=values["tokens"], vectors=vectors,
            resume=values["resume"], progress=progress, on_epoch=None, **parameters,
        )  # fmt: skip
    if values["plot"] is not None:
        from embedrec.cli.curve import draw_curve

        draw_curve(
            values["plot"], learned.figures_, measure=measure,
            exact=parameters.get("output", "softmax") in ("softmax", "hierarchical"),
        )  # fmt: skip
    if not values["quiet"]:
        figures = getattr(learned, "figures_", [])
        best = [f.valid_perplexity for f in figures if f.valid_perplexity is not None]
        told = f", epochs: {len(figures)}, validation {measure}: {min(best):.2f}" if best else ""
        say(f"{output}  {model}, {len(learned.vocabulary_):,} words{told}")


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


def _open_reader(ctx: click.Context, kind: Any, values: dict[str, Any]) -> TextReader | None:
    given = list_given(ctx, ("unit", "segmenter", "user_dict"))
    if not given:
        return None
    if values["unit"] == "character":
        for name in ("segmenter", "user_dict"):
            if name in given:
                option = f"--{name.replace('_', '-')}"
                raise ParameterError(
                    f"{option} is for words, not for --unit character: leave it out",
                    value=given[name],
                )
        return kind("character")
    from embedrec.text.pipeline import TextPipeline, TextSettings

    settings = TextSettings(segmenter=values["segmenter"], user_dict=values["user_dict"])
    return kind("word", TextPipeline(settings))
