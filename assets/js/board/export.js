// Exports of a board: the film and what other programs read; each made in the background, with progress and cancel.

import { BASE, button, bytes, el, icon, number, seconds, since, t } from "../dom.js";
import { get, post, toast, tryOrToast } from "../net.js";
import { player } from "../player.js";
import { check, choose, dialog, field, autoGrow } from "./dialog.js";
import { trebleCurves } from "./curves.js";
import { fileButton, pickAsset, upload } from "./files.js";
import { boardReports } from "../review/status_settings.js";
import { addButton, mayAdd } from "../review/add_to.js";
import { findingsBox } from "./findings.js";
import { lookPanel } from "./look.js";
import { captions } from "./spoken.js";
import { slatePanel, titlesPanel } from "./titles.js";
import { oneRunShots } from "./whole.js";

const FORMS = ["film", "contact", "shots", "otio", "edl", "fcpxml", "project"];
const POLL_MS = 500;
const PAGES = { output: null, look: lookPanel, titles: titlesPanel, slate: slatePanel };
const FRAMINGS = ["fit", "blur", "fill", "follow"];
const SEEN_BY_BROWSERS = /\.(mp4|webm|gif|webp)$/;
const LOUDNESS = [
  ["", "board.loud_as_is"],
  ["-14", "board.loud_web"],
  ["-16", "board.loud_podcast"],
  ["-23", "board.loud_r128"],
];

/** The window of exports. look(s): shows the film at this time. */
export async function exportDialog(store, look) {
  const { places } = (await tryOrToast(get("ui/boards/places"))) || { places: [] };
  const lookOnly = !store.editable; // then what others exported is there to download
  let form = "film";
  let pages = null;
  const { places: placesBefore, ...options } = store.board.delivery;
  const copy = { review: false }; // not kept with the board: the next export is for delivery again
  const chosenPlaces = new Set(placesBefore.filter((id) => places.some((p) => p.id === id)));
  if (!chosenPlaces.size) chosenPlaces.add("master");
  if (options.music && !store.data.assets[options.music]) options.music = null;
  const delivery = () => ({ ...options, places: [...chosenPlaces] });
  let kept = JSON.stringify(delivery());
  /** Something was chosen: check the film again, and keep the choice with the board for the next export. */
  const changed = () => {
    checks.refresh();
    if (JSON.stringify(delivery()) === kept) return;
    kept = JSON.stringify(delivery());
    store.scheduleSave("film.delivery", { op: "update", delivery: delivery() });
  };
  store.begin();
  const chosen = el("div", "bd-exportoptions");
  const checks = findingsBox(
    store,
    () => ({
      options: { ...options, whole: store.board.shown, review_copy: copy.review },
      places: [...chosenPlaces],
    }),
    (shot, s) => (box.close(), store.select(shot), look(s)),
  );
  for (const kind of ["input", "change", "click"]) chosen.addEventListener(kind, changed);
  const rows = el("ol", "bd-exports", { "aria-live": "polite", "aria-label": t("board.exports") });
  const forms = el(
    "div",
    "bd-forms",
    { role: "radiogroup", "aria-label": t("board.export") },
    ...FORMS.map((name) =>
      el(
        "button",
        "",
        {
          type: "button",
          role: "radio",
          "aria-checked": name === form,
          data: { form: name },
          onclick: () => pick(name),
        },
        el("strong", "", {}, t(`board.form.${name}`)),
        el("small", "st-dim", {}, t(`board.form_help.${name}`)),
      ),
    ),
  );
  const refused = el("p", "bd-warn st-grow", { role: "alert", hidden: true });
  const go = button(
    t("board.export_go"),
    { name: "download", text: t("board.export_go"), cls: "primary", data: { do: "export-now" } },
    async () => {
      go.disabled = true;
      store.flush();
      await store.chain;
      const film = form === "film";
      refused.hidden = true;
      try {
        await post(`${store.path}/films`, {
          form,
          options: film ? { ...options, whole: store.board.shown, review_copy: copy.review } : {},
          places: film ? [...chosenPlaces] : [],
        });
      } catch (error) {
        refused.hidden = false; // here, for a window covers what is told at the foot of the page
        refused.replaceChildren(icon("warn"), error.message);
      }
      go.disabled = false;
      load();
    },
  );
  const reports = el("div");
  boardReports(store.board.id).then(
    (made) => made && reports.replaceChildren(el("h4", "", {}, t("reviewstatus.reports")), made),
  );
  const box = dialog(
    t("board.export"),
    el(
      "div",
      "bd-export",
      {},
      el("div", "bd-exportleft", {}, lookOnly ? null : forms, el("h4", "", {}, t("board.exports")), rows, reports),
      lookOnly ? null : el("div", "bd-exportside", {}, checks.node, chosen),
    ),
    lookOnly ? [] : [refused, go],
    { wide: true, done: () => (clearTimeout(timer), checks.stop(), pages?.stop(), store.flush()) },
  );

  function pick(name) {
    form = name;
    checks.node.hidden = name !== "film";
    for (const one of forms.children) one.setAttribute("aria-checked", one.dataset.form === name);
    pages?.stop();
    pages = name === "film" ? filmPages(store, filmOptions(store, options, places, chosenPlaces, changed, copy)) : null;
    chosen.replaceChildren(pages?.node || el("p", "st-dim", {}, t(`board.form_help.${name}`)));
  }

  const drawn = new Map();
  let timer;
  async function load() {
    clearTimeout(timer);
    const found = await tryOrToast(get(`${store.path}/films`));
    if (!found || !box.isConnected) return;
    const nodes = found.films.map((film) => {
      const key = film.status;
      const old = drawn.get(film.id);
      const node = old?.key === key ? old.node : row(film, load, places, (s) => (box.close(), look(s)));
      drawn.set(film.id, { key, node });
      const bar = node.querySelector(".st-bar > i");
      if (bar) bar.style.transform = `scaleX(${film.fraction ?? 0})`;
      node.querySelector(".bd-percent")?.replaceChildren(...progressWords(film));
      return node;
    });
    rows.replaceChildren(...nodes);
    if (!nodes.length) rows.replaceChildren(el("li", "st-dim", {}, t("board.exports_none")));
    if (found.films.some((f) => f.status === "running")) timer = setTimeout(load, POLL_MS);
  }
  load();
  if (lookOnly) return;
  pick(form);
  checks.load();
}

