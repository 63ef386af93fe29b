// What happens to runs is told while nobody looks: in the tab's title, by a sound, and as the browser's notification.

import { keep, kept } from "./browser_settings.js";
import { number, t } from "./dom.js";
import { ended, follow } from "./live.js";
import { title } from "./parts.js";
import { isMine } from "./project_state.js";
import * as sound from "./sound.js";
import { TabTitle } from "./tab_title.js";

const KEY = "studio-notify";
const MOST_SEPARATE = 3;
const OUTCOMES = { succeeded: "done", failed: "failed", held: "held" };

/** Whether the person wants notifications and the browser allows them. */
export const isEnabled = () => kept(KEY) === "on" && globalThis.Notification?.permission === "granted";

/** Whether this browser can show notifications at all. */
export const isSupported = () => "Notification" in globalThis && isSecureContext;

/** Switch notifications on or off; asks the browser when needed. Gives what is so now. */
export async function setEnabled(on) {
  const granted = on && isSupported() && (await Notification.requestPermission()) === "granted";
  keep(KEY, granted ? "on" : "off");
  return granted;
}

/** Watch the runs. name: gives the open page's name for the title. open: shows a run. Call it once. */
export function followRuns(element, name, open) {
  const working = new Set();
  const waiting = new Set();
  const tab = new TabTitle(name);
  follow(element, (state, changed) => {
    const own = (runs) => runs.filter((run) => run.gone || isMine(run));
    const news = own(changed ?? [...state.runs.values()]).filter((run) => isNews(run));
    tab.update(state.counts.own);
    if (news.length) tell(news);
  });

  /** Whether a run that was seen under way has ended, or is held, since. */
  function isNews(run) {
    if (run.status !== "held") waiting.delete(run.id);
    if (run.gone) return void working.delete(run.id);
    if (ended(run)) return working.delete(run.id) && run.status !== "cancelled";
    const held = run.status === "held" && working.has(run.id) && !waiting.has(run.id);
    if (run.status === "held") waiting.add(run.id);
    working.add(run.id);
    return held;
  }

  function tell(news) {
    news.forEach((run) => tab.tell(OUTCOMES[run.status]));
    sound.announce(news.every((run) => run.status === "succeeded") ? "good" : "bad");
    if (!isEnabled() || !sound.isAway()) return;
    if (news.length <= MOST_SEPARATE)
      news.forEach((run) => show(t(`notifications.notice_${run.status}`), title(run).slice(0, 120), run.id));
    else show(t("notifications.notice_several", { n: number(news.length) }), "", "studio-runs");
  }

  /** tag: a later notification with the same one takes this one's place, also from another tab. */
  function show(words, body, tag) {
    const notice = new Notification(words, { body, tag, icon: document.querySelector('link[rel="icon"]')?.href });
    notice.onclick = () => {
      window.focus();
      notice.close();
      if (tag !== "studio-runs") open(tag);
    };
  }
}
