// Everything about one run in a panel at the right: what it made, how it was asked, what it cost, what happened when.

import {
  BASE,
  button,
  dollars,
  el,
  exactTime,
  icon,
  media,
  bytes,
  seconds,
  still,
  styles,
  t,
  isTyping,
} from "./dom.js";
import { buttons, choices, copy, rate, sendButton } from "./actions.js";
import { act, onSend } from "./send_to.js";
import { openComparison } from "./compare/view.js";
import { catalogueText } from "./form/common.js";
import * as address from "./address.js";
import { ended, follow } from "./live.js";
import { lightbox } from "./lightbox.js";
import { get, tryOrToast } from "./net.js";
import { chip, cost, runPreview, picture, progress, reason, stars } from "./parts.js";
import { player } from "./player.js";
import { addButton, mayAdd } from "./review/add_to.js";
import { author, sharedMark } from "./share.js";

const panel = { node: null, id: null, back: null, options: {} };

/** The run that the panel shows, or null. */
export const openRunId = () => panel.id;

/**
 * Take the panel away. silent: the page goes elsewhere, so its list need not take the focus back. moved: the address has
 * changed or is about to.
 */
export function close({ silent = false, moved = false } = {}) {
  if (!panel.node) return;
  panel.node.remove();
  panel.node = panel.id = null;
  document.documentElement.classList.remove("st-with-panel");
  if (!moved) address.closeView("run", { run: null });
  if (silent) return;
  panel.back?.isConnected && panel.back.focus({ preventScroll: true });
  panel.options.closed?.();
}

// Another tab, or a form that is being filled, needs the room.
onSend(() => close({ silent: true }));
document.addEventListener("studio-tab", (e) => e.detail.moved && close({ silent: true, moved: true }));
address.onHistoryMove((params) => {
  const id = params.get("run");
  if (!id) close({ moved: true });
  else if (id !== panel.id) open(id, panel.options);
});

/** Show a run. options: gone, back (list follows), step(±1), rated(run), closed(). */
export async function open(id, options = {}) {
  styles("widgets.css");
  const detail = await tryOrToast(get(`ui/runs/${encodeURIComponent(id)}`));
  if (!detail) return;
  const fresh = !panel.node;
  if (fresh) {
    panel.back = document.activeElement;
    panel.node = el("aside", "st st-panel", { role: "dialog", "aria-label": t("widgets.details"), tabindex: "-1" });
    panel.node.addEventListener("keydown", keys);
    document.body.append(panel.node);
    document.documentElement.classList.add("st-with-panel");
    follow(panel.node, changed);
  }
  Object.assign(panel, { id, options, detail });
  address.navigate({ run: id }, fresh ? { opened: "run" } : { replace: true });
  draw();
  if (fresh) panel.node.focus({ preventScroll: true });
}

function changed(_, runs) {
  const mine = runs?.find((r) => r.id === panel.id);
  if (!mine) return;
  if (mine.gone || mine.hidden || mine.trashed !== panel.detail.trashed) return close();
  const before = panel.detail.status;
  Object.assign(panel.detail, mine, { prompt: panel.detail.prompt });
  if (mine.status !== before)
    open(panel.id, panel.options); // its files and events are new
  else if (!ended(mine)) {
    panel.node.querySelector(".st-prog")?.replaceWith(progress(mine));
    runPreview(panel.node.querySelector(".st-panelbody > .st-player > .st-pic"), mine);
  }
}

function keys(e) {
  if (e.key === "Escape") return close();
  if (isTyping(e)) return;
  if (/^[0-5]$/.test(e.key) && !e.ctrlKey && !e.metaKey && !e.altKey) return setStars(Number(e.key));
  if (e.target.matches("input[type=range]")) return;
  if (e.key === "ArrowLeft" || e.key === "ArrowRight") panel.options.step?.(e.key === "ArrowLeft" ? -1 : 1);
}

async function setStars(n) {
  const run = panel.detail;
  if (!(await rate(run, n))) return;
  run.rating = n;
  panel.node.querySelector(".st-stars")?.parentNode && panel.row.show(n);
  panel.options.rated?.(run);
}

const section = (label, ...children) => el("section", "st-sec", {}, el("h4", "", {}, label), ...children);

