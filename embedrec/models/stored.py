"""Estimators on disk: a folder with manifest.json and weights.safetensors; nothing is pickled.

manifest.json         kind "estimator"; parameters: the class and the constructor's arguments;
                      facts: what was learned apart from arrays (labels, sizes)
weights.safetensors   the arrays learned, by name
"""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from embedrec.errors import CorruptedError, EmbedrecError, InputError, ParameterError
from embedrec.files import PathLike, write_folder
from embedrec.manifest import Manifest, collect_versions, load_manifest, peek_kind
from embedrec.nn.parameter import Array
from embedrec.tensors import read_tensors, save_tensors

if TYPE_CHECKING:
    from embedrec.models.estimator import Estimator

KIND = "estimator"
FORMAT_VERSION = 1
_WEIGHTS = "weights.safetensors"


def save_estimator(folder: PathLike, estimator: Estimator) -> None:
    """Write a fitted estimator as a folder, atomically; an older estimator there is replaced.

    Raises:
        ParameterError: if an argument has no form on disk, or the folder holds something else.
        StorageError: if the place can't be written; what was there stays.
    """
    path = Path(folder)
    # Writing replaces a folder as a whole; one that holds a person's other files must not go.
    if path.is_dir() and any(path.iterdir()) and peek_kind(path) != KIND:
        raise ParameterError(
            f"{path} is there and holds something other than an estimator; choose another name",
            value=str(path),
        )
    arrays, description = describe_estimator(estimator)
    with write_folder(path) as work:
        Manifest(
            KIND,
            FORMAT_VERSION,
            parameters={name: description[name] for name in ("class", "arguments")},
            files={_WEIGHTS: save_tensors(work / _WEIGHTS, arrays)},
            facts=description["facts"],
            versions=collect_versions(numpy=np.__version__),
        ).save(work)


def load_estimator(folder: PathLike, kind: type[Estimator]) -> Estimator:
    """Read an estimator of a class, or of a class derived from it.

    Raises:
        InputError: if there is none, or it is of another class.
        CorruptedError: if it is damaged.
        VersionError: if a newer version wrote it.
    """
    manifest = load_manifest(folder, KIND, FORMAT_VERSION)
    manifest.verify_files(folder)
    description = {**manifest.parameters, "facts": manifest.facts}
    found = description.get("class")
    known = {**kind.kinds, kind.__name__: kind}.get(str(found))
    if known is None or not issubclass(known, kind):
        raise InputError(
            f"{os.fspath(folder)} holds a {found}, not a {kind.__name__}: load it by {found}.load",
            value=found,
        )
    if _WEIGHTS not in manifest.files:
        raise CorruptedError(
            f"{os.fspath(folder)} names no {_WEIGHTS}: save it again", value=folder
        )
    arrays = read_tensors(Path(folder) / _WEIGHTS)
    try:
        return rebuild_estimator(known, arrays, description)
    except CorruptedError as error:
        raise CorruptedError(f"{os.fspath(folder)}: {error}", value=folder) from error


def describe_estimator(estimator: Estimator) -> tuple[dict[str, Array], dict[str, Any]]:
    """Return what makes a fitted estimator: arrays, and an object for JSON.

    Raises:
        ParameterError: if an argument of the constructor has no form on disk.
    """
    arrays, facts = estimator.export_state()
    arguments = {
        name: _write_value(estimator, name, value)
        for name, value in estimator.get_params(deep=False).items()
    }
    description = {"class": type(estimator).__name__, "arguments": arguments, "facts": facts}
    return arrays, description


def rebuild_estimator(
    kind: type[Estimator], arrays: dict[str, Array], description: dict[str, Any]
) -> Estimator:
    """Return the estimator that `describe_estimator` was given.

    Raises:
        CorruptedError: if things don't fit together.
    """
    try:
        arguments = {name: _read_value(kind, v) for name, v in description["arguments"].items()}
        estimator = kind(**arguments)
        estimator.restore_state(arrays, description["facts"])
    except (EmbedrecError, KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        what = f"it lacks {error}" if type(error) is KeyError else str(error)
        raise CorruptedError(
            f"the {kind.__name__} in it can't be put together ({what}): save it again"
        ) from error
    return estimator


def _write_value(estimator: Any, name: str, value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, tuple):
        return {"tuple": [_write_value(estimator, name, inner) for inner in value]}
    if isinstance(value, list):
        return [_write_value(estimator, name, inner) for inner in value]
    if hasattr(value, "list_parameters"):
        arguments = value.get_params(deep=False)
        inner = {key: _write_value(value, key, each) for key, each in arguments.items()}
        return {"estimator": type(value).__name__, "arguments": inner}
    if dataclasses.is_dataclass(value) and type(value).__module__.startswith("embedrec.nn."):
        fields = {
            each.name: _write_value(estimator, name, getattr(value, each.name))
            for each in dataclasses.fields(value)
            if each.init
        }
        return {"dataclass": type(value).__name__, "fields": fields}
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ParameterError(
            f"{type(estimator).__name__} can't be saved with {name}={value!r}: give a word, a "
            "number, or an object of embedrec.nn",
            value=name,
        ) from error
    return value


def _read_value(kind: type[Estimator], value: Any) -> Any:
    if isinstance(value, list):
        return [_read_value(kind, inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if "tuple" in value:
        return tuple(_read_value(kind, inner) for inner in value["tuple"])
    if "estimator" in value:
        arguments = {key: _read_value(kind, each) for key, each in value["arguments"].items()}
        return kind.kinds[value["estimator"]](**arguments)
    if "dataclass" in value:
        import embedrec.nn

        made: Any = getattr(embedrec.nn, value["dataclass"])
        if not hasattr(made, "__dataclass_fields__"):
            raise CorruptedError(f"{value['dataclass']} is no setting of embedrec.nn")
        return made(**{key: _read_value(kind, each) for key, each in value["fields"].items()})
    return value
