"""The YAML block at the top of a Space's README.md: read, and held against the documented parameters.

Source: hub-docs, docs/hub/spaces-config-reference.md, spaces-oauth.md, spaces-zerogpu.md (August 2026). `license` is of
every repository card; 60 characters of short_description are what the Hub's form takes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from studio.errors import StudioError
from studio.messages import Message

COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
SDKS = ("gradio", "docker", "static")
HARDWARE = (
    "cpu-basic", "cpu-upgrade", "t4-small", "t4-medium", "l4x1", "l4x4", "l40sx1", "l40sx4", "l40sx8", "a10g-small",
    "a10g-large", "a10g-largex2", "a10g-largex4", "a100-large", "a100x4", "a100x8",
)  # fmt: skip
SCOPES = (
    "email", "read-billing", "read-memberships", "read-repos", "gated-repos", "contribute-repos", "write-repos",
    "manage-repos", "read-collections", "write-collections", "inference-api", "read-endpoints", "write-endpoints",
    "jobs", "webhooks", "write-discussions",
)  # fmt: skip
MAX_SHORT_DESCRIPTION = 60
MAX_OAUTH_MINUTES = 43200
DEFAULT_PORT = 7860
ZEROGPU_PYTHON = ("3.12.12", "3.10.13")
HEADERS = ("cross-origin-embedder-policy", "cross-origin-opener-policy", "cross-origin-resource-policy")

FrontMatter = dict[str, Any]


def read(folder: Path) -> FrontMatter:
    """The block of the folder's README.md. Raises StudioError, in a sentence, where there is none that can be read."""
    try:
        text = (folder / "README.md").read_text("utf-8")
    except OSError:
        raise StudioError(Message("space.no_readme")) from None
    match = re.match(r"---\r?\n(.*?)\r?\n---\s*(\n|$)", text, re.DOTALL)
    if match is None:
        raise StudioError(Message("space.no_front_matter"))
    try:
        values = yaml.safe_load(match[1])
    except yaml.YAMLError as error:
        raise StudioError(Message("space.bad_yaml", why=str(error).splitlines()[0])) from None
    if not isinstance(values, dict):
        raise StudioError(Message("space.no_names"))
    return values


def problems(values: FrontMatter, folder: Path) -> Iterator[str]:
    """A sentence for each name or value that the Hub would refuse, ignore or misread."""
    for name, value in values.items():
        rule = RULES.get(name)
        if rule is None:
            yield f"{name} is no documented parameter of a Space."
        elif why := rule(value):
            yield f"{name} is {value!r}: {why}."
    for name in ("title", "emoji", "colorFrom", "colorTo", "sdk", "license", "short_description"):
        if name not in values:
            yield f"{name} is missing."
    yield from _sdk_problems(values, folder)


def _sdk_problems(values: FrontMatter, folder: Path) -> Iterator[str]:
    gradio_only = [n for n in ("sdk_version", "app_file", "python_version") if n in values]
    if values.get("sdk") == "docker":
        if gradio_only:
            yield f"{', '.join(gradio_only)} has no effect with the Docker SDK."
        if not (folder / "Dockerfile").is_file():
            yield "sdk is docker, but the folder has no Dockerfile."
    if values.get("sdk") == "gradio":
        if "app_port" in values:
            yield "app_port is used with the Docker SDK only."
        for name in ("sdk_version", "app_file", "python_version"):
            if name not in values:
                yield f"{name} is missing: the Hub's default is not what the studio was tried on."
        if not (folder / str(values.get("app_file") or "app.py")).is_file():
            yield f"app_file names {values.get('app_file')!r}, which is not in the folder."
    if values.get("hf_oauth_scopes") and not values.get("hf_oauth"):
        yield "hf_oauth_scopes has no effect without hf_oauth: true."


