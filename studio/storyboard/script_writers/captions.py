"""What is said in a film, as captions in SubRip: a cue for each shot in which somebody speaks."""

from __future__ import annotations

from studio.prompt.script.model import Script, ScriptShot


def srt(script: Script) -> str:
    """Cues with the times of their shots. Shots without words have none."""
    cues: list[str] = []
    for shot in script.shots:
        if words := _words(shot):
            cues.append(f"{len(cues) + 1}\n{_clock(shot.start_s or 0)} --> {_clock(shot.end_s or 0)}\n{words}")
    return "\n\n".join(cues) + "\n" if cues else ""


def _words(shot: ScriptShot) -> str:
    lines = [_line(line.speaker, line.manner, line.text) for line in shot.dialogue]
    if shot.voice_over.strip():
        lines.append(f"Narrator: {' '.join(shot.voice_over.split())}")
    return "\n".join(f"- {line}" for line in lines) if len(lines) > 1 else "".join(lines)


def _line(speaker: str, manner: str, text: str) -> str:
    head = " ".join(filter(None, (speaker, f"({manner})" if manner else "")))
    return f"{head}: {text}" if head else text


def _clock(seconds: float) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"
