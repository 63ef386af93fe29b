// The fields of a script: of a shot in the order of the table's columns, of the film, and the groups that share a colour.

export const SHOT_FIELDS = [
  "number",
  "duration",
  "shot_size",
  "angle",
  "lens",
  "move",
  "place",
  "cast",
  "prompt",
  "dialogue",
  "voice_over",
  "sound",
  "music",
  "transition",
  "notes",
];
export const FILM_FIELDS = ["title", "style", "negative", "cast"];
export const ALWAYS = ["number", "duration", "prompt"]; // columns that are there without a word in them
export const FILM = -1; // the shot of a span that belongs to the film

const GROUPS = {
  time: ["number", "duration"],
  camera: ["shot_size", "angle", "lens", "move"],
  who: ["place", "cast"],
  picture: ["prompt"],
  speech: ["dialogue", "voice_over"],
  sound: ["sound", "music"],
  rest: ["transition", "notes"],
};
/** The groups in the order of the legend. */
export const GROUP_NAMES = ["film", ...Object.keys(GROUPS), "unread"];

/** The group of a field of a shot, or of the film (FILM). */
export function groupOf(field, shot = 0) {
  if (shot === FILM) return "film";
  return Object.keys(GROUPS).find((name) => GROUPS[name].includes(field)) || "rest";
}

const LENGTH = /^(?:(\d{1,2}):)?(\d{1,3})(?:[.,](\d{1,3}))?\s*(?:s|sec|secs|seconds?|秒|″|")?$/iu;
export const MIN_S = 0.1;
export const MAX_S = 60;

/** Seconds from "4", "4,5 s", "0:04"; null for what is no length of a shot. */
export function parseLength(text) {
  const found = LENGTH.exec(text.trim());
  if (!found) return null;
  const seconds = Number(found[1] || 0) * 60 + Number(`${found[2]}.${found[3] || 0}`);
  return seconds >= MIN_S && seconds <= MAX_S ? seconds : null;
}

const SPOKEN = /^([^:："“「()（）]{1,80}?)\s*(?:[(（]([^()（）]{0,200})[)）])?\s*[:：]\s*(.*)$/u;
const QUOTED = /^["“「](.*)["”」]$/u;

/** Spoken lines as a cell shows them, one a line: `Anna (whispering): "Listen."` */
export const dialogueText = (lines) =>
  lines
    .map(({ speaker, manner, text }) => {
      const words = text.replace(/\s*\n\s*/g, " ");
      const who = speaker || manner ? `${speaker}${manner ? ` (${manner})` : ""}: ` : "";
      return `${who.trimStart()}"${words}"`;
    })
    .join("\n");

/** The spoken lines in such a text. */
export const parseDialogue = (text) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      const whole = QUOTED.exec(line);
      const found = whole ? null : SPOKEN.exec(line) || /^()[(（]([^()（）]{1,200})[)）]\s*[:：]\s*(.*)$/u.exec(line);
      const words = whole ? whole[1] : found ? found[3] : line;
      return {
        speaker: found ? found[1].trim() : "",
        manner: found?.[2]?.trim() || "",
        text: (QUOTED.exec(words)?.[1] ?? words).trim(),
      };
    })
    .filter((line) => line.text);

/** Names out of "Anna, Ben、老王". */
export const parseNames = (text) => [
  ...new Set(
    text
      .split(/[,，、;；\n]/u)
      .map((name) => name.trim().replace(/^@/, ""))
      .filter(Boolean),
  ),
];

/** What a cell shows of a shot. */
export function cellText(shot, field) {
  if (field === "duration") return String(shot.duration_s);
  if (field === "cast") return shot.cast.join(", ");
  if (field === "dialogue") return dialogueText(shot.dialogue);
  return shot[field] || "";
}

/** The shot's value of this field from what was typed into the cell; undefined for what cannot be one. */
export function cellValue(field, text) {
  if (field === "duration") return parseLength(text) ?? undefined;
  if (field === "cast") return parseNames(text);
  if (field === "dialogue") return parseDialogue(text);
  return text.trim();
}

/** The name of the field in a shot's own JSON. */
export const keyOf = (field) => (field === "duration" ? "duration_s" : field);