def _text(most: int = 0) -> Callable[[Any], str]:
    def rule(value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            return "use a text; put it in quotes where YAML would read a number"
        return f"use at most {most} characters, not {len(value)}" if most and len(value) > most else ""

    return rule


def _one_of(*choices: str) -> Callable[[Any], str]:
    return lambda value: "" if value in choices else f"use one of {', '.join(choices)}"


def _all_of(*choices: str) -> Callable[[Any], str]:
    def rule(value: Any) -> str:
        listed = value if isinstance(value, list) else [None]
        return "" if all(one in choices for one in listed) else f"list names out of {', '.join(choices)}"

    return rule


def _number(low: int, high: int) -> Callable[[Any], str]:
    def rule(value: Any) -> str:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return "" if whole and low <= value <= high else f"use a whole number from {low} to {high}"

    return rule


def _like(pattern: str, example: str) -> Callable[[Any], str]:
    def rule(value: Any) -> str:
        matched = isinstance(value, str) and re.fullmatch(pattern, value)
        return "" if matched else f"use a text such as {example}, in quotes"

    return rule


def _flag(value: Any) -> str:
    return "" if isinstance(value, bool) else "use true or false"


def _texts(value: Any) -> str:
    good = isinstance(value, list) and value and all(isinstance(one, str) and one.strip() for one in value)
    return "" if good else "list texts"


def _text_or_texts(value: Any) -> str:
    return _texts(value if isinstance(value, list) else [value])


def _emoji(value: Any) -> str:
    # letters, digits and punctuation of ASCII are no emoji; a joined emoji has up to ten code points
    good = isinstance(value, str) and 0 < len(value) <= 10 and not any(c.isalnum() or c.isascii() for c in value)
    return "" if good else "use one emoji"


def _preloaded(value: Any) -> str:
    item = re.compile(r"[\w.-]+/[\w.-]+( [^\s,]+(,[^\s,]+)*( [0-9a-f]{40})?)?")
    good = isinstance(value, list) and value and all(isinstance(v, str) and item.fullmatch(v) for v in value)
    return "" if good else 'list items such as "owner/model file1,file2 commit"'


def _headers(value: Any) -> str:
    good = isinstance(value, dict) and all(name in HEADERS for name in value)
    return "" if good else f"only {', '.join(HEADERS)} can be set"


RULES: dict[str, Callable[[Any], str]] = {
    "title": _text(),
    "emoji": _emoji,
    "colorFrom": _one_of(*COLOURS),
    "colorTo": _one_of(*COLOURS),
    "sdk": _one_of(*SDKS),
    "python_version": _like(r"3\.\d+(\.\d+)?", '"3.12"'),
    "sdk_version": _like(r"\d+\.\d+\.\d+", '"6.31.0"'),
    "suggested_hardware": _one_of(*HARDWARE),
    "suggested_storage": _one_of(),
    "app_file": _text(),
    "app_build_command": _text(),
    "app_port": _number(1, 65535),
    "base_path": _like(r"/.*", '"/"'),
    "fullWidth": _flag,
    "header": _one_of("mini", "default"),
    "short_description": _text(MAX_SHORT_DESCRIPTION),
    "license": _like(r"[a-z0-9.-]+", '"apache-2.0"'),
    "models": _texts,
    "datasets": _texts,
    "tags": _texts,
    "thumbnail": _text(),
    "pinned": _flag,
    "hf_oauth": _flag,
    "hf_oauth_scopes": _all_of(*SCOPES),
    "hf_oauth_expiration_minutes": _number(1, MAX_OAUTH_MINUTES),
    "hf_oauth_authorized_org": _text_or_texts,
    "disable_embedding": _flag,
    "startup_duration_timeout": _like(r"\d+(s|m|h)", '"30m"'),
    "custom_headers": _headers,
    "preload_from_hub": _preloaded,
}
"""Name -> what is wrong with a value, "" where nothing is."""
RULES["suggested_storage"] = lambda _value: "the Hub no longer has persistent storage; attach a Storage Bucket"