/** How far an export is, and how long it still takes. */
function progressWords({ fraction, left_s }) {
  const left = left_s === null || left_s === undefined ? "" : timeLeft(left_s);
  return [el("span", "", {}, `${Math.round((fraction ?? 0) * 100)} %`), left && el("small", "st-dim", {}, left)].filter(
    Boolean,
  );
}

/** "3 min left": in steps that the eye can follow. */
function timeLeft(left_s) {
  if (left_s < 90) return t("exporttime.seconds", { n: Math.max(5, Math.ceil(left_s / 5) * 5) });
  return t("exporttime.minutes", { n: Math.round(left_s / 60) });
}

/** Where the film goes, several places at once, each a file of its own. */
function placeChoice(places, chosen, changed) {
  const chips = places.map((place) => {
    const one = button(
      place.label,
      {
        text: place.label,
        cls: "quiet",
        "aria-pressed": chosen.has(place.id),
        title: [
          place.width && place.height ? `${place.width}×${place.height}` : "",
          place.lufs ? `${place.lufs} LUFS` : "",
          place.max_s ? `< ${seconds(place.max_s)}` : "",
        ]
          .filter(Boolean)
          .join(" · "),
        data: { place: place.id },
      },
      () => {
        chosen.has(place.id) && chosen.size > 1 ? chosen.delete(place.id) : chosen.add(place.id);
        one.setAttribute("aria-pressed", chosen.has(place.id));
        changed();
      },
    );
    return one;
  });
  changed();
  return el(
    "section",
    "bd-sec",
    {},
    el("h4", "", {}, t("board.places")),
    el("div", "bd-row wrap", { role: "group", "aria-label": t("board.places") }, ...chips),
  );
}

