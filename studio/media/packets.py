"""PyAV's packets with the type of their stream, which its own signatures leave open."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from av.audio.codeccontext import AudioCodecContext
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.bitstream import BitStreamFilterContext
    from av.container import OutputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    AudioPacket = Packet[AudioStream]
    VideoPacket = Packet[VideoStream]
    MediaPacket = AudioPacket | VideoPacket
    StreamT = TypeVar("StreamT", bound=Stream)


def encode_video(encoder: VideoCodecContext, frame: VideoFrame | None) -> list[VideoPacket]:
    """The packets that this frame completes; None flushes the encoder."""
    return encoder.encode(frame)


def encode_audio(encoder: AudioCodecContext, frame: AudioFrame | None) -> list[AudioPacket]:
    """The packets that this frame completes; None flushes the encoder."""
    return encoder.encode(frame)


def decode_audio(decoder: AudioCodecContext, packet: AudioPacket) -> list[AudioFrame]:
    """The frames that this packet completes."""
    return decoder.decode(packet)


def filter_video(bitstream: BitStreamFilterContext, packet: VideoPacket) -> list[VideoPacket]:
    """The packet after a bitstream filter."""
    return bitstream.filter(packet)


def add_stream_like(container: OutputContainer, template: StreamT) -> StreamT:
    """A new stream with the codec parameters of `template`, for packets that are copied."""
    return container.add_stream_from_template(template)


def add_h264_stream(container: OutputContainer, fps: Fraction) -> VideoStream:
    """A new stream for H.264 packets of this frame rate."""
    return container.add_stream("libx264", rate=fps)


def mux(container: OutputContainer, packet: MediaPacket, stream: Stream) -> None:
    """Write the packet to this stream of the container. Packets come in the order of their decoding times."""
    any_packet: Packet[Any] = packet
    any_packet.stream = stream
    container.mux_one(any_packet)
