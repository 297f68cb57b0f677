"""The model from which a training goes on: opened, its text settings taken up, its inputs known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedrec.corpus.shards import USER_DICT_NAME
from embedrec.errors import CorruptedError, ParameterError
from embedrec.files import PathLike, compute_checksum
from embedrec.manifest import MANIFEST_NAME, Manifest
from embedrec.models.word2vec import Parameters, Word2Vec
from embedrec.models.word2vec.grow import (
    check_same_text,
    choose_parameters,
    find_first_rate,
    list_trainings,
)
from embedrec.pipeline.raw import MIN_COUNT

if TYPE_CHECKING:
    from embedrec.text.pipeline import TextSettings


@dataclass(frozen=True)
class Start:
    """A model to go on from.

    Attributes:
        folder: where it stands; nothing there is changed.
        model: the model, mapped.
        checksum: of its manifest, which names all its files by checksum.
    """

    folder: Path
    model: Word2Vec
    checksum: str

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the model tells of how it was made."""
        return self.model.vectors_.metadata

    def choose_parameters(self, given: Mapping[str, Any]) -> Parameters:
        """Return the parameters of the training to come; see `grow.choose_parameters`."""
        own = self.model.parameters
        first_rate = find_first_rate(list_trainings(self.metadata), own)
        return choose_parameters(own, given, first_rate)

    def choose_min_count(self, given: int | None) -> int:
        """Return the least count of a new word: as given, else what the model's words needed."""
        own = self.metadata.get("corpus", {}).get("min_count")
        return given or own or MIN_COUNT

    def open_settings(self) -> TextSettings:
        """Return the settings that cut the model's text.

        Raises:
            CorruptedError, VersionError, InputError: as `TextPipeline.from_description`.
        """
        from embedrec.text.pipeline import TextPipeline

        dictionary = self.folder / USER_DICT_NAME
        description = self.metadata.get("text") or {}
        place = dictionary if dictionary.is_file() else None
        return TextPipeline.from_description(description, place).settings

    def check_text(self, wanted: Manifest) -> None:
        """Check that a corpus is cut as the model's was, and was not part of it.

        Raises:
            ParameterError: if it was cut otherwise, or the model learnt from an input already.
        """
        check_same_text(wanted.parameters.get("text", {}), self.metadata.get("text") or {})
        seen = {
            checksum
            for training in list_trainings(self.metadata)
            for checksum in training.get("inputs", {}).values()
        }
        for name, checksum in (wanted.inputs or wanted.files).items():
            if checksum in seen:
                raise ParameterError(
                    f"there is nothing new in {name}: {self.folder} was trained on it already; "
                    "give new text, or train anew with more epochs",
                    value=name,
                )


def open_start(folder: PathLike, output: Path, n_threads: int) -> Start:
    """Open the model to go on from, every file compared with its checksum.

    Args:
        folder: the model.
        output: where the new model goes.
        n_threads: threads that train.

    Raises:
        ParameterError: if the new model would take the old one's place.
        InputError: if there is no model, or only vectors.
        CorruptedError: if it is damaged.
    """
    folder = Path(folder)
    if output.exists() and folder.exists() and output.samefile(folder):
        raise ParameterError(
            f"{output} is the model to start from, and stays as it is; choose another folder for "
            "the new one",
            value=str(output),
        )
    model = Word2Vec.load(folder, n_threads=n_threads, verify=True)
    metadata = model.vectors_.metadata
    parts = (metadata.get("text", {}), metadata.get("corpus", {}), metadata.get("inputs", {}))
    if not all(isinstance(part, dict) for part in parts):
        raise CorruptedError(
            f"{folder / MANIFEST_NAME} is damaged: what it tells of its text is no object; train "
            "the model again",
            value=str(folder),
        )
    return Start(folder, model, compute_checksum(folder / MANIFEST_NAME))
