"""The public names, each by name, and that importing the package loads nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import embedrec

NAMES = [
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
HEAVY = {
    "click", "jieba", "llvmlite", "numba", "opencc", "rich", "rjieba", "safetensors", "scipy",
    "sklearn",
}  # fmt: skip


def list_loaded(program: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after the program."""
    program += "\nimport json, sys; print(json.dumps([n.split('.')[0] for n in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_all_is_this_list() -> None:
    # A name added here is a promise to users; one taken away breaks their programs.
    assert embedrec.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_name_is_there_and_listed(name: str) -> None:
    value = getattr(embedrec, name)
    assert name in dir(embedrec)
    if name != "__version__":
        assert value.__name__ == name
        assert value.__doc__


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Word3Vec"):
        embedrec.Word3Vec  # noqa: B018


def test_star_import_gives_the_names() -> None:
    space: dict[str, object] = {}
    exec("from embedrec import *", space)
    assert set(NAMES) <= set(space)


def test_import_loads_nothing_heavy() -> None:
    assert not list_loaded("import embedrec") & HEAVY


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import contextlib\nfrom embedrec.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])"
    )
    assert not list_loaded(program) & (HEAVY - {"click"})


@pytest.mark.parametrize("module", ["numba", "jieba"])
def test_the_probe_sees_what_is_loaded(module: str) -> None:
    assert module in list_loaded(f"import embedrec, {module}") & HEAVY


def test_asking_for_vectors_does_not_load_a_compiler_or_a_segmenter() -> None:
    loaded = list_loaded("import embedrec; embedrec.KeyedVectors")
    assert not loaded & {"jieba", "rjieba", "opencc", "click", "rich"}
