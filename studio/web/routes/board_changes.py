"""What changed on a board since an answer that its page has: only that is made, and only that is sent.

An answer is put together from parts, one a shot, which are kept while nothing changes that they are made from. Each
answer gets a version; a page that names the version it has is told the parts that are others by now. A version that is
not remembered (any more) is answered whole.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Any

from studio.domain import JSON
from studio.film.timeline import Segment, Timeline
from studio.memo import Memo

MAX_ANSWERS, MAX_PARTS = 256, 8_000
"""Answers remembered, each a few kB beside its parts; and parts kept, about 3 kB each."""


@dataclass(frozen=True)
class ShotPart:
    """One shot in an answer. planned: its entry of the board; state: what there is of it, without times."""

    planned: JSON
    state: JSON


@dataclass(frozen=True)
class Answer:
    """A board as a page is told it. board: its fields but the shots; extra: everything beside board and shots.

    shots: by id, in order. key: whose answer it is; only the same may be told what changed since.
    """

    key: tuple[str, str]
    board: JSON
    shots: dict[str, ShotPart]
    timeline: Timeline
    extra: JSON

    def full(self) -> JSON:
        """All of it."""
        times = [shot_times(self.timeline, index) for index in range(len(self.shots))]
        return self.extra | {
            "board": self.board | {"shots": [part.planned for part in self.shots.values()]},
            "shots": {i: part.state | time for (i, part), time in zip(self.shots.items(), times, strict=True)},
        }

    def changes_since(self, old: Answer) -> JSON:
        """What is other than in an older answer. clock: by shot, its segment's four numbers in frames."""
        changed_parts = {
            i: part for i, part in self.shots.items() if part is not old.shots.get(i) and part != old.shots.get(i)
        }
        changed: JSON = {
            "board": _changed(self.board, old.board),
            "planned": {i: part.planned for i, part in changed_parts.items()},
            "shots": {i: part.state for i, part in changed_parts.items()},
            "clock": {i: astuple(segment) for i, segment in self._moved_segments(old)},
            **_changed(self.extra, old.extra),
        }
        if list(self.shots) != list(old.shots):
            changed["order"] = list(self.shots)
        return changed

    def _moved_segments(self, old: Answer) -> Iterator[tuple[str, Segment]]:
        """The shots that are shown at another time than in an older answer."""
        if self.timeline is old.timeline and list(self.shots) == list(old.shots):
            return
        old_segments = dict(zip(old.shots, old.timeline.segments, strict=True))
        for shot, segment in zip(self.shots, self.timeline.segments, strict=True):
            if segment != old_segments.get(shot) or self.timeline.fps != old.timeline.fps:
                yield shot, segment


class AnswerLog:
    """Versions of answers, and the parts they were made of, by user, board and shot. Safe from any thread."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._newest: dict[tuple[str, str], str] = {}
        self.parts: Memo[tuple[str, str, str], ShotPart] = Memo(MAX_PARTS)
        self._lock = threading.Lock()

    def respond(self, answer: Answer, since: str) -> JSON:
        """The answer with its version: whole, or what changed since the version that the page has.

        A board that stands as it last did keeps its version.
        """
        with self._lock:
            old, newest = self._answers.get(since), self._newest.get(answer.key, "")
            version = newest if self._answers.get(newest) == answer else secrets.token_hex(8)
            self._answers[version] = answer
            self._answers.move_to_end(version)
            self._newest[answer.key] = version
            while len(self._answers) > MAX_ANSWERS:
                dropped_version, dropped = self._answers.popitem(last=False)
                if self._newest.get(dropped.key) == dropped_version:
                    del self._newest[dropped.key]
        if old is None or old.key != answer.key:
            return answer.full() | {"version": version}
        return answer.changes_since(old) | {"version": version, "since": since}


def shot_times(timeline: Timeline, index: int) -> JSON:
    """When the film shows a shot. segment: in whole frames, of its file and of the film; the rest in seconds."""
    segment = timeline.segments[index]
    return {
        "segment": dict(vars(segment)), "at_s": timeline.seconds(segment.start), "length_s": timeline.shown_s(index),
        "in_s": timeline.seconds(segment.first), "out_s": timeline.seconds(segment.last),
    }  # fmt: skip


def _changed(now: JSON, before: JSON) -> dict[str, Any]:
    return {name: value for name, value in now.items() if name not in before or before[name] != value}
