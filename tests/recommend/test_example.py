"""The example runs, and says what a person would expect of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "recommend_words.py"


def test_example_recommends_cities_first() -> None:
    done = subprocess.run(
        [sys.executable, EXAMPLE], capture_output=True, text=True, encoding="utf-8", check=True
    )
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["上海", "广州", "杜甫"]
    assert "because of 北京" in lines[0]
    assert "because of 李白" in lines[2]
