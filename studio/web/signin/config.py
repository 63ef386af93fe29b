"""Settings -> how people sign in elsewhere. Everything wrong is said in one sentence before the studio starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from studio.errors import SettingsError
from studio.messages import Message, of_error
from studio.permissions import Role
from studio.settings import Settings, is_loopback
from studio.web.signin.membership import Membership, read_rules
from studio.web.signin.space_members import SpaceMembership, authorized_orgs

OIDC, HUGGING_FACE, PROXY = "oidc", "huggingface", "proxy"
HUB = "https://huggingface.co"


@dataclass(frozen=True)
class OpenIdConfig:
    """One provider and who of its people may enter. base: the studio's public address, "" for the one that a browser
    on this machine uses. visitors: whether people may look around before they sign in. label: the provider for people.
    """

    method: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: str
    base: str
    membership: Membership | SpaceMembership
    label: str
    visitors: bool = False


@dataclass(frozen=True)
class ProxyConfig:
    """header, groups_header: in lower case, as they arrive; groups_header "" is none. proxies: who may send them."""

    header: str
    groups_header: str
    proxies: tuple[str, ...]
    membership: Membership


def check(settings: Settings) -> None:
    """Raises SettingsError where the chosen way to sign in lacks something or contradicts itself."""
    of(settings)


def of(settings: Settings) -> OpenIdConfig | ProxyConfig | None:
    """How people sign in, besides by password. Raises SettingsError."""
    readers = {OIDC: _openid, HUGGING_FACE: _hugging_face, PROXY: _proxy}
    return readers[settings.access](settings) if settings.access in readers else None


def _openid(settings: Settings) -> OpenIdConfig:
    issuer, client_id = (_needed(settings, f"STUDIO_OIDC_{name}") for name in ("ISSUER", "CLIENT_ID"))
    if not _is_issuer(issuer):
        raise SettingsError(Message("signin.issuer_https", issuer=issuer))
    base = settings.public_url or next(iter(settings.origins), "")
    if not base and not settings.on_loopback:
        raise SettingsError(Message("signin.no_address"))
    membership = _membership(settings, "STUDIO_OIDC_")
    return OpenIdConfig(
        OIDC, issuer, client_id, settings.secret("STUDIO_OIDC_CLIENT_SECRET") or "",
        settings.option("STUDIO_OIDC_SCOPES", "openid profile email"), base, membership,
        settings.option("STUDIO_OIDC_LABEL", urlsplit(issuer).hostname or issuer),
    )  # fmt: skip


def _hugging_face(settings: Settings) -> OpenIdConfig:
    names = ("OAUTH_CLIENT_ID", "SPACE_HOST")
    missing = [name for name in names if not settings.option(name)]
    if missing or not settings.secret("OAUTH_CLIENT_SECRET"):
        raise SettingsError(Message("signin.no_space", missing=", ".join([*missing, "OAUTH_CLIENT_SECRET"][:1])))
    issuer = settings.option("OPENID_PROVIDER_URL", HUB).rstrip("/")
    if not _is_issuer(issuer):
        raise SettingsError(Message("signin.issuer_https", issuer=issuer))
    host = settings.option("SPACE_HOST").partition(",")[0].strip()
    local = is_loopback(host.rpartition(":")[0] if ":" in host else host)
    orgs = authorized_orgs(settings.option("STUDIO_HF_ORGS"))
    membership = SpaceMembership(
        owner=settings.option("SPACE_AUTHOR_NAME"), creator=settings.option("SPACE_CREATOR_USER_ID"),
        orgs=orgs, default=_role(settings, "STUDIO_HF_ROLE", Role.CREATOR.value),
    )  # fmt: skip
    return OpenIdConfig(
        HUGGING_FACE, issuer, settings.option("OAUTH_CLIENT_ID"), settings.secret("OAUTH_CLIENT_SECRET") or "",
        settings.option("OAUTH_SCOPES", "openid profile"), f"{'http' if local else 'https'}://{host}", membership,
        "Hugging Face", visitors=not orgs and settings.option("STUDIO_VISITORS", "on") != "off",
    )  # fmt: skip


def _proxy(settings: Settings) -> ProxyConfig:
    header = _needed(settings, "STUDIO_PROXY_HEADER").lower()
    groups = settings.option("STUDIO_PROXY_GROUPS_HEADER").lower()
    for name in filter(None, (header, groups)):
        if not name.isascii() or set(name) - set("abcdefghijklmnopqrstuvwxyz0123456789-"):
            raise SettingsError(Message("signin.bad_header", header=f"{name!r}"))
    if not settings.trusted_proxies:
        raise SettingsError(Message("signin.no_proxies"))
    if any(network.endswith("/0") for network in settings.trusted_proxies):
        raise SettingsError(Message("signin.every_proxy"))
    return ProxyConfig(header, groups, settings.trusted_proxies, _membership(settings, "STUDIO_PROXY_"))


def _membership(settings: Settings, start: str) -> Membership:
    roles, default = f"{start}ROLES", f"{start}DEFAULT_ROLE"
    try:
        rules = read_rules(settings.option(roles))
    except ValueError as error:
        raise SettingsError(
            Message("settings.wrong", field=roles, given=repr(settings.option(roles)), why=of_error(error))
        ) from None
    role = _role(settings, default)
    if not rules and role is None:
        raise SettingsError(Message("signin.nobody_enters", roles=roles, default=default))
    listed = settings.option(f"{start}ALLOWED")
    allowed = tuple(part.strip().lower().removeprefix("@") for part in listed.split(",") if part.strip())
    return Membership(rules, role, allowed)


def _role(settings: Settings, name: str, otherwise: str = "") -> Role | None:
    word = settings.option(name, otherwise)
    if word and word not in list(Role):
        raise SettingsError(Message("signin.bad_role", name=name, roles=", ".join(role.value for role in Role)))
    return Role(word) if word else None


def _needed(settings: Settings, name: str) -> str:
    value = settings.option(name)
    if not value:
        raise SettingsError(Message("signin.missing", access=settings.access, name=name))
    return value


def _is_issuer(text: str) -> bool:
    """Whether this can be an issuer: https, or http on this machine only, for a provider under test."""
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    extra: Mapping[str, Any] = {"query": parts.query, "fragment": parts.fragment, "user": parts.username}
    local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    return bool(parts.hostname) and (parts.scheme == "https" or local) and not any(extra.values())
