"""A request as an agent writes it: the flat form of the API, with the fields that every model shares described."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from studio.domain import JSON, MAX_ORIGINAL_CHARS, Task

AssetId = Annotated[str, Field(max_length=64, description="id of a file, from upload or a run's assets")]
AssetIds = Annotated[list[AssetId], Field(max_length=50)]


class RequestInput(BaseModel):
    """One request. Fields that are left out take the model's default. Further fields are the model's own parameters, by
    the names that describe_model gives under `params`.
    """

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)

    task: Task
    model: str = Field(max_length=200, description="id of a model, such as draft/animatic")
    prompt: str | None = Field(None, description="What is to be seen and heard")
    negative_prompt: str | None = None
    literal_prompt: bool | None = Field(
        None, description="true: send marks such as (word:1.2) or {a|b} as they stand; else they are refused"
    )
    original_prompt: str | None = Field(
        None,
        max_length=MAX_ORIGINAL_CHARS,
        description="The prompt as the person wrote it, where you rewrote it: kept with the run, never sent",
    )
    width: int | None = None
    height: int | None = None
    aspect: str | None = Field(None, description="Such as 16:9, with tier, in the place of width and height")
    tier: str | None = Field(None, description="Such as 720P")
    duration_s: float | None = None
    fps: int | None = None
    seed: int | None = Field(None, description="The same seed and request give the same result where a model allows")
    n: int | None = Field(None, ge=1, le=100, description="How many runs, each with its own seed")
    audio: bool | None = None
    image: AssetId | None = None
    images: AssetIds | None = None
    first_frame: AssetId | None = None
    last_frame: AssetId | None = None
    references: AssetIds | None = Field(None, description="Pictures or clips of who and what must look the same")
    reference_voices: dict[str, str] | None = Field(None, description="id of a reference -> id of a sound")
    audio_file: AssetId | None = None
    video: AssetId | None = None
    document: AssetId | None = None
    real_people: bool | None = Field(None, description="false: the files show and voice no real person")
    consent: bool | None = Field(None, description="true: the real people in the files have agreed to this use")


def flat(request: RequestInput) -> JSON:
    """The request as the services take it; null fields are left out."""
    body = request.model_dump(mode="json", exclude_unset=True)
    return {name: value for name, value in body.items() if value is not None}
