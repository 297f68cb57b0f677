"""Any model of ratings from its folder."""

from __future__ import annotations

from embedrec.files import PathLike
from embedrec.models.ratings.bias import BiasModel
from embedrec.models.ratings.blend import HybridRBM, RatingBlend
from embedrec.models.ratings.click import ClickRBM
from embedrec.models.ratings.item import ItemRBM
from embedrec.models.ratings.model import RatingModel
from embedrec.models.ratings.real import RealRatingRBM
from embedrec.models.ratings.softmax import RatingRBM
from embedrec.models.stored import load_estimator

# Loading knows classes by name, which needs them imported.
MODELS: dict[str, type[RatingModel]] = {
    "blend": RatingBlend,
    "rbm": RatingRBM,
    "real": RealRatingRBM,
    "item": ItemRBM,
    "hybrid": HybridRBM,
    "click": ClickRBM,
    "bias": BiasModel,
}


def load_rating_model(folder: PathLike) -> RatingModel:
    """Read a model of ratings of any class.

    Raises:
        InputError: if there is none, or it is no model of ratings.
        CorruptedError: if it is damaged.
        VersionError: if a newer version wrote it.
    """
    loaded = load_estimator(folder, RatingModel)
    assert isinstance(loaded, RatingModel)
    return loaded
