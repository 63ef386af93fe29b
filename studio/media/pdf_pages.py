"""The number of pages of a PDF, counted in a process of its own with little memory and time.

`python pdf_pages.py FILE` prints one JSON object: {"pages": 3} or {"refused": "encrypted"}. A hostile file can at most
end this process. It imports nothing of the studio.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys

MEMORY_BYTES = 1_500_000_000
CPU_S = 20


def _limit_resources() -> None:
    """Bound memory, time and writing. Windows has no such limits; there the caller's timeout is the only one."""
    try:
        import resource
    except ImportError:
        return
    limits = {"RLIMIT_AS": MEMORY_BYTES, "RLIMIT_CPU": CPU_S, "RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0}
    for name, most in limits.items():
        with contextlib.suppress(AttributeError, OSError, ValueError):
            resource.setrlimit(getattr(resource, name), (most, most))


def _count(path: str) -> dict[str, object]:
    from pypdf import PdfReader

    reader = PdfReader(path, strict=False)
    return {"refused": "encrypted"} if reader.is_encrypted else {"pages": len(reader.pages)}


def main(path: str) -> None:
    """Print the answer for the file at `path`."""
    _limit_resources()
    sys.dont_write_bytecode = True
    logging.disable(logging.CRITICAL)
    try:
        answer = _count(path)
    except (MemoryError, RecursionError):
        answer = {"refused": "unchecked"}
    except Exception as error:  # whatever a parser trips over; the name of pypdf's own limits tells them apart
        answer = {"refused": "unchecked" if type(error).__name__ == "LimitReachedError" else "damaged"}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
