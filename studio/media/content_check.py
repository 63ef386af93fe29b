"""Whether a public Space may keep an upload: nudity is refused in a sentence, and so is what could not be looked at.

A picture is looked at whole, a clip at some of its frames, both as small copies. Sounds and documents pass.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from studio.domain import Kind
from studio.errors import MediaError, NotConfigured
from studio.media import frames, images, nudity
from studio.media.probe import MediaFacts
from studio.messages import Message
from studio.settings import without_secrets

REFUSED = frozenset(
    {"FEMALE_GENITALIA_EXPOSED", "MALE_GENITALIA_EXPOSED", "ANUS_EXPOSED", "BUTTOCKS_EXPOSED", "FEMALE_BREAST_EXPOSED"}
)
"""NudeNet's names of what is refused."""
LEAST_SCORE = 0.4
"""NudeNet itself begins at 0.25. Chosen, not measured: there is no set of pictures here to measure it on."""
SIDE_PX = 640
"""Longest side of the copies; the model looks at 320 pixels, and squares what it is given."""
MAX_FRAMES, S_PER_FRAME = 12, 1.0
TIMEOUT_S = 90.0
PACKAGES = ("nudenet", "onnxruntime")
_slots = threading.BoundedSemaphore(2)
"""Checks at once."""


def missing() -> Message | None:
    """What to install, None where uploads can be checked."""
    lacking = [name for name in PACKAGES if find_spec(name) is None]
    return Message("visitor.check_missing", names=", ".join(lacking)) if lacking else None


def check(path: Path, facts: MediaFacts, name: str, scratch: Path, *, refused: Collection[str] = ()) -> None:
    """Raise MediaError where the file shows what is refused, or cannot be looked at. scratch: for the small copies.

    facts: of the same file, from validate.admit. refused: other names of the model than REFUSED. Raises NotConfigured
    where the package is not installed.
    """
    if facts.kind not in (Kind.IMAGE, Kind.VIDEO):
        return
    if (sentence := missing()) is not None:
        raise NotConfigured(sentence)
    with TemporaryDirectory(dir=scratch) as folder:
        seen = _seen(_copies(path, facts, Path(folder)))
    if seen is None:
        raise MediaError(Message("visitor.unchecked", name=name))
    if any(label in (refused or REFUSED) and score >= LEAST_SCORE for label, score in seen.items()):
        raise MediaError(Message("visitor.refused", name=name))


def _copies(path: Path, facts: MediaFacts, folder: Path) -> list[Path]:
    """Small JPEG files of the picture, or of frames spread over the clip."""
    if facts.kind is Kind.IMAGE:
        pictures = list(_still_or_animation(path))
    else:
        length_s = facts.duration_s or 0.0
        count = max(3, min(MAX_FRAMES, round(length_s / S_PER_FRAME)))
        times = [length_s * (number + 0.5) / count for number in range(count)]
        pictures = frames.grab_many(path, times, max_side_px=SIDE_PX)
    copies = [folder / f"{number}.jpg" for number in range(len(pictures))]
    for picture, copy in zip(pictures, copies, strict=True):
        picture.thumbnail((SIDE_PX, SIDE_PX))
        picture.convert("RGB").save(copy, "JPEG", quality=90)
    return copies


def _still_or_animation(path: Path) -> Iterator[Image.Image]:
    with images.opened(path) as (image, _):
        count = getattr(image, "n_frames", 1)
        for number in sorted({count * step // MAX_FRAMES for step in range(MAX_FRAMES)}):
            image.seek(number)
            yield images.to_srgb(image.copy())


def _seen(pictures: list[Path]) -> dict[str, float] | None:
    """What nudity.py says of them; None where its process failed, or was ended for its time or memory."""
    command = [sys.executable, "-P", nudity.__file__, *map(str, pictures)]
    environ = without_secrets(os.environ) | {"OMP_NUM_THREADS": "1"}
    try:
        with _slots:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environ,
                timeout=TIMEOUT_S, check=False,
            )  # fmt: skip
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return None
    return answer.get("seen") if isinstance(answer, dict) else None
