// Models: open models for the user's own card. Read when opened, and each second while something is being fetched.

import { button, bytes, el, styles, t } from "./dom.js";
import { get, post, toast, tried } from "./net.js";

const EVERY_MS = 1000;

/** gr.HTML calls this once. */
export function mount(element) {
  styles("widgets.css", "house.css", "models.css");
  const root = element.querySelector(".st-mount") || element;
  root.classList.add("st", "st-models");
  let timer = 0;
  let visible = false;

  function show(told) {
    clearTimeout(timer);
    if (!told) return;
    const held = root.contains(document.activeElement) && document.activeElement.dataset.key;
    root.replaceChildren(head(told), el("ul", "st-modellist", {}, ...told.models.map((m) => row(m, act))));
    if (held) root.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus();
    const busy = told.models.some((m) => m.downloads.some((d) => d.state === "running"));
    if (visible && busy) timer = setTimeout(load, EVERY_MS);
  }
  const load = async () => show(await tried(get("ui/models")));
  const act = async (word, model, extras = false) => {
    if (word === "remove" && !confirm(t("models.really", { label: model.label, size: bytes(model.on_disk) }))) return;
    const told = await tried(post(`ui/models/${word}`, { model: model.id, extras }));
    if (told && word === "remove") toast(t("models.removed", { label: model.label }));
    show(told);
  };
  new IntersectionObserver((seen) => {
    visible = seen.some((s) => s.isIntersecting);
    if (visible) load();
    else clearTimeout(timer);
  }).observe(element);
}

function head({ missing, cards }) {
  const lines = cards.map((c) => el("li", "", {}, el("b", "", {}, c.name), c.memory ? ` · ${bytes(c.memory)}` : "", " · ", c.loaded ? t("models.loaded", { model: c.loaded }) : t("models.free")));
  return el("section", "st-box", { "aria-label": t("models.yours") }, el("h3", "", {}, t("models.yours")),
    missing ? el("p", "st-need", {}, missing) : null, lines.length ? el("ul", "", {}, ...lines) : null, el("p", "st-dim", {}, t("models.help")));
}

function row(m, act) {
  const fits = m.fits.map((f) => el("p", f.rung ? "st-okay" : "st-need", {}, f.sentence));
  const running = m.downloads.some((d) => d.state === "running");
  const does = (word, label, extras) => button(label, { text: label, data: { do: word, key: `${m.id} ${word} ${Boolean(extras)}` } }, () => act(word, m, extras));
  const tools = running ? [does("stop", t("models.stop"))] : [
    m.present ? null : does("fetch", t(m.on_disk ? "models.resume" : "models.fetch")),
    ...m.extras.filter((x) => !x.present).slice(0, 1).map(() => does("fetch", t("models.fetch_draft"), true)),
    m.folder ? does("remove", t("models.remove")) : null];
  return el("li", "st-box", { data: { model: m.id } },
    el("div", "st-modelhead", {}, el("h3", "", {}, m.label), el("span", m.present ? "st-okay" : "st-dim", {}, state(m))),
    el("p", "st-dim", {}, `${bytes(m.bytes)} · ${m.licence} · `, el("a", "", { href: m.source, target: "_blank", rel: "noreferrer" }, m.repo)),
    ...fits, ...m.downloads.map(progress), el("div", "st-modeltools", {}, ...tools));
}

function state(m) {
  if (m.present) return t("models.here", { size: bytes(m.on_disk) });
  if (!m.folder) return t("models.not_here");
  return t("models.lacks", { n: m.missing.length, first: m.missing[0] });
}

function progress(d) {
  const share = d.bytes ? Math.min(1, d.done / d.bytes) : 0;
  if (d.state === "failed" || d.state === "stopped") return el("p", d.state === "failed" ? "st-need" : "st-dim", {}, d.message);
  if (d.state === "ended") return null;
  const bar = el("progress", "", { max: 1, value: share, "aria-label": t("models.fetching", { repo: d.repo }) });
  return el("p", "st-modelbar", {}, bar, el("span", "st-dim", {}, d.bytes ? t("models.of", { done: bytes(d.done), all: bytes(d.bytes) }) : t("models.asking")));
}
