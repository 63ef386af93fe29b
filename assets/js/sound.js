// The sound of a run that has ended: two soft notes made here, up for good news, down for others.

import { keep, kept } from "./browser_settings.js";

const WHEN = "studio-sound";
const VOLUME = "studio-sound-volume";
const NOTES = { good: [659.3, 987.8], bad: [587.3, 440] }; // Hz
const APART_S = 0.13;
const LASTS_S = 0.55;
const QUIET_MS = 2500;

/** When a sound is played: "off", "away" (the page is not in front) or "always". */
export const when = () => (["away", "always"].includes(kept(WHEN)) ? kept(WHEN) : "off");
export const setWhen = (value) => keep(WHEN, value);

/** 0 to 100. */
export const volume = () => {
  const value = Number(kept(VOLUME) || 60);
  return value >= 0 && value <= 100 ? value : 60;
};
export const setVolume = (value) => keep(VOLUME, String(value));

/** Whether nobody looks at this page. */
export const isAway = () => document.hidden || !document.hasFocus();

let context;
/** Play it now. Without a press on the page before, the browser may keep it silent. */
export async function play(kind = "good") {
  context ||= new AudioContext();
  if (context.state === "suspended") await context.resume();
  const at = context.currentTime + 0.02;
  const loudness = (volume() / 100) ** 2 * 0.5;
  NOTES[kind].forEach((frequency, n) => {
    const start = at + n * APART_S;
    const note = new OscillatorNode(context, { frequency, type: "sine" });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(loudness, start + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + LASTS_S);
    note.connect(gain).connect(context.destination);
    note.start(start);
    note.stop(start + LASTS_S + 0.05);
  });
}

/** Play it where that was chosen: in one tab of the browser, and not again at once. */
export function announce(kind) {
  if (when() === "off" || (when() === "away" && !isAway())) return;
  const sound = () => play(kind).catch(() => {});
  if (!navigator.locks) return sound();
  navigator.locks.request("studio-sound", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    await sound();
    await new Promise((done) => setTimeout(done, QUIET_MS));
  });
}
