"""embedrec: word embeddings and recommendations, Chinese first.

The public names below load what they need when they are first used, so that importing the package
costs next to nothing.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from embedrec.errors import (
    CorruptedError,
    DivergenceError,
    EmbedrecError,
    InputError,
    MissingExtraError,
    ParameterError,
    ResumeError,
    StorageError,
    UnknownWordError,
    VersionError,
)

# OpenBLAS reads it when NumPy is loaded: for how many cycles, 2**26 unless it is told, its threads
# hold a processor after a product, looking for more work, while this package's own threads want it.
if "numpy" not in sys.modules:
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "17")

if TYPE_CHECKING:
    from embedrec.corpus.shards import Corpus
    from embedrec.corpus.vocabulary import Vocabulary
    from embedrec.models.autoencoder import Autoencoder
    from embedrec.models.bagging import BaggingClassifier, BaggingRegressor
    from embedrec.models.lenet import LeNet5
    from embedrec.models.linear import LinearUnit, LogisticRegression, Perceptron, SoftmaxRegression
    from embedrec.models.mlp import MLPClassifier, MLPRegressor
    from embedrec.models.pretrained import DeepPretrainedClassifier
    from embedrec.models.textcnn import TextCNN
    from embedrec.models.tree_net import TreeNet
    from embedrec.models.word2vec import Word2Vec
    from embedrec.pipeline import build_corpus, train
    from embedrec.recommend.words import WordRecommender
    from embedrec.text.pipeline import TextPipeline, TextSettings
    from embedrec.vectors.evaluate import evaluate_analogies, evaluate_similarity
    from embedrec.vectors.formats import load_vectors, save_vectors
    from embedrec.vectors.keyed import KeyedVectors

__version__ = "0.1.0"

__all__ = [
    "Autoencoder",
    "BaggingClassifier",
    "BaggingRegressor",
    "Corpus",
    "CorruptedError",
    "DeepPretrainedClassifier",
    "DivergenceError",
    "EmbedrecError",
    "InputError",
    "KeyedVectors",
    "LeNet5",
    "LinearUnit",
    "LogisticRegression",
    "MLPClassifier",
    "MLPRegressor",
    "MissingExtraError",
    "ParameterError",
    "Perceptron",
    "ResumeError",
    "SoftmaxRegression",
    "StorageError",
    "TextCNN",
    "TextPipeline",
    "TextSettings",
    "TreeNet",
    "UnknownWordError",
    "VersionError",
    "Vocabulary",
    "Word2Vec",
    "WordRecommender",
    "__version__",
    "build_corpus",
    "evaluate_analogies",
    "evaluate_similarity",
    "load_vectors",
    "save_vectors",
    "train",
]

_HOMES = {
    "Autoencoder": "embedrec.models.autoencoder",
    "BaggingClassifier": "embedrec.models.bagging",
    "BaggingRegressor": "embedrec.models.bagging",
    "Corpus": "embedrec.corpus.shards",
    "DeepPretrainedClassifier": "embedrec.models.pretrained",
    "KeyedVectors": "embedrec.vectors.keyed",
    "LeNet5": "embedrec.models.lenet",
    "LinearUnit": "embedrec.models.linear",
    "LogisticRegression": "embedrec.models.linear",
    "MLPClassifier": "embedrec.models.mlp",
    "MLPRegressor": "embedrec.models.mlp",
    "Perceptron": "embedrec.models.linear",
    "SoftmaxRegression": "embedrec.models.linear",
    "TextCNN": "embedrec.models.textcnn",
    "TextPipeline": "embedrec.text.pipeline",
    "TextSettings": "embedrec.text.pipeline",
    "TreeNet": "embedrec.models.tree_net",
    "Vocabulary": "embedrec.corpus.vocabulary",
    "Word2Vec": "embedrec.models.word2vec",
    "WordRecommender": "embedrec.recommend.words",
    "build_corpus": "embedrec.pipeline",
    "evaluate_analogies": "embedrec.vectors.evaluate",
    "evaluate_similarity": "embedrec.vectors.evaluate",
    "load_vectors": "embedrec.vectors.formats",
    "save_vectors": "embedrec.vectors.formats",
    "train": "embedrec.pipeline",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'embedrec' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
