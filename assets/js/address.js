// The page's address: the tab, the run, the board and the dialog that are open. A reload stays there, a link leads
// there, and Back closes what was opened or returns to the tab before.
//
// Every change is one entry of the browser's history. Going back ourselves, when something is closed by its own button,
// takes its entry away again; the browser does that later than we go on, so changes wait for one another in a line.

import { t } from "./dom.js";
import { toast } from "./net.js";
import { hasTab } from "./rights.js";

const BACK_TIMEOUT_MS = 500;
const TAB_OF_PARAM = { run: "gallery", board: "storyboard", review: "review" };
/** What leads to a part of a tab: gone when another tab is opened. */
const PARTS = {
  run: null,
  board: null,
  view: null,
  connection: null,
  review: null,
  item: null,
  version: null,
  frame: null,
};
const historyListeners = new Set();
const tabParams = {};
let line = null;
let ours = false;

/** Parameters of the address as it is now. */
export const currentParams = () => new URL(location.href).searchParams;

/** The tab an address leads to; null for the first one. Links that name only a run or a board have no tab. */
export const tabOf = (params) =>
  params.get("tab") ||
  Object.keys(TAB_OF_PARAM)
    .filter((key) => params.get(key))
    .map((key) => TAB_OF_PARAM[key])[0] ||
  null;

/** Hear of the browser's Back and Forward, with the parameters of the address it came to. */
export const onHistoryMove = (fn) => historyListeners.add(fn);

/** What the address holds beside `tab` whenever that tab is opened: a function that gives parameters. */
export const setTabParams = (tab, fn) => (tabParams[tab] = fn);

function after(fn) {
  const step = line ? line.then(fn) : fn();
  if (!step?.then) return;
  line = step;
  step.then(() => line === step && (line = null));
}

/** Once everything that was asked of the history has happened. */
export const settled = () => Promise.resolve(line);

/** Set parameters (null takes one away) as a new entry; replace: in the place of this one. */
export function navigate(params, { replace = false, opened = null } = {}) {
  after(() => set(params, replace, opened));
}

function set(params, replace, opened) {
  const url = new URL(location.href);
  for (const [key, value] of Object.entries(params))
    value === null || value === undefined ? url.searchParams.delete(key) : url.searchParams.set(key, value);
  if (url.href === location.href) return;
  const state = { ...history.state, opened: replace ? history.state?.opened : opened };
  replace ? history.replaceState(state, "", url) : history.pushState(state, "", url);
}

/** Open a tab at an address of its own, as one entry of the history: other pages link to a part of it with this. */
export function openTab(tab, params) {
  if (!hasTab(tab)) return refuse();
  navigate({ tab, ...PARTS, ...params });
  button(tab)?.click();
}

/** Something was closed by its own button: back to the entry before it, or without its parameters where there is none. */
export function closeView(name, params = {}) {
  after(() => {
    if (history.state?.opened !== name) return set(params, true, null);
    /** @type {Promise<void>} */
    const gone = new Promise((done) => {
      ours = true;
      const end = () => (removeEventListener("popstate", end), (ours = false), done());
      addEventListener("popstate", end);
      setTimeout(end, BACK_TIMEOUT_MS);
    });
    history.back();
    return gone;
  });
}

const button = (tab) =>
  tab
    ? document.getElementById(`tab-${tab}-button`)
    : [...document.querySelectorAll("#studio-tabs > .tab-wrapper [role=tab]")].find((one) => hasTab(tabId(one)));
const tabId = (one) => one.id.slice(4, -7);
/** The tab of the address, where this person has it; else the first one. */
const wantedTab = (params) => {
  const tab = tabOf(params);
  return tab && hasTab(tab) ? tab : tabId(button(null));
};
const refuse = () => toast(t("roles.no_tab"));
const selected = () =>
  document.querySelector('#studio-tabs > .tab-wrapper [role=tab][aria-selected="true"]')?.id.slice(4, -7) || null;

/** Follow the tabs, however they are changed, and the dialogs. Call it once. */
export function followTabs() {
  const first = tabId(button(null));
  let tab = first; // whoever was quick has chosen another by now
  if (!hasTab(tabOf(currentParams()))) {
    navigate({ tab: null, ...PARTS }, { replace: true });
    refuse();
  }
  const begun = document.querySelector('meta[name="studio-tab"]')?.getAttribute("content");
  const wanted = wantedTab(currentParams());
  if (begun && begun === selected() && wanted !== begun) button(wanted)?.click(); // Back was faster than the page
  const look = () => {
    const now = selected();
    if (!now || now === tab) return;
    tab = now;
    const moved = now !== (tabOf(currentParams()) || first);
    if (moved) navigate({ tab: now, ...PARTS, ...tabParams[now]?.() });
    document.dispatchEvent(new CustomEvent("studio-tab", { detail: { tab, moved } }));
  };
  look();
  new MutationObserver(look).observe(document.getElementById("studio-tabs"), {
    subtree: true,
    childList: true,
    attributes: true,
    attributeFilter: ["aria-selected"],
  });
  addEventListener("popstate", () => {
    if (ours) return;
    const dialogs = [...document.querySelectorAll("dialog[open]")];
    if (dialogs.length > (history.state?.dialogs || 0))
      return void ((dialogs.at(-1).dataset.returning = "true"), dialogs.at(-1).close());
    const params = currentParams();
    const wanted = wantedTab(params);
    if (wanted !== selected()) button(wanted)?.click();
    for (const fn of historyListeners) fn(params);
  });
  new MutationObserver((changes) => {
    for (const node of changes.flatMap((c) => [...c.addedNodes]))
      if (/** @type {Element} */ (node).matches?.("dialog.st")) follow(node);
  }).observe(document.body, { childList: true });
}

/** Back closes a dialog; its own button takes the entry away. */
function follow(dialog) {
  after(() =>
    history.pushState(
      { ...history.state, opened: "dialog", dialogs: document.querySelectorAll("dialog[open]").length },
      "",
    ),
  );
  dialog.addEventListener("close", () => dialog.dataset.returning || closeView("dialog"), { once: true });
}
