"""The cast in a request: its references, the voices that go with them, consent, and what a model leaves out.

A voice sample belongs to one reference; the first of a member is the one the prompt names, so that one speaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from studio.catalogue import Catalogue, Model
from studio.domain import JSON, Asset, Kind, Task
from studio.messages import Message, term
from studio.storyboard.model import Board, CastMember, Shot

VOICES = "reference_voices"


def takes_voices(model: Model) -> bool:
    """Whether the model gives a reference the voice of a sound file."""
    return VOICES in model.inputs_for(Task.REFERENCE_TO_VIDEO)


def references(members: Sequence[CastMember], model: Model) -> JSON:
    """The part of a request that these members make up. Places and props are nobody whose consent is needed."""
    voices = {m.references[0]: m.voice for m in members if m.voice and m.references} if takes_voices(model) else {}
    consent = all(m.consent or m.kind != "character" for m in members)
    body: JSON = {"references": [r for m in members for r in m.references]}
    if voices:
        body[VOICES] = voices
        consent = consent and all(m.voice_consent for m in members if m.voice)
    return body | {"consent": consent}


def has_consent(board: Board, shot: Shot) -> bool:
    """Whether nobody real can be in the shot's first frame who has not agreed.

    A picture has its own consent. The end of the shot before shows whom the film shows: the cast's references and the
    pictures that shots start from.
    """
    if shot.start.kind == "asset":
        return shot.start.consent
    cast = all(m.consent for m in board.cast if m.references and m.kind == "character")
    return cast and all(s.start.consent for s in board.shots if s.start.kind == "asset")


def unused_notes(
    present: Iterable[CastMember], model: Model, task: Task, catalogue: Catalogue, assets: Mapping[str, Asset]
) -> list[str]:
    """Sentences about what the model does not use of the members in a shot. Drafts speak no lines and say nothing."""
    if model.draft:
        return []
    used = [m for m in present if m.references or m.voice]
    if task == Task.IMAGE_TO_VIDEO and used:
        who = ", ".join(f"@{m.name}" for m in used)
        return [Message("cast.unused_with_picture", model=term(model.label), who=who)]
    described_only = ", ".join(f"@{m.name}" for m in used if m.references)
    no_references = [Message("cast.described_only", model=term(model.label), who=described_only)]
    unused_voices = [note for m in used if m.voice and (note := _unused_voice_note(m, model, task, catalogue, assets))]
    return [*(no_references if described_only and task == Task.TEXT_TO_VIDEO else []), *unused_voices]


def _unused_voice_note(
    member: CastMember, model: Model, task: Task, catalogue: Catalogue, assets: Mapping[str, Asset]
) -> str | None:
    """Why the voice of this member is not heard; None where it is."""
    if not member.references:
        return Message("cast.voice_alone", name=member.name)
    if task == Task.REFERENCE_TO_VIDEO and takes_voices(model):
        return None
    clips = [r for r in member.references if r in assets and assets[r].kind == Kind.VIDEO]
    if task == Task.REFERENCE_TO_VIDEO and model.clip_voices and clips:
        return Message("cast.voice_from_clip", model=term(model.label), name=member.name)
    supported = next((m.label for m in catalogue if takes_voices(m)), Message("cast.another_model"))
    if task == Task.REFERENCE_TO_VIDEO and model.clip_voices:
        return Message("cast.voice_clip_only", model=term(model.label), name=member.name, able=supported)
    return Message("cast.voice_unsupported", model=term(model.label), name=member.name, able=supported)
