"""What the benchmarks of language models share: threads, PTB, resumable trainings, results."""

from __future__ import annotations

import json
import os
import signal
import statistics
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

from benchmarks.machine import describe_machine, measure_peak_mb
from benchmarks.nn.digits import find_data
from embedrec.models.language.kneser_ney import KneserNey
from embedrec.models.language.load import load_language_model
from embedrec.models.language.text import LanguageText, collect_vocabulary, encode_sentences
from embedrec.models.nnlm import NNLM
from embedrec.models.rnnlm import RNNLM
from embedrec.nn import iterate_parameters

RESULTS = Path(__file__).resolve().parent / "results"
MODELS = ("kn", "nnlm", "rnn", "gru", "lstm")
_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_SECONDS_BETWEEN_LINES = 60.0


def restart_with_threads(module: str, threads: int) -> None:
    """Start the program anew unless its libraries were loaded for so many threads."""
    wanted = dict.fromkeys(_VARIABLES, str(threads))
    # As `import embedrec` has it where that comes before NumPy: here it does not.
    wanted["OPENBLAS_THREAD_TIMEOUT"] = os.environ.get("OPENBLAS_THREAD_TIMEOUT", "17")
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        os.environ.update(wanted)
        os.execv(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]])


def read_ptb() -> dict[str, list[list[str]]]:
    """Return the sentences of the parts "train", "valid" and "test"."""
    with zipfile.ZipFile(find_data() / "lm" / "ptb.zip") as archive:
        return {
            part: [line.split() for line in archive.read(f"ptb.{part}.txt").decode().splitlines()]
            for part in ("train", "valid", "test")
        }


def encode_ptb(n_words: int | None = None) -> dict[str, LanguageText]:
    """Return the parts in ids; of each about the first `n_words`, to try a benchmark out.

    The vocabulary is that of the whole training part always: no word is unknown but "<unk>".
    """
    parts = read_ptb()
    vocabulary = collect_vocabulary(parts["train"])
    texts = {part: encode_sentences(lines, vocabulary) for part, lines in parts.items()}
    if n_words is not None:
        texts = {part: text._replace(ids=text.ids[:n_words]) for part, text in texts.items()}
    return texts


def read_settings(given: list[str]) -> dict[str, Any]:
    """Return what stands as NAME=VALUE, the value in JSON or a bare word."""
    settings = {}
    for pair in given:
        name, sign, value = pair.partition("=")
        if not sign:
            raise SystemExit(f"a setting is NAME=VALUE, not {pair!r}")
        try:
            settings[name] = json.loads(value)
        except json.JSONDecodeError:
            settings[name] = value
    return settings


def name_run(model: str, settings: dict[str, Any], *more: str) -> str:
    """Return the name of a run: the model, and what differs from its defaults."""
    return ", ".join([model, *(f"{n}={v}" for n, v in sorted(settings.items())), *more])


def make_model(model: str, settings: dict[str, Any]) -> Any:
    """Return a model that has learnt nothing yet, with its own defaults but for `settings`."""
    if model == "kn":
        return KneserNey(**settings)
    return NNLM(**settings) if model == "nnlm" else RNNLM(model, **settings)


