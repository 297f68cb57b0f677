"""`python -m embedrec` is the command `embedrec`."""

from __future__ import annotations

import sys

from embedrec.cli import main

if __name__ == "__main__":
    sys.exit(main())
