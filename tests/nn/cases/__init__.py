"""One row for every layer, loss and variant whose gradients are checked: CASES of each module."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from embedrec.nn import Layer


class Case(NamedTuple):
    """Something to check.

    Attributes:
        name: of the test.
        make: returns the layer and its input (float64 or whole numbers).
        arguments: further ones of `check_gradients`: target, weights, train.
    """

    name: str
    make: Callable[[], tuple[Layer, Any]]
    arguments: Mapping[str, Any] = MappingProxyType({})


def collect_cases() -> list[Case]:
    cases = []
    for module in pkgutil.iter_modules(__path__):
        cases += importlib.import_module(f"{__name__}.{module.name}").CASES
    return cases
