// The film made in one run: shown in the place of the cut of shots, cut apart into takes, with its progress while it is made.

import { button, el, icon, seconds, t } from "../dom.js";
import { open as openDetail } from "../detail.js";
import { progress } from "../parts.js";

/** The shots as parts of the one file, for the player; null when the cut of shots is shown. */
export function oneRunShots(store) {
  const one = (store.data.wholes || []).find((w) => w.shown && w.film);
  if (!one) return null;
  return one.spans.map((span, i) => {
    const shot = store.find(span.shot) || { id: span.shot, number: i + 1, prompt: "" };
    const { segment, at_s, length_s } = span;
    return {
      ...shot,
      number: i + 1,
      best: one.film,
      best_kind: "render",
      stale: one.old,
      segment,
      at_s,
      length_s,
      transition: "cut",
      transition_s: 0,
    };
  });
}

/** A line above the player; hidden while there is no such film. */
export function oneRunBar(store) {
  const node = el("div", "bd-whole", { hidden: true, role: "group", "aria-label": t("film.whole") });
  store.on((why) => (why === "all" || why === "progress") && draw());

  function draw() {
    const all = store.data.wholes || [];
    node.hidden = !all.length;
    if (node.hidden) return;
    const shown = all.find((w) => w.shown);
    const pick = (run) => store.act("show", { run });
    const choice = (label, on, run) =>
      button(label, { text: label, "aria-pressed": on, data: { show: run || "cut" } }, () => on || pick(run));
    node.replaceChildren(
      el(
        "div",
        "bd-views",
        {},
        choice(t("film.whole_cut"), !shown, null),
        ...all
          .slice(0, 4)
          .map((w, i) =>
            choice(all.length > 1 ? t("film.whole_n", { n: all.length - i }) : t("film.whole"), w === shown, w.run.id),
          ),
      ),
      ...(shown ? about(shown) : []),
    );
  }

  function about(one) {
    const { run } = one;
    const under = ["queued", "running", "held"].includes(run.status);
    const parts = [];
    if (under)
      parts.push(
        el(
          "div",
          "bd-wholerun",
          {},
          el("span", "st-dim", {}, t(`widgets.status.${run.status}`)),
          run.status === "held" ? "" : progress(run),
        ),
      );
    if (run.status === "failed" || run.status === "cancelled")
      parts.push(el("span", "bd-warn", {}, icon("warn"), run.error || t(`widgets.status.${run.status}`)));
    if (one.film)
      parts.push(
        el("span", "st-dim", {}, `${seconds(one.film.duration_s)}${one.old ? ` · ${t("film.whole_old")}` : ""}`),
      );
    if (one.error) parts.push(el("span", "bd-warn", {}, icon("warn"), one.error));
    parts.push(el("span", "st-grow"));
    if (one.film) {
      const busy = one.cutting;
      parts.push(
        button(
          t("film.use_as_takes"),
          {
            name: "split",
            text: t(busy ? "film.cutting" : "film.use_as_takes"),
            title: t("film.use_help"),
            disabled: busy || null,
            data: { do: "use-as-takes" },
          },
          () => store.act("use-as-takes", { run: run.id }),
        ),
      );
    }
    parts.push(
      button(t("widgets.details"), { name: "search", cls: "bare", data: { do: "whole-details" } }, () =>
        openDetail(run.id),
      ),
    );
    return parts;
  }
  return node;
}
