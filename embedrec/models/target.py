"""Checks of what is given to an estimator, and labels of any kind as numbers.

The messages name the estimator, the value or both shapes, and the way out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from embedrec.errors import CorruptedError, ParameterError
from embedrec.nn.parameter import Array


def check_samples(
    estimator: Any, X: Any, shape: tuple[int | str, ...] = ("n_features",), dtype: Any = np.float32
) -> Array:
    """Return X as a finite C-ordered floating array (n, *shape) with at least one sample.

    Args:
        estimator: named in messages.
        X: array, or anything that NumPy makes one of.
        shape: of a sample: a number must agree, a name may be any size.
        dtype: of the array returned.

    Raises:
        ParameterError: if it is no such array; the place of the first NaN is named.
    """
    name = type(estimator).__name__
    wanted = ", ".join(map(str, ("n_samples", *shape)))
    _refuse_sparse(name, X)
    try:
        raw = np.asarray(X)
        if raw.dtype.kind == "c":
            raise ValueError("numbers are complex")
        with np.errstate(over="ignore"):
            array = np.ascontiguousarray(raw, dtype)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name} takes numbers of shape ({wanted}) as X: {error}") from error
    if raw.ndim != len(shape) + 1:
        hint = f": give X.reshape(-1, {shape[0]})" if raw.ndim == 1 and len(shape) == 1 else ""
        if hint and not isinstance(shape[0], int):
            hint = ": give X.reshape(1, -1) for one sample, X.reshape(-1, 1) for one feature"
        raise ParameterError(
            f"{name} takes X of shape ({wanted}), not {raw.shape}{hint}", value=raw.shape
        )
    for have, want in zip(raw.shape[1:], shape, strict=True):
        if isinstance(want, int) and have != want:
            learned = " as it learned from" if estimator.is_fitted() else ""
            raise ParameterError(
                f"{name} takes X of shape ({wanted}){learned}, not {raw.shape}", value=raw.shape
            )
    if not raw.size:
        raise ParameterError(f"{name} was given an empty X of shape {raw.shape}", value=raw.shape)
    check_finite_samples(name, array, raw)
    return array


def check_rows(estimator: Any, X: Any) -> Any:
    """Return X as an array of any shape, or as it is if it gives rows by an array of their numbers.

    For estimators that hand samples on to others, which know what a sample is.

    Raises:
        ParameterError: if it is empty, sparse, no array, or holds a number that is not finite.
    """
    name = type(estimator).__name__
    _refuse_sparse(name, X)
    is_rows = hasattr(X, "__getitem__") and hasattr(X, "shape") and not hasattr(X, "__array__")
    try:
        rows = X if is_rows else np.asarray(X)
        n = len(rows)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name} takes an array as X: {error}") from error
    if not n:
        raise ParameterError(f"{name} was given an empty X", value=0)
    if isinstance(rows, np.ndarray) and rows.dtype.kind == "f":
        check_finite_samples(name, rows, rows)
    return rows


def check_finite_samples(name: str, array: Array, raw: Array, what: str = "X") -> None:
    """Raise ParameterError naming the first place of `array` that is not finite.

    Args:
        name: of the estimator.
        array: floating, as it is worked with.
        raw: as it was given.
        what: what it is called.
    """
    # A sum is finite unless a value is not, or the sum is too large: then it is looked for.
    if np.isfinite(array.sum()):
        return
    wrong = ~np.isfinite(array)
    if wrong.any():
        place = tuple(int(axis[0]) for axis in np.nonzero(wrong))
        size = f" (beyond {array.dtype})" if np.isfinite(np.float64(raw[place])) else ""
        raise ParameterError(
            f"{name}: {what} holds {raw[place]}{size} at {place}: leave such samples out or fill "
            "or scale them",
            value=float(raw[place]),
        )


def check_targets(estimator: Any, y: Any, n_samples: int, dtype: Any = np.float32) -> Array:
    """Return the numbers to be predicted, finite, (n,) or (n, outputs).

    Raises:
        ParameterError: if they are no such array.
    """
    name = type(estimator).__name__
    if y is None:
        raise ParameterError(f"{name}.fit needs the targets y")
    try:
        raw = np.asarray(y)
        with np.errstate(over="ignore"):
            array = np.ascontiguousarray(raw, dtype)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name} takes numbers as y: {error}") from error
    if raw.ndim not in (1, 2):
        raise ParameterError(
            f"{name} takes y of shape (n_samples,) or (n_samples, n_outputs), not {raw.shape}",
            value=raw.shape,
        )
    _check_length(name, "y", raw, n_samples)
    check_finite_samples(name, array, raw, "y")
    return array


def check_labels(estimator: Any, y: Any, n_samples: int) -> Array:
    """Return labels as an array (n,): whole numbers, strings, truth values, any one kind.

    Raises:
        ParameterError: if there is not one label for each sample, or one is NaN or None.
    """
    name = type(estimator).__name__
    if y is None:
        raise ParameterError(f"{name} needs the labels y")
    try:
        labels = np.asarray(y)
    except ValueError as error:
        raise ParameterError(f"{name} takes one label for each sample as y: {error}") from error
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ParameterError(
            f"{name} takes y of shape (n_samples,), one label for each sample, not {labels.shape}",
            value=labels.shape,
        )
    _check_length(name, "y", labels, n_samples)
    if labels.dtype.kind == "f" and not np.isfinite(labels).all():
        place = int(np.nonzero(~np.isfinite(labels))[0][0])
        raise ParameterError(f"{name}: y holds {labels[place]} at {place}", value=labels[place])
    if labels.dtype.kind == "O":
        labels = _unify_labels(name, labels)
    return labels


def find_classes(estimator: Any, labels: Array, least: int = 2) -> Array:
    """Return the different labels in ascending order, (C,).

    Raises:
        ParameterError: if there are fewer than `least`, or numbers that are no classes.
    """
    name = type(estimator).__name__
    if labels.dtype.kind == "f" and (labels != np.floor(labels)).any():
        broken = labels[labels != np.floor(labels)][0]
        raise ParameterError(
            f"{name}: y holds {broken}, which is a number and no class: use a regressor, or turn "
            "labels into whole numbers or strings",
            value=float(broken),
        )
    classes = np.unique(labels)
    if len(classes) < least:
        raise ParameterError(
            f"{name} needs at least {least} classes in y, which holds only {classes.tolist()}",
            value=len(classes),
        )
    return classes


def encode_labels(estimator: Any, labels: Array, classes: Array) -> Array:
    """Return the place of each label among the classes, int64 (n,).

    Raises:
        ParameterError: if a label is none of the classes.
    """
    places = np.searchsorted(classes, labels)
    places[places == len(classes)] = 0
    strange = classes[places] != labels
    if strange.any():
        at = int(np.nonzero(strange)[0][0])
        label = labels.tolist()[at]
        raise ParameterError(
            f"{type(estimator).__name__} does not know the label {label!r} (at {at}); it has "
            f"learned {classes[:5].tolist()}{' and more' if len(classes) > 5 else ''}",
            value=label,
        )
    return places.astype(np.int64)


def check_weights(estimator: Any, weights: Any, n_samples: int, dtype: Any = None) -> Array | None:
    """Return sample weights (n,), finite, none below 0 and not all 0; None stays None.

    Raises:
        ParameterError: if they are not.
    """
    if weights is None:
        return None
    name = type(estimator).__name__
    try:
        array = np.asarray(weights, dtype or np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"{name} takes numbers as sample_weight: {error}") from error
    if array.ndim == 0:
        array = np.full(n_samples, array)
    if array.shape != (n_samples,):
        raise ParameterError(
            f"{name}: sample_weight has shape {array.shape}, and there are {n_samples} samples: "
            "give one weight for each",
            value=array.shape,
        )
    wrong = ~np.isfinite(array) | (array < 0)
    if wrong.any():
        at = int(np.nonzero(wrong)[0][0])
        raise ParameterError(
            f"{name}: sample_weight holds {array[at]} at {at}; weights are 0 or more",
            value=float(array[at]),
        )
    if not array.any():
        raise ParameterError(f"{name}: all sample weights are 0, so there is nothing to learn from")
    return array


def write_classes(classes: Array) -> dict[str, Any]:
    """Return classes in a form for JSON."""
    kind = "str" if classes.dtype.kind == "U" else classes.dtype.name
    return {"kind": kind, "labels": classes.tolist()}


def read_classes(content: Any) -> Array:
    """Return what `write_classes` was given.

    Raises:
        CorruptedError: if it is not that.
    """
    try:
        classes = np.array(content["labels"], content["kind"])
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise CorruptedError(f"the classes of a model can't be read ({error})") from error
    if classes.ndim != 1 or classes.dtype.kind not in "biufU" or not len(classes):
        raise CorruptedError("the classes of a model are no list of labels")
    return classes


def _refuse_sparse(name: str, X: Any) -> None:
    if hasattr(X, "toarray") and not isinstance(X, np.ndarray):
        raise ParameterError(
            f"{name} takes a dense array as X, not a sparse {type(X).__name__}: give X.toarray()",
            value=type(X).__name__,
        )


def _check_length(name: str, what: str, array: Array, n_samples: int) -> None:
    if len(array) != n_samples:
        raise ParameterError(
            f"{name}: X has {n_samples} samples and {what} has {len(array)} (shape {array.shape}): "
            "give one for each",
            value=array.shape,
        )


def _unify_labels(name: str, labels: Array) -> Array:
    kinds = {type(label) for label in labels.tolist()}
    if kinds == {str}:
        return labels.astype(str)
    if kinds <= {int, bool} or kinds == {float}:
        return np.array(labels.tolist())
    shown = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise ParameterError(
        f"{name} takes labels of one kind, whole numbers or strings, not {shown}", value=shown
    )