/** Pages of a film's export, one shown at a time: what comes out, and how it looks. Gives node, stop(). */
function filmPages(store, output) {
  let open = null;
  const page = el("div", "bd-page", { role: "tabpanel" });
  const touched = {
    look: () => JSON.stringify(store.board.look) !== plain,
    titles: () => store.board.titles.length > 0,
    slate: () => store.board.slate.on,
  };
  const plain = JSON.stringify({
    exposure: 0,
    contrast: 1,
    saturation: 1,
    warmth: 0,
    shadows: [0, 0, 0],
    mids: [0, 0, 0],
    lights: [0, 0, 0],
    lut: "",
    lut_strength: 1,
  });
  const tabs = el(
    "div",
    "bd-pages",
    { role: "tablist", "aria-label": t("look.pages") },
    ...Object.keys(PAGES).map((name) =>
      el(
        "button",
        "",
        {
          type: "button",
          role: "tab",
          "aria-selected": name === "output",
          tabindex: name === "output" ? 0 : -1,
          data: { page: name },
          onclick: () => show(name),
        },
        t(`look.page.${name}`),
      ),
    ),
  );
  function mark() {
    for (const tab of tabs.children) {
      tab.querySelector("i")?.remove();
      if (touched[tab.dataset.page]?.()) tab.append(el("i", "", { "aria-hidden": "true" }));
    }
  }
  function show(name) {
    open?.stop();
    open = PAGES[name]?.(store) || null;
    for (const tab of tabs.children) {
      tab.setAttribute("aria-selected", tab.dataset.page === name);
      tab.tabIndex = tab.dataset.page === name ? 0 : -1;
    }
    page.replaceChildren(open?.node || output);
    mark();
  }
  tabs.addEventListener("keydown", (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    const all = [...tabs.children];
    const next = all[(all.indexOf(/** @type {Element} */ (e.target)) + step + all.length) % all.length];
    show(next.dataset.page);
    next.focus();
  });
  page.addEventListener("change", mark);
  show("output");
  return { node: el("div", "bd-form", {}, tabs, page), stop: () => open?.stop() };
}

function filmOptions(store, options, places, chosenPlaces, changed, copy) {
  const music = el("div", "bd-row wrap");
  const level = () => {
    const told = el("output", "", {}, `${options.music_db} dB`);
    const slider = el("input", "", {
      type: "range",
      min: -30,
      max: 0,
      step: 1,
      value: options.music_db,
      "aria-label": t("board.music_level"),
    });
    slider.addEventListener(
      "input",
      () => ((options.music_db = Number(slider.value)), (told.textContent = `${slider.value} dB`)),
    );
    return el("label", "bd-slider", {}, el("span", "", {}, t("board.music_level")), slider, told);
  };
  const setMusic = (asset) => {
    options.music = asset?.id ?? null;
    fillMusic(asset);
    changed();
  };
  const fillMusic = (asset) => {
    const send = fileButton(t("board.upload"), { kinds: ["audio"], cls: "quiet" }, async (files) => {
      const [sent] = await upload(files, music);
      if (!sent) return;
      sent.kind === "audio" ? setMusic(sent) : toast(t("board.wrong_kind"), { bad: true });
    });
    music.replaceChildren(
      ...(asset
        ? [
            el("span", "bd-musicname", {}, icon("sound"), ` ${asset.name || t("board.music")}`),
            level(),
            button(t("board.music_none"), { name: "close", cls: "bare" }, () => setMusic(null)),
          ]
        : [
            send,
            button(t("board.from_gallery"), { name: "grid", text: t("board.from_gallery"), cls: "quiet" }, () =>
              pickAsset(t("board.music"), { kinds: ["audio"] }, setMusic),
            ),
          ]),
    );
  };
  fillMusic(store.data.assets[options.music]);
  const words = autoGrow(
    el("textarea", "bd-input", { rows: 2, placeholder: t("board.captions_hint"), data: { field: "captions" } }),
  );
  words.value = options.captions;
  words.addEventListener("input", () => (options.captions = words.value));
  const file = fileButton(
    t("board.captions_file"),
    { accept: ".srt,.vtt,text/vtt,text/plain", cls: "quiet" },
    async ([one]) => {
      words.value = options.captions = await one.text();
      words.fit();
      changed();
    },
  );
  const heard = captions(oneRunShots(store) || store.shots);
  const spoken = button(
    t("board.captions_spoken"),
    {
      text: t("board.captions_spoken"),
      cls: "quiet",
      disabled: !heard,
      title: heard ? "" : t("board.captions_silent"),
      data: { do: "captions-spoken" },
    },
    () => {
      words.value = options.captions = heard;
      words.fit();
    },
  );
  const label = el("input", "bd-input", {
    type: "text",
    maxlength: 80,
    value: options.label,
    placeholder: t("board.label_hint"),
    data: { field: "label" },
  });
  label.addEventListener("input", () => (options.label = label.value));
  const loud = choose(
    LOUDNESS.map(([v, key]) => [v, t(key)]),
    options.loudness ?? "",
    (v) => (options.loudness = v === "" ? null : Number(v)),
    { data: { field: "loudness" } },
  );
  const framing = field(
    t("board.framing"),
    choose(
      FRAMINGS.map((f) => [f, t(`board.framing.${f}`)]),
      options.framing,
      (v) => (options.framing = v),
      { data: { field: "framing" } },
    ),
  );
  const shape = store.board.width / store.board.height;
  const reshaped = () =>
    (framing.hidden = !places.some(
      (p) => chosenPlaces.has(p.id) && p.width && p.height && Math.abs(p.width / p.height - shape) > 0.02,
    ));
  return el(
    "div",
    "bd-form",
    {},
    placeChoice(places, chosenPlaces, reshaped),
    framing,
    check(t("board.allow_drafts"), options.allow_drafts, (on) => (options.allow_drafts = on)),
    check(t("reviewstatus.review_copy"), copy.review, (on) => (copy.review = on)),
    el("div", "bd-two", {}, field(t("board.loudness"), loud), field(t("board.label"), label)),
    check(t("board.repair"), options.repair_treble, (on) => (options.repair_treble = on)),
    el("section", "bd-sec", {}, el("h4", "", {}, t("board.music")), music),
    el(
      "section",
      "bd-sec",
      {},
      el("h4", "", {}, t("board.captions")),
      words,
      el(
        "div",
        "bd-row wrap",
        {},
        file,
        spoken,
        check(t("board.burn"), options.burn, (on) => (options.burn = on)),
      ),
    ),
  );
}

