"""The exception tree: everything this package raises on purpose derives from `EmbedrecError`.

A message is one line that names the thing, the offending value and the way out. The command line
shows it as it is and exits with the class's `exit_code`: 2 for a wrong request, 1 for a failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class EmbedrecError(Exception):
    """Base of all errors of this package.

    Attributes:
        value: the offending value, where there is one.
        exit_code: what the command line exits with.
    """

    exit_code = 1

    def __init__(self, message: str, *, value: Any = None) -> None:
        super().__init__(message)
        self.message = " ".join(message.split())
        self.value = value

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Worker processes send errors home; a child's own __init__ must not run a second time.
        return _restore, (type(self), self.args, self.__dict__)


def _restore(kind: type[EmbedrecError], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class ParameterError(EmbedrecError, ValueError):
    """A parameter or option has a value that can't be worked with."""

    exit_code = 2


class InputError(EmbedrecError):
    """An input file is missing, empty, unreadable or not of a form this package reads."""


class CorruptedError(EmbedrecError):
    """An artefact (corpus, model, vectors) does not hold what its manifest or header says."""


class VersionError(EmbedrecError):
    """An artefact was written by a newer version of this package than the running one."""


class ResumeError(EmbedrecError):
    """An interrupted run can't be continued, because it was started with something else."""


class StorageError(EmbedrecError):
    """Writing failed: the disk is full, or the place is not writable."""


class DivergenceError(EmbedrecError):
    """Training produced values that are not finite."""


class MissingExtraError(EmbedrecError):
    """A package of an optional extra is asked for and is not installed."""

    exit_code = 2


class UnknownWordError(EmbedrecError, KeyError):
    """A word is not in the vocabulary, and can't be made of anything that is.

    Attributes:
        value: the word.
        suggestions: near spellings that are in the vocabulary, best first; may be empty.
    """

    def __init__(self, word: str, suggestions: Sequence[str] = (), *, besides: str = "") -> None:
        near = f"; did you mean {', '.join(suggestions)}?" if suggestions else ""
        super().__init__(f"the word {word!r} is not in the vocabulary{besides}{near}", value=word)
        self.suggestions = list(suggestions)
