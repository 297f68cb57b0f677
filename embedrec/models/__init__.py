"""Things with fit(). Networks and linear models can be had from here; each loads when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Autoencoder": lambda: import_module("embedrec.models.autoencoder"),
    "BaggingClassifier": lambda: import_module("embedrec.models.bagging"),
    "BaggingRegressor": lambda: import_module("embedrec.models.bagging"),
    "DBM": lambda: import_module("embedrec.models.dbm"),
    "DeepPretrainedClassifier": lambda: import_module("embedrec.models.pretrained"),
    "LeNet5": lambda: import_module("embedrec.models.lenet"),
    "LinearUnit": lambda: import_module("embedrec.models.linear"),
    "LogisticRegression": lambda: import_module("embedrec.models.linear"),
    "MLPClassifier": lambda: import_module("embedrec.models.mlp"),
    "MLPRegressor": lambda: import_module("embedrec.models.mlp"),
    "Perceptron": lambda: import_module("embedrec.models.linear"),
    "RBM": lambda: import_module("embedrec.models.rbm"),
    "SoftmaxRegression": lambda: import_module("embedrec.models.linear"),
    "TextCNN": lambda: import_module("embedrec.models.textcnn"),
    "TreeNet": lambda: import_module("embedrec.models.tree_net"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'embedrec.models' has no attribute {name!r}")
    return getattr(_HOMES[name](), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
