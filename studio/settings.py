"""Environment and command line -> Settings, once. Only app.py reads the environment through this.

Keys stay in `Settings.secrets` and are never printed: repr hides them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from studio.errors import SettingsError

SECRET_NAMES = (
    *("DASHSCOPE_API_KEY", "FAL_KEY", "WAVESPEED_API_KEY", "KIE_API_KEY", "RUNWARE_API_KEY", "APIMART_API_KEY"),
    *("ATLASCLOUD_API_KEY", "REPLICATE_API_TOKEN", "VTRIX_API_KEY", "MINDSTUDIO_API_KEY", "WAN_API_KEY"),
    "COMFYUI_AUTH",
)
"""Environment names whose values must never appear anywhere."""

OPTION_NAMES = {
    "STUDIO_HOST": "host",
    "STUDIO_PORT": "port",
    "STUDIO_DATA": "data",
    "STUDIO_WORKERS": "workers",
    "STUDIO_FFMPEG": "ffmpeg",
    "STUDIO_MAX_UPLOAD_MB": "max_upload_mb",
    "STUDIO_LOG": "log_level",
    "STUDIO_ORIGINS": "origins",
}
"""Environment name -> field of Settings."""


class Settings(BaseModel):
    """How this studio was started.

    workers: processes of the draft engine (0: as many as cores, at most 4). origins: addresses under which a proxy
    shows the studio, such as https://studio.example. options: every other environment value an engine may ask for by
    its name (base URLs, regions); see the README's table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=1, le=65535)
    data: Path = Path("data")
    workers: int = Field(default=0, ge=0, le=64)
    ffmpeg: str = ""
    max_upload_mb: int = Field(default=500, ge=1, le=100_000)
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")
    origins: tuple[str, ...] = ()
    secrets: dict[str, SecretStr] = Field(default_factory=dict)
    options: dict[str, str] = Field(default_factory=dict)

    @field_validator("origins", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        listed = tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        if any(not origin.startswith(("http://", "https://")) for origin in listed):
            raise ValueError("list addresses that start with http:// or https://, separated by commas")
        return listed

    def secret(self, name: str) -> str | None:
        """The value of a key, or None. Use it only in a request header."""
        found = self.secrets.get(name)
        return found.get_secret_value() if found else None

    def option(self, name: str, default: str = "") -> str:
        """An environment value by name, e.g. ALIBABA_BASE_URL."""
        return self.options.get(name, "").strip() or default


ENGINE_OPTIONS: tuple[str, ...] = (
    *("ALIBABA_BASE_URL", "ALIBABA_REGION", "ALIBABA_WORKSPACE", "COMFYUI_URL"),
    *("ALIBABA_IMAGES", "ALIBABA_CONCURRENT", "ALIBABA_SUBMITS_PER_S"),
    *("STUDIO_GPU", "STUDIO_MODELS", "STUDIO_GPU_MEMORY_GB", "STUDIO_GPU_IDLE_S"),
    *("STUDIO_GPU_CACHE_GB", "STUDIO_GPU_CACHE_DAYS"),
    *("STUDIO_GPU_WATTS", "STUDIO_KWH_PRICE", "STUDIO_GPU_HOUR_USD"),
)
"""Environment names that engines read through Settings.option."""


def read(arguments: Mapping[str, object] | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment, overridden by command line arguments that are not None.

    Raises SettingsError with one sentence that names the setting and what it may be.
    """
    values: dict[str, object] = {f: environ[e] for e, f in OPTION_NAMES.items() if environ.get(e, "").strip()}
    values |= {k: v for k, v in (arguments or {}).items() if v is not None}
    values["secrets"] = {n: environ[n].strip() for n in SECRET_NAMES if environ.get(n, "").strip()}
    values["options"] = {n: environ[n] for n in ENGINE_OPTIONS if n in environ}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_sentence(error.errors(include_url=False))) from None


def _sentence(errors: Sequence[Mapping[str, object]]) -> str:
    names = {field: env for env, field in OPTION_NAMES.items()}
    first = errors[0]
    field = str(first["loc"][0])  # type: ignore[index]
    return f"{names.get(field, field)} is {first['input']!r}: {str(first['msg']).lower()}."
