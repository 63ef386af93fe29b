"""HDR video (PQ and HLG) as ordinary BT.709 pictures: for thumbnails, previews, drafts and models, which know no other.

Diffuse white is 203 nits (ITU-R BT.2408). What is darker keeps its brightness; from three quarters of white on,
highlights up to PEAK_NITS are rolled off, so white comes out at 240 of 255. Hues stay, for the three colours of a
pixel are scaled by one factor. Sources: ITU-R BT.2100 (both curves), BT.2087 (BT.2020 to BT.709).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from studio.media.files import Cancelled, run_ffmpeg

if TYPE_CHECKING:
    import numpy as np
    from av.video.frame import VideoFrame

PQ, HLG = 16, 18
"""FFmpeg's AVCOL_TRC_SMPTE2084 and AVCOL_TRC_ARIB_STD_B67."""
WHITE_NITS, PEAK_NITS, HLG_NITS = 203.0, 1000.0, 1000.0
KNEE = 0.75
TO_BT709 = ((1.660491, -0.587641, -0.072850), (-0.124550, 1.132900, -0.008349), (-0.018151, -0.100579, 1.118730))
STEPS = 4096
TABLE_SIDE = 33


def is_hdr(transfer: int) -> bool:
    """Whether FFmpeg's number of a transfer curve is one of HDR."""
    return transfer in (PQ, HLG)


def to_sdr(frame: VideoFrame, *, width: int | None = None, height: int | None = None) -> np.ndarray:
    """An HDR frame as uint8 (height, width, 3) sRGB, scaled if wanted."""
    wide = frame.reformat(width=width, height=height, format="rgb48le", interpolation="AREA" if width else "BICUBIC")
    return _mapped(wide.to_ndarray(), int(frame.color_trc))


def _mapped(codes: np.ndarray, transfer: int) -> np.ndarray:
    """uint16 R'G'B' of BT.2020, full range -> uint8 sRGB."""
    import numpy as np

    light = _light(transfer)[codes >> 4] @ np.array(TO_BT709, np.float32).T
    top = np.maximum(light.max(axis=-1, keepdims=True), 1e-6)
    light *= _rolled_off(top) / top
    return _srgb()[(np.clip(light, 0.0, 1.0) * (STEPS - 1) + 0.5).astype(np.uint16)]


@cache
def _light(transfer: int) -> np.ndarray:
    """Linear light by 12-bit code, diffuse white 1.0."""
    import numpy as np

    signal = np.arange(STEPS, dtype=np.float64) / (STEPS - 1)
    if transfer == PQ:
        m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
        root = signal ** (1 / m2)
        nits = 10_000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)
    else:
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
        nits = HLG_NITS * scene**1.2
    return (nits / WHITE_NITS).astype(np.float32)


def _rolled_off(light: np.ndarray) -> np.ndarray:
    """Light up to the peak, brought under 1.0: unchanged to the knee, then bending ever more."""
    import numpy as np

    over = np.maximum(light - KNEE, 0) / (1 - KNEE)
    most = (PEAK_NITS / WHITE_NITS - KNEE) / (1 - KNEE)
    bent = over * (1 + over / most**2) / (1 + over)
    return np.where(light <= KNEE, light, KNEE + (1 - KNEE) * np.minimum(bent, 1.0))


@cache
def _srgb() -> np.ndarray:
    """sRGB code by linear light in STEPS steps."""
    import numpy as np

    light = np.arange(STEPS) / (STEPS - 1)
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return (curve * 255 + 0.5).astype(np.uint8)


def as_sdr(path: Path, out: Path, transfer: int, *, cancelled: Cancelled | None = None) -> None:
    """Write the clip as H.264 in BT.709, its sound as AAC; what a model is given instead of the HDR file."""
    from studio.media import cube

    with TemporaryDirectory() as folder:
        cube.write(Path(folder) / "bt709.cube", _table(transfer))
        even = "scale=trunc(iw/2)*2:trunc(ih/2)*2"
        mapped = "format=gbrp12le,lut3d=bt709.cube:interp=tetrahedral"
        tags = "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv"
        picture = f"{even},{mapped},scale={cube.BACK},format=yuv420p,{tags}"
        args = ["-i", str(path.resolve()), "-map", "0:V:0", "-map", "0:a:0?", "-vf", picture]
        args += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "17", "-c:a", "aac", "-b:a", "192k"]
        run_ffmpeg([*args, "-movflags", "+faststart", "-f", "mp4"], out, cancelled=cancelled, folder=Path(folder))


@cache
def _table(transfer: int) -> np.ndarray:
    """The whole mapping as a colour table for ffmpeg's lut3d: 33 steps a colour, on HDR codes."""
    import numpy as np

    from studio.media import cube

    codes = (cube.grid(TABLE_SIDE) * 65535 + 0.5).astype(np.uint16)
    return _mapped(codes.reshape(-1, 1, 3), transfer).reshape(*codes.shape) / 255
