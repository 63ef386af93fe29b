"""What people wrote, hostile or not, comes back from every form whole or visibly replaced, and breaks none."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from fractions import Fraction

import pytest

from studio.review.handover import avid, csv_table, edl, fcpxml, openrv, otio, xmeml
from studio.review.handover.model import HandoverReply, ReviewHandover, chosen
from studio.review.handover.text import legible, one_line
from tests.review.handover import readers
from tests.review.handover.samples import DRAWING, FRAMES, HOSTILE, comment, hostile, item

SEEN = (
    "line one\nline | two |D:9 \"q\" 'a' <marker a='1'>&amp;]]></x>\t␀␇␛[31m\u202eRTL אבג\u202c 🎬 \ufffd 中文 =SUM(A1)"
)
ON_ONE_LINE = SEEN.replace("\n", " / ").replace("\t", " ")


def test_the_sentence_that_all_forms_hold() -> None:
    assert (legible(HOSTILE), one_line(HOSTILE)) == (SEEN, ON_ONE_LINE)
    assert one_line("\n\n a \r b\u2028c\x85") == "a / b / c"


def test_resolve() -> None:
    (first, *_), (second, *_) = read = readers.edl(edl.markers(hostile()), Fraction(25))
    assert (first, second) == (5, 9)
    said = ON_ONE_LINE.replace("|", "¦")
    assert [text for _, _, text in read] == [f"{said}: {said} / {said}: {said}", "Ana: next"]
    cut = readers.through_otio(edl.cut(hostile()), ".edl", adapter_name="cmx_3600", rate=25)
    (clip,) = cut.find_clips()
    assert (clip.name, clip.duration().value) == ("01_shot_v2.mp4", FRAMES)


def test_resolves_marker_list_is_an_edit_list_to_others() -> None:
    """OpenTimelineIO's adapter reads the events, a frame each, and lets the marker lines be."""
    read = readers.through_otio(edl.markers(hostile()), ".edl", adapter_name="cmx_3600", rate=25)
    assert [clip.duration().value for clip in read.find_clips()] == [1, 1]


def test_avid() -> None:
    author, _, _, _, text, _ = avid.write(hostile()).decode().split("\r\n")[0].split("\t")
    assert (author, text) == (ON_ONE_LINE, f"{ON_ONE_LINE} / {ON_ONE_LINE}: {ON_ONE_LINE}")


def test_table() -> None:
    row, _ = readers.table(csv_table.write(hostile()))
    assert [row[name] for name in ("item", "author", "text")] == [SEEN] * 3
    assert row["replies"] == f"{SEEN}: {SEEN}"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    review = ReviewHandover("R", Fraction(24), (item(Fraction(24), [comment(1, text=text, author=text)], title=text),))
    (row,) = readers.table(csv_table.write(review))
    assert not [cell for cell in row.values() if re.match(r"[=+\-@\t\r]", cell)]


def test_premiere() -> None:
    read = readers.through_otio(xmeml.write(hostile()), ".xml", adapter_name="fcp_xml")
    (clip,) = read.find_clips()
    marker, _ = clip.markers
    assert (read.name, clip.name, marker.name) == (ON_ONE_LINE, ON_ONE_LINE, ON_ONE_LINE)
    assert marker.metadata["fcp_xml"]["comment"] == f"{SEEN}\n{SEEN}: {SEEN}"
    assert clip.media_reference.target_url == "media/01_shot_v2.mp4"


def test_final_cut() -> None:
    root = ET.fromstring(fcpxml.write(hostile()))  # noqa: S314  what we wrote
    marker, _ = root.iter("marker")
    assert (marker.get("value"), marker.get("note")) == (f"{SEEN}\n{SEEN}: {SEEN}", ON_ONE_LINE)
    clip = readers.through_otio(fcpxml.write(hostile()), ".fcpxml").find_clips()[0]
    assert [m.name for m in clip.markers] == [f"{SEEN}\n{SEEN}: {SEEN}", "next"]


def test_opentimelineio_and_openrv() -> None:
    for data in (otio.write(hostile()), openrv.write(hostile())):
        marker = readers.through_otio(data, ".otio").find_clips()[0].markers[0]
        kept = marker.metadata["wan_studio"]
        assert (kept["text"], kept["author"], kept["replies"][0]["text"]) == (SEEN, SEEN, SEEN)
        assert kept["drawing"]["shapes"][5]["text"] == "here 这里"


