// Settings, Backup: the copies of the database, one more, and how far it is while it is made, by whomever.

import { button, bytes, el, exactTime, number, styles, t } from "./dom.js";
import { get, post, toast, tryOrToast } from "./net.js";

const SHOWN = 12;
const LOOK_MS = 500;

/** The box. `box(id, ...children)` makes boxes of this page. */
export function backups({ backups: list, storage, backing_up: isUnderWay, backup_limits: limits }, box) {
  styles("backups.css");
  const rows = el("ul", "st-backups");
  const draw = (found) =>
    rows.replaceChildren(
      ...(found.length ? found.slice(0, SHOWN).map(row) : [el("li", "st-dim", {}, t("settings.no_backups"))]),
    );
  draw(list);
  const progress = progressLine();
  const now = button(
    t("settings.backup_now"),
    { name: "download", text: t("settings.backup_now"), data: { do: "backup" } },
    async () => {
      now.disabled = true;
      const stop = progress.follow();
      const told = await tryOrToast(post("ui/house/backup"));
      stop();
      now.disabled = false;
      if (told) draw(told.backups), toast(t("settings.backed_up", { name: told.made }));
    },
  );
  if (isUnderWay) progress.follow();
  return box(
    "backup",
    el("p", "st-dim", {}, t("settings.backup_help")),
    now,
    progress.element,
    rows,
    el("p", "st-dim", {}, t("backups.kept", { count: number(limits.kept), days: number(limits.days) })),
    howToRestore(storage.data),
  );
}

function row(backup) {
  const facts = `${bytes(backup.bytes)} · ${exactTime(backup.at)}`;
  return el("li", "", {}, el("code", "", {}, backup.name), el("span", "st-dim", {}, facts));
}

function howToRestore(data) {
  const steps = [1, 2, 3].map((n) => el("li", "", {}, t(`settings.restore_${n}`, { data })));
  return el("details", "", {}, el("summary", "", {}, t("settings.how_to_restore")), el("ol", "st-steps", {}, ...steps));
}

/** A line with a bar; `follow()` shows it until its answer is called, or no backup is under way any more. */
function progressLine() {
  const bar = /** @type {HTMLProgressElement} */ (el("progress", "", { "aria-label": t("backups.progress"), max: 1 }));
  const words = el("span", "st-dim", {});
  const element = el("div", "bk-progress", { role: "status", hidden: true }, bar, words);
  const show = ({ step, fraction }) => {
    element.hidden = false;
    if (fraction === null) bar.removeAttribute("value");
    else bar.value = fraction;
    words.textContent = t(`backups.${step}`, { percent: `${Math.round((fraction ?? 0) * 100)} %` });
  };
  function follow() {
    let goesOn = true;
    const stop = () => {
      goesOn = false;
      element.hidden = true;
    };
    const look = async () => {
      const told = await get("ui/house/backup").catch(() => null);
      if (!goesOn || !element.isConnected) return;
      if (told?.progress) show(told.progress);
      else if (!element.hidden) return stop();
      setTimeout(look, LOOK_MS);
    };
    setTimeout(look, LOOK_MS / 2);
    return stop;
  }
  return { element, follow };
}
