"""`embedrec info`: what a path holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from embedrec.cli.bar import open_progress
from embedrec.cli.options import every_command, json_option
from embedrec.cli.output import print_json, print_table
from embedrec.errors import EmbedrecError, InputError
from embedrec.manifest import MANIFEST_NAME, Manifest, load_manifest
from embedrec.progress import Progress

if TYPE_CHECKING:
    from embedrec.vectors.keyed import KeyedVectors
    from embedrec.vectors.source import VectorSource

_UNFINISHED = {
    "corpus-build": "an unfinished corpus; go on with the command that began it, and --resume",
    "training": "an unfinished training; go on with embedrec train ... --resume",
    "word2vec-checkpoint": "a checkpoint of an unfinished training",
}
_RAW = {
    "dump": "MediaWiki XML dump",
    "json": "JSON lines with a text field",
    "doc": "text with <doc> lines",
    "plain": "plain text",
}


@click.command(short_help="Say what a corpus, a model or a vector file holds.")
@click.argument("path")
@click.option("--verify", is_flag=True, help="Compare all files with their checksums.")
@json_option
@every_command
def info(path: str, verify: bool, as_json: bool, quiet: bool) -> None:
    """Say what PATH is: a corpus, a model, a file of vectors, an unfinished run, or raw text."""
    found = describe_path(path, verify, open_progress(quiet))
    if as_json:
        print_json(found)
    else:
        print_table(flatten(found))


def describe_path(path: str, verify: bool, progress: Progress) -> dict[str, Any]:
    """Return facts about a path, "kind" first, JSON values only.

    Raises:
        InputError: if there is nothing, or nothing that is known.
        CorruptedError, VersionError: if an artefact can't be opened, or with `verify` differs from
            its checksums.
    """
    if not os.path.exists(path):
        raise InputError(f"{path} does not exist; check the name", value=path)
    if not os.path.isdir(path):
        return _describe_file(path, progress)
    if not (Path(path) / MANIFEST_NAME).is_file():
        raise InputError(
            f"{path} is a folder without {MANIFEST_NAME}: neither a corpus nor a model", value=path
        )
    return _describe_folder(path, verify)


def _describe_folder(path: str, verify: bool) -> dict[str, Any]:
    from embedrec.corpus.shards import Corpus
    from embedrec.manifest import peek_kind
    from embedrec.vectors.keyed import KeyedVectors

    kind = peek_kind(path)
    if kind in _UNFINISHED:
        return {"kind": kind, "path": path, "what": _UNFINISHED[kind]}
    if kind == "corpus":
        corpus = Corpus.open(path, verify=verify)
        return {
            "kind": kind,
            "path": path,
            "tokens": corpus.n_tokens,
            "sentences": corpus.n_sentences,
            "words": len(corpus.vocabulary),
            **_describe_manifest(path, corpus.manifest.parameters, verify),
            "inputs": corpus.manifest.inputs,
            "damages": corpus.manifest.facts.get("damages", []),
        }
    if kind == "rating-recommender":
        return _describe_recommender(path)
    vectors = KeyedVectors.load(path, verify=verify)
    trained = (Path(path) / "training.safetensors").is_file()
    return {
        "kind": "model" if trained else "vectors",
        "path": path,
        "words": len(vectors),
        "vector_size": vectors.vector_size,
        **_describe_subwords(vectors),
        **_describe_manifest(path, vectors.metadata, verify),
    }


def _describe_recommender(path: str) -> dict[str, Any]:
    from embedrec.ratings.scale import describe_scale
    from embedrec.recommend.rating_store import FORMAT_VERSION, KIND
    from embedrec.recommend.ratings import RatingRecommender

    recommender = RatingRecommender.load(path)  # which compares all files with their checksums
    manifest = load_manifest(path, KIND, FORMAT_VERSION)
    return {
        "kind": KIND,
        "path": path,
        "model": type(recommender.model).__name__,
        "users": len(recommender.user_ids_),
        "items": recommender.model.n_items,
        "ratings": len(recommender.histories_.others),
        "scale": describe_scale(recommender.model.scale_),
        "titles": len(recommender.titles),
        "parameters": {k: _plain(v) for k, v in recommender.model.get_params(deep=False).items()},
        "format_version": manifest.format_version,
        "versions": manifest.versions,
        "bytes": sum(file.stat().st_size for file in Path(path).rglob("*") if file.is_file()),
        "verified": True,
    }


def _plain(value: Any) -> Any:
    plain = isinstance(value, (str, int, float, bool, type(None)))
    return value if plain else repr(value)


def _describe_subwords(vectors: KeyedVectors) -> dict[str, Any]:
    from embedrec.vectors.subword import SubwordVectors

    if not isinstance(vectors, SubwordVectors):
        return {}
    lengths = {"min_n": vectors.min_n, "max_n": vectors.max_n}
    return {"subwords": {**lengths, "n_buckets": len(vectors.buckets)}}


def _describe_manifest(path: str, parameters: dict[str, Any], verify: bool) -> dict[str, Any]:
    from embedrec.files import read_json

    manifest = Manifest(**read_json(Path(path) / MANIFEST_NAME))
    return {
        **parameters,
        "format_version": manifest.format_version,
        "versions": manifest.versions,
        "bytes": sum((Path(path) / name).stat().st_size for name in manifest.files),
        "verified": verify,
    }


def _describe_file(path: str, progress: Progress) -> dict[str, Any]:
    from embedrec.vectors.detect import HEAD_SIZE, identify_form
    from embedrec.vectors.formats import load_vectors
    from embedrec.vectors.source import open_source

    try:
        with open_source(Path(path), HEAD_SIZE) as source:
            form = identify_form(source.head, source.name)
            if form.name == "fasttext-model":
                return _describe_fasttext(path, source)
    except InputError as error:
        return _describe_raw(path, error)
    vectors = load_vectors(path, progress=progress)
    return {
        "kind": "vector file",
        "path": path,
        "words": len(vectors),
        "vector_size": vectors.vector_size,
        **vectors.metadata,
        "bytes": os.path.getsize(path),
    }


def _describe_fasttext(path: str, source: VectorSource) -> dict[str, Any]:
    from embedrec.vectors.fasttext import read_fasttext

    model = read_fasttext(source)
    return {
        "kind": "fastText model",
        "path": path,
        "words": len(model.words),
        "vector_size": model.matrix.shape[1],
        **model.facts,
        "bytes": os.path.getsize(path),
    }


def _describe_raw(path: str, as_vectors: InputError) -> dict[str, Any]:
    from embedrec.text.kind import recognise_kind

    try:
        kind = recognise_kind(Path(path))
    except EmbedrecError:
        raise as_vectors from None
    return {
        "kind": "raw text",
        "path": path,
        "form": _RAW.get(kind.form, kind.form),
        "encoding": kind.encoding,
        "bytes": os.path.getsize(path),
    }


def flatten(content: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Return nested facts as rows of a table, names joined by dots; empty ones are left out."""
    rows: list[tuple[str, Any]] = []
    for name, value in content.items():
        if isinstance(value, dict):
            rows += flatten(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            rows += [(f"{prefix}{name}", _show(part)) for part in value]
        elif value is not None:
            rows.append((f"{prefix}{name}", _show(value)))
    return rows


def _show(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else value
