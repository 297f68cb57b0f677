"""`embedrec similar` and `embedrec analogy`: questions to vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.options import every_command, json_option, topn_option
from embedrec.cli.output import print_json, print_table
from embedrec.errors import CorruptedError, InputError, UnknownWordError, VersionError
from embedrec.progress import Progress

if TYPE_CHECKING:
    from embedrec.recommend.forms import WordForms
    from embedrec.vectors.keyed import KeyedVectors


@click.command(short_help="Show the words nearest to one word or several.")
@click.argument("model")
@click.argument("words", metavar="WORD...", nargs=-1, required=True)
@topn_option
@json_option
@every_command
def similar(model: str, words: tuple[str, ...], topn: int, as_json: bool, quiet: bool) -> None:
    """Show the words of MODEL (a model folder or a vector file) nearest to WORD.

    Several words are one question: what is nearest to all of them together.
    """
    vectors, known = open_for_words(model, words, open_progress(quiet))
    print_words(vectors.most_similar(positive=known, topn=topn), as_json)


@click.command(short_help="Complete an analogy: A is to B as C is to what?")
@click.argument("model")
@click.argument("a")
@click.argument("b")
@click.argument("c")
@topn_option
@json_option
@every_command
def analogy(model: str, a: str, b: str, c: str, topn: int, as_json: bool, quiet: bool) -> None:
    """Show the words that are to C as B is to A (nearest to B - A + C)."""
    vectors, (a, b, c) = open_for_words(model, (a, b, c), open_progress(quiet))
    print_words(vectors.most_similar(positive=[b, c], negative=[a], topn=topn), as_json)


def open_for_words(
    model: str, words: Sequence[str], progress: Progress
) -> tuple[KeyedVectors, list[str]]:
    """Open vectors and find each word in them.

    A word that is not there as it was typed is written as the training text was (script, small
    letters), which is told; so is that a word is made of its n-grams.

    Raises:
        UnknownWordError: for a word that is not in the vocabulary in any such way, nor can be made
            of n-grams.
    """
    from embedrec.recommend.forms import WordForms

    vectors = open_vectors(model, progress)
    forms = WordForms(vectors)
    known = [find_word(vectors, forms, word) for word in words]
    for word, found in zip(words, known, strict=True):
        if found != word:
            progress.notice(f"{word} is looked up as {found}")
        if found not in vectors:
            progress.notice(f"{found} is not in the vocabulary; its vector is made of its n-grams")
    return vectors, known


def open_vectors(model: str, progress: Progress) -> KeyedVectors:
    """Load a model folder or a vector file of any form."""
    from embedrec.vectors.formats import load_vectors

    return load_vectors(model, progress=progress)


def find_word(vectors: KeyedVectors, forms: WordForms, word: str) -> str:
    """Return the word of the vocabulary that `word` is or is a form of.

    Where vectors can be made of n-grams, that is `word` itself, written as the training text was,
    if the vocabulary has it in no form.

    Raises:
        UnknownWordError: if there is none, with known pieces of it and near spellings.
    """
    from embedrec.vectors.subword import SubwordVectors

    try:
        rank = forms.find(word)
        spelt, pieces = (word, []) if rank is not None else (forms.spell(word), forms.cut(word))
    except (CorruptedError, InputError, VersionError):
        # Without the segmenter of the training text the plain answer is still true.
        rank, spelt, pieces = vectors.key_to_index.get(word), word, []
    if rank is not None:
        return vectors.index_to_key[rank]
    if isinstance(vectors, SubwordVectors):
        vectors.compose([spelt])
        return spelt
    near = [*(vectors.index_to_key[piece] for piece in pieces), *vectors.suggest(word)]
    raise UnknownWordError(word, list(dict.fromkeys(near))[:3])


def print_words(found: Sequence[tuple[str, float]], as_json: bool) -> None:
    """Print words with scores, as a table or as the JSON form."""
    if as_json:
        print_json({"results": [{"word": word, "score": float(score)} for word, score in found]})
    else:
        print_table([(word, float(score)) for word, score in found], right=[1])
