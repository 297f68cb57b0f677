"""Parameters on disk: one safetensors file, named by the way through the layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from embedrec.errors import CorruptedError
from embedrec.files import PathLike
from embedrec.nn.layer import Layer, iterate_parameters
from embedrec.tensors import read_tensors, save_tensors


def save_parameters(path: PathLike, layer: Layer) -> str:
    """Write all parameters of a layer, atomically; return the file's checksum."""
    return save_tensors(
        path, {name: parameter.value for name, parameter in iterate_parameters(layer)}
    )


def load_parameters(path: PathLike, layer: Layer) -> None:
    """Read all parameters of a layer, in place.

    Raises:
        InputError: if the file is missing.
        CorruptedError: if it is damaged, or holds other parameters or shapes than the layer has;
            the layer is as it was before.
    """
    tensors = read_tensors(path)
    wanted = dict(iterate_parameters(layer))
    name = Path(path).name
    if wanted.keys() != tensors.keys():
        strange = sorted(wanted.keys() ^ tensors.keys())[0]
        side = "has no" if strange in wanted else "has a"
        raise CorruptedError(
            f"{name} {side} parameter {strange!r}, unlike {layer!r}: it belongs to another network",
            value=strange,
        )
    for key, parameter in wanted.items():
        if tensors[key].shape != parameter.value.shape:
            raise CorruptedError(
                f"{key!r} has shape {tensors[key].shape} in {name} and {parameter.value.shape} "
                f"in {layer!r}: it belongs to another network",
                value=key,
            )
    for key, parameter in wanted.items():
        parameter.value = np.array(tensors[key], dtype=parameter.value.dtype)
        parameter.clear_gradient()
