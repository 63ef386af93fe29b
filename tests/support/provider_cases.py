"""Paid providers for the suite that all of them pass (tests/engines/test_paid_providers.py): one function each in
PROVIDERS, with the provider's local server, a request, and its own words for what can go wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import SecretStr

from studio import engines
from studio.catalogue import AccountLimits, Catalogue, load
from studio.domain import JSON
from studio.engines.base import Engine
from studio.settings import Settings
from tests.providers.http_server import Reply, as_json


@dataclass(frozen=True)
class ProviderCase:
    """server: a TaskServer, or one that has the same knobs.

    refusals: what goes wrong -> the provider's answer to a submit; see REFUSALS of the suite for the names. several: a
    request for more than one file, and how many. billed: JSON text of a figure in the provider's unit for it, and what
    it is in dollars. lookup: how a submit whose answer was lost is found: in a "list", which shows those that arrived,
    by its "own id", which also tells those that did not; "" for not at all. balance: what the server says is left, in
    dollars. poll: the topic of a look. needs: what else requests of a model must say.
    """

    name: str
    server: Any
    settings: Settings
    catalogue: Catalogue
    body: JSON
    several: tuple[JSON, int]
    refusals: Mapping[str, Reply]
    billed: tuple[str, float] | None = None
    lookup: Literal["", "list", "own id"] = ""
    balance: float | None = None
    poll: str = "poll"
    settle_s: float | None = None
    make: Callable[[Settings], Engine] | None = None
    needs: Mapping[str, JSON] = field(default_factory=dict[str, JSON])

    def build(self) -> Engine:
        """A new engine, as after a restart. settle_s: after which a task that is not known never arrived, in tests.
        make: for a provider that is not in the registry."""
        engine = self.make(self.settings) if self.make else engines.build(self.name, self.settings)
        if self.settle_s is not None:
            vars(engine)["settle_s"] = self.settle_s
        return engine


def settings(folder: Path, name: str, server: Any) -> Settings:
    """A studio that knows this provider's key and address, by the names that its engine declares."""
    key = next(n for n, variable in engines.environment(name).items() if variable.secret)
    base = next(n for n in engines.environment(name) if n.endswith("_BASE_URL"))
    return Settings(data=folder / "data", secrets={key: SecretStr(server.KEY)}, options={base: server.url})


def quick(name: str) -> Catalogue:
    """The catalogue, without the pauses between submits that this provider's account has."""
    return Catalogue(load(), {name: AccountLimits(submits_per_s=100, concurrent=5, polls_per_s=100)})


@contextmanager
def fal(folder: Path) -> Iterator[ProviderCase]:
    """Addresses as the receipt; the result or the error by a second call; units in a header."""
    from tests.providers.fal import FalServer

    def error(kind: str, message: str) -> Reply:
        return as_json({"detail": [{"loc": ["body", "prompt"], "msg": message, "type": kind}]}, 422)

    with FalServer() as server:
        yield ProviderCase(
            "fal",
            server,
            settings(folder, "fal", server),
            quick("fal"),
            {"task": "text-to-video", "model": "fal/wan2.7-t2v", "prompt": "a red coat", "duration_s": 5},
            ({"task": "text-to-image", "model": "fal/wan2.6-t2i", "prompt": "a set", "max_images": 3}, 3),
            {
                "moderated": error("content_policy_violation", "Not this."),
                "bad key": as_json({"detail": "Cannot access application."}, 401),
                "no credit": as_json({"detail": "User is locked. Reason: Exhausted balance."}, 403),
                "rate limit": as_json({"detail": "limiting requests"}, 429, **{"retry-after": "0.1"}),
                "refused": error("int", "too odd"),
                "fault": as_json({"detail": "gone"}, 500),
                "no answer": as_json({"status": "IN_QUEUE", "request_id": 5}),
            },
            billed=("3", 0.09),
            balance=24.5,
            poll="status",
        )


@contextmanager
def wavespeed(folder: Path) -> Iterator[ProviderCase]:
    """An envelope with a code of its own, also under HTTP 200; a list of predictions; no cost is told."""
    from tests.providers.wavespeed import WaveSpeedServer

    def error(code: int, message: str, status: int = 200) -> Reply:
        return as_json({"code": code, "message": message}, status)

    with WaveSpeedServer() as server:
        body = {"task": "text-to-video", "model": "wavespeed/wan2.7-t2v", "prompt": "a red coat", "duration_s": 5}
        yield ProviderCase(
            "wavespeed",
            server,
            settings(folder, "wavespeed", server),
            quick("wavespeed"),
            body,
            (body, 1),
            {
                "moderated": error(400, "The content was flagged as sensitive", 400),
                "bad key": error(401, "bad key"),
                "no credit": error(402, "Insufficient credits", 402),
                "rate limit": error(429, "too many"),
                "real status": as_json({}, 429),
                "refused": error(400, "duration: wrong"),
                "fault": error(500, "x"),
                "no answer": as_json({"code": 200, "data": {"status": "created"}}),
            },
            lookup="list",
            balance=12.5,
            poll="result",
            settle_s=0.2,
        )


@contextmanager
def replicate(folder: Path) -> Iterator[ProviderCase]:
    """Plain statuses; a list of predictions by pages; neither balance nor cost is told."""
    from tests.providers.replicate import ReplicateServer

    with ReplicateServer() as server:
        yield ProviderCase(
            "replicate",
            server,
            settings(folder, "replicate", server),
            quick("replicate"),
            {"task": "text-to-video", "model": "replicate/wan2.7-t2v", "prompt": "a red coat", "duration_s": 5},
            ({"task": "text-to-image", "model": "replicate/wan2.7-image", "prompt": "a set", "num_outputs": 3}, 3),
            {
                "moderated": as_json({"detail": "The prompt was flagged as sensitive"}, 422),
                "bad key": as_json({"detail": "bad token"}, 401),
                "no credit": as_json({"title": "Insufficient credit", "detail": "Add a payment method"}, 402),
                "rate limit": as_json({"detail": "throttled"}, 429, **{"retry-after": "0.1"}),
                "refused": as_json({"title": "Input validation failed", "detail": "- input.size: wrong"}, 422),
                "fault": as_json({"detail": "x"}, 500),
                "no answer": as_json({"id": {"a": 1}}, 201),
            },
            lookup="list",
            poll="get",
            settle_s=0.2,
        )


@contextmanager
def kie(folder: Path) -> Iterator[ProviderCase]:
    """Errors inside 200; no list of tasks; credits."""
    from tests.providers.kie import KieServer, error

    with KieServer() as server:
        yield ProviderCase(
            "kie",
            server,
            settings(folder, "kie", server),
            load(),
            {"task": "text-to-video", "model": "kie/wan2.7-t2v", "prompt": "a red coat", "duration_s": 2},
            (
                {
                    "task": "text-to-image",
                    "model": "kie/wan2.7-image",
                    "prompt": "a set",
                    "enable_sequential": True,
                    "series_length": 3,
                },
                3,
            ),
            {
                "moderated": error(422, "Your prompt was flagged as inappropriate content"),
                "bad key": error(401, "You do not have access permissions"),
                "no credit": error(402, "Credits insufficient"),
                "rate limit": error(429, "Too many requests"),
                "refused": error(422, "duration is not within the range of allowed options"),
                "fault": error(500, "Server exception"),
                "no answer": error(408, "Upstream gave no result"),
                "closed": error(455, "Under maintenance"),
                "real status": as_json({"code": 429, "msg": "Too many requests"}, 429),
            },
            billed=("14.4", 0.072),
            balance=0.5025,
        )


@contextmanager
def runware(folder: Path) -> Iterator[ProviderCase]:
    """Our own task ids, lists of tasks, errors beside results; dollars."""
    from tests.providers.runware import RunwareServer, error

    with RunwareServer() as server:
        yield ProviderCase(
            "runware",
            server,
            settings(folder, "runware", server),
            load(),
            {"task": "text-to-video", "model": "runware/wan2.6", "prompt": "a red coat", "duration_s": 5},
            ({"task": "text-to-image", "model": "runware/wan2.7-image", "prompt": "a set", "num_images": 3}, 3),
            {
                "moderated": error("promptBlocked", "The prompt was blocked."),
                "bad key": error("invalidApiKey", "Invalid API key.", status=401),
                "no credit": error("insufficientCredits", "Top up.", status=402),
                "rate limit": error("rateLimitExceeded", "Slow down."),
                "real status": as_json({}, 429),
                "refused": error("invalidDuration", "duration is wrong", status=400, parameter=["duration"]),
                "fault": error("internalServerError", "Fault.", status=500),
                "no answer": error("timeoutProvider", "Nothing came."),
            },
            billed=("0.03", 0.09),
            lookup="own id",
            balance=12.5,
            settle_s=0.5,
        )


