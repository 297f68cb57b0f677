"""Settings that belong together, by what is to be learnt, and where each value comes from.

**word** is the defaults of `Parameters`: words in running text.

**items** is for sessions, one a line: what somebody bought, played or liked, as ids between blanks.
Caselles-Dupre, Lesaint and Royo-Letelier, "Word2vec applied to Recommendation: Hyperparameters
Matter" (RecSys 2018), searched grids on two sets of music, on purchases and on clicks. What decided
were the exponent of the negatives, the epochs, subsampling and the window; the best values, from
the program published with the paper (deezer/w2v_reco_hyperparameters_matter), in this order:

    negative_exponent   -0.5, -0.5, 1, -1     epochs   110, 130, 140, 150
    sample              1e-5, 1e-5, 1e-3, 1e-5     window   3, 3, 3, 7

Its fixed values were 50 dimensions, 5 negatives and a minimum count of 1, with skip-gram. The
window over whole sessions is that of Barkan and Koenigstein, "Item2vec: Neural Item Embedding for
Collaborative Filtering" (2016), who look at a session as a set. It makes many more pairs
than a small one, so that fewer epochs are needed. No value is best everywhere; figures for
films liked in turn, one value changed at a time, are in benchmarks/results/items.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from embedrec.errors import ParameterError


@dataclass(frozen=True)
class Preset:
    """Values that stand in for defaults; what is given explicitly goes before them.

    Attributes:
        parameters: of `Word2Vec`.
        text: of `TextSettings`, for raw input.
        min_count: for raw input; None leaves the default.
    """

    parameters: Mapping[str, Any] = field(default_factory=dict)
    text: Mapping[str, Any] = field(default_factory=dict)
    min_count: int | None = None


PRESETS = {
    "word": Preset(),
    "items": Preset(
        parameters={
            # Caselles-Dupre et al. used skip-gram with negative sampling throughout.
            "architecture": "skipgram",
            "loss": "ns",
            # Their program's fixed size and number of negatives.
            "vector_size": 50,
            "n_negative": 5,
            # Whole sessions, all pairs alike: Barkan and Koenigstein 2016. A session of n items
            # costs n (n - 1) pairs up to 101 items, and 200 n beyond.
            "window": 100,
            "shrink_window": False,
            # Caselles-Dupre et al.: the best for both sets of music; rare items come often.
            "negative_exponent": -0.5,
            # Caselles-Dupre et al.: the best for purchases. An item's share of a catalogue is far
            # above a word's of a text, so that the default would leave little of the sessions.
            "sample": 1e-3,
            # Our own: Caselles-Dupre et al. found over 100 the best with windows of 3 to 7, and a
            # window over whole sessions gives as many pairs in fewer. 50 gain a little more.
            "epochs": 20,
        },
        text={
            # Ids as they stand: no rule for script, digits, Latin or punctuation touches them.
            "segmenter": "whitespace",
        },
        # Their program's fixed value.
        min_count=1,
    ),
}


def find_preset(name: str) -> Preset:
    """Return the preset of that name.

    Raises:
        ParameterError: if there is none.
    """
    if name not in PRESETS:
        raise ParameterError(
            f"preset must be one of {', '.join(PRESETS)}, not {name!r}", value=name
        )
    return PRESETS[name]
