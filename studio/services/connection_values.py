"""What may be saved on the Connections page: keys fit for a header, addresses a key may be sent to, options.

No message here repeats what was given: keys get pasted into the wrong field.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from studio.engines.addresses import looks_public
from studio.engines.base import Variable
from studio.engines.strict_json import number
from studio.errors import CapabilityError
from studio.messages import Message

MAX_KEY_CHARS, MAX_ADDRESS_CHARS = 2000, 500
OPTION = re.compile(r"[A-Za-z0-9._-]{1,200}")
"""Options such as a workspace become part of a host name, so nothing may stand in them that ends one."""
PATH = re.compile(r"/?[A-Za-z0-9._{}-]+(/[A-Za-z0-9._{}-]+)*/?")
MAX_NUMBER = 10_000


def clean_key(name: str, text: str) -> str:
    """The key without what surrounds it when it is copied. Raises CapabilityError, which does not hold the key.

    A name that ends with _AUTH holds a whole Authorization header, which has a space in it; a key has none.
    """
    key = text.strip()
    reason = None
    if not key:
        reason = "connection.key_empty"
    elif len(key) > MAX_KEY_CHARS:
        raise CapabilityError(Message("connection.key_long", limit=MAX_KEY_CHARS), field="key", limit=MAX_KEY_CHARS)
    elif any(not 32 <= ord(char) < 127 for char in key):
        reason = "connection.key_characters"
    elif "=" in key and key.partition("=")[0].strip() == name:
        reason = "connection.key_with_name"
    elif " " in key and not name.endswith("_AUTH"):
        reason = "connection.key_with_space"
    if reason:
        raise CapabilityError(Message(reason, name=name), field="key")
    return key


def clean_option(name: str, variable: Variable, text: str, *, local: bool) -> str:
    """The value as it is saved, "" for none. local: an address on the user's own machines is meant.

    Raises CapabilityError.
    """
    value = text.strip()
    if not value:
        return ""
    if variable.address:
        return _clean_address(name, value, local=local or variable.own_server)
    if variable.choices and value.lower() not in variable.choices:
        said = Message("connection.not_a_choice", name=name, listed=", ".join(variable.choices))
        raise CapabilityError(said, field=name, limit=", ".join(variable.choices))
    if variable.number:
        amount = number(value)
        if amount is None or not 0 < amount <= MAX_NUMBER:
            said = Message("connection.not_a_number", name=name, limit=f"{MAX_NUMBER:,}")
            raise CapabilityError(said, field=name, limit=MAX_NUMBER)
    if variable.path and PATH.fullmatch(value):
        return value
    if variable.path or not OPTION.fullmatch(value):
        raise CapabilityError(Message("connection.option_characters", name=name), field=name)
    return value.lower() if variable.choices else value


def origin(address: str) -> str:
    """Scheme, host and port of an address: what decides who receives the key."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def shown_address(address: str) -> str:
    """The address without a login and a query that the environment may have put into it."""
    head, mark, rest = address.partition("?")[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{head}{mark}{host.rpartition('@')[2]}{slash}{path}"


def _clean_address(name: str, value: str, *, local: bool) -> str:
    problem = _address_problem(value, local=local)
    if problem:
        raise CapabilityError(Message(problem, name=name), field=name)
    return value.rstrip("/")


def _address_problem(value: str, *, local: bool) -> str | None:
    """The id of the message that says what is wrong with an address; None where it may be used."""
    try:
        parts = urlsplit(value)
        fits = bool(parts.hostname) and parts.port != 0 and value.isascii() and value.isprintable() and " " not in value
    except ValueError:
        return "connection.address_broken"
    if parts.scheme not in ("http", "https") or not fits or len(value) > MAX_ADDRESS_CHARS or "\\" in value:
        return "connection.address_broken"
    if "@" in parts.netloc:
        return "connection.address_login"
    if parts.query or parts.fragment or "?" in value or "#" in value:
        return "connection.address_query"
    if _link_local(parts.hostname or ""):
        return "connection.address_link_local"
    if looks_public(value):
        return None if parts.scheme == "https" or local else "connection.address_plain"
    return None if local else "connection.address_local"


def _link_local(host: str) -> bool:
    """Addresses where clouds answer with secrets of the machine."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_link_local
