"""Building a corpus with several workers from a script, with and without a `__main__` guard."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BUILD = """
from embedrec.corpus.encoder import build_corpus
from tests.corpus.making import {tokenize}
corpus = build_corpus(["a b c a"] * 20, {tokenize}, {folder!r}, description={{}}, inputs={{}},
                      min_count=1, n_workers=2)
print(corpus.n_tokens)
"""
OWN = """
from embedrec.corpus.encoder import build_corpus
def tokenize(text):
    return [text.split()]
{guard}build_corpus(["a b c a"] * 20, tokenize, {folder!r}, description={{}}, inputs={{}},
             min_count=1, n_workers=2)
"""


def run_script(tmp_path: Path, source: str) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "script.py"
    script.write_text(source, encoding="utf-8")
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(
        [sys.executable, str(script)],
        env={"PYTHONPATH": str(root), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_script_needs_no_guard(tmp_path: Path) -> None:
    source = BUILD.format(tokenize="cut", folder=str(tmp_path / "corpus"))
    result = run_script(tmp_path, source)
    assert result.stdout.strip() == "80", result.stderr


def test_what_a_script_defines_itself_needs_a_guard(tmp_path: Path) -> None:
    folder = str(tmp_path / "corpus")
    guarded = OWN.format(guard='if __name__ == "__main__":\n    ', folder=folder)
    assert run_script(tmp_path, guarded).returncode == 0
    assert (tmp_path / "corpus" / "manifest.json").is_file()
    bare = run_script(tmp_path, OWN.format(guard="", folder=f"{folder}2"))
    assert bare.returncode == 1
    assert "script without `if __name__ == '__main__':`" in bare.stderr.splitlines()[-1]
