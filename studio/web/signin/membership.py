"""Who of the people that a provider knows may enter, and as what: rules from the settings, applied to claims.

`groups:film-admins=admin, groups:film=creator` gives the highest role that fits. A claim inside another is named with
dots (`realm_access.roles`). An e-mail address counts only where the provider says that it has verified it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.messages import Message
from studio.permissions import Role
from studio.web.signin.errors import SignInFailed


@dataclass(frozen=True)
class RoleRule:
    """Whoever has this value in this claim has this role."""

    claim: str
    value: str
    role: Role


@dataclass(frozen=True)
class Membership:
    """rules: from claims to roles. default: the role of everybody else; None refuses them. allowed: domains or e-mail
    addresses, in lower case; empty for no limit."""

    rules: tuple[RoleRule, ...] = ()
    default: Role | None = None
    allowed: tuple[str, ...] = ()

    @property
    def decides_role(self) -> bool:
        """Whether the provider says who has which role, also of people who have been here before."""
        return bool(self.rules)

    def role_of(self, claims: Mapping[str, Any]) -> Role:
        """The role of this person. Raises SignInFailed for who may not enter."""
        if self.allowed and not self._is_allowed(verified_email(claims)):
            raise SignInFailed(Message("signin.not_on_list"))
        fitting = [rule.role for rule in self.rules if rule.value in values_of(claims, rule.claim)]
        if self.default is not None:
            fitting.append(self.default)
        if not fitting:
            raise SignInFailed(Message("signin.no_role"))
        return max(fitting, key=lambda role: role.rank)

    def _is_allowed(self, email: str) -> bool:
        return bool(email) and (email in self.allowed or email.rpartition("@")[2] in self.allowed)


def values_of(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    """The values of a claim as texts: of a list each one. Of an e-mail address only a verified one."""
    if name == "email":
        return frozenset({verified_email(claims)} - {""})
    value: Any = claims.get(name)
    if name not in claims:
        value = claims
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
    listed = value if isinstance(value, list | tuple) else [value]
    return frozenset(_text(one) for one in listed if isinstance(one, str | int | bool))


def verified_email(claims: Mapping[str, Any]) -> str:
    """The e-mail address in lower case; "" where there is none or the provider has not verified it."""
    email = claims.get("email")
    return email.strip().lower() if isinstance(email, str) and claims.get("email_verified") is True else ""


def read_rules(text: str) -> tuple[RoleRule, ...]:
    """Rules as settings write them. Raises ValueError with a message for what is none."""
    return tuple(_rule(part.strip()) for part in text.replace("\n", ",").split(",") if part.strip())


def _rule(text: str) -> RoleRule:
    left, sign, word = text.rpartition("=")
    claim, colon, value = left.partition(":")
    if not (sign and colon and claim.strip() and value.strip()) or word.strip() not in list(Role):
        raise ValueError(Message("signin.bad_rule", rule=text, roles=", ".join(_names())))
    return RoleRule(claim.strip(), value.strip(), Role(word.strip()))


def _names() -> Sequence[str]:
    return [role.value for role in Role]


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
