// A finished run is noticed while nobody looks at the page: in its title, and as a notification where the browser may.

import { t } from "./dom.js";
import { ended, follow } from "./live.js";
import { title } from "./parts.js";

const KEY = "studio-notify";
const NAME = "Wan Studio";

const storedChoice = () => {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
};

/** Whether the person wants notifications and the browser allows them. */
export const isEnabled = () => storedChoice() && globalThis.Notification?.permission === "granted";

/** Whether this browser can show notifications at all. */
export const isSupported = () => "Notification" in globalThis && isSecureContext;

/** Switch notifications on or off; asks the browser when needed. Gives what is so now. */
export async function setEnabled(on) {
  const granted = on && isSupported() && (await Notification.requestPermission()) === "granted";
  try {
    localStorage.setItem(KEY, granted ? "on" : "off");
  } catch {
    /* a private window keeps nothing */
  }
  return granted;
}

/** Watch the runs. name: gives the open page's name for the title. Call it once. */
export function followRuns(element, name) {
  const working = new Set();
  let finished = 0;
  const draw = () =>
    (document.title = [finished ? `(${finished})` : "", [name(), NAME].filter(Boolean).join(" · ")]
      .filter(Boolean)
      .join(" "));
  const seen = () => document.hidden || ((finished = 0), draw());
  follow(element, (state, changed) => {
    for (const run of changed ?? state.runs.values()) {
      if (!ended(run)) working.add(run.id);
      else if (working.delete(run.id) && run.status !== "cancelled" && document.hidden) {
        finished += 1;
        if (isEnabled())
          new Notification(t(`settings.notice_${run.status}`), { body: title(run).slice(0, 120), tag: run.id });
      }
    }
    draw();
  });
  document.addEventListener("visibilitychange", seen);
  document.addEventListener("studio-tab", draw);
  draw();
}
