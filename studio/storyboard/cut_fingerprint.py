"""Tells one cut of a board from another: what an approval of an exported film is an approval of.

A fingerprint has two halves, "BOARD.CHOICES": the pictures with their order, trims, look and titles; and what else the
film was given, such as music. Where the film goes, and what people think of its shots, is in neither.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from studio.storyboard.model import Board
from studio.storyboard.to_timeline import Clips

_NOT_SEEN = {"status", "notes", "takes"}
_NOT_SEEN_OF_BOARD = {"delivery", "wholes", "shots"}


def board_fingerprint(board: Board, clips: Clips) -> str:
    """The first half, hexadecimal: the board and the content of the files that it shows."""
    shots = [
        {"shot": shot.model_dump(mode="json", exclude=_NOT_SEEN), "file": clip and (clip.asset.sha256 or clip.asset.id)}
        for shot in board.shots
        for clip in (clips.get(shot.id),)
    ]
    return _digest({"board": board.model_dump(mode="json", exclude=_NOT_SEEN_OF_BOARD), "shots": shots})


def cut_fingerprint(board: Board, clips: Clips, choices: Mapping[str, Any]) -> str:
    """Both halves. choices: what the film was given beside the board, as JSON."""
    return f"{board_fingerprint(board, clips)}.{_digest(choices)}"


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]
