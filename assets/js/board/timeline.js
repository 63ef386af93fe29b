// The film's clock in the page: the studio says in whole frames when each shot is shown, here they become seconds.

/** One clip's times in seconds. in: where it begins in its file; at: where in the film; overlap: shared with the next. */
export function times({ first, last, start, overlap }, fps) {
  return { in: first / fps, length: (last - first) / fps, at: start / fps, overlap: overlap / fps };
}

/** A shot's times as the board has them, from its four numbers in frames. */
export function shotTimes([first, last, start, overlap], fps) {
  const segment = { first, last, start, overlap };
  const t = times(segment, fps);
  return { segment, at_s: t.at, length_s: t.length, in_s: t.in, out_s: t.in + t.length };
}

/** The number of the clip on top at this time of the film. */
export function clipAt(clips, at) {
  let i = clips.length - 1;
  while (i > 0 && clips[i].at > at + 1e-6) i--;
  return Math.max(0, i);
}
