"""A recommender of ratings on disk.

manifest.json           kind "rating-recommender"
model/                  the model of ratings, as it saves itself
histories.safetensors   offsets, items and values of the users' ratings in training
names.json              ids of the users, titles of items
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from embedrec.errors import CorruptedError, ParameterError
from embedrec.files import PathLike, compute_checksum, read_json, write_folder, write_json
from embedrec.manifest import MANIFEST_NAME, Manifest, collect_versions, load_manifest, peek_kind
from embedrec.models.ratings.load import load_rating_model
from embedrec.models.ratings.model import RatingModel
from embedrec.models.stored import KIND as MODEL_KIND
from embedrec.ratings.table import Grouped
from embedrec.tensors import read_tensors, save_tensors

KIND = "rating-recommender"
FORMAT_VERSION = 1
_MODEL, _HISTORIES, _NAMES = "model", "histories.safetensors", "names.json"


class StoredHistories(NamedTuple):
    """What a recommender keeps besides its model.

    Attributes:
        user_ids: users of the training.
        histories: their ratings; `rows` plays no part.
        titles: of items, by id.
    """

    user_ids: tuple[str, ...]
    histories: Grouped
    titles: dict[str, str]


def write_recommender(folder: PathLike, model: RatingModel, stored: StoredHistories) -> None:
    """Write a recommender, atomically; an older one there is replaced.

    Raises:
        ParameterError: if the folder holds something else.
        StorageError: if the place can't be written; what was there stays.
    """
    path = Path(folder)
    if path.is_dir() and any(path.iterdir()) and peek_kind(path) != KIND:
        raise ParameterError(
            f"{path} is there and holds something other than a recommender of ratings; choose "
            "another name",
            value=str(path),
        )
    histories = stored.histories
    with write_folder(path) as work:
        model.save(work / _MODEL)
        arrays = {
            "offsets": histories.offsets, "items": histories.others, "values": histories.values,
        }  # fmt: skip
        tensors = save_tensors(work / _HISTORIES, arrays)
        write_json(work / _NAMES, {"user_ids": list(stored.user_ids), "titles": stored.titles})
        model_manifest = f"{_MODEL}/{MANIFEST_NAME}"
        Manifest(
            KIND,
            FORMAT_VERSION,
            parameters={"model": type(model).__name__},
            files={
                _HISTORIES: tensors,
                _NAMES: compute_checksum(work / _NAMES),
                model_manifest: compute_checksum(work / model_manifest),
            },
            facts={
                "n_users": len(stored.user_ids),
                "n_items": model.n_items,
                "n_ratings": len(histories.others),
                "n_titles": len(stored.titles),
                "scale": None if model.scale_ is None else model.scale_.tolist(),
            },
            versions=collect_versions(numpy=np.__version__),
        ).save(work)


def read_recommender(folder: PathLike) -> tuple[RatingModel, StoredHistories]:
    """Read what `write_recommender` wrote; of a model of ratings saved alone, without histories.

    Raises:
        InputError: if there is none.
        CorruptedError: naming what is damaged.
        VersionError: if a newer version wrote it.
    """
    path = Path(folder)
    if path.is_dir() and peek_kind(path) == MODEL_KIND:
        nothing = Grouped(np.zeros(1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32),
                          np.empty(0, np.int64))  # fmt: skip
        return load_rating_model(path), StoredHistories((), nothing, {})
    manifest = load_manifest(path, KIND, FORMAT_VERSION)
    manifest.verify_files(path)
    if not {_HISTORIES, _NAMES} <= manifest.files.keys():
        raise CorruptedError(f"{path} does not name all its files: train it again", value=path)
    model = load_rating_model(path / _MODEL)
    names, arrays = read_json(path / _NAMES), read_tensors(path / _HISTORIES)
    try:
        stored = _check_stored(names, arrays, model.n_items)
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptedError(
            f"{os.fspath(path)} is damaged ({error}): train it again", value=path
        ) from error
    return model, stored


def _check_stored(
    names: dict[str, Any], arrays: dict[str, np.ndarray], n_items: int
) -> StoredHistories:
    user_ids, titles = names["user_ids"], names["titles"]
    offsets, items, values = arrays["offsets"], arrays["items"], arrays["values"]
    if not isinstance(user_ids, list) or not isinstance(titles, dict):
        raise ValueError("names.json holds no ids and titles")
    fits = (
        len(offsets) == len(user_ids) + 1
        and offsets[0] == 0
        and offsets[-1] == len(items) == len(values)
        and (np.diff(offsets) >= 0).all()
        and (not len(items) or (items.min() >= 0 and items.max() < n_items))
    )
    if not fits:
        raise ValueError("the histories don't fit the users and items")
    rows = np.arange(len(items))
    return StoredHistories(tuple(user_ids), Grouped(offsets, items, values, rows), titles)
