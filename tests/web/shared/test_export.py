"""What guests take along: comments of the link's items in every format, nothing of the house, and not without leave."""

from __future__ import annotations

import io
import zipfile

from studio.review.model import NewComment
from studio.services.review_handover import FORMS
from tests.web.shared.conftest import PROMPT, Shared


def test_guests_export_where_the_link_lets_them_download(shared: Shared) -> None:
    """Every format, with and without media: no prompt, no name of the house's files, no comment for the team only."""
    version = shared.seen(shared.guest(shared.link()[1]))["items"][0]["versions"][0]["id"]
    comments = shared.services.review_comments
    wished = comments.add(shared.review, version, NewComment("softer light", 0)).id
    kept_back = comments.add(shared.review, version, NewComment("between us", 0, internal=True)).id
    base = f"/shared/api/reviews/{shared.review}/export"
    refused = shared.guest(shared.link()[1])
    assert {refused.get(f"{base}/{form}").status_code for form in FORMS} == {403}
    web = shared.guest(shared.link(items=[shared.items[0]], can_download=True)[1])
    for form in FORMS.keys() - {"pdf"}:
        answer = web.get(f"{base}/{form}")
        assert answer.status_code == 200, answer.text
        assert "softer light" in answer.text
        for secret in (PROMPT, "secret", "between us", "own", shared.anna):
            assert secret not in answer.text, (form, secret)
        assert web.get(f"{base}/{form}?internal=1").status_code == 403
    with zipfile.ZipFile(io.BytesIO(web.get(f"{base}/otio?media=1&older=1").content)) as archive:
        assert [name.rsplit(".")[-1] for name in archive.namelist()] == ["otio", "png"]
        taken = archive.read(archive.namelist()[1])
        assert taken == web.get(f"/shared/media/{shared.take}?download=1").content
        assert taken == web.get(f"/shared/media/{shared.take}").content
        assert PROMPT.encode() in shared.member().get(f"/media/{shared.take}").content
        assert PROMPT.encode() not in taken and b"draft/animatic" not in taken
    assert web.get(f"{base}/pdf").content.startswith(b"%PDF")
    assert web.get(f"{base}/csv?item={shared.items[1]}").status_code == 404
    for comment in (wished, kept_back):  # other tests tell who has commented
        comments.remove(shared.review, comment)
