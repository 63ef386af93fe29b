"""What a Hugging Face Space says about itself, as settings, and the limits for its visitors.

On a Space nobody sets anything by hand: its environment names it, and the values below follow. A name that is set in
the Space's own settings wins. Source of the names: hub-docs, spaces-overview, "Built-in environment variables".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

HUB = "https://huggingface.co"
"""The site whose pages show Spaces in a frame."""
SPACE_SITES = "https://*.hf.space"
"""Where Spaces are served."""
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.ASCII)

PROXIES = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"
"""A Space is reached through the Hub's proxy only, which is on the private network of the container."""

VISITOR_NAMES = {
    "STUDIO_VISITOR_WAITING": "waiting_runs",
    "STUDIO_VISITOR_RUNS_PER_HOUR": "runs_per_hour",
    "STUDIO_VISITOR_UPLOAD_MB": "upload_mb",
    "STUDIO_VISITOR_STORED_MB": "stored_mb",
    "STUDIO_VISITOR_KEEP_HOURS": "keep_hours",
    "STUDIO_VISITORS_WAITING": "all_waiting_runs",
    "STUDIO_VISITORS_STORED_MB": "all_stored_mb",
}
"""Environment name -> field of VisitorLimits."""


class VisitorLimits(BaseModel):
    """How much visitors of a public Space may use.

    waiting_runs: runs of one visitor that have not ended. runs_per_hour: runs one visitor may start. upload_mb: files
    one visitor may bring in an hour. stored_mb: what is kept for one visitor. keep_hours: after it a visitor's results
    go. all_waiting_runs, all_stored_mb: of all visitors together.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    waiting_runs: int = Field(default=4, ge=1, le=1000)
    runs_per_hour: int = Field(default=30, ge=1, le=100_000)
    upload_mb: int = Field(default=100, ge=1, le=100_000)
    stored_mb: int = Field(default=300, ge=1, le=1_000_000)
    keep_hours: int = Field(default=24, ge=1, le=8760)
    all_waiting_runs: int = Field(default=60, ge=1, le=100_000)
    all_stored_mb: int = Field(default=20_000, ge=1, le=10_000_000)


def is_space(environ: Mapping[str, str]) -> bool:
    """Whether this environment is that of a Hugging Face Space."""
    return bool(environ.get("SPACE_ID", "").strip() and HOST_NAME.fullmatch(environ.get("SPACE_HOST", "").strip()))


def space_defaults(environ: Mapping[str, str]) -> dict[str, str]:
    """Environment names with the values that a Space gives them; empty where this is no Space."""
    if not is_space(environ):
        return {}
    address = f"https://{environ['SPACE_HOST'].strip()}"
    home = environ.get("HOME", "").strip()
    return {
        "STUDIO_ACCESS": "huggingface",
        "STUDIO_HOST": "0.0.0.0",  # noqa: S104 - the container's only way in is the Hub's proxy
        "STUDIO_FRAME_ANCESTORS": f"{HUB},{SPACE_SITES}",
        "STUDIO_ORIGINS": address,
        "STUDIO_PUBLIC_URL": address,
        "STUDIO_TRUSTED_PROXIES": PROXIES,
        # not /data: a bucket that is mounted there is a network file system, which SQLite must not live on
        "STUDIO_DATA": str(Path(home) / "studio-data") if home else "data",
        "STUDIO_CHECK_UPLOADS": "on",
        "STUDIO_DEMO": "on",
    }


def with_space_defaults(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The environment with what a Space leaves unsaid. An empty value counts as unset."""
    defaults = space_defaults(environ)
    return {**defaults, **{n: v for n, v in environ.items() if v.strip() or n not in defaults}} if defaults else environ
