// Where in a clip a comment stands, in words; and the colours of people and states.

import { t } from "../dom.js";
import { timecode } from "../frames/frame_clock.js";

/** The timecode of a frame of a version; the frame's number where the version has no rate. */
export const timeOf = (version, frame) => (version?.rate ? timecode(frame, version.rate) : `${frame}`);

/** Where a comment stands: a frame, from – to, or the whole clip. */
export function placeOf(version, { frame_in: from, frame_out: to }) {
  if (from === null || from === undefined) return t("review.whole");
  if (to === null || to === undefined || to === from) return timeOf(version, from);
  return `${timeOf(version, from)} – ${timeOf(version, to)}`;
}

/** A colour of a person's own, the same everywhere. */
export function hueOf(name) {
  return [...(name || "")].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) % 360, 7);
}

/** Who wrote a comment: a studio of one has no names. */
export const nameOf = (comment) => comment.author_name || t(comment.mine ? "review.you" : "review.somebody");

/** Whether a comment concerns this person: it names them, or answers something of theirs. */
export function isForMe(session, comment) {
  if (comment.mine) return false;
  return comment.mentions.includes(session.me.id) || Boolean(session.commentOf(comment.parent)?.mine);
}

/** Threads of a version: [{head, answers}], in the order of the comments. */
export function threadsOf(session, versionId) {
  const threads = new Map();
  const comments = session.commentsOf(versionId);
  for (const head of comments) if (!head.parent) threads.set(head.id, { head, answers: [] });
  for (const answer of comments) threads.get(answer.parent)?.answers.push(answer);
  return [...threads.values()];
}

/** How many threads of a version wait for somebody. */
export const openCount = (session, versionId) =>
  session.commentsOf(versionId).filter((one) => !one.parent && !one.resolved_at).length;
