"""JSON of our answers, made once and in one walk: messages are worded for the reader on the way.

orjson writes what it knows; for the rest it asks `_default`. What it refuses (whole numbers beyond 64 bits, keys that
are no text, broken text) goes the slower way through FastAPI's encoder, which knows more and raises what it always did.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import orjson
from fastapi.encoders import jsonable_encoder

from studio.messages import ENGLISH, Message, worded


def json_bytes(content: Any, language: str = ENGLISH) -> bytes:
    """The content as JSON in UTF-8, without spaces. Numbers that are not finite become null: browsers parse no other.

    Raises UnicodeEncodeError for text with half a surrogate pair, ValueError and TypeError for what JSON cannot hold.
    """
    # in English a message is written as the text it is, without asking
    option = None if language == ENGLISH else orjson.OPT_PASSTHROUGH_SUBCLASS
    try:
        return orjson.dumps(content, _default(language), option)
    except orjson.JSONEncodeError:
        plain = worded(jsonable_encoder(content), language)
        return json.dumps(plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


@cache
def _default(language: str) -> Callable[[Any], Any]:
    def default(value: Any) -> Any:
        if isinstance(value, Message):
            return value.text(language)
        return str(value) if isinstance(value, str) else jsonable_encoder(value)

    return default
