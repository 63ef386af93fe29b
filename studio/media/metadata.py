"""The settings of a run inside its file, and the settings other programs left in theirs.

Ours: PNG text `studio`, XMP `studio:settings` in JPEG and WebP, free key `studio` in videos; all hold the same JSON.
Beside it the form A1111-type tools read, and IPTC's DigitalSourceType, which says how the picture came to be. The
file is a copy: the database remains the truth.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from studio import __version__
from studio.domain import JSON, Kind
from studio.errors import MediaError
from studio.media import av_io, images, metadata_import, metadata_write
from studio.media.detect import JPEG, MKV, MOV, MP4, PNG, WEBM, WEBP, sniff
from studio.messages import Message

SCHEMA = 1
VIDEOS = (MP4, MOV, WEBM, MKV)
KEY = "studio"
NAMESPACE = "urn:wan-studio:ns:1#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
XMP_LIMIT = 2_000_000
COMFYUI_EXIF = (0x010F, 0x0110)
"""Make and Model: where ComfyUI puts "prompt:" and its graph in a WebP file, which has no text chunks."""


class Origin(StrEnum):
    """How the content came to be, by IPTC's words (https://cv.iptc.org/newscodes/digitalsourcetype/).

    A draft is drawn by a program that learnt from nothing: it is not labelled as made by AI, but as a draft.
    """

    MODEL = "trainedAlgorithmicMedia"
    EDITED = "compositeWithTrainedAlgorithmicMedia"
    DRAFT = "algorithmicMedia"

    @property
    def uri(self) -> str:
        return f"http://cv.iptc.org/newscodes/digitalsourcetype/{self.value}"


def write(path: Path, settings: Mapping[str, object], *, origin: Origin = Origin.MODEL, run_id: str = "") -> bool:
    """Write the flat request `settings` (with the seed used) into the file, in place and without re-encoding.

    False when the format cannot carry it. Raises MediaError when the file is broken or too small a container.
    """
    kind = sniff(path)
    record = {"schema": SCHEMA, "program": f"Wan Studio {__version__}", "origin": origin.value}
    record |= {"run": run_id, "request": dict(settings)}
    text = _clean(json.dumps(record, ensure_ascii=False))
    if kind is PNG:
        texts = {KEY: text, "parameters": _clean(metadata_import.as_a1111(settings))}
        metadata_write.into_png(path, texts | {metadata_write.XMP_KEY: _xmp(path, settings, None, origin)})
    elif kind is JPEG:
        metadata_write.into_jpeg(
            path, comment=_clean(metadata_import.as_a1111(settings)), xmp=_xmp(path, settings, text, origin)
        )
    elif kind is WEBP:
        metadata_write.into_webp(
            path, comment=_clean(metadata_import.as_a1111(settings)), xmp=_xmp(path, settings, text, origin)
        )
    elif kind in VIDEOS:
        metadata_write.into_video(path, video_texts(settings, origin=origin, run_id=run_id))
    else:
        return False
    return True


def copy(
    path: Path, copy: Path, settings: Mapping[str, object], *, origin: Origin = Origin.MODEL, run_id: str = ""
) -> None:
    """Write the file with these settings in it under another name. A format that cannot carry them is copied as it is.

    Raises MediaError as `write` does.
    """
    if sniff(path) in VIDEOS:
        metadata_write.copy_video(path, copy, video_texts(settings, origin=origin, run_id=run_id))
    else:
        shutil.copyfile(path, copy)
        write(copy, settings, origin=origin, run_id=run_id)


def video_texts(settings: Mapping[str, object], *, origin: Origin = Origin.MODEL, run_id: str = "") -> dict[str, str]:
    """The free keys of a video, for writers that mux anyway."""
    record = {"schema": SCHEMA, "program": f"Wan Studio {__version__}", "origin": origin.value}
    text = _clean(json.dumps(record | {"run": run_id, "request": dict(settings)}, ensure_ascii=False))
    return {KEY: text, "comment": text, "DigitalSourceType": origin.uri}


def _clean(text: str) -> str:
    """The text without lone surrogates, which no file format can hold."""
    return text.encode("utf-8", "replace").decode()


def _xmp(path: Path, settings: Mapping[str, object], record: str | None, origin: Origin) -> str:
    """The file's XMP with our description in it; what others wrote there (a provider's label) is kept."""
    fields = [f"<Iptc4xmpExt:DigitalSourceType>{origin.uri}</Iptc4xmpExt:DigitalSourceType>"]
    if origin is not Origin.DRAFT:
        prompt, model = (escape(_clean(str(settings.get(key) or ""))) for key in ("prompt", "model"))
        fields.append(f"<Iptc4xmpExt:AISystemUsed>{model}</Iptc4xmpExt:AISystemUsed>")
        fields.append(f"<Iptc4xmpExt:AIPromptInformation>{prompt}</Iptc4xmpExt:AIPromptInformation>")
    else:
        fields.append("<studio:draft>True</studio:draft>")
    if record:
        fields.append(f"<studio:settings>{escape(record)}</studio:settings>")
    spaces = f'xmlns:studio="{NAMESPACE}" xmlns:Iptc4xmpExt="{IPTC}"'
    mine = f'<rdf:Description rdf:about="" {spaces}>{"".join(fields)}</rdf:Description>'
    old = xmp_text(path)
    if "</rdf:RDF>" in old:
        old = re.sub(rf'<rdf:Description rdf:about="" {re.escape(spaces)}>.*?</rdf:Description>', "", old, flags=re.S)
        return old.replace("</rdf:RDF>", f"{mine}</rdf:RDF>", 1)
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">{mine}</rdf:RDF></x:xmpmeta>'
    return f'<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>{packet}<?xpacket end="w"?>'


def xmp_text(path: Path) -> str:
    """The XMP packet of a picture; "" where it has none, or one of more than XMP_LIMIT characters."""
    with images.opened(path) as (image, _):
        return _embedded_xmp(image.info)


def _embedded_xmp(info: Mapping[Any, Any]) -> str:
    raw = info.get("xmp") or info.get(metadata_write.XMP_KEY) or ""
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw)
    return text if len(text) <= XMP_LIMIT else ""


def read(path: Path, *, name: str = "") -> JSON | None:
    """The flat request embedded in the file: ours exactly, other programs' as far as our fields go; else None.

    Raises MediaError where settings are there that cannot be understood.
    """
    found = read_with_source(path, name=name)
    return found[1] if found else None


def texts(path: Path) -> dict[str, str]:
    """All texts that a picture or clip carries, by key. Raises MediaError for a file that is neither."""
    kind = sniff(path)
    return _picture_texts(path) if kind.kind is Kind.IMAGE else _video_texts(path)


def draft_request(path: Path) -> JSON | None:
    """The flat request of a file that the draft engine drew; None for every other file."""
    try:
        text = texts(path).get(KEY, "")
    except MediaError:
        return None
    record = metadata_import.parse(text)
    return _studio_settings(text) if record and record.get("origin") == Origin.DRAFT.value else None


def carry_draft(clip: Path, frame: Path) -> None:
    """Write a draft's settings into a frame taken from it, so that the frame is known as one of a draft."""
    if request := draft_request(clip):
        write(frame, request, origin=Origin.DRAFT)