function draw() {
  const { detail: run, options } = panel;
  const scroll = panel.node.scrollTop;
  panel.row = stars(run.rating, setStars);
  const link = new URL(`?run=${run.id}`, BASE).href;
  const head = el(
    "header",
    "st-panelhead",
    {},
    el(
      "div",
      "st-grow",
      {},
      el("strong", "", {}, t(`widgets.task.${run.task}`)),
      chip(run),
      author(run),
      sharedMark(run),
    ),
    options.step ? button(t("widgets.previous"), { name: "left", cls: "bare" }, () => options.step(-1)) : null,
    options.step ? button(t("widgets.next"), { name: "right", cls: "bare" }, () => options.step(1)) : null,
    button(t("widgets.copy_link"), { name: "link", cls: "bare" }, () => copy(link)),
    button(t("widgets.close"), { name: "close", cls: "bare", data: { do: "close" } }, () => close()),
  );
  const why = reason(run);
  const body = el(
    "div",
    "st-panelbody",
    {},
    ...results(run),
    ended(run) || run.status === "held" ? null : progress(run),
    why
      ? el(
          "p",
          `st-why ${run.status}`,
          {},
          icon(run.status === "cancelled" ? "close" : "warn"),
          el("span", "", {}, why),
        )
      : null,
    run.choices?.length ? choices(run) : null,
    run.note ? el("p", "st-note", {}, run.note) : null,
    el(
      "div",
      "st-actions wide",
      {},
      ...buttons(run, { compact: false, lists: options }),
      run.comparison
        ? button(t("compare.open"), { name: "compare", text: t("compare.open"), data: { do: "comparison" } }, () =>
            openComparison(run.comparison),
          )
        : null,
      run.asset && run.asset.kind !== "text" && mayAdd() ? addButton(() => ({ runs: [run.id] })) : null,
    ),
    run.status === "succeeded" ? panel.row : null,
    run.prompt ? section(t("widgets.prompt"), text(run.prompt)) : null,
    run.original_prompt ? firstText(run) : null,
    run.negative_prompt ? section(t("widgets.negative_prompt"), text(run.negative_prompt)) : null,
    run.given.length
      ? section(t("widgets.inputs"), el("div", "st-files", {}, ...run.given.map((a) => input(a))))
      : null,
    section(t("widgets.parameters"), table(parameters(run))),
    section(t("widgets.history"), timeline(run)),
    run.assets.length
      ? section(t("widgets.outputs"), el("div", "st-files list", {}, ...run.assets.map((a) => file(a))))
      : null,
  );
  panel.node.replaceChildren(head, body);
  panel.node.scrollTop = scroll;
}

function results(run) {
  if (!run.assets.length) return [el("div", "st-player", {}, picture(run))];
  const pairs = run.assets.filter((a) => a.kind !== "text").map((asset) => ({ run, asset }));
  const big = el("div", "st-big");
  const pick = (i) => {
    const asset = pairs[i].asset;
    big.replaceChildren(
      player(asset, {
        keys: panel.node,
        autoplay: !still() && asset.kind === "video",
        enlarge: () => {
          const { all, at } = neighbourFiles(pairs, i);
          lightbox(all, at, { rated: panel.options.rated });
        },
      }),
    );
  };
  if (pairs.length) pick(0);
  const texts = run.assets.filter((a) => a.kind === "text").map((a) => el("p", "st-answer", {}, a.text || ""));
  const strip =
    pairs.length > 1
      ? el(
          "div",
          "st-strip",
          {},
          ...pairs.map((p, i) =>
            el(
              "button",
              "",
              { type: "button", "aria-label": t("widgets.file_n", { n: i + 1 }), onclick: () => pick(i) },
              el("img", "", { src: media(p.asset.id, "thumb"), alt: "", loading: "lazy" }),
            ),
          ),
        )
      : null;
  return [big, strip, ...texts];
}

/** The files of this run among those of the list it was opened from, and which one of all is shown. */
function neighbourFiles(pairs, i) {
  const runs = panel.options.all?.() || [];
  const here = runs.findIndex((r) => r.id === panel.id);
  if (here < 0) return { all: pairs, at: i };
  const single = (list) => list.filter((r) => r.asset).map((run) => ({ run, asset: run.asset }));
  const before = single(runs.slice(0, here));
  return { all: [...before, ...pairs, ...single(runs.slice(here + 1))], at: before.length + i };
}

const text = (words) =>
  el(
    "div",
    "st-words",
    {},
    el("p", "", {}, words),
    button(t("widgets.copy"), { name: "copy", cls: "bare", data: { do: "copy" } }, () => copy(words)),
  );

/** What was written first, as the changes to what was sent; drawn with the script that only such runs need. */
function firstText(run) {
  styles("writing.css");
  const { original_prompt: first, prompt } = run;
  const changes = el("div");
  import("./writing/first_text.js").then(({ changesBetween }) =>
    changes.replaceChildren(changesBetween(first, prompt)),
  );
  const use = t("writing.use_first");
  return section(
    t("writing.first_title"),
    changes,
    el(
      "div",
      "st-actions",
      {},
      button(use, { name: "use", text: use, cls: "quiet", data: { do: "use-first" } }, () =>
        act("use", { run: run.id, prompt: "original" }),
      ),
      button(t("widgets.copy"), { name: "copy", cls: "bare", data: { do: "copy-first" } }, () => copy(first)),
    ),
  );
}

function table(rows) {
  return el(
    "dl",
    "st-table",
    {},
    ...rows.flatMap(([label, value, extra]) => [el("dt", "", {}, label), el("dd", "", {}, `${value}`, extra)]),
  );
}

