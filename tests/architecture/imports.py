"""Reads what a module imports and says which floors and walls that breaches.

The table of floors stands in README.md, section Architecture. What is allowed beyond it:
`pipeline.py` is on floor 4 and joins the rooms below; `recommend` cuts queries with
`text.pipeline`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass

PACKAGE = "embedrec"
FLOOR_0 = {"errors", "files", "manifest", "progress", "seeding", "tensors"}
BELOW = {  # room or file of the package -> what else of the package it may import
    "kernels": set(),
    "text": FLOOR_0 | {"kernels"},
    "corpus": FLOOR_0 | {"kernels"},
    "nn": FLOOR_0 | {"kernels"},
    "vectors": FLOOR_0 | {"kernels"},
    "ratings": FLOOR_0 | {"kernels"},
    "models": FLOOR_0 | {"kernels", "corpus", "nn", "vectors", "ratings"},
    "recommend": FLOOR_0
    | {"kernels", "corpus", "nn", "vectors", "ratings", "models", "text.pipeline"},
    "distributed": FLOOR_0 | {"kernels", "corpus", "nn", "vectors", "models"},
    "pipeline": FLOOR_0 | {"kernels", "text", "corpus", "nn", "vectors", "models"},
    "service": FLOOR_0 | {"vectors", "recommend", "text.segment"},
    "__main__": {"cli"},
    **dict.fromkeys(FLOOR_0, FLOOR_0),
}
# At module level; inside a command cli may import anything, and pays for it only when it runs.
BELOW_CLI = FLOOR_0 | {"__version__", "cli"}

WALLS = {  # third party -> where it may be imported
    "numba": {"kernels"},
    "llvmlite": {"kernels"},
    "jieba": {"text"},
    "rjieba": {"text"},
    "opencc": {"text"},
    "click": {"cli"},
    "rich": {"cli"},
    "tomli": {"cli"},
    "matplotlib": {"cli"},
    "pyarrow": {"ratings"},  # an extra
    "sklearn": {"models"},  # only if it is the one that asks: no dependency of the package
    "scipy": {"text", "corpus", "nn", "vectors", "models", "recommend", "pipeline", "cli"},
}
INSIDE_FUNCTIONS = {"jieba", "rjieba", "opencc", "rich", "sklearn", "matplotlib", "pyarrow"}
DYNAMIC = {"import_module", "__import__"}


@dataclass(frozen=True)
class Import:
    """One imported name, such as `embedrec.text.pipeline.TextPipeline`.

    Attributes:
        name: dotted; with `from a import b` it is `a.b`.
        line: where it stands.
        eager: whether importing the module runs it.
        typing: whether only type checkers see it.
    """

    name: str
    line: int
    eager: bool
    typing: bool = False


def read_imports(source: str) -> list[Import]:
    """Return all imports in a module, also those made by call with a literal name."""
    return list(_walk(ast.parse(source), eager=True, typing=False))


def _walk(node: ast.AST, eager: bool, typing: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, eager and not typing, typing)
        elif isinstance(child, ast.ImportFrom):
            origin = "." * child.level + (child.module or "")
            for alias in child.names:
                yield Import(f"{origin}.{alias.name}", child.lineno, eager and not typing, typing)
        elif isinstance(child, ast.Call) and _get_call_name(child) in DYNAMIC:
            name = child.args[0] if child.args else None
            constant = isinstance(name, ast.Constant) and isinstance(name.value, str)
            yield Import(name.value if constant else "?", child.lineno, eager)  # type: ignore[union-attr]
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(child, ast.If) and _is_type_checking(child.test):
            for statement in child.body:
                yield from _walk(ast.Module([statement], []), eager, True)
            for statement in child.orelse:
                yield from _walk(ast.Module([statement], []), eager, typing)
        else:
            yield from _walk(child, eager and not inside, typing)


def _get_call_name(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def find_breaches(module: str, source: str) -> list[str]:
    """Return a line for each import of `module` (its dotted name) that is not allowed."""
    parts = module.split(".")
    room = parts[1] if len(parts) > 1 else "__init__"
    return [
        f"{module}:{found.line} {why}"
        for found in read_imports(source)
        if (why := _judge(room, found)) is not None
    ]


def _judge(room: str, found: Import) -> str | None:
    top, _, rest = found.name.partition(".")
    if top == "?":
        # The package finds its public names so, and the command line its commands.
        return None if room in ("__init__", "cli") else "imports a name that is not written out"
    if not top:
        return f"imports {found.name} relatively"
    if top == PACKAGE:
        return _judge_own(room, found, rest)
    if top in sys.stdlib_module_names or (top == "numpy"):
        return None
    if top not in WALLS:
        return f"imports {top}, which is no dependency of the package"
    if room not in WALLS[top]:
        return f"imports {top}, which belongs to {' and '.join(sorted(WALLS[top]))}"
    if top in INSIDE_FUNCTIONS and found.eager:
        return f"imports {top} outside a function"
    return None


def _judge_own(room: str, found: Import, rest: str) -> str | None:
    if room == "cli":
        allowed = not found.eager or not rest or _is_below(rest, BELOW_CLI)
        return None if allowed else f"imports {found.name} outside a function"
    if room == "__init__":
        allowed = found.typing or _is_below(rest, {"errors"})
        return None if allowed else f"imports {found.name}, so that importing the package loads it"
    if room not in BELOW:
        return f"is on no floor: the table of floors does not name {room}"
    if not _is_below(rest, BELOW[room] | {room, "__version__"}):
        return f"imports {found.name}, which is not below {room}"
    return None


def _is_below(name: str, allowed: set[str]) -> bool:
    return any(name == entry or name.startswith(entry + ".") for entry in allowed)
