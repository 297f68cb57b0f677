"""The exception tree: one line each, the right exit codes, and a way through worker processes."""

from __future__ import annotations

import inspect
import pickle
from concurrent.futures import ProcessPoolExecutor

import pytest

from embedrec import errors
from embedrec.errors import EmbedrecError, ParameterError, UnknownWordError

CHILDREN = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, EmbedrecError)
]


def fail_with_unknown_word(word: str) -> None:
    raise UnknownWordError(word, ["周杰伦"])


def test_all_errors_derive_from_the_base() -> None:
    raised = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, Exception)
    ]
    assert len(raised) == 10
    assert all(issubclass(kind, EmbedrecError) for kind in raised)


@pytest.mark.parametrize("kind", CHILDREN, ids=lambda kind: kind.__name__)
def test_message_is_one_line(kind: type[EmbedrecError]) -> None:
    assert "\n" not in str(kind("first\n  second\tthird"))
    assert "first" in str(kind("first\n  second"))


@pytest.mark.parametrize(
    ("kind", "code"),
    [("ParameterError", 2), ("MissingExtraError", 2), ("InputError", 1), ("UnknownWordError", 1)],
)
def test_exit_codes(kind: str, code: int) -> None:
    assert getattr(errors, kind).exit_code == code


def test_caught_as_the_usual_exceptions_too() -> None:
    with pytest.raises(ValueError, match="epochs"):
        raise ParameterError("epochs must be positive, not 0", value=0)
    with pytest.raises(KeyError):
        raise UnknownWordError("周杰轮")


def test_unknown_word_names_near_spellings_without_key_error_quotes() -> None:
    error = UnknownWordError("周杰轮", ["周杰伦", "周杰"])
    assert str(error) == "the word '周杰轮' is not in the vocabulary; did you mean 周杰伦, 周杰?"
    assert error.value == "周杰轮"
    assert error.suggestions == ["周杰伦", "周杰"]
    assert str(UnknownWordError("x")) == "the word 'x' is not in the vocabulary"


def test_survives_pickling_between_processes() -> None:
    error = UnknownWordError("周杰轮", ["周杰伦"])
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is UnknownWordError
    assert (str(again), again.args) == (str(error), error.args)
    assert (again.value, again.suggestions) == ("周杰轮", ["周杰伦"])


def test_comes_home_from_a_worker() -> None:
    with ProcessPoolExecutor(1) as pool, pytest.raises(UnknownWordError, match="周杰轮"):
        pool.submit(fail_with_unknown_word, "周杰轮").result()
