"""Checkpoints of a network in training: all that decides how it goes on, as a folder.

    manifest.json         kind "training-checkpoint"; parameters and inputs are what must be the
                          same on resuming, facts the position and the history
    state.safetensors     values, slots of the optimiser, best and averaged weights, by name

A checkpoint replaces the one before as a whole, so that there is always a complete one.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from embedrec.errors import CorruptedError, ResumeError
from embedrec.files import PathLike, write_folder
from embedrec.manifest import Manifest, collect_versions, load_manifest
from embedrec.nn.layer import iterate_parameters
from embedrec.nn.padded import Padded
from embedrec.nn.parameter import Array
from embedrec.tensors import read_tensors, save_tensors

KIND = "training-checkpoint"
VERSION = 1
_STATE = "state.safetensors"

# What does not decide the result of a training, and may differ when it resumes.
_OPEN = {"checkpoint", "checkpoint_seconds", "resume", "progress", "callbacks"}
_CALLED = {"augment", "compute"}

Groups = dict[str, dict[str, Array]]


def list_settings(trainer: Any, optimizer: Any, network: Any, loss: Any) -> dict[str, Any]:
    """Return what decides the result of a trainer's training apart from samples, in words."""
    settings: dict[str, Any] = {}
    for name in type(trainer).__dataclass_fields__:
        value = getattr(trainer, name)
        if name in _CALLED:
            settings[name] = None if value is None else getattr(value, "__qualname__", "callable")
        elif name not in _OPEN:
            settings[name] = repr(value)
    shapes = {
        name: str(parameter.value.shape)
        for name, parameter in iterate_parameters({"network": network, "loss": loss})
    }
    return {
        **settings,
        "optimizer": repr(optimizer),
        "network": repr(network),
        "loss": repr(loss),
        "shapes": shapes,
    }


def identify_training(settings: dict[str, Any], **inputs: Any) -> Manifest:
    """Return what decides a training: settings, and arrays by checksum."""
    sums = {name: digest_samples(value) for name, value in inputs.items() if value is not None}
    return Manifest(KIND, VERSION, inputs=sums, parameters=settings)


def digest_samples(samples: Any) -> str:
    """Return a checksum of an array or `Padded`; of anything else its length alone."""
    if isinstance(samples, Padded):
        return f"{digest_samples(samples.values)} {digest_samples(samples.lengths)}"
    if isinstance(samples, np.ndarray) and samples.dtype.kind in "biuf":
        digest = hashlib.blake2b(f"{samples.dtype} {samples.shape}".encode(), digest_size=16)
        digest.update(np.ascontiguousarray(samples).reshape(-1).view(np.uint8).data)
        return f"blake2b:{digest.hexdigest()}"
    return f"{len(samples)} samples"


def save_checkpoint(
    folder: PathLike, groups: Groups, facts: dict[str, Any], identity: Manifest
) -> None:
    """Write a checkpoint that replaces the one in `folder` as a whole.

    Args:
        folder: where it stands.
        groups: name of the group to name to array; a group's name holds no "/".
        facts: position and history, JSON values.
        identity: from `identify_training`.

    Raises:
        StorageError: if the place can't be written; what was there stays.
    """
    tensors = {f"{group}/{name}": a for group, named in groups.items() for name, a in named.items()}
    with write_folder(folder) as work:
        Manifest(
            KIND,
            VERSION,
            inputs=identity.inputs,
            parameters=identity.parameters,
            files={_STATE: save_tensors(work / _STATE, tensors)},
            facts=facts,
            versions=collect_versions(numpy=np.__version__),
        ).save(work)


def load_checkpoint(folder: PathLike, identity: Manifest) -> tuple[Groups, dict[str, Any]]:
    """Read a checkpoint: groups of arrays, and facts.

    Raises:
        InputError: if there is none.
        ResumeError: if it belongs to a training with other settings, samples or another network.
        CorruptedError: if it is damaged.
    """
    manifest = load_manifest(folder, KIND, VERSION)
    if difference := identity.describe_difference(manifest):
        raise ResumeError(
            f"can't resume from {os.fspath(folder)}: {difference}; "
            "use the same settings and samples, or start again without resuming",
            value=difference,
        )
    manifest.verify_files(folder)
    if _STATE not in manifest.files:
        raise CorruptedError(
            f"{os.fspath(folder)} names no {_STATE}; start again without resuming", value=folder
        )
    groups: Groups = {}
    for key, array in read_tensors(Path(folder) / _STATE).items():
        group, _, name = key.partition("/")
        groups.setdefault(group, {})[name] = array
    return groups, manifest.facts
