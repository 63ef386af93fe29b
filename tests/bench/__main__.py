"""`python -m tests.bench NAME [options]`: run one benchmark, one JSON line per figure; without a name, list them."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

NAMES = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_"))

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        sys.exit(f"Name a benchmark: {', '.join(NAMES)}")
    import_module(f"tests.bench.{sys.argv[1]}").main(sys.argv[2:])
