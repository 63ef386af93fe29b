"""Who is who on a Hugging Face Space: its owner manages the studio, everybody else makes films.

Source: Hugging Face's pages on Spaces and on signing in (environment of a Space, claims of the user info).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.messages import Message
from studio.permissions import Role
from studio.web.signin.errors import SignInFailed

README = Path(__file__).parents[3] / "README.md"
"""On a Space its front matter holds the Space's settings."""
_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*\n", re.DOTALL)


@dataclass(frozen=True)
class SpaceMembership:
    """owner: name of the user or organisation that the Space belongs to. creator: id of the user who made it. orgs:
    names of which one must be the person's; empty for no limit. default: the role of others, None refuses them."""

    owner: str = ""
    creator: str = ""
    orgs: tuple[str, ...] = ()
    default: Role | None = Role.CREATOR

    decides_role = False

    def role_of(self, claims: Mapping[str, Any]) -> Role:
        """The role of this person. Raises SignInFailed for who may not enter."""
        mine = {name.casefold(): org for org in _orgs(claims) if (name := str(org.get("preferred_username") or ""))}
        if self._owns(claims, mine):
            return Role.ADMIN
        if self.orgs and not {org.casefold() for org in self.orgs} & mine.keys():
            raise SignInFailed(Message("signin.not_in_org", orgs=", ".join(self.orgs)))
        if self.default is None:
            raise SignInFailed(Message("signin.no_role"))
        return self.default

    def _owns(self, claims: Mapping[str, Any], orgs: Mapping[str, Mapping[str, Any]]) -> bool:
        owner, name = self.owner.casefold(), str(claims.get("preferred_username") or "").casefold()
        if self.creator and claims.get("sub") == self.creator:
            return True
        return bool(owner) and (owner == name or orgs.get(owner, {}).get("roleInOrg") == "admin")


def authorized_orgs(setting: str, readme: Path = README) -> tuple[str, ...]:
    """Names of organisations whose members alone may sign in: of the setting, else of the Space's front matter
    (`hf_oauth_authorized_org`), which Hugging Face itself keeps to as well."""
    if setting.strip():
        return tuple(part.strip() for part in setting.split(",") if part.strip())
    try:
        found = _FRONT_MATTER.match(readme.read_text("utf-8"))
    except OSError:
        return ()
    if not found:
        return ()
    import yaml

    try:
        read = yaml.safe_load(found[1])
    except yaml.YAMLError:
        return ()
    listed = read.get("hf_oauth_authorized_org") if isinstance(read, dict) else None
    return tuple(str(org) for org in (listed if isinstance(listed, list) else [listed]) if org)


def _orgs(claims: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = claims.get("orgs")
    return [org for org in listed if isinstance(org, Mapping)] if isinstance(listed, list) else []
