"""A real review handed over: clips whose frames carry their number, comments with drawings, over services and HTTP."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from studio.errors import CapabilityError, NotFound
from studio.permissions import Role
from studio.review.model import NewComment
from studio.services.acting import UserServices
from studio.services.review_handover import FORMS, HandoverOptions
from studio.settings import Settings
from studio.studio import Studio
from tests.review.handover import readers
from tests.support.numbered import BITS, numbered
from tests.support.web import account, serving

RATE = Fraction(30000, 1001)
AT, RANGE = 71, (33, 40)
DOT = {"shapes": [{"type": "box", "from": [0.8, 0.8], "to": [0.95, 0.95], "color": "#ff0000", "size": 0.05}]}


@dataclass
class Team:
    """A studio with a review of anna's in a project: a clip in two versions, and a picture."""

    studio: Studio
    people: dict[str, str]
    review: str
    items: list[str]

    def of(self, name: str) -> UserServices:
        return self.studio.acting_for(self.people[name])


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder: Path = tmp_path_factory.mktemp("handover")
    with Studio.open(Settings(data=folder / "data", access="password", workers=1)) as studio:
        roles = {"anna": Role.PRODUCER, "ben": Role.CREATOR, "otto": Role.CREATOR}
        people = {name: account(studio, f"p_{name}", role) for name, role in roles.items()}
        project = studio.acting_for(people["anna"]).projects.create("Film").id
        studio.acting_for(people["anna"]).projects.set_member(project, people["ben"], Role.REVIEWER)
        anna, ben = (studio.acting_for(people[n]) for n in ("anna", "ben"))
        first = anna.assets.add(numbered(folder / "first.mp4", RATE, count=60, scale=4), name="first.mp4").id
        second = anna.assets.add(numbered(folder / "second.mp4", RATE, count=90, scale=4), name="second.mp4").id
        Image.new("RGB", (640, 360), (10, 120, 10)).save(folder / "still.png")
        still = anna.assets.add(folder / "still.png").id
        review = anna.reviews.create('Cut "3" 港口/../x', project).id
        clip, _ = anna.reviews.add(review, asset_ids=[first, still])
        newer = anna.reviews.add_version(review, clip.id, "asset", second)
        versions = {version.asset: version.id for version in anna.reviews.get(review).content.versions}
        older, picture = versions[first], versions[still]
        comments = anna.review_comments
        comments.add(review, older, NewComment("on the old one", 5))
        top = comments.add(review, newer, NewComment("太暗 too dark", AT), shapes=DOT)
        comments.add(review, newer, NewComment("between us", AT, internal=True, parent=top.id))
        ben.review_comments.add(review, newer, NewComment("will do", parent=top.id))
        done = comments.add(review, newer, NewComment("a range", *RANGE))
        comments.resolve(review, done.id, resolved=True)
        comments.add(review, newer, NewComment("house only", 50, internal=True))
        comments.add(review, picture, NewComment("crop it"))
        yield Team(studio, people, review, [clip.id])


def exported(team: Team, form: str, **options: object) -> bytes:
    return team.of("ben").review_handover.export(team.review, form, HandoverOptions(**options)).data  # type: ignore[arg-type]


def test_each_form_has_the_public_comments_of_the_current_versions(team: Team) -> None:
    for form in FORMS.keys() - {"pdf"}:
        text = exported(team, form).decode()
        assert [words in text for words in ("too dark", "a range", "crop it", "will do")] == [True] * 4, form
        assert [words in text for words in ("between us", "house only", "old one")] == [False] * 3, form


def test_timecode_of_player_table_and_timeline_agree(team: Team) -> None:
    """Drop-frame: the frame that was commented is in the table, in the timeline, and at its label."""
    (rows,) = [[r for r in readers.table(exported(team, "csv")) if "dark" in r["text"]]]
    (row,) = rows
    assert (row["frame_in"], row["timecode_in"], row["sequence_in"]) == (str(AT), "00:00:02;11", "01:00:02;11")
    assert (AT, 1) in [read[:2] for read in readers.edl(exported(team, "edl"), RATE)]
    assert (RANGE[0], 8) in [read[:2] for read in readers.edl(exported(team, "edl"), RATE)]


