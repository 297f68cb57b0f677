"""Every layer and loss against central differences; a layer without a case fails here too."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import numpy as np
import pytest

import embedrec.nn
from embedrec.nn import Chain, Dense, Layer, Loss, check_gradients
from tests.nn.cases import Case, collect_cases

CASES = collect_cases()
ABSTRACT = {Layer, Loss}


def find_layers() -> set[type]:
    found: set[type] = set()
    for info in pkgutil.iter_modules(embedrec.nn.__path__):
        module = importlib.import_module(f"embedrec.nn.{info.name}")
        found |= {
            kind
            for _, kind in inspect.getmembers(module, inspect.isclass)
            if issubclass(kind, Layer) and kind.__module__ == module.__name__
        }
    return {
        kind for kind in found - ABSTRACT
        if not inspect.isabstract(kind) and not kind.__name__.startswith("_")
    }  # fmt: skip


def find_kinds(thing: object) -> set[type]:
    if isinstance(thing, Layer):
        return {type(thing)}.union(*map(find_kinds, vars(thing).values()))
    if isinstance(thing, (list, tuple)):
        return set().union(*map(find_kinds, thing)) if thing else set()
    return set()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_gradients_agree_with_central_differences(case: Case):
    layer, x = case.make()
    report = check_gradients(layer, np.asarray(x), **case.arguments)
    assert report.error < 1e-6, report


def test_no_layer_is_left_out():
    checked = set().union(*(find_kinds(case.make()[0]) for case in CASES))
    missing = sorted(kind.__name__ for kind in find_layers() - checked)
    assert not missing, f"without a case in tests/nn/cases: {missing}"


def test_no_case_twice():
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)


class WrongDense(Dense):
    def forward(self, x, train=False):
        y, back = super().forward(x, train)
        return y, lambda gradient: back(gradient) * 1.001


def test_a_wrong_backward_is_found():
    generator = np.random.default_rng(0)
    layer = Chain(WrongDense(3, 2, generator=generator), Dense(2, 2, generator=generator))
    report = check_gradients(layer, generator.standard_normal((4, 3)))
    assert report.errors["input"] == pytest.approx(1e-3, rel=0.1)
    assert report.worst.startswith("input")
    assert report.errors["layers.0.weight"] < 1e-6