function row(film, changed, places, look) {
  const place = film.form === "film" && places.find((p) => p.id === film.options.preset);
  const link = new URL(`ui/films/${film.id}/file`, BASE).href;
  const head = el(
    "div",
    "st-grow",
    {},
    el("strong", "", {}, place && place.id !== "master" ? place.label : t(`board.form.${film.form}`)),
    el(
      "small",
      "st-dim",
      {},
      since(film.created_at),
      [
        film.options.review_copy ? t("reviewstatus.is_review_copy") : "",
        film.bytes ? bytes(film.bytes) : "",
        ...facts(film),
      ]
        .filter(Boolean)
        .map((fact) => ` · ${fact}`)
        .join(""),
    ),
  );
  const node = el("li", film.status, { data: { id: film.id, status: film.status } }, head);
  if (film.status === "running") {
    head.append(el("div", "st-bar", { role: "progressbar", "aria-label": t("widgets.progress") }, el("i")));
    node.append(
      el("span", "bd-percent"),
      button(
        t("widgets.cancel"),
        { name: "close", cls: "bare", data: { do: "cancel-export" } },
        async () => (await tryOrToast(post(`ui/films/${film.id}/cancel`)), changed()),
      ),
    );
  } else if (film.status === "succeeded") {
    if (film.report?.findings?.length) head.append(findings(film.report, look));
    if (film.asset && SEEN_BY_BROWSERS.test(film.name) && !/prores/.test(place?.form || ""))
      node.append(
        button(t("board.watch"), { name: "play", cls: "bare", data: { do: "watch" } }, () =>
          dialog(
            t("board.form.film"),
            player({ id: film.asset, kind: "video", fps: 0, has_audio: true }, { autoplay: true }),
            [],
            { wide: true },
          ),
        ),
        mayAdd() ? addButton(() => ({ films: [film.id] }), "bare only") : "",
      );
    node.append(
      el(
        "a",
        "st-b",
        {
          href: link,
          download: film.name,
          "aria-label": t("widgets.download_file", { name: film.name }),
          title: t("widgets.download"),
          data: { do: "download" },
        },
        icon("download"),
      ),
    );
    const curves = trebleCurves(film.report?.treble);
    if (curves)
      node.append(
        el(
          "details",
          "bd-more",
          {},
          el(
            "summary",
            "",
            {},
            icon("sound"),
            t(film.report.treble.gain_db ? "film.treble_title" : "film.treble_measured"),
          ),
          curves,
        ),
      );
  } else head.append(el("p", "st-reason", {}, film.error || t(`widgets.status.${film.status}`)));
  return node;
}

/** What a careful viewer would send back; a press shows the place in the film. */
function findings({ findings: found }, look) {
  const line = (f) =>
    el(
      "li",
      f.level,
      {},
      f.at_s === null
        ? el("span", "", {}, f.what)
        : el("button", "st-link", { type: "button", onclick: () => look(f.at_s) }, `${seconds(f.at_s)}: ${f.what}`),
    );
  return el(
    "details",
    "bd-more",
    {},
    el("summary", "", {}, icon("warn"), t("board.findings", { n: found.length })),
    el("ul", "bd-findings", {}, ...found.map(line)),
  );
}

/** What the report of a film tells in a few words: length, loudness, treble. */
function facts({ report, form }) {
  if (form !== "film" || !report) return [];
  const told = [seconds(report.duration_s)];
  if (report.loudness) told.push(`${number(report.loudness.lufs, 1)} LUFS`);
  if (report.treble?.gain_db) told.push(t("board.treble", { db: number(report.treble.gain_db, 1) }));
  return told;
}
