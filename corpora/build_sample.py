"""Build the sample corpus, or check that the committed file is what these tables give.

python corpora/build_sample.py            # write sample.xml.bz2 and sample_analogies.txt
python corpora/build_sample.py --check    # compare; exit 1 if they differ
python corpora/build_sample.py --stats    # pages and characters by kind
"""

from __future__ import annotations

import argparse
import bz2
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from sample.analogies import write_analogies  # noqa: E402
from sample.dump import write_dump  # noqa: E402
from sample.encyclopaedia import write_pages  # noqa: E402
from sample.facts import Facts  # noqa: E402

TARGET = HERE / "sample.xml.bz2"
ANALOGIES = HERE / "sample_analogies.txt"


def build_sample() -> bytes:
    """The sample as the bytes of its XML."""
    return write_dump(write_pages()).encode("utf-8")


def describe_sample() -> str:
    """How much there is of what, one line a kind."""
    facts = Facts()
    lines = [f"{len(entities):6d} {kind}" for kind, entities in facts.kinds.items()]
    return "\n".join([*lines, f"{len(facts.pages):6d} in all"])


def main(arguments: list[str] | None = None) -> int:
    """Run the command; 0 unless the check fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="compare with the committed file")
    parser.add_argument("--stats", action="store_true", help="count the facts and stop")
    options = parser.parse_args(arguments)
    if options.stats:
        print(describe_sample())
        return 0
    raw = build_sample()
    questions = write_analogies(Facts()).encode("utf-8")
    if options.check:
        found = {path: path.read_bytes() if path.exists() else b"" for path in (TARGET, ANALOGIES)}
        same = bool(found[TARGET]) and bz2.decompress(found[TARGET]) == raw
        same = same and found[ANALOGIES] == questions
        print(f"sample: {'up to date' if same else 'differs, run corpora/build_sample.py'}")
        return 0 if same else 1
    ANALOGIES.write_bytes(questions)
    TARGET.write_bytes(bz2.compress(raw, 9))
    print(f"{TARGET.name}: {TARGET.stat().st_size:,} bytes, {len(raw):,} unpacked")
    return 0


if __name__ == "__main__":
    sys.exit(main())
