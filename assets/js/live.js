// The studio's runs as they change: one event stream a page, shared by every widget on it.

import { BASE } from "./dom.js";
import { get } from "./net.js";

const HIDDEN_MS = 5000;
const POLL_MS = 30_000;
const KNOWN = 100;
const listeners = new Set();
const boardListeners = new Set();
const reviewListeners = new Set();
const state = {
  runs: new Map(),
  order: [],
  recent: [],
  paused: false,
  storage: null,
  holds: [],
  counts: { running: 0, held: 0, queued: 0, own: {}, usd: 0, wait_s: 0 },
  reordered: 0, // how often the order may have changed
  many: false, // so many runs changed at once that no card tells which
  connected: false,
  ready: false,
};
let source = null;

/** Hear of boards that somebody changed: fn(ids). A listener ends when its element has left the page. */
export const followBoards = (element, fn) => followIds(boardListeners, element, fn);

/** Hear of reviews that somebody changed: fn(ids), fn(null) after a break, when any may have. As `followBoards` else. */
export const followReviews = (element, fn) => followIds(reviewListeners, element, fn);

function followIds(all, element, fn) {
  const listener = { element, fn };
  all.add(listener);
  if (!source) open();
  return () => all.delete(listener);
}

/**
 * Hear of changes: fn(state, changed) with the whole picture and the cards that changed (null: all may have).
 * A listener ends when its element has left the page. Calls fn at once if the list is already known.
 */
export function follow(element, fn) {
  const listener = { element, fn };
  listeners.add(listener);
  if (!source) open();
  else if (state.ready) fn(state, null);
  return () => listeners.delete(listener);
}

function open() {
  source = new EventSource(new URL("events/runs", BASE));
  source.addEventListener("queue", (e) => {
    state.connected = state.ready = true;
    replaceList(JSON.parse(e.data));
  });
  source.addEventListener("state", (e) => {
    const { order, ...told } = JSON.parse(e.data);
    Object.assign(state, told);
    if (order) state.reordered += 1;
    notify([]);
  });
  source.addEventListener("runs", (e) => {
    const changed = JSON.parse(e.data);
    changed.forEach(upsert);
    notify(changed);
  });
  source.addEventListener("boards", (e) => notifyIds(boardListeners, JSON.parse(e.data)));
  source.addEventListener("reviews", (e) => notifyIds(reviewListeners, JSON.parse(e.data)));
  source.onopen = () => state.ready && notifyIds(reviewListeners, null);
  source.onerror = () => {
    state.connected = false;
    notify([]);
    if (source.readyState !== EventSource.CLOSED) return;
    get("ui/queue").catch(() => {}); // an error page, no stream: where the session has ended, this leads to the login page
    setTimeout(() => document.hidden || open(), 2000);
  };
}

// A browser opens six connections to a host at most, for all its tabs: one that nobody looks at gives its own back, and
// asks now and then while something runs. One of them keeps its stream, so that the end of a run is told at once.
let resting, polling, release;
document.addEventListener("visibilitychange", () => {
  clearTimeout(resting);
  clearInterval(polling);
  release?.();
  release = null;
  if (!source) return;
  if (document.hidden) resting = setTimeout(rest, HIDDEN_MS);
  else if (source.readyState === EventSource.CLOSED) open();
});

async function rest() {
  if (await becomeWatcher()) return;
  source.close();
  polling = setInterval(
    () => state.order.length && document.hidden && get("ui/queue").then(replaceList, () => {}),
    POLL_MS,
  );
}

/** Whether this is the one hidden tab that keeps its stream; never without HTTPS, where browsers have no locks. */
const becomeWatcher = () =>
  new Promise((resolve) => {
    if (!navigator.locks) return resolve(false);
    navigator.locks.request("studio-watcher", { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock) && document.hidden);
      return lock && document.hidden ? new Promise((done) => (release = done)) : null;
    });
  });

const ENDED = new Set(["succeeded", "failed", "cancelled"]);
export const ended = (run) => ENDED.has(run.status);

function upsert(run) {
  const drop = (list) => list.filter((id) => id !== run.id);
  if (run.gone || run.trashed) {
    state.runs.delete(run.id);
    state.order = drop(state.order);
    state.recent = drop(state.recent);
    return;
  }
  state.runs.set(run.id, run);
  if (ended(run)) {
    state.order = drop(state.order);
    if (!state.recent.includes(run.id)) state.recent = [run.id, ...state.recent].slice(0, 40);
  } else {
    state.recent = drop(state.recent);
    if (!state.order.includes(run.id) && (run.status !== "queued" || waiting().length < KNOWN))
      state.order = [...state.order, run.id];
  }
}

/** The waiting runs that are known from the front of the queue on, in order. */
export const waiting = () => state.order.map((id) => state.runs.get(id)).filter((run) => run?.status === "queued");

/** Take over more runs that are under way, held or waiting; whole: these are all that wait, in order. */
export function addActive(runs, { whole = false } = {}) {
  const ids = new Set(runs.map((run) => run.id));
  for (const run of runs) state.runs.set(run.id, run);
  const gone = (run) => !run || (whole && run.status === "queued");
  const kept = state.order.filter((id) => !ids.has(id) && !gone(state.runs.get(id)));
  state.order = [...kept, ...ids];
  notify([]);
}

/** Take over a list that a request of ours brought back. */
export function replaceList(told) {
  state.many = Boolean(told.many);
  state.counts = told.counts;
  state.runs = new Map([...told.recent, ...told.active].map((r) => [r.id, r]));
  state.order = told.active.map((r) => r.id);
  state.recent = told.recent.map((r) => r.id);
  state.paused = told.paused;
  state.storage = told.storage;
  state.holds = told.holds || [];
  notify(null);
}

/** A card that a request of ours brought back: shown at once, before the stream says so. */
export function updateRun(run) {
  upsert(run);
  notify([run]);
}

/** Cards of new runs that a request of ours brought back; what the stream has told of them already is newer. */
export function addRuns(runs) {
  const added = runs.filter((run) => !state.runs.has(run.id));
  added.forEach(upsert);
  if (added.length) notify(added);
}

function notifyIds(all, ids) {
  for (const listener of all) {
    if (!listener.element.isConnected) all.delete(listener);
    else listener.fn(ids);
  }
}

function notify(changed) {
  for (const listener of listeners) {
    if (!listener.element.isConnected) listeners.delete(listener);
    else listener.fn(state, changed);
  }
}
