"""A full disk: reviews can be read though nothing can be kept, and what was refused can be sent again."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.errors import StorageUnavailable
from studio.review.model import NewComment
from studio.settings import Settings
from studio.studio import Studio
from tests.support import samples
from tests.support.small_disk import fill, small_disk


def test_a_review_opens_on_a_full_disk_and_takes_comments_afterwards(tmp_path: Path) -> None:
    source = samples.clip(tmp_path / "clip.mp4", seconds=1)
    with small_disk(tmp_path / "disk", 40) as disk, Studio.open(Settings(data=disk / "data"), start=False) as studio:
        local = studio.local
        review = local.reviews.create("Cut").id
        local.reviews.add(review, asset_ids=[local.assets.add(source).id])
        ballast = fill(disk)
        [version] = local.reviews.get(review).content.versions
        assert version.frames
        with pytest.raises(StorageUnavailable):
            for n in range(5000):  # the log has room for a few
                local.review_comments.add(review, version.id, NewComment(f"{n} " + "x" * 4000))
        kept = len(local.reviews.get(review).content.comments)
        ballast.unlink()
        local.review_comments.add(review, version.id, NewComment("once more"))
        assert len(local.reviews.get(review).content.comments) == kept + 1
