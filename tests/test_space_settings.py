"""On a Hugging Face Space the settings follow from its environment; what its owner sets wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import settings
from studio.errors import SettingsError

SPACE = {"SPACE_ID": "someone/films", "SPACE_HOST": "someone-films.hf.space", "HOME": "/home/user"}


def test_a_space_needs_no_setting() -> None:
    read = settings.read({}, SPACE | {"STUDIO_ACCESS": "open"})
    assert read.space
    assert read.host == "0.0.0.0"
    assert read.data == Path("/home/user/studio-data")
    assert read.frame_ancestors == ("https://huggingface.co", "https://*.hf.space")
    assert read.origins == ("https://someone-films.hf.space",)
    assert read.public_url == "https://someone-films.hf.space"
    assert read.check_uploads == "on"


def test_what_the_owner_sets_wins() -> None:
    own = {"STUDIO_ACCESS": "open", "STUDIO_DATA": "/tmp/x", "STUDIO_CHECK_UPLOADS": "off", "STUDIO_ORIGINS": ""}
    read = settings.read({"host": "127.0.0.1"}, SPACE | own)
    assert (read.host, read.data, read.check_uploads) == ("127.0.0.1", Path("/tmp/x"), "off")
    assert read.origins == ("https://someone-films.hf.space",)  # an empty value is none


def test_elsewhere_nothing_changes() -> None:
    for environ in ({}, {"SPACE_ID": "a/b"}, {"SPACE_ID": "a/b", "SPACE_HOST": "x; frame-src *"}):
        read = settings.read({}, environ)
        assert not read.space
        assert (read.host, read.frame_ancestors, read.check_uploads) == ("127.0.0.1", (), "off")


def test_limits_for_visitors_have_names_and_a_wrong_one_is_named() -> None:
    limits = settings.read({}, {"STUDIO_VISITOR_RUNS_PER_HOUR": "7", "STUDIO_VISITORS_STORED_MB": "500"}).visitors
    assert (limits.runs_per_hour, limits.all_stored_mb) == (7, 500)
    with pytest.raises(SettingsError, match="STUDIO_VISITOR_WAITING is 'many'"):
        settings.read({}, {"STUDIO_VISITOR_WAITING": "many"})