def test_options(team: Team) -> None:
    def texts(**options: object) -> list[str]:
        return [row["text"] for row in readers.table(exported(team, "csv", **options))]

    assert texts() == ["a range", "太暗 too dark", "crop it"]
    assert texts(only_open=True) == ["太暗 too dark", "crop it"]
    assert texts(internal=True) == ["a range", "house only", "太暗 too dark", "crop it"]
    assert texts(older=True)[0] == "on the old one"
    assert texts(item=team.items[0]) == ["a range", "太暗 too dark"]
    with pytest.raises(NotFound):
        texts(item="ri_of_nobody")
    with pytest.raises(CapabilityError, match="docx"):
        exported(team, "docx")


def test_a_printed_comment_has_its_own_frame_with_the_drawing_in_it(team: Team) -> None:
    made = team.of("ben").review_handover.export(team.review, "pdf", language="zh-CN")
    pages = PdfReader(io.BytesIO(made.data)).pages
    text = "\n".join(page.extract_text() for page in pages).replace("\0", "")  # pypdf keeps both bytes of a letter
    for words in ("太暗 too dark", "00:00:02;11", "will do", "a range", "crop it", "待处理", "已解决"):
        assert words in text
    assert "between us" not in text
    pictures = [image.image for page in pages for image in page.images]
    clips = [np.asarray(p.convert("RGB")) for p in pictures if p and p.width == 2 * p.height]
    assert sorted(number(clip) for clip in clips) == [RANGE[0], AT]
    (drawn,) = [clip for clip in clips if number(clip) == AT]
    red = (drawn[..., 0] > 200) & (drawn[..., 1] < 90) & (drawn[..., 2] < 90)
    rows, columns = np.nonzero(red)
    height, width = red.shape
    assert (round(rows.min() / height, 1), round(columns.max() / width, 2)) == (0.8, 0.96)
    assert len([p for p in pictures if p and p.size == (640, 360)]) == 1


def number(picture: np.ndarray) -> int:
    """The number that the clip's frame shows, read from its upper edge."""
    high, wide = picture.shape[:2]
    cells = [picture[high // 20, int((bit + 0.5) * wide / BITS)].mean() > 127 for bit in range(BITS)]
    return sum(int(cell) << bit for bit, cell in enumerate(cells))


def test_nobody_else_gets_anything(team: Team) -> None:
    with pytest.raises(NotFound):
        team.of("otto").review_handover.export(team.review, "csv")


def test_an_archive_opens_with_its_media(team: Team) -> None:
    """Over HTTP as the page asks for it: names that survive headers, and every file that the timeline names."""
    with serving(team.studio) as url, httpx.Client(base_url=url, headers={"x-user": team.people["ben"]}) as web:
        for form in FORMS:
            answer = web.get(f"/ui/reviews/{team.review}/export/{form}", params={"open": "1"})
            assert (answer.status_code, answer.headers["content-type"]) == (200, FORMS[form].mime)
            assert answer.headers["content-disposition"].endswith(f"%E6%B8%AF%E5%8F%A3-x{FORMS[form].ending}")
        answer = web.get(f"/ui/reviews/{team.review}/export/otio", params={"media": "1", "older": "1"})
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.testzip() is None
            names = archive.namelist()
            timeline = json.loads(archive.read(names[0]))
            wanted = [
                clip["media_references"]["DEFAULT_MEDIA"]["target_url"]
                for clip in timeline["tracks"]["children"][0]["children"]
            ]
            assert wanted == names[1:]
            assert len(set(wanted)) == 3
        with zipfile.ZipFile(io.BytesIO(web.get(f"/ui/reviews/{team.review}/export/edl?media=1").content)) as archive:
            cut = archive.read(next(name for name in archive.namelist() if name.endswith(".cut.edl"))).decode()
            files = [name.removeprefix("media/") for name in archive.namelist() if name.startswith("media/")]
            assert [line[18:] for line in cut.split("\r\n") if line.startswith("* FROM")] == files
        assert web.get(f"/ui/reviews/{team.review}/export/docx").status_code in (400, 422)
