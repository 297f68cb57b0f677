"""Models of ratings by their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedrec.errors import ParameterError
from embedrec.models.ratings.load import MODELS
from embedrec.models.ratings.model import RatingModel
from embedrec.ratings.table import Ratings

DEFAULT, CLICK_DEFAULT = "blend", "click"


def choose_name(ratings: Ratings) -> str:
    """Return the name of the model for ratings where none is asked for: of clicks another one."""
    clicks = len(ratings) > 0 and bool((ratings.values == 1).all())
    return CLICK_DEFAULT if clicks else DEFAULT


def make_model(model: RatingModel | str, parameters: Mapping[str, Any]) -> RatingModel:
    """Return a model by its name, or the model given.

    Raises:
        ParameterError: if there is no such model, it has no such parameter, or parameters come
            with a finished model.
    """
    if isinstance(model, RatingModel):
        if parameters:
            raise ParameterError(
                f"{', '.join(parameters)} are for a model given by name: set them in the model",
                value=list(parameters),
            )
        return model
    if not isinstance(model, str) or model not in MODELS:
        raise ParameterError(
            f"there is no model of ratings {model!r}; choose one of {', '.join(MODELS)}",
            value=model,
        )
    known = MODELS[model].list_parameters()
    for parameter in parameters:
        if parameter not in known:
            raise ParameterError(
                f"{model} has no parameter {parameter!r}; it has {', '.join(known)}",
                value=parameter,
            )
    return MODELS[model](**parameters)
