"""What a killed studio left half done is gone after the next start; what is whole, or still needed, stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

from studio.catalogue import Catalogue
from studio.engines.fake import FakeEngine, FakeScript, FindingFake
from studio.settings import Settings
from studio.studio import Studio
from tests.support.kit import QUICK, paid_image


def test_temporary_files_of_dead_processes_are_swept_at_the_start(
    settings: Settings, studio: Studio, engine: FakeEngine, paid: FindingFake, catalogue: Catalogue
) -> None:
    paid.script = FakeScript(wait_s=60)
    [run] = studio.local.requests.submit(paid_image())
    while studio.local.runs.get(run.id).handle is None:
        time.sleep(0.01)
    studio.close()
    data, day = settings.data, f"library/{run.created_at:%Y/%m/%d}"
    dead = [
        "cache/scratch/tmpabc/joined.mp4", "library/films/f_1/.Film.12ab34cd.part.mp4", f"{day}/.r_gone-0.part",
        f"{day}/.r_gone-0.part.json", f"{day}/.{run.id}-0.12ab34cd.part.png", "library/inputs/ab/.abcd.12ab.part.png",
        "backups/studio-20260101-000000-000000.part", "cache/thumbs/aa/.a_1-thumb.12ab34cd.part.webp",
        "library/films/f_2/.film-xyz/bed.f32",
    ]  # fmt: skip
    kept = [
        f"{day}/.{run.id}-0.part", f"{day}/.{run.id}-0.part.json", "library/inputs/ab/abcd.png",
        "library/films/f_3/Film.mp4", "backups/studio-20260101-000000-000000.db", "cache/local/model.part",
    ]  # fmt: skip
    for name in (*dead, *kept):
        write(data / name)
    engines = {"fake": engine, "paid": paid}
    with Studio.open(settings, engines=engines, catalogue=catalogue, timing=QUICK):
        live = data / "cache" / "scratch" / "tmplive" / "work.mp4"
        write(live, age_s=-1)
        until = time.monotonic() + 10
        while (data / "library/films/f_2").exists() and time.monotonic() < until:
            time.sleep(0.02)
        assert [name for name in dead if (data / name).exists()] == []
        assert [name for name in kept if not (data / name).exists()] == []
        assert live.exists()
        assert sorted(p.name for p in (data / "library" / "films").iterdir()) == ["f_3"]


def write(path: Path, *, age_s: float = 60) -> None:
    """A file, and its folder, that was last changed so long ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    at = time.time() - age_s
    for one in (path, path.parent, path.parent.parent):
        os.utime(one, (at, at))
