"""Where a language model answers: address, key, the model's name, and where its price is looked up."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal
from urllib.parse import urlsplit

from studio.engines.addresses import PRIVATE_NAMES
from studio.settings import is_loopback

Source = Literal["address", "alibaba"]
"""address: LLM_BASE_URL. alibaba: Model Studio with the key that makes films there."""
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Endpoint:
    """base: address up to and with /v1, without a slash at its end. headers: with the key. label: for sentences.

    price_list: name of the list in prices.toml that counts for it; "" where no list does. account: whose key it is, as
    runs have it; "" is the studio's.
    """

    source: Source
    base: str
    model: str
    label: str
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS, repr=False)
    price_list: str = ""
    account: str = ""

    @property
    def local(self) -> bool:
        """Whether the model runs on this machine or its network, and so costs nothing."""
        return self.source == "address" and is_own_network(self.base)


def is_own_network(base: str) -> bool:
    """Whether an address leads to this machine or the own network, as far as its text tells."""
    try:
        host = (urlsplit(base).hostname or "").rstrip(".")
    except ValueError:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return is_loopback(host) or "." not in host or host.endswith(PRIVATE_NAMES)
    return address.is_private and not address.is_link_local


def label_of(base: str) -> str:
    """How a sentence calls the server at an address: host and port."""
    try:
        return urlsplit(base).netloc.rpartition("@")[2]
    except ValueError:
        return base[:60]
