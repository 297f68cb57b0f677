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
    from embedrec.models.bilm import BidirectionalLM
    from embedrec.models.dbm.model import DBM
    from embedrec.models.language.kneser_ney import KneserNey
    from embedrec.models.language.load import load_language_model
    from embedrec.models.lenet import LeNet5
    from embedrec.models.linear import LinearUnit, LogisticRegression, Perceptron, SoftmaxRegression
    from embedrec.models.mlp import MLPClassifier, MLPRegressor
    from embedrec.models.nnlm import NNLM
    from embedrec.models.pretrained import DeepPretrainedClassifier
    from embedrec.models.ratings.blend import RatingBlend
    from embedrec.models.ratings.click import ClickRBM
    from embedrec.models.ratings.item import ItemRBM
    from embedrec.models.ratings.softmax import RatingRBM
    from embedrec.models.rbm.model import RBM
    from embedrec.models.rnnlm import RNNLM
    from embedrec.models.textcnn import TextCNN
    from embedrec.models.tree_net import TreeNet
    from embedrec.models.word2vec import Word2Vec
    from embedrec.pipeline import build_corpus, train
    from embedrec.ratings.read import read_ratings
    from embedrec.ratings.table import Ratings
    from embedrec.recommend.ratings import RatingRecommender
    from embedrec.recommend.words import WordRecommender
    from embedrec.text.pipeline import TextPipeline, TextSettings
    from embedrec.vectors.evaluate import evaluate_analogies, evaluate_similarity
    from embedrec.vectors.formats import load_vectors, save_vectors
    from embedrec.vectors.keyed import KeyedVectors

__version__ = "0.1.0"

__all__ = [
    "DBM",
    "NNLM",
    "RBM",
    "RNNLM",
    "Autoencoder",
    "BaggingClassifier",
    "BaggingRegressor",
    "BidirectionalLM",
    "ClickRBM",
    "Corpus",
    "CorruptedError",
    "DeepPretrainedClassifier",
    "DivergenceError",
    "EmbedrecError",
    "InputError",
    "ItemRBM",
    "KeyedVectors",
    "KneserNey",
    "LeNet5",
    "LinearUnit",
    "LogisticRegression",
    "MLPClassifier",
    "MLPRegressor",
    "MissingExtraError",
    "ParameterError",
    "Perceptron",
    "RatingBlend",
    "RatingRBM",
    "RatingRecommender",
    "Ratings",
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
    "load_language_model",
    "load_vectors",
    "read_ratings",
    "save_vectors",
    "train",
]

_HOMES = {
    "Autoencoder": "embedrec.models.autoencoder",
    "BaggingClassifier": "embedrec.models.bagging",
    "BaggingRegressor": "embedrec.models.bagging",
    "BidirectionalLM": "embedrec.models.bilm",
    "ClickRBM": "embedrec.models.ratings.click",
    "Corpus": "embedrec.corpus.shards",
    "DBM": "embedrec.models.dbm.model",
    "DeepPretrainedClassifier": "embedrec.models.pretrained",
    "ItemRBM": "embedrec.models.ratings.item",
    "KeyedVectors": "embedrec.vectors.keyed",
    "KneserNey": "embedrec.models.language.kneser_ney",
    "LeNet5": "embedrec.models.lenet",
    "LinearUnit": "embedrec.models.linear",
    "LogisticRegression": "embedrec.models.linear",
    "MLPClassifier": "embedrec.models.mlp",
    "MLPRegressor": "embedrec.models.mlp",
    "NNLM": "embedrec.models.nnlm",
    "Perceptron": "embedrec.models.linear",
    "RBM": "embedrec.models.rbm.model",
    "RNNLM": "embedrec.models.rnnlm",
    "RatingBlend": "embedrec.models.ratings.blend",
    "RatingRBM": "embedrec.models.ratings.softmax",
    "RatingRecommender": "embedrec.recommend.ratings",
    "Ratings": "embedrec.ratings.table",
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
    "load_language_model": "embedrec.models.language.load",
    "load_vectors": "embedrec.vectors.formats",
    "read_ratings": "embedrec.ratings.read",
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
