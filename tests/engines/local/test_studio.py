"""Through the studio: a run on the own card is submitted, stored and found like any other, and its models kept."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from studio.domain import Kind, Status
from studio.errors import CapabilityError, NotFound
from studio.settings import Settings
from studio.studio import Studio
from tests.engines.local.bench import Bench

BODY = {"task": "text-to-image", "model": "local/z-image-turbo", "prompt": "a red kite", "width": 256, "height": 256}


def test_a_picture_goes_from_the_form_to_the_gallery(bench: Bench, tmp_path: Path) -> None:
    with Studio.open(Settings(data=tmp_path), engines={"local": bench.engine}) as studio:
        (run,) = studio.local.requests.submit(BODY | {"seed": 5, "steps": 2})
        (run,) = studio.local.runs.wait([run.id], timeout_s=60)
        assert (run.status, run.error) == (Status.SUCCEEDED, None)
        assert (run.assets[0].kind, run.assets[0].width, run.seed) == (Kind.IMAGE, 256, 5)
        assert run.cost_usd == 0
        assert studio.local.gallery.search("kite").runs[0].id == run.id
        seen_while_it_is_made(studio, tmp_path)


def seen_while_it_is_made(studio: Studio, data: Path) -> None:
    """A longer run has a picture from its first step to its end, and leaves none behind."""
    (run,) = studio.local.requests.submit(BODY | {"seed": 6, "steps": 100})
    looks: set[str | None] = set()
    deadline = time.monotonic() + 60
    with studio.queue.subscribe() as changes:
        while not (now := studio.local.runs.get(run.id)).status.ended and time.monotonic() < deadline:
            looks.add(now.preview)
            changes.get(0.5)
    assert (now.status, now.preview) == (Status.SUCCEEDED, None)
    assert looks - {None}
    with pytest.raises(NotFound):
        studio.local.runs.preview(run.id)
    assert not list((data / "cache" / "work").glob("*/preview*"))


def test_a_model_whose_files_are_not_here_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, options={"STUDIO_GPU": "cpu", "STUDIO_MODELS": str(tmp_path / "none")})
    with Studio.open(settings) as studio:
        with pytest.raises(CapabilityError, match="Download it on the Models page"):
            studio.local.requests.submit(BODY)
        assert studio.local.gallery.search().total == 0
        overview = studio.local_models.overview()
        assert {m["id"] for m in overview["models"]} == {m.id for m in studio.catalogue if m.provider == "local"}
        assert not any(m["present"] for m in overview["models"])
        with pytest.raises(NotFound):
            studio.local_models.remove("local/z-image-turbo")
        with pytest.raises(NotFound):
            studio.local_models.fetch("draft/animatic")