/** The provider's own name of the task, where the handle keeps more than that. */
function taskOf(handle) {
  try {
    return JSON.parse(handle).task || handle;
  } catch {
    return handle;
  }
}

/** Every value of the request, in words, then model, money and times. */
function parameters(run) {
  const r = run.request;
  const rows = [[t("widgets.model"), catalogueText(run.model_label)]];
  rows.push([t("widgets.provider"), catalogueText(run.provider_label)]);
  if (run.seed !== null)
    rows.push([
      t("widgets.seed_label"),
      run.seed,
      button(t("widgets.copy"), { name: "copy", cls: "bare tiny" }, () => copy(`${run.seed}`)),
    ]);
  if (r.width) rows.push([t("widgets.size"), `${r.width} × ${r.height}`]);
  for (const key of ["aspect", "tier", "fps"]) if (r[key]) rows.push([t(`widgets.${key}`), r[key]]);
  if (r.duration_s) rows.push([t("widgets.duration"), seconds(r.duration_s)]);
  if ("audio" in r) rows.push([t("widgets.audio"), t(r.audio ? "widgets.yes" : "widgets.no")]);
  for (const p of run.params)
    rows.push([
      catalogueText(p.label),
      typeof p.value === "boolean"
        ? t(p.value ? "widgets.yes" : "widgets.no")
        : p.choice
          ? catalogueText(p.value)
          : p.value,
    ]);
  rows.push([t("widgets.estimate"), dollars(run.estimate_usd)]);
  if (ended(run)) rows.push([t("widgets.cost"), cost(run)]);
  rows.push([t("widgets.created"), exactTime(run.created_at)]);
  if (run.finished_at && run.started_at)
    rows.push([t("widgets.took"), seconds((Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000)]);
  rows.push([
    t("widgets.run_id"),
    run.id,
    button(t("widgets.copy"), { name: "copy", cls: "bare tiny" }, () => copy(run.id)),
  ]);
  if (run.handle) rows.push([t("widgets.handle"), taskOf(run.handle)]);
  if (run.retry_of)
    rows.push([
      t("widgets.retry_of"),
      "",
      el("button", "st-link", { type: "button", onclick: () => open(run.retry_of, panel.options) }, run.retry_of),
    ]);
  return rows;
}

function timeline(run) {
  let last = null;
  return el(
    "ol",
    "st-line",
    {},
    ...run.events.map((e) => {
      const at = new Date(e.at);
      const since = last === null ? "" : `+${seconds((at.getTime() - last.getTime()) / 1000)}`;
      last = at;
      const word = t(`widgets.status.${e.to_status}`) + (e.phase ? ` · ${t(`widgets.phase.${e.phase}`)}` : "");
      return el(
        "li",
        e.to_status,
        {},
        el("b", "", {}, word),
        el("time", "", { title: exactTime(e.at), datetime: e.at }, at.toLocaleTimeString()),
        el("i", "", {}, since),
        e.why ? el("p", "", {}, e.why) : null,
      );
    }),
  );
}

function input(a) {
  const label = t(`widgets.input.${a.input}`);
  if (a.lost) return el("div", "st-file lost", {}, el("span", "", {}, `${label}: ${a.lost}`));
  if (a.kind === "document")
    return el(
      "a",
      "st-file",
      { href: `${media(a.id)}?download=1`, download: "", title: a.name },
      el("span", "st-sign", {}, icon("script", "st-i big")),
      el("span", "", {}, a.name || label),
    );
  const view = () => lightbox([{ run: { ...panel.detail, prompt: a.name || label }, asset: a }]);
  return el(
    "button",
    "st-file",
    { type: "button", title: a.name, onclick: view },
    el("img", "", { src: media(a.id, "thumb"), alt: "", loading: "lazy" }),
    el("span", "", {}, label),
  );
}

function file(a) {
  const facts = [
    a.mime,
    a.width && `${a.width}×${a.height}`,
    a.duration_s && seconds(a.duration_s),
    a.fps && `${Math.round(a.fps * 100) / 100} fps`,
    a.bytes && bytes(a.bytes),
  ]
    .filter(Boolean)
    .join(" · ");
  const save = el(
    "a",
    "st-b bare",
    {
      href: `${media(a.id)}?download=1`,
      download: "",
      "aria-label": t("widgets.download_file", { name: a.download }),
      title: t("widgets.download"),
    },
    icon("download"),
  );
  return el(
    "div",
    "st-row",
    {},
    a.kind === "text" ? null : el("img", "", { src: media(a.id, "thumb"), alt: "", loading: "lazy" }),
    el("div", "st-grow", {}, el("b", "", {}, a.download), el("small", "", {}, facts)),
    a.kind === "text" ? null : sendButton(a, { cls: "bare" }),
    a.kind === "text" ? null : save,
  );
}
