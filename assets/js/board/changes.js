// What the studio says changed on a board, put into the board that the page has.

import { shotTimes } from "./timeline.js";

/** The path with the version of the board that the page has, so that only what changed comes back. */
export const since = (path, data) => (data?.version ? `${path}?since=${data.version}` : path);

/** The board after an answer: a whole one, or the one before with what changed since. Null: it does not fit this board. */
export function mergeAnswer(data, answer) {
  if (answer.since === undefined) return answer;
  if (answer.since !== data?.version) return null;
  const { board, planned, shots, order, clock, since: _, ...rest } = answer;
  const now = { ...data, made: "", ...rest };
  const old = new Map(data.board.shots.map((shot) => [shot.id, shot]));
  const ids = order || data.board.shots.map((shot) => shot.id);
  now.board = { ...data.board, ...board, shots: ids.map((id) => planned[id] || old.get(id)) };
  now.shots = {};
  for (const id of ids) now.shots[id] = shots[id] || clock[id] ? { ...data.shots[id], ...shots[id] } : data.shots[id];
  for (const [id, segment] of Object.entries(clock)) Object.assign(now.shots[id], shotTimes(segment, now.board.fps));
  return now;
}
