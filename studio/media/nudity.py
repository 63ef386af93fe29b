"""What NudeNet sees in small pictures, in a process of its own with little memory and time.

`python nudity.py PICTURE...` prints one JSON object: {"seen": {"BUTTOCKS_EXPOSED": 0.71}}, the highest score of each
class over all pictures, or {"unchecked": "why"}. It imports nothing of the studio. Source of the classes and of the
model, which is inside the package: https://github.com/notAI-tech/NudeNet (MIT).
"""

from __future__ import annotations

import contextlib
import json
import logging
import sys

MEMORY_BYTES = 3_000_000_000
"""Of addresses, not of pages: the model with its library takes 110 MB of memory."""
CPU_S = 60


def _limit_resources() -> None:
    """Bound memory and time. Windows has no such limits; there the caller's timeout is the only one."""
    try:
        import resource
    except ImportError:
        return
    limits = {"RLIMIT_AS": MEMORY_BYTES, "RLIMIT_CPU": CPU_S, "RLIMIT_CORE": 0}
    for name, most in limits.items():
        with contextlib.suppress(AttributeError, OSError, ValueError):
            resource.setrlimit(getattr(resource, name), (most, most))


def _seen(pictures: list[str]) -> dict[str, float]:
    from nudenet import NudeDetector

    detector, seen = NudeDetector(), dict[str, float]()
    for picture in pictures:
        for found in detector.detect(picture):
            seen[found["class"]] = max(seen.get(found["class"], 0.0), round(float(found["score"]), 3))
    return seen


def main(pictures: list[str]) -> None:
    """Print the answer for these pictures."""
    _limit_resources()
    sys.dont_write_bytecode = True
    logging.disable(logging.CRITICAL)
    try:
        answer: dict[str, object] = {"seen": _seen(pictures)}
    except Exception as error:  # whatever the library trips over
        answer = {"unchecked": type(error).__name__}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
