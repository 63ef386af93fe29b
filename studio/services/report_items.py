"""What an approval report says of one item, in sentences: the file, the consent that was given, how it is labelled."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from studio.catalogue import consent
from studio.catalogue.schema import Model
from studio.domain import JSON, Asset, Kind, Run
from studio.errors import MediaError
from studio.messages import Message
from studio.review.model import Version
from studio.store.exports import FilmRow
from studio.storyboard.model import Board, Shot

MAX_LABEL_CHARS = 200
OFF = (None, False, "", "false", "none", "off")
"""Values of a provider's watermark setting with which it draws none."""


def format_line(version: Version, asset: Asset | None) -> list[Message]:
    """Size, rate and length of the file, each as a part of a line."""
    parts: list[Message] = []
    if asset and asset.width and asset.height:
        parts.append(Message("approval_report.size", width=asset.width, height=asset.height))
    if version.rate and version.frames:
        rate = f"{float(version.rate):.3f}".rstrip("0").rstrip(".")
        parts.append(Message("approval_report.rate", fps=rate, count=version.frames))
    if asset and asset.duration_s:
        parts.append(Message("approval_report.seconds", s=f"{asset.duration_s:.2f}"))
    if asset and asset.kind is Kind.VIDEO:
        parts.append(Message("approval_report.with_sound" if asset.has_audio else "approval_report.silent"))
    return parts


def consent_sentences(
    run: Run | None, model: Model | None, files: Mapping[str, Asset], asker: str, board: Board | None, shot: Shot | None
) -> list[Message]:
    """Whose likeness went in, and what was said of it. files: the run's inputs by id; asker: who asked for the run."""
    found = list(_of_run(run, model, files, asker))
    if board and shot:
        found += _of_cast(board, shot)
    return found or [Message("approval_report.consent_unknown")]


def _of_run(run: Run | None, model: Model | None, files: Mapping[str, Asset], asker: str) -> Iterator[Message]:
    if run is None:
        return
    names = consent.inputs(model, run.request.task) if model else tuple(run.request.media())
    given = [i for name in names for i in run.request.media().get(name, ())]
    if not given:
        yield Message("approval_report.consent_none")
        return
    listed = ", ".join(files[i].name or i if i in files else i for i in dict.fromkeys(given))
    at = run.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if run.request.consent:
        yield Message("approval_report.consent_given", files=listed, by=asker, at=at)
    elif run.request.real_people is False:
        yield Message("approval_report.consent_no_people", files=listed, by=asker, at=at)
    else:
        yield Message("approval_report.consent_not_said", files=listed)


def _of_cast(board: Board, shot: Shot) -> Iterator[Message]:
    """What the storyboard says of the members of the cast that the shot names."""
    for name in shot.mentions():
        member = board.member(name)
        if member is None or not (member.references or member.voice):
            continue
        given = member.consent or not member.references, member.voice_consent or not member.voice
        what = "approval_report.cast_given" if all(given) else "approval_report.cast_missing"
        yield Message(what, name=f"@{member.name}")


def mark_sentences(path: Path | None, run: Run | None, film: FilmRow | None) -> list[Message]:
    """How the file says that it was made by AI: in its metadata, and to be seen."""
    from studio.media import metadata

    found: list[Message] = []
    try:
        texts = metadata.texts(path) if path else {}
    except MediaError:
        texts = {}
    record = _record(texts.get(metadata.KEY, ""))
    origin = str(texts.get("digitalsourcetype") or record.get("origin") or "")
    if origin:
        found.append(Message("approval_report.mark_metadata", value=origin.rpartition("/")[2][:MAX_LABEL_CHARS]))
    if "aigc" in {key.lower() for key in texts}:
        found.append(Message("approval_report.mark_aigc"))
    if film and (label := str(film.options.get("label") or "").strip()):
        found.append(Message("approval_report.mark_label", label=label[:MAX_LABEL_CHARS]))
    if film and film.options.get("review_copy"):
        found.append(Message("approval_report.mark_review_copy"))
    if run and run.request.params.get("watermark") not in OFF:
        found.append(Message("approval_report.mark_watermark"))
    return found or [Message("approval_report.mark_none")]


def _record(text: str) -> JSON:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def moment(text: str) -> datetime:
    """A time of the store."""
    return datetime.fromisoformat(text)