def read_with_source(path: Path, *, name: str = "") -> tuple[str, JSON] | None:
    """Who wrote the settings ('Wan Studio', 'ComfyUI', 'A1111' ...), and the flat request. Raises as `read` does."""
    try:
        found = texts(path)
    except MediaError:
        return None
    if mine := _studio_settings(found.get(KEY, "")):
        return "Wan Studio", mine
    try:
        return metadata_import.read(found)
    except metadata_import.Unread as error:
        called = name or path.name
        if error.program == "ComfyUI":
            raise MediaError(Message("unread.workflow", name=called, why=error)) from None
        raise MediaError(Message("unread.settings", program=error.program, name=called, why=error)) from None


def _studio_settings(text: str) -> JSON | None:
    record = metadata_import.parse(text)
    request = record.get("request") if record and record.get("schema") == SCHEMA else None
    return request if isinstance(request, dict) else None


def _picture_texts(path: Path) -> dict[str, str]:
    with images.opened(path) as (image, _):
        texts = {str(k): v for k, v in image.info.items() if isinstance(v, str)}
        exif = image.getexif()
        for tag in COMFYUI_EXIF:
            if isinstance(said := exif.get(tag), str) and said.startswith("prompt:"):
                texts.setdefault("prompt", said.removeprefix("prompt:"))
        comment = exif.get_ifd(0x8769).get(0x9286)
        if isinstance(comment, bytes) and "parameters" not in texts:
            texts["parameters"] = _user_comment(comment)
        if KEY not in texts:
            texts[KEY] = _settings_in_xmp(_embedded_xmp(image.info))
        if isinstance(comment := image.info.get("comment"), bytes):
            texts.setdefault("comment", comment.decode("utf-8", "replace"))
        return texts


def _user_comment(raw: bytes) -> str:
    """EXIF UserComment as text. UNICODE means UTF-16 in either byte order; the zero bytes of Latin text tell which."""
    head, body = raw[:8], raw[8:]
    if head == b"UNICODE\0":
        little = body[1::2].count(0) > body[0::2].count(0)
        return body.decode("utf-16-le" if little else "utf-16-be", "replace").removeprefix("\ufeff")
    return (body if head in (b"ASCII\0\0\0", b"\0" * 8) else raw).decode("utf-8", "replace").strip("\0")


def _settings_in_xmp(text: str) -> str:
    """The text of studio:settings. XML with a document type is refused: it may define entities that grow."""
    if "studio:settings" not in text or "<!DOCTYPE" in text:
        return ""
    try:
        root = ElementTree.fromstring(text.strip("\ufeff\0 \n"))  # noqa: S314 - no document type, limited size
    except ElementTree.ParseError:
        return ""
    return next((node.text or "" for node in root.iter(f"{{{NAMESPACE}}}settings")), "")


def _video_texts(path: Path) -> dict[str, str]:
    with av_io.opened(path) as (box, _):
        texts = {key.lower(): value for key, value in box.metadata.items()}
        video = av_io.picture_stream(box)
        if video and video.duration and video.time_base:
            texts["file_duration_s"] = str(round(float(video.duration * video.time_base), 2))
        if video and video.average_rate:
            texts["file_fps"] = str(round(float(video.average_rate), 3))
        return texts
