"""Environment and command line -> Settings, once. Only app.py reads the environment through this.

Keys are never printed: repr and dumps hide them. No provider is named here: an engine asks for its values by the
names that its class declares.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from studio.errors import SettingsError
from studio.messages import Message, of_error
from studio.space_settings import VISITOR_NAMES, VisitorLimits, is_space, with_space_defaults

SECRET_ENDINGS = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD", "_AUTH")
"""Ends of environment names whose values must never appear anywhere."""

NOTIFY_URL, NOTIFY_SECRET, NOTIFY_TARGETS = "STUDIO_NOTIFY_URL", "STUDIO_NOTIFY_SECRET", "STUDIO_NOTIFY_TARGETS"
"""Where messages about runs go, besides the page. Such addresses hold tokens."""
VAPID_KEY, PUSH_SERVICE = "STUDIO_VAPID_KEY", "STUDIO_PUSH_SERVICE"
"""The key that signs web push; a push service on the own network, which may be asked, too."""
SECRET_NAMES = (NOTIFY_URL, NOTIFY_TARGETS)
"""Secrets whose names do not end like one."""

PASSWORD = "STUDIO_PASSWORD"  # noqa: S105 - the name of a setting
PASSWORD_MIN_CHARS, PASSWORD_MAX_BYTES = 8, 1024

BOOTSTRAP_LOGIN = "admin"
"""The account whose password STUDIO_PASSWORD is."""
SOLO, OPEN = ("", "solo"), "open"
"""Words of STUDIO_ACCESS for studios without accounts: of this machine only, or open to everyone on purpose."""
ACCESS_WORDS = ("", "solo", "password", "huggingface", "oidc", "proxy", "open")

OPTION_NAMES = {
    "STUDIO_HOST": "host",
    "STUDIO_PORT": "port",
    "STUDIO_DATA": "data",
    "STUDIO_WORKERS": "workers",
    "STUDIO_FFMPEG": "ffmpeg",
    "STUDIO_MAX_UPLOAD_MB": "max_upload_mb",
    "STUDIO_LOG": "log_level",
    "STUDIO_ORIGINS": "origins",
    "STUDIO_ACCESS": "access",
    "STUDIO_TRUSTED_PROXIES": "trusted_proxies",
    "STUDIO_FRAME_ANCESTORS": "frame_ancestors",
    "STUDIO_PUBLIC_URL": "public_url",
    "STUDIO_MEDIA_MIRROR": "media_mirror",
    "STUDIO_MIRROR_MINUTES": "mirror_minutes",
    "STUDIO_BACKUPS_KEPT": "backups_kept",
    "STUDIO_BACKUPS_DAYS": "backups_days",
    "STUDIO_CHECK_UPLOADS": "check_uploads",
    "STUDIO_DEMO": "demo",
}
"""Environment name -> field of Settings."""


class Settings(BaseModel):
    """How this studio was started.

    workers: processes of the draft engine (0: as many as cores, at most 4). origins: addresses under which a proxy
    shows the studio, such as https://studio.example. password_hash: argon2 of the first administrator's password; "" is
    none. access: how people sign in; "" and "solo" is a studio of this machine without accounts, unless there is that
    password, and "open" lets everyone in on purpose. trusted_proxies: addresses or networks whose forwarded headers
    count. frame_ancestors: origins whose pages may show the studio in a frame. public_url: the studio's HTTPS address
    on the internet, where providers may call. media_mirror: a folder, such as a mounted bucket, that gets copies of
    media and of the database, the latter every mirror_minutes. backups_kept, backups_days: how many copies of the
    database stay in backups/, and for how long; the newest always does. check_uploads: whether uploads are looked
    at before they are kept. demo: whether an empty studio makes example content. space: whether this is a Hugging Face
    Space.
    visitors: limits of those who use it without an account. new_database: begin with an empty one though the folder
    holds a library.
    environ: the environment, for engines, which know the names of theirs; secrets and options: values that count before
    it.
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
    access: Literal["", "solo", "password", "huggingface", "oidc", "proxy", "open"] = ""
    password_hash: str = Field(default="", repr=False, exclude=True)
    trusted_proxies: tuple[str, ...] = ()
    frame_ancestors: tuple[str, ...] = ()
    public_url: str = ""
    media_mirror: Path | None = None
    mirror_minutes: float = Field(default=5, ge=0.01, le=1440)
    backups_kept: int = Field(default=10, ge=1, le=1000)
    backups_days: float = Field(default=90, ge=0.01, le=36_500)
    check_uploads: Literal["off", "on"] = "off"
    demo: Literal["off", "on"] = "off"
    space: bool = False
    visitors: VisitorLimits = Field(default_factory=VisitorLimits)
    new_database: bool = False
    secrets: dict[str, SecretStr] = Field(default_factory=dict)
    options: dict[str, str] = Field(default_factory=dict)
    environ: dict[str, SecretStr] = Field(default_factory=dict, repr=False, exclude=True)

    @field_validator("access", mode="before")
    @classmethod
    def _known_access(cls, value: object) -> object:
        if value not in ACCESS_WORDS:
            raise ValueError(Message("settings.access_words"))
        return value

    @field_validator("origins", "frame_ancestors", mode="before")
    @classmethod
    def _origins(cls, value: object) -> object:
        listed = _listed(value)
        if any(not _is_origin(origin) for origin in listed):
            raise ValueError(Message("settings.list_addresses"))
        return listed

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        listed = _listed(value)
        try:
            for network in listed:
                ipaddress.ip_network(network)
        except ValueError:
            raise ValueError(Message("settings.list_networks")) from None
        return listed

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str) -> str:
        value = value.strip().rstrip("/")
        if value and not _is_public_url(value):
            raise ValueError(Message("settings.public_url"))
        return value

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the studio."""
        return is_loopback(self.host)

    @property
    def has_accounts(self) -> bool:
        """Whether people sign in; else everybody who gets here is the one local user."""
        return self.access not in (*SOLO, OPEN) or (not self.access and bool(self.password_hash))

    def check_access(self) -> None:
        """Raises SettingsError where a network could reach the studio and nobody decided who may enter."""
        if self.access in ("solo", OPEN) and self.password_hash:
            raise SettingsError(Message("settings.open_with_password", access=self.access, password=PASSWORD))
        if self.access in SOLO and not (self.on_loopback or self.has_accounts):
            raise SettingsError(
                Message(
                    "settings.no_access_control",
                    host=self.host or Message("settings.every_address"),
                    password=PASSWORD,
                    least=PASSWORD_MIN_CHARS,
                )
            )

    def secret(self, name: str) -> str | None:
        """The value of a key, or None. Use it only in a request header."""
        found = self.secrets.get(name) or self.environ.get(name)
        return (found.get_secret_value().strip() if found else "") or None

    def option(self, name: str, default: str = "") -> str:
        """An environment value by name, e.g. ALIBABA_BASE_URL."""
        if name in self.options:
            return self.options[name].strip() or default
        found = self.environ.get(name)
        return (found.get_secret_value().strip() if found else "") or default


def looks_secret(name: str) -> bool:
    """Whether the value of this environment name is a key, a token or a password."""
    return name.upper().endswith(SECRET_ENDINGS) or name.upper() in SECRET_NAMES


def without_secrets(environ: Mapping[str, str], *, keep: Sequence[str] = ()) -> dict[str, str]:
    """The environment for a process that needs no key. keep: names that it needs nevertheless."""
    return {name: value for name, value in environ.items() if name in keep or not looks_secret(name)}


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine only. A name other than localhost is not."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def hash_password(password: str) -> str:
    """The argon2id hash of STUDIO_PASSWORD, "" for none. Raises SettingsError, which never holds the password."""
    if not password.strip():
        return ""
    if len(password) < PASSWORD_MIN_CHARS:
        raise SettingsError(Message("settings.password_short", password=PASSWORD, least=PASSWORD_MIN_CHARS))
    try:
        raw = password.encode()
    except UnicodeEncodeError:
        raise SettingsError(Message("settings.password_not_text", password=PASSWORD)) from None
    if len(raw) > PASSWORD_MAX_BYTES:
        raise SettingsError(Message("settings.password_long", password=PASSWORD, most=PASSWORD_MAX_BYTES))
    from argon2 import PasswordHasher

    return PasswordHasher().hash(raw)


def _listed(value: object) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else ()
    return tuple(str(part).strip().rstrip("/") for part in parts if str(part).strip())


def _is_origin(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    rest = (parts.path, parts.query, parts.fragment, parts.username)
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(rest) and not set(text) & set(" ;'\"")


def _is_public_url(text: str) -> bool:
    """Whether this can be an HTTPS address on the internet; a path is allowed, nothing is looked up."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    if parts.scheme != "https" or any((parts.query, parts.fragment, parts.username)) or set(text) & set(" ;'\"\\<>"):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".") and host.isascii() and not host.endswith((".localhost", ".local", ".internal"))


