"""`embedrec lm`: language models that score, complete and generate text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.lm_train import train
from embedrec.cli.options import every_command, json_option, topn_option
from embedrec.cli.output import print_json, print_table, say
from embedrec.errors import InputError, ParameterError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedrec.models.bilm import BidirectionalLM
    from embedrec.models.language.model import LanguageModel
    from embedrec.pipeline.language import TextReader

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
    """Language models: n-grams (kn), NNLM, and recurrent networks (rnn, gru, lstm).

    Beside them models of words in their sentences (birnn, bigru, bilstm), for score and suggest.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


lm.add_command(train)


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

    asked, reader = _open_language_model(model)
    models = [asked, *(_open_language_model(other)[0] for other in mix)]
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
    names = _number_repeated([model, *mix, *(["cache"] if cache is not None else [])])
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


@lm.command(short_help="Suggest the next word of a sentence, or one for a gap.")
@click.argument("model")
@click.argument("context", metavar="TEXT")
@click.option("--prefix", default="", metavar="LETTERS",
              help="What has been typed of the next word.")  # fmt: skip
@click.option("--gap", metavar="MARK",
              help="What stands for the missing word, for bidirectional models.  "
              "[default: _]")  # fmt: skip
@topn_option
@json_option
@every_command
def suggest(
    model: str, context: str, prefix: str, gap: str | None, topn: int, as_json: bool, quiet: bool
) -> None:
    """Print the likeliest words after TEXT, the beginning of a sentence as one would type it.

    With a bidirectional model TEXT is a sentence with a gap, as "我 _ 北京".
    """
    from embedrec.models.bilm import BidirectionalLM

    asked, reader = _open_model(model)
    prefix = reader.convert_prefix(prefix)
    if isinstance(asked, BidirectionalLM):
        before, after = _part_at_gap(context, gap or "_")
        begun = reader.cut(before)
        sentence = [*begun, gap or "_", *reader.cut(after)]
        found = asked.candidates(sentence, len(begun), topn, prefix=prefix)
    elif gap is not None:
        raise ParameterError(
            f"--gap is for bidirectional models, and {model} tells next words: leave it out",
            value=gap,
        )
    else:
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
    """Print log p (natural logarithm, the sentence's end included) and perplexity of each line.

    Bidirectional models give the pseudo log p: of each word given all others of the line, added up.
    It ranks sentences, and is not to be compared with other models' log p. Lines without a word are
    passed over; JSON has the number of each line.
    """
    from embedrec.models.bilm import BidirectionalLM

    asked, reader = _open_model(model)
    texts = list(_read_lines(file))
    cut = [(n, text, line) for n, text in texts if (line := reader.cut(text))]
    if not cut:
        raise InputError(f"{file} has no sentence: give one with a sentence a line", value=file)
    lines = [words for _, _, words in cut]
    is_pseudo = isinstance(asked, BidirectionalLM)
    if isinstance(asked, BidirectionalLM):
        found = asked.score_sentences(lines, unknown=unknown)
    else:
        found = [asked.log_prob(line, unknown=unknown) for line in lines]
    rows = [
        (scored.log_prob / len(scored.words), n, text, scored)
        for (n, text, _), scored in zip(cut, found, strict=True)
    ]
    if ranked:
        rows.sort(key=lambda row: -row[0])
    progress = open_progress(quiet)
    if len(cut) < len(texts):
        progress.notice(f"lines without a word were passed over: {len(texts) - len(cut)}")
    from math import exp

    if as_json:
        marks = (
            ("pseudo_log_prob", "pseudo_perplexity") if is_pseudo else ("log_prob", "perplexity")
        )
        results = [
            {"line": n, "sentence": sentence, marks[0]: scored.log_prob, marks[1]: exp(-mean),
             **({"words": [list(pair) for pair in scored.words]} if words else {})}
            for mean, n, sentence, scored in rows
        ]  # fmt: skip
        print_json({"results": results})
        return
    if is_pseudo:
        progress.remark("pseudo log p: of each word given all others of its line")
    for mean, _, sentence, scored in rows:
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
    asked, reader = _open_language_model(model)
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


def _open_model(folder: str) -> tuple[LanguageModel | BidirectionalLM, TextReader]:
    from embedrec.models.language.load import load_language_model
    from embedrec.pipeline.language import TextReader

    model: Any = load_language_model(folder)
    return model, TextReader.from_facts(model.facts_)


def _open_language_model(folder: str) -> tuple[LanguageModel, TextReader]:
    from embedrec.models.language.model import LanguageModel

    model, reader = _open_model(folder)
    if not isinstance(model, LanguageModel):
        raise InputError(
            f"{folder} is a bidirectional model, which has no probability of a text: use lm score, "
            "or lm suggest with a gap",
            value=folder,
        )
    return model, reader


def _part_at_gap(text: str, gap: str) -> tuple[str, str]:
    if not gap or text.count(gap) != 1:
        raise ParameterError(
            f"a sentence for a bidirectional model has one gap {gap!r}, as '我 {gap or '_'} 北京', "
            f"not {text.count(gap) if gap else 0}: write it once, or choose another --gap",
            value=text,
        )
    before, _, after = text.partition(gap)
    return before, after


def _read_lines(file: str) -> Iterator[tuple[int, str]]:
    from embedrec.models.language.text import read_lines

    for n, line in enumerate(read_lines(file), 1):
        yield n, line.strip()


def _number_repeated(names: list[str]) -> list[str]:
    """Return names of which none is there twice: the second of two gets a number."""
    seen: dict[str, int] = {}
    numbered = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        numbered.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return numbered
