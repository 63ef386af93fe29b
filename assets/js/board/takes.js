// The takes of one shot side by side: which is in the film, which was made before the shot changed; choose and compare.

import { button, colon, dollars, el, seconds, t } from "../dom.js";
import { cancel, choices } from "../actions.js";
import { open as openDetail } from "../detail.js";
import { compareRuns } from "../compare/view.js";
import { chip, runPreview, hoverPlay, picture, progress, reason } from "../parts.js";

const MAX_COMPARED = 6;
const ended = new Set(["succeeded", "failed", "cancelled"]);

/** Only the moving parts of the tile of a run at work. */
export function refresh(node, run) {
  node.querySelector(".st-prog")?.replaceWith(progress(run));
  runPreview(node.querySelector(".st-pic"), run);
}

/** Tiles, newest first. The newest draft is shown, older ones are not: a draft is only ever a preview. */
export function takes(store, shot) {
  const newest = shot.takes.find((r) => r.take === "draft" && r.status !== "cancelled");
  const shown = shot.takes.filter((r) => (r.take === "render" && r.status !== "cancelled") || r === newest);
  if (!shown.length) return el("div");
  const picked = [];
  const grid = el("div", "bd-takegrid", { role: "list", "aria-label": t("board.takes") });
  const both = button(
    t("widgets.compare"),
    { name: "compare", text: t("widgets.compare"), cls: "quiet", data: { do: "compare" } },
    () => {
      compareRuns(picked.length > 1 ? picked : good.slice(0, 2));
    },
  );
  const good = shown.filter((r) => r.status === "succeeded" && r.asset?.kind === "video");
  both.hidden = good.length < 2;
  let number = shown.filter((r) => r.take === "render").length;
  grid.append(...shown.map((run) => tile(run, run.take === "render" ? number-- : 0)));
  hoverPlay(grid, (target) => {
    const one = target.closest?.(".bd-take");
    return one && { box: one.querySelector(".st-pic"), run: shown.find((r) => r.id === one.dataset.id) };
  });

  function tile(run, n) {
    const name = n ? t("board.take_n", { n }) : t("board.is_draft");
    const inFilm =
      run.take === "draft"
        ? !good.some((r) => r.chosen) && run.status === "succeeded"
        : run.chosen && run.status === "succeeded";
    const label = store.editable ? t("board.use_take", { name }) : `${name}${colon()}${t("widgets.details")}`;
    const use = el(
      "button",
      "bd-takepic",
      {
        type: "button",
        "aria-pressed": inFilm,
        "aria-label": label,
        title: label,
        disabled: run.status !== "succeeded" || null,
        onclick: () => (store.editable ? choose(run) : openDetail(run.id)),
      },
      picture(run),
      chip(run),
      inFilm ? el("span", "bd-infilm", {}, t("board.in_film")) : null,
    );
    const tick = el("input", "", {
      type: "checkbox",
      "aria-label": t("board.compare_take", { name }),
      title: t("widgets.compare"),
    });
    tick.addEventListener("change", () => {
      tick.checked ? picked.push(run) : picked.splice(picked.indexOf(run), 1);
      if (picked.length > MAX_COMPARED)
        grid.querySelector(`[data-id="${CSS.escape(picked.shift().id)}"] input`).checked = false;
    });
    const facts = [
      name,
      run.old ? t("board.is_stale") : "",
      run.cost_usd ? dollars(run.cost_usd) : "",
      run.asset ? seconds(run.asset.duration_s) : "",
    ]
      .filter(Boolean)
      .join(" · ");
    const foot = el(
      "div",
      "bd-takefoot",
      {},
      run.status === "succeeded" && good.length > 1 ? tick : null,
      el("span", run.old ? "old" : "", {}, facts),
      ended.has(run.status)
        ? button(t("widgets.details"), { name: "search", cls: "bare tiny", data: { do: "details" } }, () =>
            openDetail(run.id),
          )
        : button(t("widgets.cancel"), { name: "close", cls: "bare tiny", data: { do: "cancel" } }, () => cancel(run)),
    );
    return el(
      "div",
      `bd-take ${run.status}${inFilm ? " chosen" : ""}`,
      { role: "listitem", data: { id: run.id } },
      use,
      ended.has(run.status) || run.status === "held" ? null : progress(run),
      foot,
      reason(run) ? el("p", "st-reason", {}, reason(run)) : null,
      run.choices?.length ? choices(run) : null,
    );
  }

  function choose(run) {
    const wanted = run.take === "draft" ? null : run.id;
    if (wanted !== shot.chosen) store.edit({ op: "choose", shot: shot.id, run: wanted });
  }

  return el("section", "bd-sec", {}, el("h4", "", {}, t("board.takes"), el("span", "st-grow"), both), grid);
}
