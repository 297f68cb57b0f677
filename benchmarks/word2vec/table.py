"""The last results as Markdown, for README."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.word2vec.job import MODELS, SUBWORD_MODELS, TOOLS
from benchmarks.word2vec.scores import average, list_sets
from embedrec.files import read_json

NAMES = {
    "embedrec": "this project",
    "gensim": "gensim",
    "fasttext": "fastText",
    "word2vec.c": "word2vec.c",
    "embedrec-deterministic": "this project, deterministic",
}
SHORT = {
    "questions-words": "questions-words",
    "wordsim353": "WordSim-353",
    "simlex999": "SimLex-999",
    "MEN-TR-3k": "MEN",
    "ca_translated": "CA_translated",
    "ca8_semantic": "CA8 semantic",
    "ca8_morphological": "CA8 morphological",
}


def lay_out(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def describe_origin(results: dict[str, Any]) -> str:
    """Return where and when runs were made, and what made them, in a line."""
    machine, corpus = results["machine"], results["corpus"]
    dates = sorted({run["date"] for run in results["runs"].values()})
    span = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    versions = ", ".join(
        f"{NAMES.get(tool, tool)} {version}" for tool, version in results.get("tools", {}).items()
    )
    codes = {run["code"] for run in results["runs"].values()}
    mixed = " Runs of different states of the code." if len(codes) > 1 else ""
    return (
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}, {span}; "
        f"{corpus['words']:,} words, vocabulary {corpus['vocabulary']:,}; {versions}.{mixed}"
    )


def show_speed(results: dict[str, Any]) -> str:
    """Return tables of thousand words a second, of processor time and of the clock, and memory."""
    runs = results["runs"]
    threads = sorted({int(key.split()[1]) for key in runs})
    tools = [tool for tool in TOOLS if any(tool in run["tools"] for run in runs.values())]
    parts = []
    for n_threads in threads:
        rate, ratio, what = (
            ("words_per_cpu_second", "ratio_cpu", "second of processor time")
            if n_threads == 1
            else ("words_per_second", "ratio_clock", "second of the clock")
        )
        rows = []
        for model in (*MODELS, *SUBWORD_MODELS):
            found = runs.get(f"{model} {n_threads}", {"tools": {}})["tools"]
            if found:
                rows.append([model, *(_show_rate(found.get(t), rate, ratio) for t in tools)])
        parts.append(
            f"Thousand words per {what}, {n_threads} thread(s); in brackets how many times"
        )
        parts[-1] += " faster this project is; then peak memory in MB:\n\n"
        parts[-1] += lay_out(["model", *(NAMES[tool] for tool in tools)], rows)
    return "\n\n".join([describe_origin(results), *parts])


def _show_rate(row: dict[str, Any] | None, rate: str, ratio: str) -> str:
    if row is None:
        return ""
    times = f" ({row[ratio]:.2f})" if ratio in row else ""
    return f"{row[rate] / 1000:.0f}{times}, {row['peak_mb']}"


def show_speedup(results: dict[str, Any]) -> str:
    """Return how many times faster each tool is with several threads, by the clock."""
    runs = results["runs"]
    threads = sorted({int(key.split()[1]) for key in runs})
    rows = []
    for model in (*MODELS, *SUBWORD_MODELS):
        one = runs.get(f"{model} 1", {"tools": {}})["tools"]
        for n_threads in threads[1:]:
            many = runs.get(f"{model} {n_threads}", {"tools": {}})["tools"]
            rows += [
                [
                    model,
                    NAMES[tool],
                    n_threads,
                    f"{many[tool]['words_per_second'] / one[tool]['words_per_second']:.2f}",
                ]
                for tool in TOOLS
                if tool in one and tool in many
            ]
    return lay_out(["model", "tool", "threads", "times as fast as one"], rows)


def show_scores(results: dict[str, Any], language: str) -> str:
    """Return a table of mean scores, with the number of seeds."""
    names = list_sets(language)
    means = average(results["runs"], names)
    rows = [
        [model, NAMES[tool], row["n_seeds"], *(f"{row[name]:.1f}" for name in names)]
        for model in (*MODELS, *SUBWORD_MODELS)
        for tool in TOOLS
        if (row := means.get(model, {}).get(tool))
    ]
    head = ["model", "tool", "seeds", *(SHORT.get(name, name) for name in names)]
    return "\n\n".join([describe_origin(results), lay_out(head, rows)])


def show_scaling(results: dict[str, Any]) -> str:
    """Return a table for each thing that was changed: thousand words per second."""
    parts = [describe_origin(results)]
    groups: dict[str, dict[str, dict[int, Any]]] = {}
    for key, run in results["runs"].items():
        kind, value, model = key.split()
        for tool, row in run["tools"].items():
            line = groups.setdefault(kind, {}).setdefault(f"{model}, {NAMES[tool]}", {})
            line[int(value)] = row
    for kind, lines in groups.items():
        rate = "words_per_second" if kind == "threads" else "words_per_cpu_second"
        values = sorted({value for line in lines.values() for value in line})
        rows = [
            [name, *(f"{line[v][rate] / 1000:.0f}" if v in line else "" for v in values)]
            for name, line in lines.items()
        ]
        parts.append(lay_out([kind, *values], rows))
    return "\n\n".join(parts)


def show_roofline(results: dict[str, Any]) -> str:
    """Return the limits in a line and each kernel's distance from them."""
    runs = results["runs"]
    limits = runs["limits"]
    rows = [
        [
            model,
            *(f"{run[n] / 1000:.0f}" for n in ("words_per_cpu_second", "flops_per_word")),
            run["fresh_rows_per_word"],
            *(f"{run[n] / 1000:.0f}" for n in ("arithmetic_limit", "memory_limit")),
            *(f"{100 * run[n]:.0f} %" for n in ("of_arithmetic", "of_memory", "of_both")),
        ]
        for model in MODELS
        if (run := runs.get(model))
    ]
    head = ["model", "k words/s", "kflop/word", "rows/word", "arithmetic limit, k words/s"]
    head += ["memory limit, k words/s", "of arithmetic", "of memory", "of both in turn"]
    random = "; ".join(
        f"random rows of {name.split('_')[2]} MB "
        f"{value['plain_gb_per_second']} ({value['prefetched_gb_per_second']} prefetched)"
        for name, value in limits.items()
        if name.startswith("random_rows")
    )
    line = (
        f"One core: {limits['gflops']} GFlop/s in matrix products; GB/s read and written: stream "
        f"{limits['stream_gb_per_second']}; {random}."
    )
    return "\n\n".join([describe_origin(results), line, lay_out(head, rows)])


def show_all(folder: Path, language: str) -> str:
    """Return all tables of a language for which there are results."""
    shows = {
        "speed": [show_speed, show_speedup],
        "scores": [lambda results: show_scores(results, language)],
        "scaling": [show_scaling],
        "roofline": [show_roofline],
    }
    parts = []
    for mode, makers in shows.items():
        path = folder / f"word2vec_{mode}_{language}.json"
        if path.exists():
            results = read_json(path)
            parts.append(f"## {mode}, {language}")
            parts += [make(results) for make in makers]
    return "\n\n".join(parts) or f"there are no results of {language} in {folder}"
