"""Where the API is: region, workspace or any base URL, from the settings.

A key belongs to one region. The region decides prices and which models there are; with a base URL of its own kind
(a proxy) it is unknown unless ALIBABA_REGION says it, and then nothing is refused on its account.
Source: the provider's pages on regions and base URLs (2026-05-25).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from studio.messages import Message
from studio.settings import Settings

CLASSIC = {
    "beijing": "https://dashscope.aliyuncs.com",
    "singapore": "https://dashscope-intl.aliyuncs.com",
    "virginia": "https://dashscope-us.aliyuncs.com",
}
WORKSPACE = {
    "beijing": "cn-beijing",
    "singapore": "ap-southeast-1",
    "virginia": "us-east-1",
    "frankfurt": "eu-central-1",
    "tokyo": "ap-northeast-1",
    "hongkong": "cn-hongkong",
}
KEY_PAGE = "https://www.alibabacloud.com/help/en/model-studio/get-api-key"
UPLOADS = ("beijing", "singapore")
"""Regions with temporary uploads (pages of October 2026)."""


@dataclass(frozen=True)
class Endpoint:
    """base: address up to and with /api/v1. region: "" when unknown. problem: what to correct, or None."""

    base: str
    region: str
    workspace: str = ""
    problem: str | None = None

    @property
    def name(self) -> str:
        """How a sentence calls it."""
        return (
            self.region.capitalize() if self.region else Message("alibaba.region_of", host=urlsplit(self.base).hostname)
        )

    @property
    def price_region(self) -> str:
        """The region whose price list counts."""
        return self.region or "beijing"


def endpoint(settings: Settings) -> Endpoint:
    """The endpoint from ALIBABA_BASE_URL, ALIBABA_REGION and ALIBABA_WORKSPACE; Beijing without any, as in the SDK."""
    region, workspace = settings.option("ALIBABA_REGION").lower(), settings.option("ALIBABA_WORKSPACE")
    base = settings.option("ALIBABA_BASE_URL").rstrip("/")
    if region and region not in WORKSPACE:
        return Endpoint(
            "", "", problem=Message("alibaba.bad_region", region=f"{region!r}", listed=", ".join(WORKSPACE))
        )
    if base:
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return Endpoint("", "", problem=Message("alibaba.bad_base", base=f"{base!r}"))
        return Endpoint(base if parts.path else f"{base}/api/v1", region or _of_host(parts.hostname), workspace)
    region = region or "beijing"
    if workspace:
        return Endpoint(f"https://{workspace}.{WORKSPACE[region]}.maas.aliyuncs.com/api/v1", region)
    if region not in CLASSIC:
        said = Message("alibaba.needs_workspace", region=region.capitalize())
        return Endpoint("", region, problem=said)
    return Endpoint(f"{CLASSIC[region]}/api/v1", region)


def chat_base(endpoint: Endpoint) -> str:
    """The address of the language models beside the API, "" where it is not known. Source: OpenAI compatible."""
    head, found, rest = endpoint.base.rpartition("/api/v1")
    return f"{head}/compatible-mode/v1" if found and not rest else ""


def _of_host(host: str) -> str:
    for region, address in CLASSIC.items():
        if host == urlsplit(address).hostname:
            return region
    for region, part in WORKSPACE.items():
        if host.endswith(f".{part}.maas.aliyuncs.com"):
            return region
    return ""
