// Which frame of a clip is shown, when one is, and how frames are written as timecode: the only place that reckons it.
// Frames are counted from 0; a rate is a fraction {num, den}. Timecode as studio/review/timecode.py has it.

/**
 * @typedef {{num: number, den: number}} Rate frames a second
 * @typedef {{rate: Rate, frames: number, start_s: number, times: number[]|null}} Timing
 *   start_s: when frame 0 is shown on the clip's own time line. times: where the rate varies, when each frame is shown,
 *   in seconds from frame 0; null where frame n is shown at start_s + n * den / num.
 */

const HOURS = 24;
const NTSC = 1001; // rates such as 29.97 are 30000/1001
const NEAR = 2e-4; // 29.97 and 29.970 name 30000/1001; 29.5 does not
const EARLY_S = 1e-6; // media times are rounded to microseconds

/** The rate that a decimal number of frames a second stands for: 23.976 is 24000/1001. @returns {Rate} */
export function rateOf(fps) {
  const whole = Math.round(fps);
  if (!(fps > 0)) return { num: 25, den: 1 };
  if (Math.abs(fps - whole) < 1e-6) return { num: whole, den: 1 };
  if (Math.abs((whole * 1000) / NTSC / fps - 1) < NEAR) return { num: whole * 1000, den: NTSC };
  return { num: Math.round(fps * 1000), den: 1000 };
}

export const perSecond = (rate) => rate.num / rate.den;

/** A timing from what is known of a clip. Without a number of frames, its length says how many. @returns {Timing} */
export function timingOf({ rate, frames = null, duration_s = 0, start_s = 0, times = null }) {
  const count = times?.length || frames || Math.max(1, Math.round(((duration_s || 0) * rate.num) / rate.den));
  return { rate, frames: count, start_s: start_s || 0, times: times?.length ? times : null };
}

const inside = (timing, n) => Math.max(0, Math.min(timing.frames - 1, n));

/** When a frame appears, in seconds from frame 0. */
export function shownAt({ rate, times }, frame) {
  return times && frame >= 0 && frame < times.length ? times[frame] : (frame * rate.den) / rate.num;
}

/** The last frame whose time is not after t (seconds from frame 0), by halving. */
function lastUntil(times, t) {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    times[middle] <= t ? (low = middle) : (high = middle - 1);
  }
  return low;
}

/** The frame on screen by the time that requestVideoFrameCallback told of it: that of the nearest time. */
export function frameShown(timing, mediaTime) {
  const { rate, times, start_s } = timing;
  const t = mediaTime - start_s;
  if (!times) return inside(timing, Math.round((t * rate.num) / rate.den));
  const before = lastUntil(times, t);
  return before + 1 < times.length && times[before + 1] - t < t - times[before] ? before + 1 : before;
}

/** The frame that lasts over a moment of the clip's time line: what a player shows when it is told to go there. */
export function frameAt(timing, at_s) {
  const { rate, times, start_s } = timing;
  const t = at_s - start_s + EARLY_S;
  return times ? lastUntil(times, t) : inside(timing, Math.floor((t * rate.num) / rate.den));
}

/** How long a frame lasts, in seconds. */
export function lasts(timing, frame) {
  const { rate, times } = timing;
  const s = times && frame + 1 < times.length ? times[frame + 1] - times[frame] : 0;
  return s > 0 ? s : rate.den / rate.num;
}

/** Where to go on the clip's time line so that surely this frame is shown: its middle. */
export function seekTime(timing, frame) {
  const n = inside(timing, frame);
  return timing.start_s + shownAt(timing, n) + lasts(timing, n) / 2;
}

/** The clip's length on its own time line, from its frames. */
export function lengthOf(timing) {
  const last = timing.frames - 1;
  return shownAt(timing, last) + lasts(timing, last);
}

const nominal = ({ num, den }) => Math.max(1, Math.floor((2 * num + den) / (2 * den)));

/** Whether this rate is counted in drop-frame timecode: 30000/1001 and its multiples. */
export const drops = (rate) => rate.den === NTSC && nominal(rate) % 30 === 0;

const leftOut = (rate) => (drops(rate) ? nominal(rate) / 15 : 0); // labels at the start of a minute
const framesIn = (minutes, count, left) => 60 * minutes * count - left * (minutes - Math.floor(minutes / 10));

/** The label of a frame: 00:00:00:00, drop-frame 00:00:00;00. After 24 hours it begins again. */
export function timecode(frame, rate) {
  const count = nominal(rate);
  const left = leftOut(rate);
  const day = framesIn(HOURS * 60, count, left);
  const n = ((frame % day) + day) % day;
  const ten = framesIn(10, count, left);
  const minutes = Math.floor(Math.max(0, (n % ten) - left) / (60 * count - left));
  const label = n + left * (9 * Math.floor(n / ten) + minutes);
  const two = (x) => String(x).padStart(2, "0");
  const s = Math.floor(label / count);
  const clock = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60].map(two).join(":");
  return `${clock}${left ? ";" : ":"}${two(label % count)}`;
}

/** The frame of a label; null for what is no timecode of this rate, such as a label that drop-frame leaves out. */
export function frameOf(label, rate) {
  const found = /^(\d\d):([0-5]\d):([0-5]\d)[:;](\d\d\d?)$/.exec(label.trim());
  if (!found) return null;
  const [hours, minutes, s, frames] = found.slice(1).map(Number);
  const count = nominal(rate);
  const left = leftOut(rate);
  if (hours >= HOURS || frames >= count || (minutes % 10 && !s && frames < left)) return null;
  const total = 60 * hours + minutes;
  return (60 * total + s) * count + frames - left * (total - Math.floor(total / 10));
}
