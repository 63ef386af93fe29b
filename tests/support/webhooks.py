"""A studio that providers can call, behind all its middleware, under a public name which a sender stands in for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from fastapi import FastAPI
from pydantic import SecretStr

from studio import engines
from studio.catalogue import Catalogue, load
from studio.jobs.durations import Timing
from studio.settings import Settings, hash_password
from studio.studio import Studio
from studio.web.middleware import security
from studio.web.routes import register
from tests.providers.serving import served as served_app
from tests.providers.task_server import TaskServer
from tests.support.kit import QUICK

PUBLIC = "https://studio.example"
PASSWORD = "correct horse battery"
NEVER = replace(QUICK, min_poll_s=3600, max_poll_s=3600, image_poll_s=3600, video_poll_s=3600)
"""Nothing is found by polling; after a webhook a run is looked at again soon."""


def opened(
    engine: str, data: Path, api_url: str, *, public: str = PUBLIC, timing: Timing = NEVER, password: str = ""
) -> Studio:
    """A studio with this engine alone."""
    declared = engines.environment(engine)
    chosen = Settings(
        data=data,
        secrets={name: SecretStr(TaskServer.KEY) for name, variable in declared.items() if variable.secret},
        options={name: api_url for name in declared if name.endswith("_BASE_URL")},
        public_url=public,
        password_hash=hash_password(password),
    )
    made = {engine: engines.build(engine, chosen)}
    return Studio.open(chosen, engines=made, catalogue=_rows(), timing=timing)


@cache
def _rows() -> Catalogue:
    """Read once: that takes longer than a test."""
    return load()


@contextmanager
def served(studio: Studio) -> Iterator[str]:
    """Where its routes are, behind the password and the rules about pages."""
    site = register.build(studio)
    authenticator = security.authenticator_of(studio.settings, studio.people)
    uploads = studio.settings.data / "cache" / "uploads"
    app = security.protected(
        FastAPI(routes=site.routes), studio.settings, authenticator, host="127.0.0.1", uploads=uploads
    )
    with served_app(app) as url:
        try:
            yield url
        finally:
            site.close()
