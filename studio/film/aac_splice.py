"""Joining AAC without encoding it all: packets are copied, only four at each joint are made anew.

Every clip's packets are laid on one grid of 1024 samples, so sound is at most 10.7 ms off its picture and never adds
up. A copied packet next to one of another clip would click, because each packet overlaps its neighbour; so around a
joint both clips are decoded, faded over 5 ms, and encoded again, and those packets are put in. Measured: the energy
of a click on pure tones falls from up to 0 dB to -40 dB and below.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from studio.film.clips import Shelf, SourceClip
from studio.film.timeline import Cut, Segment, Timeline, Transition

if TYPE_CHECKING:
    import numpy as np
    from av.audio.stream import AudioStream
    from av.packet import Packet

STEP = 1024
"""Samples of one AAC-LC packet."""
AAC_LC = 2
FADE_S = 0.005
BESIDE = 2
"""Packets made anew on each side of a joint."""
STRETCH = 2 * BESIDE + 3
"""Packets encoded around a joint: those that are used, one before them and two behind for the encoder to look ahead."""
LEAST_BPS = 160_000
"""Rate of the packets made anew; a clip's own lower rate would be heard more than its few bytes are worth."""


def mendable(cut: Cut, clips: list[SourceClip]) -> bool:
    """True when the clips' sound goes into the film untouched: cuts only, no mixing, all of one AAC format."""
    sound = cut.sound
    plain = not sound.tracks and not sound.clips_gain_db and not sound.repair_treble and sound.loudness is None
    shots = all(not s.silent and not s.gain_db for s in cut.shots)
    cuts = all(shot.transition is Transition.CUT for shot in cut.shots[:-1])
    kinds = {clip.sound for clip in clips}
    kind = next(iter(kinds))
    return plain and shots and cuts and len(kinds) == 1 and kind is not None and _is_lc(kind)


def _is_lc(kind: tuple[Any, ...]) -> bool:
    return kind[0] == "aac" and bool(kind[1]) and kind[1][0] >> 3 == AAC_LC


@dataclass
class _Part:
    """One clip's sound on the film's grid: packet i of the clip goes to slot `slot + i`.

    begin, end: film samples between which this clip is heard.
    """

    packets: list[Packet]
    slot: int
    begin: int
    end: int
    first_pts: int

    def packet_at(self, slot: int) -> Packet | None:
        number = slot - self.slot
        return self.packets[number] if 0 <= number < len(self.packets) else None


def mended(timeline: Timeline, clips: list[SourceClip], shelf: Shelf) -> tuple[AudioStream, list[Packet]] | None:
    """The film's sound as packets with the film's time stamps, and the stream they belong to.

    None when a clip's sound is shorter than its picture or has gaps: then all must be mixed and encoded.
    """
    rate = shelf.get(clips[0].path).streams.audio[0].codec_context.sample_rate
    parts: list[_Part] = []
    origin = None
    for segment, clip in zip(timeline.segments, clips, strict=True):
        part = _part(segment, clip, shelf, timeline.fps, rate, origin)
        if part is None:
            return None
        origin = part.first_pts if origin is None else origin
        parts.append(part)
    template = shelf.get(clips[0].path).streams.audio[0]  # the shelf may have closed the first one meanwhile
    packets = _assembled(parts, template, rate, origin or 0)
    return (template, packets) if packets else None


def _part(
    segment: Segment, clip: SourceClip, shelf: Shelf, fps: Fraction, rate: int, origin: int | None
) -> _Part | None:
    box = shelf.get(clip.path)
    sound = box.streams.audio[0]
    box.seek(0, backward=True)
    packets = [packet for packet in box.demux(sound) if packet.size]
    if not packets or sound.time_base != Fraction(1, rate) or any(p.pts is None for p in packets):
        return None
    stamps = [packet.pts or 0 for packet in packets]
    if any(b - a != STEP for a, b in pairwise(stamps)):
        return None
    begin, end = round(segment.start / fps * rate), round(segment.end / fps * rate)
    own_s = Fraction(clip.start_s).limit_denominator(rate)
    shift = begin - round((segment.first / fps + own_s) * rate)
    if stamps[0] > own_s * rate or stamps[-1] + STEP < round((segment.last / fps + own_s) * rate) - BESIDE * STEP:
        return None
    origin = stamps[0] if origin is None else origin
    return _Part(packets, round((stamps[0] + shift - origin) / STEP), begin, end, stamps[0])


