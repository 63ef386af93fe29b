"""`app.py run BATCH`: a batch of requests without any page; resumed where it was when it is run again.

Exit codes: 0 all succeeded (with --dry-run: would be sent), 1 some did not (would be held), 2 the batch is wrong and
nothing was sent, 3 the studio cannot be opened or reached, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from studio.errors import CapabilityError, SettingsError, StudioError
from studio.messages import Message, of_error
from studio.settings import Settings

if TYPE_CHECKING:
    from studio.cli.batch_file import Line
    from studio.cli.media import BatchMedia
    from studio.cli.target import Target
    from studio.domain import JSON
    from studio.services.batches import BatchPlan, KeyedRequest

HELP = "send a batch of requests (JSONL or CSV) and wait for it, without any page"
ALL_SUCCEEDED, SOME_FAILED, WRONG, NO_STUDIO, INTERRUPTED = 0, 1, 2, 3, 130


class _Refused(Exception):
    """The batch is wrong: sentences for the person, and nothing was sent."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = list(sentences)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of this command. --data may stand before or after it."""
    parser.add_argument("batch", type=Path, help="requests, one a line (.jsonl) or one a row (.csv)")
    parser.add_argument("--data", type=Path, default=argparse.SUPPRESS, help="the studio's folder (default ./data)")
    parser.add_argument("--dry-run", action="store_true", help="only check and price it; nothing is stored or sent")
    parser.add_argument(
        "--max-usd", type=float, metavar="USD", help="refuse the batch where its estimate is above this"
    )
    parser.add_argument("--name", default="", help="name of the batch in the place of the file's: sends all of it anew")
    parser.add_argument(
        "--url", default="", help="send it to the running studio at this address, such as http://host:7860"
    )
    parser.add_argument("--token", default="", help="access token for --url (or the environment value STUDIO_TOKEN)")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the results there, not to standard output")


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Carry the command out; the exit code."""
    sys.modules.setdefault("pandas", None)  # pyright: ignore[reportArgumentType] - sqlite-utils loads it where it can
    try:
        with _target(settings, arguments) as target:
            return _Batch(target, arguments).run()
    except _Refused as refused:
        for sentence in refused.sentences:
            print(sentence, file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    except (CapabilityError, SettingsError) as error:
        print(of_error(error), file=sys.stderr)
        return WRONG
    except StudioError as error:
        print(of_error(error), file=sys.stderr)
        return NO_STUDIO


@contextmanager
def _target(settings: Settings, arguments: argparse.Namespace) -> Iterator[Target]:
    from studio.cli import local

    if not arguments.batch.is_file():  # before a folder is opened for it
        raise CapabilityError(Message("batch.cannot_read", file=str(arguments.batch), why=Message("batch.no_file")))
    if arguments.url:
        from studio.cli import remote

        with remote.opened(arguments.url, arguments.token) as target:
            yield target
        return
    with local.opened(settings, look=arguments.dry_run) as target:
        yield target


@contextmanager
def _output(path: Path | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise CapabilityError(Message("batch.cannot_write", file=str(path), why=error.strerror)) from None
    with file:
        yield file


class _Batch:
    """One command."""

    def __init__(self, target: Target, arguments: argparse.Namespace) -> None:
        from studio.cli import batch_file
        from studio.cli.media import BatchMedia

        self._target, self._arguments = target, arguments
        path: Path = arguments.batch
        self._lines: list[Line] = batch_file.read(path, target.catalogue, name=arguments.name)
        self._media: BatchMedia = BatchMedia(
            path.resolve().parent, target.max_upload_bytes, inspect=target.inspect, add=target.add
        )
        self._by_key = {line.key: line for line in self._lines if line.key}

    def run(self) -> int:
        try:
            plan, problems = self._plan()
            if self._arguments.dry_run:
                with _output(self._arguments.output) as out:
                    return self._tell(plan, problems, out)
            if problems:
                raise _Refused([f"line {number}: {why}" for number, why in sorted(problems.items())] + [_NOTHING_SENT])
            if refusal := self._refusal(plan):
                raise _Refused([refusal, _NOTHING_SENT])
            with _output(self._arguments.output) as out:  # a batch that is refused leaves earlier results there
                return self._send(plan, out)
        finally:
            self._media.close()

    def _plan(self) -> tuple[BatchPlan, dict[int, str]]:
        """The plan of the lines that can be read, and what is wrong with a line, by its number."""
        problems = {line.number: line.problem for line in self._lines if line.problem}
        keyed: list[KeyedRequest] = []
        for line in self._by_key.values():
            try:
                keyed.append(_keyed(line, self._media.looked_at(line)))
            except StudioError as error:
                problems[line.number] = of_error(error)
        plan = self._target.plan(keyed, self._media.known_assets)
        for one in plan.requests:
            if one.problem:
                problems[self._by_key[one.key].number] = one.problem
        return plan, problems

    def _refusal(self, plan: BatchPlan) -> str:
        """Why the batch as a whole is not sent; "" where nothing stands against it."""
        most: float | None = self._arguments.max_usd
        if plan.refusal or most is None:
            return plan.refusal
        if plan.unpriced:
            return Message("batch.unpriced", count=plan.unpriced)
        if plan.usd > most + 1e-9:
            return Message("batch.above_max", usd=f"{plan.usd:.4f}", most=f"{most:.2f}")
        return ""

    def _tell(self, plan: BatchPlan, problems: dict[int, str], out: TextIO) -> int:
        from dataclasses import replace

        from studio.cli import dry_run

        lines = [
            replace(line, key="", problem=problems[line.number])
            if line.number in problems and line.key not in {one.key for one in plan.requests}
            else line
            for line in self._lines
        ]
        refusal = self._refusal(plan)
        for row in (*dry_run.rows(lines, plan), *dry_run.totals(lines, replace(plan, refusal=refusal), len(problems))):
            print(row, file=out)
        if problems or refusal:
            return WRONG
        return SOME_FAILED if plan.approval or any(one.question for one in plan.requests) else ALL_SUCCEEDED

    def _send(self, plan: BatchPlan, out: TextIO) -> int:
        from studio.cli.follow import follow

        lines, ids = list(self._by_key.values()), {one.key: one.stored for one in plan.requests}
        new = [_keyed(line, self._media.added(line)) for line in lines if not ids[line.key]]
        stored = {key for key, runs in ids.items() if runs}
        for one, made in zip(new, self._target.submit(new) if new else [], strict=True):
            ids[one.key] = tuple(run["id"] for run in made)
        return follow(self._target, lines, ids, stored, out, expected_s=plan.expected_s)


_NOTHING_SENT = "Nothing was sent."


def _keyed(line: Line, body: JSON) -> KeyedRequest:
    from studio.services.batches import KeyedRequest

    return KeyedRequest(line.key, body, line.digest)
