"""How films look, in an open studio: kept colour tables, tones of matched shots, and stills through the film's filters.

A colour table (.cube file) is kept by its content in library/luts, so that boards name it by its SHA-256; the list of
them is each owner's own. What was measured of clips is kept in the cache.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from studio.errors import NotFound
from studio.film.timeline import CaptionLine, Cut, CutClip, Finish, Tone
from studio.messages import Message
from studio.services.context import Context
from studio.services.storyboards import Storyboards
from studio.storage import storing
from studio.store import presets
from studio.storyboard import colour_match, finishing, to_timeline
from studio.storyboard.look import Look, Slate, Title
from studio.storyboard.model import Board

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

LUT_PRESETS = "lut"
"""Under this name the presets table lists the kept colour tables."""
STILL_PX = 960
NAME_CHARS = 120


@dataclass(frozen=True)
class Lut:
    """A kept colour table. id: SHA-256 of the file. side: its steps a colour."""

    id: str
    name: str
    side: int


class Looks:
    """Colours of one user's films. Methods are safe from any thread."""

    def __init__(self, context: Context, user: str, storyboards: Storyboards) -> None:
        self._context, self.user, self._storyboards = context, user, storyboards

    def luts(self) -> list[Lut]:
        """The kept colour tables, by name."""
        with self._context.store.read() as db:
            rows = presets.all_of(db, LUT_PRESETS, self.user)
        return sorted((Lut(i, body["name"], body["side"]) for i, body in rows), key=lambda lut: lut.name.casefold())

    def add_lut(self, path: Path, *, name: str) -> Lut:
        """Check a .cube file and keep it. Raises MediaError with a sentence about what is wrong with it."""
        from studio.media import files

        name, side = self.validate_lut(path, name=name)
        stored = Lut(files.sha256(path), name.removesuffix(".cube"), side)
        target = self._lut_path(stored.id)
        if not target.is_file():
            with storing(self._context.settings.data), files.replacing(target) as temporary:
                shutil.copyfile(path, temporary)
        with self._context.store.write() as db:
            presets.put(db, LUT_PRESETS, stored.id, {"name": stored.name, "side": side}, self.user)
        return stored

    def validate_lut(self, path: Path, *, name: str) -> tuple[str, int]:
        """The name that a .cube file would be kept under, and its steps a colour. Raises MediaError."""
        from studio.media import cube

        name = Path(name).name[:NAME_CHARS] or "look.cube"
        return name, cube.read_cube(path, name=name)[0]

    def remove_lut(self, lut_id: str) -> None:
        """Take a table off the list. Its file stays, because boards may use it. Raises NotFound."""
        self.get_lut(lut_id)
        with self._context.store.write() as db:
            presets.delete(db, LUT_PRESETS, lut_id, self.user)

    def get_lut(self, lut_id: str) -> Lut:
        """The kept table, or NotFound."""
        for lut in self.luts():
            if lut.id == lut_id:
                return lut
        raise NotFound(Message("look.no_table"))

    def lut_name(self, lut_id: str) -> str:
        """What the table is called here; a plain word when it was taken off the list."""
        return next((lut.name for lut in self.luts() if lut.id == lut_id), "look") + ".cube"

    def lut_file(self, look: Look) -> Path | None:
        """Where the look's table lies; None without one. Raises NotFound when the file is gone."""
        if not look.lut:
            return None
        if not (path := self._lut_path(look.lut)).is_file():
            raise NotFound(Message("look.table_gone"))
        return path

    def _lut_path(self, lut_id: str) -> Path:
        return self._context.settings.data / "library" / "luts" / f"{lut_id}.cube"

    def finish(
        self, board: Board, *, captions: tuple[CaptionLine, ...] = (), burn: bool = False, label: str = ""
    ) -> Finish:
        """What is done to the film's picture as a whole."""
        return finishing.finish(board, self.lut_file(board.look), captions=captions, burn=burn, label=label)

    def tones(self, board: Board, clips: to_timeline.Clips) -> dict[str, Tone]:
        """By shot id, how the colours of those that follow others are moved."""
        return colour_match.tones(board, clips, self._colour_sample)

    def slate(self, board: Board, folder: Path, size: tuple[int, int], fps: int) -> Path | None:
        """The slate as a clip in `folder`; None when the film begins without."""
        from fractions import Fraction

        from studio.film import slate

        if not board.slate.on:
            return None
        picture = finishing.slate_picture(board, *size, date.today())
        seconds = finishing.slate_s(board, fps)
        return slate.write_clip(folder / "slate.mp4", picture, fps=Fraction(fps), seconds=seconds)

    def slate_picture(self, board_id: str, slate: Slate) -> Image.Image:
        """How this slate would look before the film."""
        board = self._storyboards.get(board_id).board.model_copy(update={"slate": slate})
        scale = min(1.0, STILL_PX / max(board.width, board.height))
        return finishing.slate_picture(board, round(board.width * scale), round(board.height * scale), date.today())

    def still(
        self, board_id: str, at_s: float, *, look: Look | None = None, titles: tuple[Title, ...] | None = None,
        plain: bool = False) -> Image.Image:  # fmt: skip
        """The film's picture at at_s (its clock without the slate), made by the filters that an export uses.

        look, titles: instead of the board's, while they are being chosen. plain: without any look and match. Raises
        NotFound where nothing is to be seen yet.
        """
        board = self._storyboards.get(board_id).board
        overrides = {"look": look, "titles": titles}
        board = board.model_copy(update={k: v for k, v in overrides.items() if v is not None})
        if not board.shots:
            raise NotFound(Message("board.no_shots"))
        clips = self._storyboards.clips(board)
        timing = to_timeline.timeline(board, clips)
        number = timing.at(at_s)
        shot = board.shots[number]
        if shot.id not in clips:
            raise NotFound(Message("shot.draft_first", n=number + 1))
        segment = timing.segments[number]
        offset_s = min(max(0.0, at_s - timing.seconds(segment.start)), timing.seconds(segment.frames - 1))
        tone = None if plain else colour_match.tone(board, shot, clips, self._colour_sample)
        grade = None if plain else finishing.grade(board.look, self.lut_file(board.look))
        finish = Finish(grade, burned=finishing.lines(board.titles))
        return self._render_still(
            board, CutClip(clips[shot.id].path, tone=tone), finish, timing.seconds(segment.first) + offset_s, at_s
        )

    def matched_edge(self, board: Board, shot_id: str, end: Literal["first", "last"]) -> Path:
        """The first or last frame of a shot in the colours that match gives it, kept in the cache. Raises NotFound."""
        from studio.media import files

        clips = self._storyboards.clips(board)
        shot = board.shot(shot_id)
        if shot_id not in clips:
            raise NotFound(Message("shot.no_picture"))
        tone = colour_match.tone(board, shot, clips, self._colour_sample)
        at_s = to_timeline.edge_frame_s(board, shot, clips[shot_id], end)
        key = f"{clips[shot_id].asset.id}-{at_s:.3f}-{tone}-{board.width}x{board.height}"
        target = self._cache_folder("frames") / f"matched-{hashlib.sha256(key.encode()).hexdigest()[:24]}.webp"
        if not target.is_file():
            picture = self._render_still(board, CutClip(clips[shot_id].path, tone=tone), Finish(), at_s, 0.0)
            with files.replacing(target) as temporary:
                picture.save(temporary, "webp", quality=82)
        return target

    def _render_still(self, board: Board, clip: CutClip, finish: Finish, at_s: float, shown_s: float) -> Image.Image:
        from fractions import Fraction

        from studio.film import finishing as finisher

        cut = Cut((clip,), board.width, board.height, Fraction(board.fps), finish=finish)
        return finisher.still(cut, 0, at_s, shown_s, max_side_px=STILL_PX)

    def _colour_sample(self, clip: to_timeline.Clip, times_s: tuple[float, ...]) -> np.ndarray:
        """Colours of a clip, measured once and kept."""
        import numpy as np

        from studio.film import colour_match
        from studio.media import files

        name = f"{clip.asset.id}-{'-'.join(f'{t:g}' for t in times_s)}.npy"
        stored = self._cache_folder("match") / name
        if stored.is_file():
            return np.load(stored, allow_pickle=False).astype(np.float32)
        sample = colour_match.sample(clip.path, times_s)
        with files.replacing(stored) as temporary:
            np.save(temporary, sample.astype(np.float16), allow_pickle=False)
        return sample

    def _cache_folder(self, name: str) -> Path:
        folder = self._context.settings.data / "cache" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder
