"""Which person may enter, and as what."""

from __future__ import annotations

import pytest

from studio.permissions import Role
from studio.web.signin.errors import SignInFailed
from studio.web.signin.membership import Membership, read_rules

RULES = read_rules("groups:film-admins=admin, groups:film=creator,realm_access.roles:boss=producer")


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"groups": ["film"]}, Role.CREATOR),
        ({"groups": ["film", "film-admins"]}, Role.ADMIN),
        ({"groups": "film"}, Role.CREATOR),
        ({"realm_access": {"roles": ["boss"]}}, Role.PRODUCER),
        ({"groups": ["Film", " film", "film-admins2"]}, None),
        ({"groups": {"film-admins": True}}, None),
        ({"groups": [["film-admins"]]}, None),
        ({}, None),
    ],
)
def test_the_highest_fitting_rule_gives_the_role(claims: dict[str, object], role: Role | None) -> None:
    if role:
        assert Membership(RULES).role_of(claims) == role
    else:
        assert Membership(RULES, default=Role.VIEWER).role_of(claims) == Role.VIEWER
        with pytest.raises(SignInFailed, match="no role"):
            Membership(RULES).role_of(claims)


@pytest.mark.parametrize(
    ("email", "verified", "good"),
    [
        ("ada@film.example", True, True),
        ("Ada@Film.Example", True, True),
        ("bob@other.example", True, True),
        ("eve@other.example", True, False),
        ("ada@film.example", False, False),
        ("ada@film.example", "true", False),
        ("ada@evil-film.example", True, False),
        ("ada@film.example.evil.example", True, False),
        (None, True, False),
    ],
)
def test_only_verified_addresses_of_the_list_enter(email: str | None, verified: object, good: bool) -> None:
    rule = Membership(default=Role.CREATOR, allowed=("film.example", "bob@other.example"))
    claims = {"email": email, "email_verified": verified}
    if good:
        assert rule.role_of(claims) == Role.CREATOR
    else:
        with pytest.raises(SignInFailed, match="list"):
            rule.role_of(claims)


def test_an_unverified_address_gives_no_role() -> None:
    rule = Membership(read_rules("email:ada@film.example=admin"), default=Role.VIEWER)
    assert rule.role_of({"email": "ada@film.example", "email_verified": False}) == Role.VIEWER
    assert rule.role_of({"email": "ada@film.example", "email_verified": True}) == Role.ADMIN


@pytest.mark.parametrize("text", ["groups=admin", "groups:film", "groups:film=boss", ":film=admin", "groups:=admin"])
def test_a_rule_that_is_none_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="groups:film-admins=admin"):
        read_rules(text)
