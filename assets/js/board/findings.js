// The check before export: what a careful viewer would send back, grouped by fault, each with links to its shots.

import { button, comma, el, icon, seconds, sentences, t } from "../dom.js";
import { post } from "../net.js";
import { dialog } from "./dialog.js";

const CHECK_DELAY_MS = 350;
const RECHECK_MS = 900; // while takes are still being looked at
const FACE = { error: "close", warning: "warn", note: "bulb" };

/** A list that follows what would be exported. wish(): {options, places}; show(shot id or "", seconds) goes there. */
export function findingsBox(store, wish, show, title = t("check.title")) {
  const head = el("h4", "bd-checkhead", {}, title);
  const list = el("div", "bd-checkbody", { "aria-live": "polite", "aria-label": t("check.title"), role: "region" });
  const node = el("section", "bd-sec bd-checks", { data: { checks: "" } }, head, list);
  let timer;
  let asked = 0;

  async function load() {
    const mine = ++asked;
    let found;
    try {
      found = await post(`${store.path}/check`, wish());
    } catch (error) {
      return list.replaceChildren(el("p", "bd-warn", {}, icon("warn"), error.message));
    }
    if (mine !== asked || !node.isConnected) return;
    draw(found);
    if (found.measuring) timer = setTimeout(load, RECHECK_MS);
  }

  function draw({ findings, measuring }) {
    const groups = grouped(findings);
    const count = (level) => groups.filter((g) => g.level === level).length;
    const [errors, wrong] = [count("error"), groups.length - count("note")];
    node.dataset.checks = measuring ? "looking" : "done";
    head.replaceChildren(
      title,
      el(
        "span",
        `bd-badge ${errors ? "failed" : wrong ? "stale" : "render"}`,
        { hidden: !findings.length && measuring > 0 },
        errors ? t("check.errors", { n: errors }) : wrong ? t("check.count", { n: wrong }) : icon("check"),
      ),
    );
    const lines = groups.filter((g) => g.level !== "note" || !wrong).map((g) => line(g, show));
    const notes = wrong ? groups.filter((g) => g.level === "note") : [];
    list.replaceChildren(
      lines.length
        ? el("ul", "bd-checklist", {}, ...lines)
        : measuring
          ? ""
          : el("p", "bd-fact ok", {}, icon("check"), t("check.none")),
      notes.length
        ? el(
            "details",
            "bd-more",
            {},
            el("summary", "", {}, t("check.more", { n: notes.length })),
            el("ul", "bd-checklist", {}, ...notes.map((g) => line(g, show))),
          )
        : "",
      measuring ? el("p", "bd-looking", {}, el("i"), t("check.looking", { n: measuring })) : "",
    );
  }

  return {
    node,
    refresh() {
      clearTimeout(timer);
      timer = setTimeout(load, CHECK_DELAY_MS);
    },
    load,
    stop: () => (clearTimeout(timer), asked++),
  };
}

/** Findings that say the same about several shots, as one. */
function grouped(findings) {
  const groups = new Map();
  for (const one of findings) {
    const key = JSON.stringify([one.code, one.level, one.values, !!one.number]);
    if (!groups.has(key)) groups.set(key, { ...one, at: [] });
    groups.get(key).at.push(one);
  }
  return [...groups.values()];
}

function line(group, show) {
  const face = el(
    "span",
    "bd-face",
    { title: t(`check.level_${group.level}`), "aria-label": t(`check.level_${group.level}`), role: "img" },
    icon(FACE[group.level]),
  );
  const said = group.text;
  if (!group.number)
    return el(
      "li",
      group.level,
      { data: { code: group.code } },
      face,
      group.at_s === null
        ? el("span", "", {}, said)
        : link(`${seconds(group.at_s)}: ${said}`, () => show("", group.at_s)),
    );
  const shots = group.at.map((f) => link(`${f.number}`, () => show(f.shot, f.at_s), t("check.open", { n: f.number })));
  const [before, after] = t(group.at.length > 1 ? "check.shots" : "check.shot", { n: "\u0000" }).split("\u0000");
  return el(
    "li",
    group.level,
    { data: { code: group.code } },
    face,
    el("span", "", {}, before, ...shots.flatMap((s, i) => (i ? [comma(), s] : [s])), sentences(after.trim(), said)),
  );
}

const link = (text, onclick, label = text) =>
  el("button", "st-link", { type: "button", "aria-label": label, onclick }, text);

/** The check as a window of its own. */
export function checkDialog(store, show) {
  const box = findingsBox(
    store,
    () => ({ options: { whole: store.board.shown }, places: [] }),
    (shot, at) => (window_.close(), show(shot, at)),
    "",
  );
  const again = button(t("check.button"), { name: "again", text: t("check.button"), data: { do: "check-again" } }, () =>
    box.load(),
  );
  const window_ = dialog(
    t("check.title"),
    el("div", "bd-form", {}, el("p", "st-dim", {}, t("check.help")), box.node),
    [again],
    { done: box.stop },
  );
  box.load();
}