@contextmanager
def apimart(folder: Path) -> Iterator[ProviderCase]:
    """Tasks named in a list, a key for repeats that is not relied on; dollars."""
    from tests.providers.apimart import ApimartServer, error

    with ApimartServer() as server:
        yield ProviderCase(
            "apimart",
            server,
            settings(folder, "apimart", server),
            load(),
            {"task": "text-to-video", "model": "apimart/wan2.6", "prompt": "a red coat", "duration_s": 5},
            ({"task": "text-to-image", "model": "apimart/wan2.7-image", "prompt": "a set", "num_images": 3}, 3),
            {
                "moderated": error(400, "Your prompt violates the content policy", "content_policy_violation"),
                "bad key": error(401, "invalid key"),
                "no credit": error(402, "insufficient balance", "payment_required"),
                "rate limit": error(429, "slow down", **{"retry-after": "0.1"}),
                "refused": error(500, "build_request_failed: duration must be 5, 10 or 15"),
                "fault": error(502, "bad gateway"),
                "no answer": error(409, "unknown whether charged", "idempotency_result_indeterminate"),
                "closed": error(503, "not executed", "idempotency_unavailable"),
            },
            billed=("0.09", 0.09),
            balance=12.5,
        )


@contextmanager
def atlascloud(folder: Path) -> Iterator[ProviderCase]:
    """A new task is unknown at first; results in three shapes; no cost is told."""
    from tests.providers.atlascloud import AtlascloudServer, error

    with AtlascloudServer() as server:
        yield ProviderCase(
            "atlascloud",
            server,
            settings(folder, "atlascloud", server),
            load(),
            {"task": "text-to-video", "model": "atlascloud/wan2.6-t2v", "prompt": "a red coat", "duration_s": 5},
            ({"task": "text-to-image", "model": "atlascloud/wan2.6-t2i", "prompt": "one"}, 1),
            {
                "moderated": error(422, "The prompt was flagged by moderation"),
                "bad key": error(401, "invalid api key", 401),
                "no credit": error(402, "insufficient balance"),
                "rate limit": error(429, "too many requests"),
                "real status": as_json({}, 429),
                "refused": error(422, "size is not one of the list", 422),
                "fault": error(500, "internal error"),
                "no answer": as_json({"code": 200, "data": {"id": ""}}),
            },
            balance=12.34,
            settle_s=0.5,
        )


@contextmanager
def vtrix(folder: Path) -> Iterator[ProviderCase]:
    """Two forms of body, answers with and without an envelope; dollars written as text."""
    from tests.providers.vtrix import VtrixServer, error

    with VtrixServer() as server:
        yield ProviderCase(
            "vtrix",
            server,
            settings(folder, "vtrix", server),
            quick("vtrix"),
            {"task": "text-to-video", "model": "vtrix/kling-3.0-t2v", "prompt": "a red coat", "duration_s": 5},
            (
                {
                    "task": "text-to-image",
                    "model": "vtrix/wan2.6-image-interleave",
                    "prompt": "a tale",
                    "max_images": 3,
                },
                3,
            ),
            {
                "moderated": error(400, "The prompt was flagged by moderation"),
                "bad key": error(401, "API key is missing or invalid"),
                "no credit": error(402, "insufficient balance"),
                "rate limit": error(429, "Rate limit exceeded"),
                "real status": as_json({"data": {}, "status": {"code": 429, "message": "Rate limit exceeded"}}),
                "refused": as_json({"error": {"code": 7, "error_message": "size is wrong"}, "status": "failed"}),
                "fault": error(500, "Internal server error"),
                "no answer": as_json({"id": "", "status": "in_progress"}),
                "closed": error(408, "try again"),
            },
            billed=('"0.09"', 0.09),
        )


