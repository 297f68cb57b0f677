"""Says where a module breaks the house style: each rule is a function from source to lines."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePath

MAX_LINES = 400
FORBIDDEN_NAMES = {"utils", "util", "core", "common", "helpers", "helper", "misc"}
PICKLERS = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
# What of numpy.random is a class or a function of its arguments alone.
STATELESS = {"Generator", "Philox", "PCG64", "SeedSequence", "BitGenerator"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def find_long_file(source: str) -> Iterator[str]:
    """Yield a line if the file is over the gate."""
    n_lines = source.count("\n")
    if n_lines > MAX_LINES:
        yield f"{n_lines} has more lines than {MAX_LINES}"


def find_forbidden_names(path: PurePath) -> Iterator[str]:
    """Yield a line if the file or a folder above it is named after nothing it is about."""
    for name in (*path.parts[:-1], path.stem):
        if name in FORBIDDEN_NAMES:
            yield f"1 is named {name}"


def find_prints(source: str) -> Iterator[str]:
    """Yield each call of print and each use of the standard streams."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "builtins.print"):
            yield f"{node.lineno} prints"
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("sys.stdout", "sys.stderr"):
            yield f"{node.lineno} uses {ast.unparse(node)}"


def find_pickles(source: str) -> Iterator[str]:
    """Yield each import of a pickler and each array reader that is told to unpickle."""
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            if name.split(".")[0] in PICKLERS:
                yield f"{node.lineno} imports {name}"  # type: ignore[attr-defined]
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
            constant = isinstance(node.value, ast.Constant) and node.value.value is False
            if not constant:
                yield f"{node.value.lineno} allows pickle"


def find_missing_docstrings(source: str) -> Iterator[str]:
    """Yield the module and each public function, class and method that has no docstring.

    Overloads and setters are spoken for by the function they belong to.
    """
    tree = ast.parse(source)
    if tree.body and ast.get_docstring(tree) is None:
        yield "1 has no docstring"
    yield from _find_undocumented(tree)


def _find_undocumented(parent: ast.Module | ast.ClassDef) -> Iterator[str]:
    for node in parent.body:
        if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
            continue
        marks = {ast.unparse(mark).split(".")[-1] for mark in node.decorator_list}
        if ast.get_docstring(node) is None and not marks & {"overload", "setter"}:
            yield f"{node.lineno} {node.name} has no docstring"
        if isinstance(node, ast.ClassDef):
            yield from _find_undocumented(node)


def find_missing_future(source: str) -> Iterator[str]:
    """Yield a line if a module that defines something does not postpone its annotations."""
    tree = ast.parse(source)
    defines = any(isinstance(node, Function | ast.ClassDef | ast.AnnAssign) for node in tree.body)
    if defines and "from __future__ import annotations\n" not in source:
        yield "1 does not import annotations from __future__"


def find_global_randomness(source: str) -> Iterator[str]:
    """Yield each use of a random stream that is not derived from an argument."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import) and any(alias.name == "random" for alias in node.names):
            yield f"{node.lineno} imports random"
        if isinstance(node, ast.ImportFrom) and node.module == "random":
            yield f"{node.lineno} imports from random"
        if not isinstance(node, ast.Call):
            continue
        owner, _, name = ast.unparse(node.func).rpartition(".")
        if owner not in ("np.random", "numpy.random") or name in STATELESS:
            continue
        if name != "default_rng" or not (node.args or node.keywords):
            yield f"{node.lineno} calls np.random.{name}"


def find_own_caches(source: str) -> Iterator[str]:
    """Yield each place that has Numba keep compiled code its own way, and not as `kernel` does."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.keyword) and node.arg == "cache":
            yield f"{node.value.lineno} gives cache"
        if isinstance(node, ast.Attribute) and node.attr == "enable_caching":
            yield f"{node.lineno} uses enable_caching"


def find_machine_paths(source: str, words: tuple[str, ...]) -> Iterator[str]:
    """Yield each line that names a place of one machine."""
    for number, line in enumerate(source.splitlines(), 1):
        yield from (f"{number} names {word}" for word in words if word in line)
