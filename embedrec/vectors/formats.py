"""Reading and writing vectors in the forms the world uses, told apart by content or by ending."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from embedrec.errors import CorruptedError, InputError, ParameterError
from embedrec.files import PathLike, write_atomic
from embedrec.progress import Progress, SilentProgress
from embedrec.vectors.binary_form import read_binary, write_binary
from embedrec.vectors.detect import HEAD_SIZE, Form, identify_form
from embedrec.vectors.fasttext import compose_words, read_fasttext
from embedrec.vectors.folder import load_folder
from embedrec.vectors.keyed import KeyedVectors
from embedrec.vectors.source import VectorSource, open_source
from embedrec.vectors.stored import StoredVectors, Subwords
from embedrec.vectors.text_form import read_text, write_text

ENDINGS = {
    ".bin": "word2vec binary",
    ".txt": "word2vec text",
    ".vec": "fastText text",
    ".glove": "GloVe text (also a name that ends in glove.txt)",
}
_BREAKS = " \t\v\f\r"


def load_vectors(
    path: PathLike,
    *,
    errors: str = "replace",
    limit: int | None = None,
    progress: Progress | None = None,
) -> KeyedVectors:
    """Read vectors: the own folder, word2vec text or binary, fastText .vec or .bin, GloVe text.

    The form is told by content, gzip included. Words that come twice keep their first vector. What
    was put right on the way stands in `metadata["source"]` and is told to `progress`. Where the
    source holds subwords (a fastText .bin, a folder), the result is `SubwordVectors`.

    Args:
        errors: what to do with words that are not valid UTF-8: "replace" broken bytes by U+FFFD,
            "ignore" them, or "strict", which raises.
        limit: read only the first words, this many.

    Raises:
        ParameterError: if an option is out of range.
        InputError: if the path is missing, empty or of no known form.
        CorruptedError: naming the line or entry, if the file is damaged.
        VersionError: if a newer version wrote the folder.
    """
    if errors not in ("strict", "replace", "ignore"):
        raise ParameterError(f"errors is {errors!r}; choose strict, replace or ignore",
                             value=errors)  # fmt: skip
    if limit is not None and limit < 1:
        raise ParameterError(f"limit is {limit}; give at least 1 word", value=limit)
    path = Path(path)
    if path.is_dir():
        stored = load_folder(path)
        if limit is not None:
            stored.words, stored.vectors = stored.words[:limit], stored.vectors[:limit]
            stored.counts = None if stored.counts is None else stored.counts[:limit]
        return KeyedVectors.from_stored(stored)
    progress = progress or SilentProgress()
    with open_source(path, HEAD_SIZE) as source:
        form = identify_form(source.head, source.name)
        _check_claim(form, source)
        with progress.stage("read vectors", total=os.path.getsize(path), unit="B") as stage:
            source.stage = stage
            raw_words, stored = _read_form(source, form, limit)
    stored.words, kept, found = _put_right(raw_words, source.name, errors)
    if kept is not None:
        stored.vectors = stored.vectors[kept]
        stored.counts = None if stored.counts is None else stored.counts[kept]
    stored.metadata = {"source": {"form": form.name, "file": path.name, **stored.metadata, **found}}
    if any(found.values()):
        progress.notice(
            f"{path}: {found['damaged_words']} words were not valid UTF-8, "
            f"{found['repeated_words']} came twice (the first stays), "
            f"{found['dropped_words']} had nothing left and were dropped"
        )
    return KeyedVectors.from_stored(stored)


def save_vectors(
    vectors: KeyedVectors, path: PathLike, *, progress: Progress | None = None
) -> None:
    """Write vectors, atomically, in the form that the ending names.

    `.bin` is word2vec binary, `.txt` word2vec text, `.vec` fastText's text, `.glove` and a name
    that ends in `glove.txt` GloVe's text without a header; a path without an ending, or a folder
    that is there, is the own form. Only the own form keeps counts and metadata.

    Raises:
        ParameterError: for another ending, for a word that the form can't hold, or for a folder
            that holds something else.
        StorageError: if the place can't be written; what was there stays.
    """
    path = Path(path)
    form = choose_form(path)
    stored = vectors.to_stored()
    if form == "folder":
        vectors.save(path)
        return
    _check_words(stored.words, path)
    stage_made = (progress or SilentProgress()).stage(
        "write vectors", total=len(vectors), unit="words"
    )
    with stage_made as stage, write_atomic(path) as file:
        if form == "bin":
            write_binary(file, stored, stage)
        else:
            write_text(file, stored, stage, header=form != "glove", trailing_blank=form == "vec")


def choose_form(path: PathLike) -> str:
    """Return "bin", "txt", "vec", "glove" or "folder" for a path to be written.

    Raises:
        ParameterError: for an ending that none of them has.
    """
    path = Path(path)
    if path.is_dir():
        return "folder"
    name = path.name.lower()
    ending = os.path.splitext(name)[1]
    if name.endswith("glove.txt"):
        return "glove"
    if ending in ENDINGS:
        return ending[1:]
    if ending == "" or ending[1:2].isdigit():
        return "folder"
    known = ", ".join(f"{key} {what}" for key, what in ENDINGS.items())
    raise ParameterError(
        f"can't tell a form of vectors from the ending {ending!r} of {path}; use one of {known}, "
        "or a name without an ending for a folder",
        value=str(path),
    )


def _read_form(
    source: VectorSource, form: Form, limit: int | None
) -> tuple[list[bytes], StoredVectors]:
    """Return the words as they stand in the file, and what else there is, without words."""
    if form.name == "fasttext-model":
        model = read_fasttext(source)
        vectors = compose_words(model, limit, source.name)
        subwords = Subwords(model.buckets, model.min_n, model.max_n) if model.max_n else None
        return model.words[:limit], StoredVectors(
            [], vectors, model.counts[:limit], model.facts, subwords=subwords
        )
    if form.name == "word2vec-binary":
        n_words = form.n_words or 0
        words, vectors = read_binary(source, n_words=n_words, size=form.size, limit=limit)
    else:
        words, vectors = read_text(source, n_words=form.n_words, size=form.size, limit=limit)
    return words, StoredVectors([], vectors)


def _check_claim(form: Form, source: VectorSource) -> None:
    # A header that lies would otherwise be found out only after memory is taken for it.
    width = 4 if form.name == "word2vec-binary" else 2
    if (form.n_words or 1) * (form.size * width + 1) > source.largest_size + 1:
        raise CorruptedError(
            f"{source.name}: its header says {form.n_words} vectors of {form.size} values, which "
            "is more than the file can hold; it is cut short or damaged, fetch it again",
            value=source.name,
        )


def _put_right(
    raw_words: list[bytes], name: str, errors: str
) -> tuple[list[str], list[int] | None, dict[str, int]]:
    """Decode the words and drop repeated and empty ones; say which rows stay and how many went.

    The rows are None if all stay.
    """
    try:
        words = b"\n".join(raw_words).decode().split("\n")
        n_damaged = 0
        if len(words) != len(raw_words):  # a word of a binary file may hold a line feed
            words = [raw.decode() for raw in raw_words]
    except UnicodeDecodeError:
        words, n_damaged = _decode_singly(raw_words, name, errors)
    n_repeated = n_dropped = 0
    kept = None
    if len(set(words)) != len(words) or "" in words:
        rows: dict[str, int] = {}
        for row, word in enumerate(words):
            rows.setdefault(word, row)
        n_repeated = len(words) - len(rows)
        n_dropped = int(rows.pop("", None) is not None)
        if n_dropped:
            n_empty = words.count("")
            n_repeated, n_dropped = n_repeated - (n_empty - 1), n_empty
        kept = sorted(rows.values())
        words = [words[row] for row in kept]
    if not words:
        raise InputError(f"{name} holds no words that can be read", value=name)
    counted = {
        "damaged_words": n_damaged,
        "repeated_words": n_repeated,
        "dropped_words": n_dropped,
    }
    return words, kept, counted


def _decode_singly(raw_words: list[bytes], name: str, errors: str) -> tuple[list[str], int]:
    words = []
    n_damaged = 0
    for entry, raw in enumerate(raw_words, 1):
        try:
            words.append(raw.decode())
        except UnicodeDecodeError as error:
            if errors == "strict":
                raise CorruptedError(
                    f"{name}, word {entry} is not valid UTF-8 ({raw[:40]!r}); read it with "
                    'errors="replace" or "ignore"',
                    value=raw,
                ) from error
            words.append(raw.decode(errors=errors))
            n_damaged += 1
    return words, n_damaged


def _check_words(words: Sequence[str], path: Path) -> None:
    text = "\n".join(words)
    if any(blank in text for blank in _BREAKS) or text.count("\n") >= len(words):
        broken = next(word for word in words if any(blank in word for blank in (*_BREAKS, "\n")))
        raise ParameterError(
            f"the word {broken!r} holds a blank, which {path} can't hold; drop the word or save "
            "to a folder",
            value=broken,
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ParameterError(
            f"a word holds {text[error.start]!r}, which is no character of UTF-8; drop the word",
            value=text[error.start],
        ) from error