@contextmanager
def mindstudio(folder: Path) -> Iterator[ProviderCase]:
    """Tokens instead of ids, results in files of their own, costs in a unit of its own."""
    from tests.providers.mindstudio import MindstudioServer, error

    with MindstudioServer() as server:
        yield ProviderCase(
            "mindstudio",
            server,
            settings(folder, "mindstudio", server),
            quick("mindstudio"),
            {"task": "text-to-video", "model": "mindstudio/generate-video", "prompt": "a red coat"},
            ({"task": "text-to-image", "model": "mindstudio/generate-image", "prompt": "a set", "num_images": 3}, 3),
            {
                "moderated": error(400, "The prompt was blocked by our content policy"),
                "bad key": error(401, "Invalid API key"),
                "no credit": error(402, "Insufficient balance"),
                "rate limit": error(429, "Too many requests", **{"retry-after": "0.1"}),
                "real status": as_json({}, 429),
                "refused": error(400, "prompt is required", "invalid_step_config"),
                "fault": Reply(502, b"<html>bad gateway</html>"),
                "no answer": as_json({"executionToken": 5}),
                "closed": error(408, "try again"),
            },
            needs={"mindstudio/agent": {"app_id": "a1"}},
        )


@contextmanager
def generic(folder: Path) -> Iterator[ProviderCase]:
    """The pattern of the Wan guide as it stands."""
    from tests.providers.generic import GuideServer, error

    with GuideServer() as server:
        clip = {"task": "text-to-video", "model": "generic/wan-2.6", "prompt": "a red coat"}
        yield ProviderCase(
            "generic",
            server,
            Settings(
                data=folder / "data",
                secrets={"WAN_API_KEY": SecretStr(server.KEY)},
                options={"WAN_BASE_URL": server.base},
            ),
            quick("generic"),
            clip,
            (clip | {"duration_s": 10, "fps": 24}, 1),
            {
                "moderated": error(400, "Your prompt was flagged as inappropriate"),
                "bad key": error(401, "invalid api key"),
                "no credit": error(402, "insufficient balance"),
                "rate limit": error(429, "slow down", **{"retry-after": "0.1"}),
                "real status": as_json({"code": 429, "message": "slow down"}),
                "refused": error(422, "duration must be a whole number from 1 to 10"),
                "fault": error(500, "internal error"),
                "no answer": as_json({"task_id": ""}),
            },
        )


@contextmanager
def envelope(folder: Path) -> Iterator[ProviderCase]:
    """A provider of the user's own: a file in the data folder, another key header, uploads, errors inside 200."""
    from studio.engines.generic import GenericEngine
    from studio.engines.generic.spec import Api
    from tests.providers.generic import ENVELOPE, EnvelopeServer

    with EnvelopeServer() as server:
        text = ENVELOPE.replace("URL", server.url)
        api = Api.model_validate(tomllib.loads(text)["api"])
        rows = folder / "rows"
        rows.mkdir()
        (rows / "envelope.toml").write_text('provider = "envelope"\n' + text, "utf-8")
        yield ProviderCase(
            "envelope",
            server,
            Settings(data=folder / "data", secrets={"ENVELOPE_API_KEY": SecretStr(server.KEY)}),
            load(rows),
            {"task": "text-to-image", "model": "envelope/wan-x", "prompt": "a red coat"},
            ({"task": "text-to-image", "model": "envelope/wan-x", "prompt": "a set", "count": 3}, 3),
            {
                "moderated": as_json({"code": 400, "msg": "content policy"}),
                "bad key": as_json({"code": 401, "msg": "invalid key"}),
                "no credit": as_json({"code": 402, "msg": "top up"}),
                "rate limit": as_json({"code": 429, "msg": "slow down"}),
                "real status": as_json({}, 429),
                "refused": as_json({"code": 7, "error": {"code": "bad_input", "message": "wrong size"}}),
                "fault": as_json({"code": 500, "msg": "fault"}),
                "no answer": as_json({"code": 0, "msg": "success"}),
            },
            billed=("0.09", 0.09),
            make=lambda settings: GenericEngine(settings, "envelope", api),
        )


PROVIDERS: dict[str, Callable[[Path], AbstractContextManager[ProviderCase]]] = {
    "fal": fal,
    "wavespeed": wavespeed,
    "replicate": replicate,
    "kie": kie,
    "runware": runware,
    "apimart": apimart,
    "atlascloud": atlascloud,
    "vtrix": vtrix,
    "mindstudio": mindstudio,
    "generic": generic,
    "envelope": envelope,
}