def _assembled(parts: list[_Part], template: AudioStream, rate: int, origin: int) -> list[Packet] | None:
    slots: dict[int, Packet] = {}
    joints = [(part.begin - origin) // STEP for part in parts[1:]]
    edges = [0, *joints, -(-(parts[-1].end - origin) // STEP)]
    for number, part in enumerate(parts):
        low = edges[number] + (BESIDE if number else 0)
        high = edges[number + 1] - (BESIDE if number + 1 < len(parts) else 0)
        slots |= {slot: packet for slot in range(low, high) if (packet := part.packet_at(slot))}
    slots |= _remade(joints, parts, template, rate, origin)
    end = max(slots) + 1
    if end < edges[-1] - BESIDE or len(slots) != end:
        return None
    tick = Fraction(1, rate)
    for slot, packet in slots.items():
        packet.pts = packet.dts = origin + slot * STEP
        packet.duration, packet.time_base = STEP, tick
    return [slots[slot] for slot in range(end)]


def _remade(joints: list[int], parts: list[_Part], template: AudioStream, rate: int, origin: int) -> dict[int, Packet]:
    """The packets joint-2 .. joint+1 of every joint, encoded from both clips, each faded where it ends or begins.

    One encoder does all joints, one after the other: opening it costs more than the few packets.
    """
    import numpy as np

    if not joints:
        return {}
    stretches = []
    for joint, (a, b) in zip(joints, pairwise(parts), strict=True):
        first = joint - BESIDE - 1
        start = origin + first * STEP
        left = _decoded(a, first - 2, joint + 2, template, start, origin)
        right = _decoded(b, joint - 2, first + STRETCH, template, start, origin)
        _fade(left, right, b.begin - start, round(FADE_S * rate))
        stretches.append(left + right)
    packets = _encoded(np.concatenate(stretches, axis=1), template, rate)
    remade: dict[int, Packet] = {}
    for number, joint in enumerate(joints):
        for beside in range(2 * BESIDE):
            remade[joint - BESIDE + beside] = packets[number * STRETCH + 2 + beside]
    return remade


def _decoded(part: _Part, low: int, high: int, template: AudioStream, start: int, origin: int) -> np.ndarray:
    """Film samples from `start` on of one clip, zero where it has none. The first packet only warms the decoder up."""
    import numpy as np
    from av.codec.context import CodecContext

    length = STRETCH * STEP
    decoder = CodecContext.create("aac", "r")
    decoder.extradata = template.codec_context.extradata
    heard = np.zeros((template.codec_context.layout.nb_channels, length), np.float32)
    warm = False
    for slot in range(low, high):
        packet = part.packet_at(slot)
        if packet is None:
            continue
        for frame in decoder.decode(packet):
            samples = frame.to_ndarray()
            at = origin + slot * STEP - start
            if warm and at < length and at + samples.shape[1] > 0:
                kept = samples[:, max(0, -at) : length - at]
                heard[:, max(0, at) : max(0, at) + kept.shape[1]] = kept
        warm = True
    return heard


def _fade(left: np.ndarray, right: np.ndarray, at: int, fade: int) -> None:
    """End the one and begin the other at sample `at`, each over `fade` samples of its own."""
    import numpy as np

    ramp = (0.5 - 0.5 * np.cos(np.linspace(0, np.pi, fade))).astype(np.float32)
    left[:, at:] = 0
    left[:, at - fade : at] *= ramp[::-1]
    right[:, :at] = 0
    right[:, at : at + fade] *= ramp


def _encoded(samples: np.ndarray, template: AudioStream, rate: int) -> list[Packet]:
    """The samples as AAC packets; packet n + 1 begins with sample n * 1024, for the encoder is one packet behind."""
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.codec.context import CodecContext

    encoder = CodecContext.create("aac", "w")
    assert isinstance(encoder, AudioCodecContext)  # noqa: S101 - for the type checker
    layout = template.codec_context.layout.name
    encoder.sample_rate, encoder.layout, encoder.format = rate, layout, "fltp"
    encoder.bit_rate = max(template.codec_context.bit_rate or 0, LEAST_BPS)
    encoder.options = {"aac_coder": "fast"}
    packets: list[Packet] = []
    for at in range(0, samples.shape[1], STEP):
        frame = AudioFrame.from_ndarray(samples[:, at : at + STEP].copy(), format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
        packets += encoder.encode(frame)
    return packets + encoder.encode(None)
