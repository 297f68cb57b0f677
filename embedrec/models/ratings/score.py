"""What a training watches on held-out ratings and clicks; less is better."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from embedrec.errors import InputError
from embedrec.models.ratings.history import pick_groups
from embedrec.ratings.table import Ratings

if TYPE_CHECKING:
    from embedrec.models.ratings.model import RatingModel


def measure_error(model: RatingModel, history: Ratings, held_out: Ratings) -> float:
    """Return the root mean squared error of predictions of held-out ratings.

    Raises:
        InputError: if there are none.
    """
    if not len(held_out):
        raise InputError("the validation has no ratings: leave it out, or give some", value=0)
    predicted = model.predict_pairs(history, held_out.users, held_out.items)
    return float(np.sqrt(np.mean((predicted - held_out.values) ** 2)))


def measure_rank(model: RatingModel, history: Ratings, held_out: Ratings) -> float:
    """Return how far down held-out items stand among all that a user has not seen.

    0 is the top, 1 the bottom, averaged over held-out pairs (Hu, Koren and Volinsky 2008, eq. 8).

    Raises:
        InputError: if there are none.
    """
    if not len(held_out):
        raise InputError("the validation has no clicks: leave it out, or give some", value=0)
    grouped, wanted = history.group_by_user(), held_out.group_by_user()
    users = np.flatnonzero(np.diff(wanted.offsets))
    total = 0.0
    for begin in range(0, len(users), model.users_per_batch):
        some = users[begin : begin + model.users_per_batch]
        seen, asked = pick_groups(grouped, some), pick_groups(wanted, some)
        scores = model.rank_histories(seen)
        for g in range(len(some)):
            row = scores[g]
            hidden = seen.others[seen.offsets[g] : seen.offsets[g + 1]]
            at = row[asked.others[asked.offsets[g] : asked.offsets[g + 1]]]
            others = np.sort(np.delete(row, hidden))
            above = len(others) - np.searchsorted(others, at, side="right")
            ties = np.searchsorted(others, at, side="right") - np.searchsorted(others, at)
            places = above + np.maximum(ties - 1, 0) / 2
            total += float((places / max(len(others) - 1, 1)).sum())
    return total / len(held_out)
