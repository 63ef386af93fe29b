"""The stream of changes: it tells of boards to who may see them, and ends for who may no longer listen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from studio.errors import Conflict
from studio.settings import Settings
from studio.storyboard import edit
from studio.studio import Studio
from tests.support.web import account, serving

PATIENT_S = 20.0


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with Studio.open(Settings(data=tmp_path, workers=1)) as opened:
        yield opened


def events(url: str, user: str, heard: list[str], opened: threading.Event) -> None:
    """Collect the names of events, with the data of those about boards, until the stream ends."""
    with httpx.stream("GET", f"{url}/events/runs", headers={"x-user": user}, timeout=PATIENT_S) as stream:
        name = ""
        for line in stream.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
                heard.append(name)
                opened.set()
            elif line.startswith("data: ") and name == "boards":
                heard[-1] += f" {line.removeprefix('data: ')}"


def test_boards_are_told_to_who_may_see_them_and_a_disabled_persons_stream_ends(studio: Studio) -> None:
    anna, ben = account(studio, "anna"), account(studio, "ben")
    board = studio.acting_for(anna).storyboards.create("Hers").board
    with serving(studio) as url:
        heard: dict[str, list[str]] = {anna: [], ben: []}
        threads = []
        for person, lines in heard.items():
            opened = threading.Event()
            threads.append(threading.Thread(target=events, args=(url, person, lines, opened), daemon=True))
            threads[-1].start()
            assert opened.wait(PATIENT_S)
        studio.acting_for(anna).storyboards.edit(board.id, "title", lambda b: edit.update(b, title="Changed"))
        their_own = studio.acting_for(ben).storyboards.create("His").board
        while not any(their_own.id in line for line in heard[ben]):
            assert threads[1].is_alive()
            threads[1].join(0.05)
        for person in (anna, ben):
            studio.people.disable(person)
        studio.local.storyboards.edit(board.id, "title", lambda b: edit.update(b, title="Unheard"))
        for name in ("anna", "ben"):  # anything that would be told makes the stream look again
            studio.on_behalf_of(name).storyboards.create("wakes the stream")
        for thread in threads:
            thread.join(PATIENT_S)
            assert not thread.is_alive()
    assert any(board.id in line for line in heard[anna])
    assert not any(board.id in line for line in heard[ben])
    assert not any(their_own.id in line for line in heard[anna])


def test_somebody_elses_change_is_undone_only_on_purpose(studio: Studio) -> None:
    board = studio.on_behalf_of("anna").storyboards.create("Harbour").board
    studio.on_behalf_of("anna").storyboards.edit(board.id, "title", lambda b: edit.update(b, title="Pier"))
    with pytest.raises(Conflict, match="somebody else"):
        studio.local.storyboards.undo(board.id)
    assert studio.local.storyboards.get(board.id).board.title == "Pier"
    assert studio.local.storyboards.undo(board.id, others=True).board.title == "Harbour"
    assert studio.on_behalf_of("anna").storyboards.undo(board.id, redo=True).board.title == "Pier"
