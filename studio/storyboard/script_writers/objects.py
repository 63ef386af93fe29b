"""A script as JSON, in the shape that the API reads and answers."""

from __future__ import annotations

import json

from studio.prompt.script.model import Script

SHOT_KEYS = (
    *("number", "duration_s", "shot_size", "angle", "lens", "move", "place", "cast", "prompt", "dialogue"),
    *("voice_over", "sound", "music", "transition", "notes"),
)


def as_json(script: Script) -> str:
    """The film's own words, its cast and its shots; empty fields are left out."""
    body = script.model_dump(mode="json")
    film = {key: body[key] for key in ("title", "style", "negative", "cast") if body[key]}
    shots = [{key: shot[key] for key in SHOT_KEYS if shot[key]} for shot in body["shots"]]
    return json.dumps(film | {"shots": shots}, ensure_ascii=False, indent=2) + "\n"
