// The spoken lines of a film as captions: SRT text, each shot's lines shared over its time by their length.

const LEAD_S = 0.3;
const SPEAKER_LINE = /(?:^|\s)@?[\p{L}\p{N}_' -]{1,40}\s*[:：]\s*(?=["“「])/gu;

/** The lines of a dialogue field without the speakers' names and quotes. */
export function lines(dialogue) {
  const quoted = [...dialogue.replace(SPEAKER_LINE, " ").matchAll(/["“「]([^"”」]+)["”」]/g)].map((m) => m[1].trim());
  return (quoted.length ? quoted : [dialogue.trim()]).filter(Boolean);
}

const stamp = (s) => {
  const ms = Math.round(s * 1000);
  const two = (n) => String(n).padStart(2, "0");
  return `${two(Math.floor(ms / 3600000))}:${two(Math.floor(ms / 60000) % 60)}:${two(Math.floor(ms / 1000) % 60)},${String(ms % 1000).padStart(3, "0")}`;
};

/** SRT for shots with `at_s`, `length_s` and `dialogue`; "" where nobody speaks. */
export function captions(shots) {
  const found = [];
  for (const shot of shots) {
    const said = [...lines(shot.dialogue || ""), ...lines(shot.voice_over || "")];
    const letters = said.reduce((sum, line) => sum + line.length, 0);
    const room = Math.max(0.5, shot.length_s - 2 * LEAD_S);
    let at = shot.at_s + Math.min(LEAD_S, shot.length_s / 4);
    for (const line of said) {
      const end = at + (room * line.length) / letters;
      found.push(`${found.length + 1}\n${stamp(at)} --> ${stamp(end)}\n${line}`);
      at = end;
    }
  }
  return found.join("\n\n");
}
