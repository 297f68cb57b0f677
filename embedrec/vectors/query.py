"""What a person asks with: words, vectors and weights, turned into one unit vector.

Follows gensim's `most_similar`: the query is the weighted sum of unit vectors of the words and of
the raw vectors given, brought to unit length; the words of the query are never its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from embedrec.errors import ParameterError
from embedrec.vectors.exact import scale_to_unit

Item = str | np.ndarray | tuple[str | np.ndarray, float]
Items = Item | Sequence[Item] | np.ndarray | None


def build_query(
    positive: Items,
    negative: Items,
    vector_size: int,
    ranks: Mapping[str, int],
    get_vector: Callable[[str], np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the unit query (D,) float64 and the ranks of its known words (int64, unique).

    An item is a word, a vector (D,), or a pair of one of these and its weight. A weight is taken as
    it stands, also among the negative items, as gensim does; without one it is 1 or -1. Positive
    and negative items that cancel out give a zero vector.

    Raises:
        ParameterError: if there is no item, or an item can't be read as one.
        UnknownWordError: from `get_vector`, for a word that has no vector.
    """
    items = [(item, 1.0) for item in list_items(positive)]
    items += [(item, -1.0) for item in list_items(negative)]
    if not items:
        raise ParameterError("nothing to look for: give at least one positive or negative word")
    total = np.zeros(vector_size)
    ids: list[int] = []
    for item, usual_weight in items:
        key, weight = _split_weight(item, usual_weight)
        if isinstance(key, str):
            row = np.asarray(get_vector(key), np.float64)
            total += weight * scale_to_unit(row[None, :])[0]
            ids += [ranks[key]] if key in ranks else []
        else:
            total += weight * check_vector(key, vector_size)
    return scale_to_unit(total[None, :])[0], np.unique(np.array(ids, np.int64))


def list_items(items: Items) -> list[Any]:
    """Return the items as a list; a single word, vector or weighted pair becomes a list of one."""
    if items is None:
        return []
    if isinstance(items, np.ndarray):
        return [items] if items.ndim == 1 else list(items)
    if isinstance(items, str) or _is_weighted(items):
        return [items]
    if not isinstance(items, Iterable):
        raise ParameterError(f"{items!r} is neither a word nor a vector", value=items)
    return list(items)


def check_vector(vector: Any, vector_size: int) -> np.ndarray:
    """Return a vector as (D,) float64.

    Raises:
        ParameterError: if it is not made of `vector_size` finite numbers.
    """
    try:
        array = np.asarray(vector, np.float64)
    except (TypeError, ValueError):
        raise ParameterError(f"{vector!r} is neither a word nor a vector", value=vector) from None
    if array.shape != (vector_size,):
        raise ParameterError(
            f"a query vector has shape {array.shape}, where these vectors have ({vector_size},)",
            value=vector,
        )
    if not np.isfinite(array).all():
        raise ParameterError("a query vector holds values that are not finite", value=vector)
    return array


def _is_weighted(item: Any) -> bool:
    return (
        isinstance(item, tuple)
        and len(item) == 2
        and isinstance(item[0], str | np.ndarray)
        and isinstance(item[1], Real)
    )


def _split_weight(item: Any, usual_weight: float) -> tuple[Any, float]:
    if not _is_weighted(item):
        return item, usual_weight
    weight = float(item[1])
    if not np.isfinite(weight):
        raise ParameterError(f"the weight of {item[0]!r} is {item[1]}, not a finite number",
                             value=item)  # fmt: skip
    return item[0], weight