RULES = {
    "fcpxml": ("resources library", "version"),
    "resources": ("(format |asset )*", ""),
    "format": ("", "id frameDuration? name? width height"),
    "asset": ("media-rep", "id name start duration hasVideo? format? hasAudio? audioSources? audioChannels?"),
    "media-rep": ("", "kind src"),
    "library": ("event", ""),
    "event": ("project", "name"),
    "project": ("sequence", "name"),
    "sequence": ("spine", "format duration tcStart tcFormat"),
    "spine": ("(asset-clip |video )*", ""),
    "asset-clip": ("(marker )*", "ref name offset start duration"),
    "video": ("(marker )*", "ref name offset start duration"),
    "marker": ("", "start duration value note completed"),
}
"""What the document type definition 1.10 allows of the elements written: children in order, attributes."""


@pytest.mark.parametrize("kind", ["video", "image", "audio"])
def test_final_cut_gets_what_its_document_type_allows(kind: str) -> None:
    rate = Fraction(25) if kind == "video" else None
    odd = item(rate, [comment(0)], kind=kind, frames=100 if rate else None, has_audio=kind == "video", file="a b.mp4")
    root = ET.fromstring(fcpxml.write(replace(hostile(), items=(*hostile().items, odd))))  # noqa: S314
    for element in root.iter():
        children, attributes = RULES[element.tag]
        found = "".join(f"{child.tag} " for child in element)
        assert re.fullmatch(children if "(" in children else f"{children} ".lstrip(), found), (element.tag, found)
        names = attributes.split()
        assert {n for n in names if n[-1] != "?"} <= set(element.keys()) <= {n.rstrip("?") for n in names}, element.tag
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert {e.get("ref") or e.get("format") for e in root.iter() if e.get("ref") or e.get("format")} <= set(ids)
    assert root.findall(".//media-rep")[-1].get("src") == "media/a%20b.mp4"


def test_internal_and_resolved_comments_stay_in_the_house() -> None:
    secret = HandoverReply("Ben", "between us", "2026-11-30T09:02:00Z", internal=True)
    comments = [
        comment(1, text="open", replies=(secret, HandoverReply("Ana", "public", "2026-11-30T09:03:00Z"))),
        comment(2, id="rc_i", text="in the house", internal=True),
        comment(3, id="rc_r", text="done", resolved=True),
    ]
    review = ReviewHandover("R", Fraction(24), (item(Fraction(24), comments),))

    def texts(**asked: bool) -> list[str]:
        return [c.text for one in chosen(review, **asked).items for c in one.comments]

    assert texts() == ["open", "done"]
    assert texts(only_open=True) == ["open"]
    assert texts(internal=True) == ["open", "in the house", "done"]
    for write in (csv_table.write, edl.markers, avid.write, xmeml.write, fcpxml.write, otio.write, openrv.write):
        data = write(chosen(review)).decode()
        assert "public" in data
        assert "between us" not in data
        assert "in the house" not in data


def test_openrv_draws_from_the_centre_in_heights() -> None:
    """16:9 is 16 units wide and 9 high, y upwards; the frame is the one that RV counts, from 1."""
    one = item(Fraction(24), [comment(41, drawing=DRAWING)], frames=100)
    (clip,) = json.loads(openrv.write(ReviewHandover("R", Fraction(24), (one,))))["tracks"]["children"][0]["children"]
    (annotation,) = clip["effects"]
    layers = annotation["layers"]
    assert annotation["OTIO_SCHEMA"] == "Annotation.1"
    kinds = ["Paint.2", "Arrow.1", "Line.1", "Rectangle.1", "Ellipse.1", "Text.1"]
    assert [layer["OTIO_SCHEMA"] for layer in layers] == kinds
    assert {layer["layer_range"]["start_time"]["value"] for layer in layers} == {42}
    assert {layer["layer_range"]["duration"]["value"] for layer in layers} == {1}
    assert len({layer["id"] for layer in layers}) == 6
    centre, corner = layers[0]["points"]
    assert (centre["x"], centre["y"]) == (0, 0)
    assert (corner["x"], corner["y"]) == pytest.approx((8, 4.5))
    assert centre["width"] == pytest.approx(0.01 * 9)
    assert corner["width"] > centre["width"]  # pressed harder
    low, high = layers[3]["min"], layers[3]["max"]
    assert (low["x"], low["y"], high["x"], high["y"]) == pytest.approx((-4, -2.25, 4, 2.25))
    assert layers[0]["rgba"] == pytest.approx([1, 0x3B / 255, 0x30 / 255, 1])
    (media,) = clip["media_references"].values()
    assert media["available_image_bounds"]["max"] == {"OTIO_SCHEMA": "V2d.1", "x": 8.0, "y": 4.5}
