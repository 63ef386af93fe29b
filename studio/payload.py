"""The base of what pages and programs post: strict about what is in it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from studio.field_errors import require_whole


class Payload(BaseModel):
    """Base of what is posted: unknown fields, numbers that are not finite and halves of characters are errors."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, given: Any) -> Any:
        require_whole(given)
        return given
