"""The house style as far as a program can read it, and that each rule can fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

import pytest

from tests.architecture import style

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = sorted((ROOT / "embedrec").rglob("*.py"))
PROGRAMS = PACKAGE + [
    path
    for folder in ("tests", "benchmarks", "examples", "corpora")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
# Asks there whether a task can be sent to a worker process; nothing pickled reaches a file.
MAY_PICKLE = {ROOT / "embedrec" / "corpus" / "workers.py"}
# Put together here, so that this file does not name them.
MACHINE_PATHS = tuple(f"/{place}/" for place in ("work", "home", "Users"))

Rule = Callable[[str], Iterator[str]]


def apply(rule: Rule, paths: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{line}"
        for path in paths
        for line in rule(path.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize(
    "rule",
    [
        style.find_missing_docstrings,
        style.find_missing_future,
        style.find_global_randomness,
    ],
    ids=lambda rule: rule.__name__,
)
def test_package_keeps_to(rule: Rule) -> None:
    found = apply(rule, PACKAGE)
    assert not found, "\n".join(found)


def test_nothing_pickles() -> None:
    found = apply(style.find_pickles, [p for p in PACKAGE if p not in MAY_PICKLE])
    assert not found, "\n".join(found)


def test_kernels_are_kept_in_one_way() -> None:
    kernels = [p for p in PACKAGE if p.relative_to(ROOT).parts[:2] == ("embedrec", "kernels")]
    assert len(kernels) > 30
    found = apply(style.find_own_caches, kernels)
    assert not found, "\n".join(found)


def test_only_cli_prints() -> None:
    library = [p for p in PACKAGE if p.relative_to(ROOT).parts[:2] != ("embedrec", "cli")]
    found = apply(style.find_prints, library)
    assert not found, "\n".join(found)


def test_no_file_is_too_long() -> None:
    found = apply(style.find_long_file, PROGRAMS)
    assert not found, "\n".join(found)


def test_no_file_is_named_after_nothing() -> None:
    paths = [path.relative_to(ROOT) for path in PROGRAMS]
    found = [f"{path}:{line}" for path in paths for line in style.find_forbidden_names(path)]
    assert not found, "\n".join(found)


def test_no_program_names_places_of_one_machine() -> None:
    found = apply(lambda source: style.find_machine_paths(source, MACHINE_PATHS), PROGRAMS)
    assert not found, "\n".join(found)


def test_the_walk_finds_the_programs() -> None:
    names = {path.relative_to(ROOT).as_posix() for path in PROGRAMS}
    assert {"embedrec/files.py", "embedrec/vectors/keyed.py", "tests/conftest.py"} <= names


FUTURE = "from __future__ import annotations\n"


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        (style.find_long_file, "x = 1\n" * 401, "x = 1\n" * 400),
        (style.find_prints, "print(1)", "pprint(1)"),
        (style.find_prints, "sys.stderr.write('x')", "file.write('x')"),
        (style.find_pickles, "import pickle", "import json"),
        (style.find_pickles, "def f():\n    from joblib import dump", "from json import dump"),
        (style.find_pickles, "np.load(p, allow_pickle=True)", "np.load(p, allow_pickle=False)"),
        (style.find_pickles, "np.load(p, allow_pickle=x)", "np.load(p)"),
        (style.find_missing_docstrings, "x = 1", "'About x.'\nx = 1"),
        (style.find_missing_docstrings, "'A.'\ndef f(): ...", "'A.'\ndef _f(): ..."),
        (style.find_missing_docstrings, "'A.'\nclass C: ...", "'A.'\nclass C:\n    'B.'"),
        (
            style.find_missing_docstrings,
            "'A.'\nclass C:\n    'B.'\n    def f(self): ...",
            "'A.'\nclass C:\n    'B.'\n    def __len__(self): ...",
        ),
        (
            style.find_missing_docstrings,
            "'A.'\n@njit\ndef f(): ...",
            "'A.'\n@overload\ndef f(): ...",
        ),
        (style.find_missing_future, "def f(): ...", FUTURE + "def f(): ..."),
        (style.find_global_randomness, "import random", "from embedrec.kernels import random"),
        (style.find_global_randomness, "from random import choice", "from os import urandom"),
        (style.find_global_randomness, "np.random.seed(0)", "generator.random(0)"),
        (style.find_global_randomness, "np.random.default_rng()", "np.random.default_rng(0)"),
        (style.find_global_randomness, "numpy.random.rand(3)", "np.random.Philox(3)"),
        (style.find_own_caches, "@njit(cache=True)\ndef f(): ...", "@njit\ndef f(): ..."),
        (style.find_own_caches, "f = njit(g, cache=x)", "f = njit(g, nogil=True)"),
        (style.find_own_caches, "f.enable_caching()", "compiled._cache = KernelCache(f)"),
    ],
)
def test_rule_can_fail(rule: Rule, bad: str, good: str) -> None:
    assert len(list(rule(bad))) == 1
    assert list(rule(good)) == []


@pytest.mark.parametrize("path", ["embedrec/utils.py", "embedrec/core/x.py", "a/helpers.py"])
def test_forbidden_name_is_seen(path: str) -> None:
    assert len(list(style.find_forbidden_names(PurePath(path)))) == 1
    assert not list(style.find_forbidden_names(PurePath("embedrec/files.py")))


def test_machine_path_is_seen() -> None:
    source = f"x = 1\nopen('{MACHINE_PATHS[0]}main/x')"
    assert list(style.find_machine_paths(source, MACHINE_PATHS)) == [f"2 names {MACHINE_PATHS[0]}"]
    assert not list(style.find_machine_paths("work = home / 'x'", MACHINE_PATHS))
