"""A voice on its way: from the cast to the provider, held where its owner was not asked, and along with the project."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studio.domain import HeldReason, Run, Status
from studio.storyboard import edit
from studio.storyboard.model import Board, CastMember
from studio.studio import Studio
from tests.providers import results
from tests.providers.alibaba import AlibabaServer
from tests.stories.studio_child import opened
from tests.support import samples


@dataclass
class Story:
    """A board with one character who speaks, and the provider that makes its only shot."""

    studio: Studio
    server: AlibabaServer
    board: Board

    def rendered(self) -> Run:
        """The run of the shot, as soon as it has ended or waits for a person."""
        (run,) = self.studio.local.storyboards.render(self.board.id, shots=[self.board.shots[0].id])
        until = time.monotonic() + 30
        while not (run.status.ended or run.status is Status.HELD) and time.monotonic() < until:
            time.sleep(0.02)
            run = self.studio.local.runs.get(run.id)
        return run

    def cast(self, **changes: object) -> None:
        member = self.board.cast[0].model_copy(update=changes)
        self.board = self.studio.local.storyboards.edit(
            self.board.id, "cast", lambda b: edit.put_cast_member(b, member)
        ).board


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    face, voice = tmp_path / "eda.png", tmp_path / "eda.wav"
    face.write_bytes(results.png(640, 480, "eda"))
    samples.run("-f", "lavfi", "-i", "sine=d=3", voice)
    with AlibabaServer() as server, opened(tmp_path / "data", server.url) as studio:
        made = studio.local.storyboards.create(
            "Lamp", script="Shot 1 [0-2s] @eda speaks", model="alibaba/wan2.7-r2v"
        ).board
        assets = studio.local.assets
        eda = CastMember(
            id=made.cast[0].id, name="eda", references=(assets.add(face).id,), voice=assets.add(voice).id,
            consent=True, voice_consent=True,
        )  # fmt: skip
        yield Story(
            studio, server, studio.local.storyboards.edit(made.id, "cast", lambda b: edit.put_cast_member(b, eda)).board
        )


def test_the_voice_reaches_the_provider_beside_its_reference(story: Story) -> None:
    run = story.rendered()
    assert run.status is Status.SUCCEEDED, run.error
    (task,) = story.server.tasks.values()
    (entry,) = task.body["input"]["media"]
    assert entry["type"] == "reference_image"
    assert story.server.uploads[entry["reference_voice"].removeprefix("oss://")][1][:4] == b"RIFF"
    assert task.prompt() == "Image 1 speaks"
    assert story.server.calls["submit"] == 1


def test_a_voice_whose_owner_was_not_asked_waits_for_a_person(story: Story) -> None:
    story.cast(voice_consent=False)
    run = story.rendered()
    assert (run.status, run.held_reason) == (Status.HELD, HeldReason.CONSENT)
    assert story.server.calls["submit"] == 0


def test_the_voice_travels_with_the_project(story: Story, tmp_path: Path) -> None:
    story.rendered()
    film = story.studio.local.exports.start(story.board.id, "project", {})
    until = time.monotonic() + 30
    while (film := story.studio.local.exports.get(film.id)).status == "running" and time.monotonic() < until:
        time.sleep(0.02)
    assert film.status == "succeeded", film.error
    path = story.studio.local.exports.file(film.id)
    with opened(tmp_path / "other", story.server.url) as other:
        moved = other.local.board_archives.import_archive(path).board
        (eda,) = moved.cast
        kept = other.local.assets.get(eda.voice or "")
        assert (kept.kind, kept.duration_s, kept.name) == ("audio", pytest.approx(3, abs=0.1), "eda.wav")
        assert (eda.consent, eda.voice_consent) == (True, True)
        (state,) = other.local.storyboards.states(moved)
        assert state.best_kind == "render"
        assert state.takes[0].request.reference_voices == {}, "the inputs of a take stay where it was made"