def read(arguments: Mapping[str, object] | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment, overridden by command line arguments that are not None.

    Raises SettingsError with one sentence that names the setting and what it may be.
    """
    environ = with_space_defaults(environ)
    values = _given(OPTION_NAMES, environ) | {k: v for k, v in (arguments or {}).items() if v is not None}
    values |= {"visitors": _given(VISITOR_NAMES, environ), "space": is_space(environ)}
    values["environ"] = {name: value for name, value in environ.items() if name != PASSWORD}
    values["password_hash"] = hash_password(environ.get(PASSWORD, ""))
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise SettingsError(_sentence(error.errors(include_url=False))) from None


def _given(names: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, object]:
    return {field: environ[name] for name, field in names.items() if environ.get(name, "").strip()}


def _reason(error: Mapping[str, Any]) -> str:
    """What is wrong: our own validator's message, else pydantic's words."""
    own = error.get("ctx", {}).get("error")
    return of_error(own) if isinstance(own, ValueError) else str(error["msg"]).lower()


def _sentence(errors: Sequence[Mapping[str, Any]]) -> str:
    names = {field: env for env, field in (OPTION_NAMES | VISITOR_NAMES).items()}
    first = errors[0]
    field = str(first["loc"][-1])
    return Message(
        "settings.wrong",
        field=names.get(field, field),
        given=f"{first['input']!r}",
        why=_reason(first),
    )
