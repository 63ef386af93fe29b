"""Files that come in are checked by content, kept once, and shown small; the house keeps presets and counts its use."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from studio.domain import Kind
from studio.errors import CapabilityError, MediaError, NotFound
from studio.studio import Studio
from tests.support.kit import finish, image
from tests.support.samples import corner_picture


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg.txt"  # the name says nothing
    Image.new("RGBA", (300, 200), (200, 30, 30, 128)).save(path, "PNG")
    return path


def test_an_upload_is_known_by_its_content_and_stored_once(studio: Studio, picture: Path) -> None:
    first, again = studio.local.assets.add(picture), studio.local.assets.add(picture)
    assert first == again
    assert (first.kind, first.mime, first.width, first.height) == (Kind.IMAGE, "image/png", 300, 200)
    assert first.has_alpha
    path = studio.local.assets.path(first)
    assert path.read_bytes() == picture.read_bytes()
    assert path.parent.parent == (studio.settings.data / "library" / "inputs").resolve()
    assert studio.local.assets.get(first.id) == first


def test_a_photo_that_is_stored_turned_is_kept_as_it_is_shown(studio: Studio, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    corner_picture(64, 32).save(tmp_path / "phone.jpg", exif=exif, quality=95)
    first, again = studio.local.assets.add(tmp_path / "phone.jpg"), studio.local.assets.add(tmp_path / "phone.jpg")
    kept = Image.open(studio.local.assets.path(first))
    assert first == again and (first.name, first.width, first.height) == ("phone.jpg", 32, 64)
    assert kept.size == (32, 64) and kept.getpixel((24, 8))[0] > 200  # type: ignore[index]
    assert kept.getexif().get(0x0112, 1) == 1


def test_each_owner_has_an_asset_of_their_own_and_one_file_serves_both(studio: Studio, picture: Path) -> None:
    annas, bens = studio.on_behalf_of("anna").assets.add(picture), studio.on_behalf_of("ben").assets.add(picture)
    assert annas.id != bens.id
    assert annas.path == bens.path
    with pytest.raises(NotFound):
        studio.on_behalf_of("ben").assets.get(annas.id)
    with pytest.raises(CapabilityError):
        studio.on_behalf_of("ben").requests.submit(image(task="image-edit", image=annas.id))


def test_what_is_no_media_file_is_refused(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"hello" * 100)
    with pytest.raises(MediaError):
        studio.local.assets.add(tmp_path / "x.png")
    assert studio.admin.storage().assets == 0


def test_small_pictures_are_made_once_and_only_where_they_make_sense(studio: Studio) -> None:
    clip = finish(studio, {"task": "text-to-video", "model": "fake/clip", "prompt": "x"}).assets[0]
    for which in ("thumb", "poster", "hover"):
        path = studio.local.assets.thumbnail(clip.id, which)  # type: ignore[arg-type]
        stamp = path.stat().st_mtime_ns
        assert studio.local.assets.thumbnail(clip.id, which).stat().st_mtime_ns == stamp  # type: ignore[arg-type]
    still = finish(studio, image()).assets[0]
    assert studio.local.assets.thumbnail(still.id).suffix == ".webp"
    with pytest.raises(MediaError):
        studio.local.assets.thumbnail(still.id, "wave")


def test_a_smaller_copy_is_a_new_asset_and_the_old_one_stays(studio: Studio, picture: Path) -> None:
    old = studio.local.assets.add(picture, name="photo.png")
    new = studio.local.assets.shrink(old.id, max_side_px=100, flatten_alpha=True)
    assert (new.width, new.height, new.has_alpha) == (100, 67, False)
    assert new.id != old.id
    assert studio.local.assets.get(old.id).width == 300


def test_an_input_is_handed_to_the_engine_and_noted_with_the_run(studio: Studio, picture: Path) -> None:
    asset = studio.local.assets.add(picture)
    run = finish(studio, image(task="image-edit", image=asset.id))
    with studio.context.store.read() as db:
        rows = db.execute(
            "SELECT ra.role, a.id FROM run_assets ra JOIN assets a ON a.seq = ra.asset JOIN runs r ON r.seq = ra.run "
            "WHERE r.id = ? ORDER BY ra.role",
            [run.id],
        ).fetchall()
    assert rows == [("image", asset.id), ("output", run.assets[0].id)]


def test_presets_are_kept_by_task_and_owner(studio: Studio) -> None:
    studio.on_behalf_of("anna").presets.save("text-to-image", "Poster", {"width": 640})
    studio.on_behalf_of("anna").presets.save("text-to-image", "Poster", {"width": 800})
    assert [(p.name, p.body) for p in studio.on_behalf_of("anna").presets.all("text-to-image")] == [
        ("Poster", {"width": 800})
    ]
    assert studio.on_behalf_of("anna").presets.all("text-to-video") == []
    assert studio.on_behalf_of("ben").presets.all("text-to-image") == []
    studio.on_behalf_of("anna").presets.delete("text-to-image", "Poster")
    with pytest.raises(NotFound):
        studio.on_behalf_of("anna").presets.delete("text-to-image", "Poster")
    with pytest.raises(CapabilityError):
        studio.local.presets.save("text-to-image", "  ", {})


def test_storage_and_engines_are_told_as_they_are(studio: Studio) -> None:
    run = finish(studio, image())
    use = studio.admin.storage()
    assert (use.runs, use.assets, use.library_bytes) == (1, 1, run.assets[0].bytes)
    assert use.db_bytes > 0
    assert use.free_bytes > 0
    engines = {e.name: e for e in studio.admin.engine_status()}
    assert (engines["fake"].ready, engines["fake"].models) == (True, 2)
    assert engines["paid"].models == sum(m.provider == "paid" for m in studio.catalogue)


def test_an_upload_keeps_its_own_name_and_its_content_is_stored_once(studio: Studio, tmp_path: Path) -> None:
    for name in ("cat.png", "dog.png"):
        Image.new("RGB", (8, 8), "red").save(tmp_path / name)
    cat, dog, again = (studio.local.assets.add(tmp_path / name) for name in ("cat.png", "dog.png", "cat.png"))
    assert (cat.name, dog.name, again.id) == ("cat.png", "dog.png", cat.id)
    assert cat.path == dog.path and studio.local.assets.get(dog.id).name == "dog.png"


def test_a_name_cannot_turn_the_direction_of_writing(studio: Studio, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.png")
    family = "\N{MAN}\u200d\N{WOMAN}.png"
    odd = {"photo\u202egpj.exe.png": "photogpj.exe.png", "a\u200b\u2060b\n\x7f.png": "ab.png", family: family}
    for given, shown in odd.items():
        assert studio.local.assets.add(tmp_path / "a.png", name=given).name == shown


def test_what_the_user_should_know_stays_with_the_file(studio: Studio, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.tga")
    asset = studio.local.assets.add(tmp_path / "a.tga")
    assert asset.mime == "image/png" and "keeps the picture as PNG" in studio.local.assets.get(asset.id).notes


def test_a_format_that_a_model_does_not_take_is_refused_and_converted_when_asked(
    studio: Studio, tmp_path: Path
) -> None:
    """A phone's picture for a row that lists its formats: said before money is spent, and the offer helps."""
    from studio.catalogue import InputSpec
    from studio.web.forms import files as form_files
    from tests.stories.files import saved

    spec = InputSpec(kinds=(Kind.IMAGE,), formats=("jpeg", "png"), label="Picture")
    (tmp_path / "photo.heic").write_bytes(saved(form="HEIF"))
    photo = studio.local.assets.add(tmp_path / "photo.heic")
    told = form_files.describe(photo, spec, "image")
    assert "jpeg, png" in told["problems"][0] and told["offer"]
    wanted = form_files.shrink_options(photo, spec)
    assert wanted is not None
    converted = studio.local.assets.shrink(photo.id, **wanted)
    assert (converted.mime, converted.width) == ("image/jpeg", 64)
    assert form_files.describe(converted, spec, "image")["problems"] == []
