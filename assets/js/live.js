// The studio's runs as they change: one event stream a page, shared by every widget on it.

import { BASE } from "./dom.js";
import { get } from "./net.js";

const HIDDEN_MS = 5000;
const listeners = new Set();
const state = {
  runs: new Map(),
  order: [],
  recent: [],
  paused: false,
  storage: null,
  holds: [],
  connected: false,
  ready: false,
};
let source = null;

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
    const told = JSON.parse(e.data);
    state.runs = new Map([...told.recent, ...told.active].map((r) => [r.id, r]));
    state.order = told.active.map((r) => r.id);
    state.recent = told.recent.map((r) => r.id);
    state.paused = told.paused;
    state.storage = told.storage;
    state.holds = told.holds || [];
    state.connected = state.ready = true;
    notify(null);
  });
  source.addEventListener("runs", (e) => {
    const changed = JSON.parse(e.data);
    changed.forEach(upsert);
    notify(changed);
  });
  source.onerror = () => {
    state.connected = false;
    notify([]);
    if (source.readyState !== EventSource.CLOSED) return;
    get("ui/queue").catch(() => {}); // an error page, no stream: where the session has ended, this leads to the login page
    setTimeout(() => document.hidden || open(), 2000);
  };
}

// A browser opens six connections to a host at most, for all its tabs: one that nobody looks at gives its own back.
let resting;
document.addEventListener("visibilitychange", () => {
  clearTimeout(resting);
  if (!source) return;
  if (document.hidden) resting = setTimeout(() => source.close(), HIDDEN_MS);
  else if (source.readyState === EventSource.CLOSED) open();
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
    if (!state.order.includes(run.id)) state.order = [...state.order, run.id];
  }
}

/** Take over a whole list that a request of ours brought back. */
export function replaceList(told) {
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

function notify(changed) {
  for (const listener of listeners) {
    if (!listener.element.isConnected) listeners.delete(listener);
    else listener.fn(state, changed);
  }
}
