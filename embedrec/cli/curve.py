"""The picture of a learning curve; matplotlib is in the extra `plot`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from embedrec.errors import MissingExtraError, ParameterError

_ENDINGS = (".png", ".svg", ".pdf")


def check_plot(path: str) -> None:
    """Find out before a training whether its curve can be drawn.

    Raises:
        ParameterError: if the file's ending names no kind of picture.
        MissingExtraError: if matplotlib is not installed.
    """
    if Path(path).suffix.lower() not in _ENDINGS:
        raise ParameterError(f"--plot {path} must end in one of {', '.join(_ENDINGS)}", value=path)
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            "--plot needs matplotlib: pip install 'embedrec[plot]'", value="plot"
        ) from error


def draw_curve(
    path: str, figures: Sequence[Any], *, exact: bool = True, measure: str = "perplexity"
) -> None:
    """Draw training loss and validation perplexity of each epoch into a file.

    Args:
        path: of the picture.
        figures: of the epochs.
        exact: whether the loss is a mean of -log p, and is drawn as perplexity. That of words drawn
            by the way is another measure, and has an axis of its own.
        measure: what to call the perplexity.
    """
    import matplotlib

    matplotlib.use("Agg")
    import numpy as np
    from matplotlib import pyplot
    from matplotlib.ticker import LogFormatter, MaxNLocator

    from embedrec.files import write_atomic

    epochs = np.arange(1, len(figures) + 1)
    picture, axes = pyplot.subplots(figsize=(6, 4), layout="constrained")
    losses = np.array([f.loss for f in figures])
    if exact:
        axes.plot(epochs, np.exp(losses), "o-", label="training")
    else:
        other = axes.twinx()
        other.plot(epochs, losses, "o:", color="gray", label="training loss")
        other.set_ylabel("training loss, of words drawn")
        other.legend(loc="upper center")
    if figures and figures[0].valid_perplexity is not None:
        axes.plot(epochs, [f.valid_perplexity for f in figures], "s-", label="validation")
    axes.set(xlabel="epoch", ylabel=measure, yscale="log")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter("{x:.0f}")
    axes.yaxis.set_minor_formatter(LogFormatter(labelOnlyBase=False))
    axes.grid(alpha=0.3, which="both")
    if axes.lines:
        axes.legend()
    with write_atomic(path) as file:
        picture.savefig(file, format=Path(path).suffix.lower()[1:], dpi=150)
    pyplot.close(picture)
