"""Child processes for stories and benchmarks."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def environment() -> dict[str, str]:
    """The environment for a child: compiled modules are kept between starts, also where that is switched off."""
    compiled = Path(tempfile.gettempdir()) / "wan-studio-compiled"
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(compiled), "OMP_NUM_THREADS": "1"}
