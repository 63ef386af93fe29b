// A shot's spoken lines for reading: who says it, how, and what; then what a voice says that nobody in the picture has.

import { el, t } from "../dom.js";

const LINE =
  /^(?<who>@?[^"“「:：(（]{0,80}?)\s*(?:[(（](?<how>[^()（）]{0,200})[)）])?\s*[:：]?\s*["“「『](?<said>.*)["”」』]\s*$/u;

/** A paragraph for each line of the dialogue, and one for the voice-over. */
export function spokenLines(shot) {
  const lines = (shot.dialogue || "").split("\n").filter((line) => line.trim());
  const voice = shot.voice_over
    ? el("p", "bd-says voice", {}, el("b", "", {}, t("board.f.voice_over")), " ", shot.voice_over)
    : null;
  return [...lines.map((line) => el("p", "bd-says", {}, ...words(line))), voice].filter(Boolean);
}

function words(line) {
  const found = LINE.exec(line.trim().slice(0, 4000))?.groups;
  if (!found?.who) return [line];
  const how = found.how ? el("i", "", {}, ` ${found.how}`) : "";
  return [el("b", "", {}, found.who.trim().replace(/^@/, "")), how, ` “${found.said}”`];
}