class Clock:
    """Time on the clock and of work, kept in a file over interruptions; prints a line a minute.

    It is handed to `fit` as its progress. What is trained twice because a run was killed between
    checkpoints counts twice.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kept = json.loads(path.read_text()) if path.exists() else {}
        self.kept = {"seconds": 0.0, "cpu_seconds": 0.0, "starts": 0, **self.kept}
        self.kept["starts"] += 1
        self.before = dict(self.kept)
        self.began, self.began_work = time.perf_counter(), time.process_time()
        self.told_at = self.began

    def keep(self) -> dict[str, Any]:
        """Write the time so far."""
        self.kept["seconds"] = self.before["seconds"] + time.perf_counter() - self.began
        self.kept["cpu_seconds"] = self.before["cpu_seconds"] + time.process_time()
        self.kept["cpu_seconds"] -= self.began_work
        self.path.write_text(json.dumps(self.kept) + "\n")
        return self.kept

    def stage(self, name: str, *, total: float | None = None, unit: str = "") -> Clock:
        """Return itself: there is one stage."""
        return self

    def update(self, done: float, **figures: float) -> None:
        """Print the figures once a minute."""
        if time.perf_counter() - self.told_at > _SECONDS_BETWEEN_LINES:
            self.told_at = time.perf_counter()
            self.keep()
            told = ", ".join(f"{name} {value:,.2f}" for name, value in figures.items())
            print(f"{self.kept['seconds']:8,.0f} s  {done:,.0f} words  {told}", flush=True)

    def notice(self, message: str) -> None:
        """Print it."""
        print(message, flush=True)

    remark = notice

    def __enter__(self) -> Clock:
        return self

    def __exit__(self, *_: object) -> None:
        self.keep()


def train_once(
    folder: Path, learner: Any, text: LanguageText, validation: LanguageText, **fit: Any
) -> tuple[Any, dict[str, Any]]:
    """Return the model of a folder and how its training went; it is trained unless it is there.

    `folder`.partial holds checkpoints, from which an interrupted training goes on;
    `folder`.json the figures.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    told = folder.with_name(f"{folder.name}.json")
    if (folder / "manifest.json").exists() and told.exists():
        print(f"{folder.name}: trained before", flush=True)
        return load_language_model(folder), json.loads(told.read_text())
    # What ends a program politely also writes the time it took.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    clock = Clock(folder.with_name(f"{folder.name}.clock.json"))
    try:
        if isinstance(learner, KneserNey):
            learner.fit(text)
        else:
            learner.fit(
                text, validation, checkpoint=folder.with_name(f"{folder.name}.partial"),
                resume=True, progress=clock, on_epoch=lambda figures: _tell(clock, figures), **fit,
            )  # fmt: skip
    finally:
        spent = clock.keep()
    learner.save(folder)
    figures = {
        "seconds": round(spent["seconds"], 1),
        "cpu_seconds": round(spent["cpu_seconds"], 1),
        "starts": spent["starts"],
        "peak_mb": measure_peak_mb(),
        "training_tokens": len(text.ids),
        "vocabulary": len(text.vocabulary),
        **describe_epochs(learner),
    }
    told.write_text(json.dumps(figures) + "\n")
    clock.path.unlink()
    return learner, figures


def _tell(clock: Clock, figures: list[Any]) -> None:
    clock.keep()
    last = figures[-1]
    print(
        f"{clock.kept['seconds']:8,.0f} s  epoch {len(figures)}: loss {last.loss:.4f}, validation "
        f"{last.valid_perplexity:.2f}, rate {last.learning_rate:g}, "
        f"{last.words_per_second:,.0f} words/s",
        flush=True,
    )


def describe_epochs(model: Any) -> dict[str, Any]:
    """Return settings, number of parameters and the curve of a neural model."""
    if isinstance(model, KneserNey):
        return {"settings": {"order": model.order}}
    sizes = [parameter.value.size for _, parameter in iterate_parameters(model.layers_)]
    return {
        "settings": model.get_params(),
        "parameters": int(sum(sizes)),
        "epochs": len(model.figures_),
        "words_per_second": round(statistics.median(f.words_per_second for f in model.figures_)),
        "curve": [
            {
                "loss": round(f.loss, 4),
                "valid_perplexity": round(f.valid_perplexity, 3),
                "learning_rate": f.learning_rate,
            }
            for f in model.figures_
        ],
    }


def add_result(path: Path, name: str, result: dict[str, Any]) -> None:
    """Put a result into a file of results, in the place of an older one of its name."""
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    content[name] = {**result, "machine": describe_machine("numpy", "numba")}
    text = json.dumps(dict(sorted(content.items())), indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
