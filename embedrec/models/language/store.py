"""A language model on disk: manifest.json, words.json and weights.safetensors in a folder.

Where a user dictionary was at work when the text was cut into words, its text is `user_dict.txt`:
the folder can be moved to another machine and still cuts queries as the training text was cut.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embedrec.errors import CorruptedError, EmbedrecError, InputError, ParameterError
from embedrec.files import PathLike, compute_checksum, write_atomic, write_folder
from embedrec.manifest import Manifest, collect_versions, load_manifest, peek_kind
from embedrec.models.language.vocabulary import LanguageVocabulary
from embedrec.nn.parameter import Array
from embedrec.tensors import read_tensors, save_tensors

KIND = "language-model"
FORMAT_VERSION = 1
_WORDS, _WEIGHTS, _USER_DICT = "words.json", "weights.safetensors", "user_dict.txt"
_DICT_FACT = "user_dict_text"


class StoredModel(NamedTuple):
    """What a language model is made of.

    Attributes:
        family: "kneser-ney", "nnlm", "rnn" and so on.
        arguments: of its constructor, JSON values only.
        vocabulary: its words.
        arrays: what it has learnt.
        facts: further JSON values: how text was cut into words, figures of its training. A
            "user_dict_text" among them is kept as a file of its own.
    """

    family: str
    arguments: dict[str, Any]
    vocabulary: LanguageVocabulary
    arrays: dict[str, Array]
    facts: dict[str, Any]


def save_model(folder: PathLike, stored: StoredModel) -> None:
    """Write a model, atomically; an older language model there is replaced.

    Raises:
        ParameterError: if the folder holds something else.
        StorageError: if the place can't be written; what was there stays.
    """
    path = Path(folder)
    if path.is_dir() and any(path.iterdir()) and peek_kind(path) != KIND:
        raise ParameterError(
            f"{path} is there and holds something other than a language model; choose another name",
            value=str(path),
        )
    facts = dict(stored.facts)
    texts = {_WORDS: stored.vocabulary.to_json(), _USER_DICT: facts.pop(_DICT_FACT, None)}
    with write_folder(path) as work:
        files = {_WEIGHTS: save_tensors(work / _WEIGHTS, stored.arrays)}
        for name, text in texts.items():
            if text is not None:
                with write_atomic(work / name, "w") as file:
                    file.write(text)
                files[name] = compute_checksum(work / name)
        parameters = {"family": stored.family, "arguments": stored.arguments}
        Manifest(
            KIND,
            FORMAT_VERSION,
            parameters=parameters,
            files=files,
            facts={**facts, "n_words": len(stored.vocabulary)},
            versions=collect_versions(numpy=np.__version__),
        ).save(work)


def read_model(folder: PathLike, family: str | None = None) -> StoredModel:
    """Read what `save_model` wrote.

    Args:
        family: the one wanted; None for any.

    Raises:
        InputError: if there is no language model, or one of another family.
        CorruptedError: naming what is damaged.
        VersionError: if a newer version wrote it.
    """
    path = Path(folder)
    manifest = load_manifest(path, KIND, FORMAT_VERSION)
    manifest.verify_files(path)
    found = manifest.parameters.get("family")
    if family is not None and found != family:
        raise InputError(f"{path} holds a model of family {found}, not {family}", value=found)
    if not {_WORDS, _WEIGHTS} <= manifest.files.keys():
        raise CorruptedError(f"{path} does not name all its files: train it again", value=path)
    try:
        vocabulary = LanguageVocabulary.from_json((path / _WORDS).read_text(encoding="utf-8"))
        arguments = dict(manifest.parameters["arguments"])
        facts = dict(manifest.facts)
        if _USER_DICT in manifest.files:
            facts[_DICT_FACT] = (path / _USER_DICT).read_text(encoding="utf-8")
    except (KeyError, TypeError, ValueError, json.JSONDecodeError, EmbedrecError) as error:
        raise CorruptedError(f"{path} is damaged ({error}): train it again", value=path) from error
    arrays = read_tensors(path / _WEIGHTS)
    return StoredModel(str(found), arguments, vocabulary, arrays, facts)
