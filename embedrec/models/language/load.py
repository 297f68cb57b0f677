"""Any model of text from its folder."""

from __future__ import annotations

from pathlib import Path

from embedrec.errors import InputError
from embedrec.files import PathLike
from embedrec.manifest import load_manifest
from embedrec.models.bilm import BidirectionalLM
from embedrec.models.language.kneser_ney import KneserNey
from embedrec.models.language.model import LanguageModel
from embedrec.models.language.store import FORMAT_VERSION, KIND
from embedrec.models.nnlm import NNLM
from embedrec.models.rnnlm import RNNLM

FAMILIES: dict[str, type[KneserNey] | type[NNLM] | type[RNNLM] | type[BidirectionalLM]] = {
    "kneser-ney": KneserNey,
    "nnlm": NNLM,
    "rnnlm": RNNLM,
    "bilm": BidirectionalLM,
}


def load_language_model(folder: PathLike) -> LanguageModel | BidirectionalLM:
    """Read a model of any family: a `LanguageModel`, or a `BidirectionalLM`, which is none.

    Raises:
        InputError: if there is none, or its family is not known.
        CorruptedError: naming what is damaged.
        VersionError: if a newer version wrote it.
    """
    family = load_manifest(folder, KIND, FORMAT_VERSION).parameters.get("family")
    if family not in FAMILIES:
        raise InputError(
            f"{Path(folder)} holds a language model of the family {family!r}, and there are "
            f"{', '.join(FAMILIES)}",
            value=family,
        )
    return FAMILIES[family].load(folder)
