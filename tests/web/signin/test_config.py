"""What is missing or contradicts itself is one sentence before the studio starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.errors import SettingsError
from studio.permissions import Role
from studio.settings import Settings, read
from studio.web.signin import config
from studio.web.signin.config import OpenIdConfig, ProxyConfig
from studio.web.signin.space_members import SpaceMembership, authorized_orgs

OIDC = {
    "STUDIO_ACCESS": "oidc", "STUDIO_OIDC_ISSUER": "https://id.example/realms/film", "STUDIO_OIDC_CLIENT_ID": "studio",
    "STUDIO_OIDC_DEFAULT_ROLE": "creator",
}  # fmt: skip
PROXY = {
    "STUDIO_ACCESS": "proxy", "STUDIO_PROXY_HEADER": "X-Forwarded-User", "STUDIO_TRUSTED_PROXIES": "10.0.0.2",
    "STUDIO_PROXY_DEFAULT_ROLE": "viewer",
}  # fmt: skip
SPACE = {
    "STUDIO_ACCESS": "huggingface", "OAUTH_CLIENT_ID": "c", "OAUTH_CLIENT_SECRET": "s", "SPACE_HOST": "a-b.hf.space",
    "OPENID_PROVIDER_URL": "https://huggingface.co", "OAUTH_SCOPES": "openid profile inference-api",
    "SPACE_AUTHOR_NAME": "Ada", "SPACE_CREATOR_USER_ID": "600000000000000000000001",
}  # fmt: skip


def settings_of(given: dict[str, str]) -> Settings:
    settings = read({}, given)
    settings.check_access()
    return settings


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (OIDC | {"STUDIO_OIDC_ISSUER": ""}, "STUDIO_OIDC_ISSUER is missing"),
        (OIDC | {"STUDIO_OIDC_CLIENT_ID": ""}, "STUDIO_OIDC_CLIENT_ID is missing"),
        (OIDC | {"STUDIO_OIDC_ISSUER": "http://id.example"}, "https://"),
        (OIDC | {"STUDIO_OIDC_ISSUER": "https://id.example/?a=b"}, "without a query"),
        (OIDC | {"STUDIO_OIDC_DEFAULT_ROLE": ""}, "Nobody could enter"),
        (OIDC | {"STUDIO_OIDC_DEFAULT_ROLE": "boss"}, "STUDIO_OIDC_DEFAULT_ROLE must be one of viewer"),
        (OIDC | {"STUDIO_OIDC_ROLES": "groups=admin"}, "groups:film-admins=admin"),
        (OIDC | {"STUDIO_HOST": "0.0.0.0"}, "STUDIO_PUBLIC_URL"),
        (PROXY | {"STUDIO_TRUSTED_PROXIES": ""}, "STUDIO_TRUSTED_PROXIES is missing"),
        (PROXY | {"STUDIO_TRUSTED_PROXIES": "0.0.0.0/0"}, "every address"),
        (PROXY | {"STUDIO_TRUSTED_PROXIES": "10.0.0.2,::/0"}, "every address"),
        (PROXY | {"STUDIO_PROXY_HEADER": ""}, "STUDIO_PROXY_HEADER is missing"),
        (PROXY | {"STUDIO_PROXY_HEADER": "X-User\r\nX: y"}, "not the name of a header"),
        (PROXY | {"STUDIO_PROXY_DEFAULT_ROLE": ""}, "Nobody could enter"),
        (SPACE | {"OAUTH_CLIENT_ID": ""}, "hf_oauth: true"),
        (SPACE | {"OAUTH_CLIENT_SECRET": ""}, "OAUTH_CLIENT_SECRET"),
        (SPACE | {"SPACE_HOST": ""}, "SPACE_HOST"),
        ({"STUDIO_HOST": "0.0.0.0"}, "nobody decided who may enter"),
        ({"STUDIO_HOST": "0.0.0.0", "STUDIO_ACCESS": "solo"}, "nobody decided who may enter"),
    ],
)
def test_a_wrong_setting_is_one_sentence(given: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as error:
        config.check(settings_of(given))  # either of them may be the one that says it
    assert said in str(error.value) and "\n" not in str(error.value)


def test_what_the_settings_say() -> None:
    found = config.of(settings_of(OIDC | {"STUDIO_OIDC_ALLOWED": "@Film.example, bob@other.example"}))
    assert isinstance(found, OpenIdConfig)
    assert (found.scopes, found.label, found.base) == ("openid profile email", "id.example", "")
    assert found.membership.allowed == ("film.example", "bob@other.example")  # type: ignore[union-attr]
    served = config.of(settings_of(OIDC | {"STUDIO_HOST": "0.0.0.0", "STUDIO_PUBLIC_URL": "https://studio.example"}))
    assert isinstance(served, OpenIdConfig) and served.base == "https://studio.example"
    proxy = config.of(settings_of(PROXY | {"STUDIO_PROXY_GROUPS_HEADER": "X-Forwarded-Groups"}))
    assert isinstance(proxy, ProxyConfig) and (proxy.header, proxy.groups_header) == (
        *("x-forwarded-user", "x-forwarded-groups"),
    )
    space = config.of(settings_of(SPACE))
    assert isinstance(space, OpenIdConfig)
    assert (space.base, space.visitors) == ("https://a-b.hf.space", True)
    assert "client_secret" not in repr(space)
    assert config.of(Settings()) is None


def test_members_of_named_organisations_only_means_no_visitors(tmp_path: Path) -> None:
    found = config.of(settings_of(SPACE | {"STUDIO_HF_ORGS": "film-house"}))
    assert isinstance(found, OpenIdConfig) and not found.visitors
    readme = tmp_path / "README.md"
    for text, orgs in (
        ("---\ntitle: x\nhf_oauth_authorized_org: film-house\n---\n# x\n", ("film-house",)),
        ("---\nhf_oauth_authorized_org:\n  - a\n  - b\n---\n", ("a", "b")),
        ("---\nhf_oauth: true\n---\n", ()),
        ("# no front matter\n", ()),
        ("---\n: [\n---\n", ()),
    ):
        readme.write_text(text)
        assert authorized_orgs("", readme) == orgs
    assert authorized_orgs("", tmp_path / "none") == ()


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"sub": "600000000000000000000001", "preferred_username": "renamed"}, Role.ADMIN),
        ({"sub": "x", "preferred_username": "ada"}, Role.ADMIN),
        ({"sub": "x", "preferred_username": "ada2"}, Role.CREATOR),
        ({"sub": "x", "orgs": [{"preferred_username": "Ada", "roleInOrg": "admin"}]}, Role.ADMIN),
        ({"sub": "x", "orgs": [{"preferred_username": "Ada", "roleInOrg": "write"}]}, Role.CREATOR),
        ({"sub": "x", "name": "Ada", "orgs": "Ada"}, Role.CREATOR),
    ],
)  # fmt: skip
def test_the_owner_of_a_space_manages_the_studio(claims: dict[str, object], role: str) -> None:
    assert SpaceMembership(owner="Ada", creator="600000000000000000000001").role_of(claims) == role


def test_the_program_says_it_and_stops(tmp_path: Path) -> None:
    """As somebody sees it who starts it."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("STUDIO_", "OAUTH_", "SPACE_"))}
    root = Path(__file__).parents[3]
    ran = subprocess.run(
        [sys.executable, "app.py", "--data", str(tmp_path), "--port", "7939"], cwd=root, capture_output=True,
        env=environ | PROXY | {"STUDIO_TRUSTED_PROXIES": ""}, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 2 and "STUDIO_TRUSTED_PROXIES" in ran.stderr and "Traceback" not in ran.stderr
