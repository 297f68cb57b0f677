"""The floors and walls of the house, and that their gate can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.imports import BELOW, FLOOR_0, find_breaches, read_imports

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "embedrec").rglob("*.py"))


def name_module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_no_module_breaches_a_floor_or_a_wall() -> None:
    breaches = [
        line
        for path in MODULES
        for line in find_breaches(name_module(path), path.read_text(encoding="utf-8"))
    ]
    assert not breaches, "\n".join(breaches)


def test_the_walk_finds_the_package() -> None:
    names = {name_module(path) for path in MODULES}
    assert {"embedrec", "embedrec.files", "embedrec.vectors.keyed", "embedrec.text"} <= names
    assert any(
        found.name.startswith("embedrec.")
        for path in MODULES
        for found in read_imports(path.read_text(encoding="utf-8"))
    )


def test_rooms_of_one_floor_are_apart_in_the_table() -> None:
    for floor in (["text", "corpus", "nn", "vectors"], ["recommend", "distributed"]):
        for room in floor:
            assert not BELOW[room] & set(floor)
    assert "text" not in BELOW["models"]
    assert all(BELOW[name] == FLOOR_0 for name in FLOOR_0)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("embedrec.corpus.shards", "from embedrec.text.segment import Segmenter"),
        ("embedrec.corpus.shards", "import embedrec.text.segment"),
        ("embedrec.text.dump", "def f():\n    from embedrec.vectors import keyed"),
        ("embedrec.vectors.keyed", "from embedrec.corpus.shards import Corpus"),
        ("embedrec.vectors.keyed", "from embedrec import Corpus"),
        ("embedrec.vectors", "from embedrec import text"),
        ("embedrec.models.word2vec.loop", "from embedrec.text.pipeline import TextPipeline"),
        ("embedrec.models.nnlm", "from embedrec.recommend.words import WordRecommender"),
        ("embedrec.recommend.words", "from embedrec.text.segment import open_segmenter"),
        ("embedrec.recommend.words", "from embedrec.pipeline import train"),
        ("embedrec.pipeline", "from embedrec.cli import main"),
        ("embedrec.files", "from embedrec.vectors.keyed import KeyedVectors"),
        ("embedrec.kernels.topk", "from embedrec.errors import ParameterError"),
        ("embedrec.text.dump", "if TYPE_CHECKING:\n    from embedrec.corpus.shards import Corpus"),
        ("embedrec.text.dump", "from .source import RawDocument"),
        ("embedrec.text.dump", "from . import source"),
        ("embedrec.core", "from embedrec.errors import ParameterError"),
        ("embedrec.vectors.exact", "import numba"),
        ("embedrec.vectors.exact", "from numba import njit"),
        ("embedrec.vectors.exact", "try:\n    import llvmlite\nexcept ImportError:\n    pass"),
        ("embedrec.text.segment", "import jieba"),
        ("embedrec.text.segment", "try:\n    import rjieba\nexcept ImportError:\n    pass"),
        ("embedrec.text.segment", "class A:\n    import opencc"),
        ("embedrec.recommend.words", "def f():\n    import jieba.posseg"),
        ("embedrec.vectors.exact", "def f():\n    import click"),
        ("embedrec.corpus.shards", "from rich.progress import Progress"),
        ("embedrec.tensors", "def f():\n    import safetensors"),
        ("embedrec.vectors.folder", "def f():\n    from safetensors.numpy import save_file"),
        ("embedrec.files", "import scipy"),
        ("embedrec.vectors.evaluate", "import gensim"),
        ("embedrec.vectors.evaluate", "def f():\n    import sklearn.metrics"),
        ("embedrec.nn.trainer", "def f():\n    from sklearn.utils import Tags"),
        ("embedrec.models.mlp", "from sklearn.utils import Tags"),
        ("embedrec.vectors.keyed", "import_module('embedrec.corpus.shards')"),
        ("embedrec.vectors.keyed", "importlib.import_module(name)"),
        ("embedrec.vectors.keyed", "def f():\n    return __import__('numba')"),
        ("embedrec.cli.query", "from embedrec.vectors.keyed import KeyedVectors"),
        ("embedrec.cli.query", "import rich"),
        ("embedrec", "from embedrec.vectors.keyed import KeyedVectors"),
        ("embedrec", "import embedrec.files"),
    ],
)
def test_breach_is_seen(module: str, source: str) -> None:
    breaches = find_breaches(module, source)
    assert len(breaches) == 1
    assert breaches[0].startswith(f"{module}:")


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("embedrec.corpus.shards", "import os.path\nimport numpy as np\nfrom numpy import typing"),
        ("embedrec.corpus.shards", "from embedrec.corpus.vocabulary import Vocabulary"),
        ("embedrec.corpus.shards", "from embedrec.kernels import encode"),
        ("embedrec.manifest", "def f():\n    from embedrec import __version__"),
        ("embedrec.kernels.topk", "from numba import njit"),
        ("embedrec.text.segment", "def f():\n    import jieba"),
        ("embedrec.text.segment", "if TYPE_CHECKING:\n    import jieba"),
        ("embedrec.recommend.words", "from embedrec.text.pipeline import TextPipeline"),
        ("embedrec.pipeline", "from embedrec.text import pipeline"),
        ("embedrec.models.rbm", "from embedrec.vectors.keyed import KeyedVectors"),
        ("embedrec.models.mlp", "def f():\n    from sklearn.utils import Tags"),
        ("embedrec.cli.query", "def f():\n    from embedrec.vectors.keyed import KeyedVectors"),
        ("embedrec.cli.query", "import click\nfrom embedrec.errors import EmbedrecError"),
        ("embedrec.cli.group", "import embedrec\nimport_module(name)"),
        ("embedrec.cli", "from embedrec.cli.group import main"),
        ("embedrec.__main__", "from embedrec.cli import main"),
        ("embedrec", "if TYPE_CHECKING:\n    from embedrec.corpus.shards import Corpus"),
        ("embedrec", "from embedrec.errors import InputError\nimport_module(homes[name])"),
    ],
)
def test_what_is_allowed_passes(module: str, source: str) -> None:
    assert find_breaches(module, source) == []
