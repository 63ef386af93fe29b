// Words over the film and the slate before it: both saved with the board while one types.

import { BASE, button, el, icon, t } from "../dom.js";
import { check, choose, field, autoGrow } from "./dialog.js";
import { filmSeconds, shaped, stillView } from "./still.js";

const STYLES = ["title", "lower", "label", "caption"];
const PLACES = [0, 7, 8, 9, 4, 5, 6, 1, 2, 3];
const LENGTH_S = 3;
const LEAST_S = 0.2;
const DEBOUNCE_MS = 250;
const LINES = ["title", "scene", "take", "date", "note"];

const newId = () => `t${Math.random().toString(16).slice(2, 14)}`;
const roundToTenth = (s) => Math.round(s * 10) / 10;

/** The page of titles and lower thirds. */
export function titlesPanel(store) {
  let titles = (store.board.titles || []).map((one) => ({ ...one }));
  const still = stillView(store, () => ({ titles, look: store.board.look }));
  const middle = (title) => (title.start_s + Math.min(title.end_s, store.data.length_s)) / 2;
  const list = el("ol", "bd-titles", { "aria-label": t("look.titles") });
  function save(last) {
    store.scheduleSave("film.titles", { op: "update", titles });
    if (last) store.flush();
    still.refresh();
  }
  const add = button(
    t("look.title_add"),
    { name: "plus", text: t("look.title_add"), data: { do: "title-add" } },
    () => {
      const length = store.data.length_s;
      const start_s = roundToTenth(Math.max(0, Math.min(still.at(), length - LENGTH_S)));
      titles = [
        ...titles,
        {
          id: newId(),
          text: "",
          style: titles.length ? "lower" : "title",
          start_s,
          end_s: roundToTenth(Math.min(start_s + LENGTH_S, Math.max(length, start_s + 1))),
          place: 0,
          fade: true,
        },
      ];
      store.begin();
      draw();
      list.lastElementChild.querySelector("textarea").focus();
    },
  );
  function row(title) {
    const number = (name, label) => {
      const input = el("input", "bd-input", {
        type: "number",
        min: 0,
        max: 36000,
        step: 0.1,
        inputmode: "decimal",
        value: title[name],
        data: { field: name },
      });
      input.addEventListener("focus", () => store.begin());
      input.addEventListener("change", () => {
        const value = Math.max(0, Number(input.value) || 0);
        title[name] = roundToTenth(value);
        if (title.end_s < title.start_s + LEAST_S)
          name === "start_s"
            ? (title.end_s = roundToTenth(value + LENGTH_S))
            : (title.end_s = roundToTenth(title.start_s + LEAST_S));
        for (const one of node.querySelectorAll("[data-field=start_s], [data-field=end_s]"))
          one.value = title[one.dataset.field];
        save(true);
        see();
      });
      return field(label, input);
    };
    const words = autoGrow(
      el("textarea", "bd-input", {
        rows: 1,
        maxlength: 500,
        placeholder: t(`look.hint.${title.style}`),
        "aria-label": t("look.words"),
        data: { field: "title-text" },
      }),
    );
    words.value = title.text;
    const see = () => still.goto(middle(title));
    words.addEventListener("focus", () => (store.begin(), see()));
    words.addEventListener("input", () => ((title.text = words.value), save()));
    words.addEventListener("change", () => store.flush());
    const style = choose(
      STYLES.map((s) => [s, t(`look.style.${s}`)]),
      title.style,
      (v) => ((title.style = v), (words.placeholder = t(`look.hint.${v}`)), save(true), see()),
      { data: { field: "title-style" } },
    );
    const where = choose(
      PLACES.map((p) => [p, t(`look.place.${p}`)]),
      title.place,
      (v) => ((title.place = Number(v)), save(true), see()),
      { data: { field: "title-place" } },
    );
    const remove = button(t("look.title_remove"), { name: "trash", cls: "bare", data: { do: "title-remove" } }, () => {
      titles = titles.filter((one) => one !== title);
      store.begin();
      save(true);
      draw();
    });
    const node = el(
      "li",
      "",
      { data: { id: title.id } },
      el("div", "bd-row", {}, words, remove),
      el(
        "div",
        "bd-titlefields",
        {},
        field(t("look.style"), style),
        number("start_s", t("look.from_s")),
        number("end_s", t("look.to_s")),
        field(t("look.place"), where),
      ),
      check(t("look.fade"), title.fade, (on) => ((title.fade = on), save(true))),
    );
    return node;
  }
  function draw() {
    list.replaceChildren(...titles.map(row));
    if (!titles.length) list.replaceChildren(el("li", "st-dim", {}, t("look.titles_none")));
  }
  draw();
  titles.length ? still.goto(middle(titles[0])) : still.refresh();
  return {
    node: el(
      "div",
      "bd-look",
      {},
      still.node,
      el(
        "div",
        "bd-lookcontrols",
        {},
        list,
        el("div", "bd-row", {}, add, el("small", "st-dim", {}, filmSeconds(store.data.length_s))),
      ),
    ),
    stop: still.stop,
  };
}

/** The page of the slate. */
export function slatePanel(store) {
  let slate = { ...store.board.slate };
  const image = el("img", "", { alt: t("look.slate"), data: { slate: "waiting" } });
  const stage = el("div", "bd-still", {}, image);
  shaped(stage, store.board);
  const fields = el("div", "bd-slatefields");
  let timer;
  let url = "";
  async function show() {
    const answer = await fetch(new URL(`${store.path}/slate`, BASE), {
      method: "POST",
      credentials: "same-origin",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ slate }),
    }).catch(() => null);
    if (!answer?.ok) return;
    URL.revokeObjectURL(url);
    image.src = url = URL.createObjectURL(await answer.blob());
    image.dataset.slate = "done";
  }
  function save(fields_, last) {
    slate = { ...slate, ...fields_ };
    store.scheduleSave("film.slate", { op: "update", slate });
    if (last) store.flush();
    image.dataset.slate = "waiting";
    clearTimeout(timer);
    timer = setTimeout(show, DEBOUNCE_MS);
  }
  const line = (name) => {
    const input = el("input", "bd-input", {
      type: "text",
      maxlength: 200,
      value: slate[name],
      placeholder: name === "title" ? store.board.title : name === "date" ? t("look.today") : "",
      data: { field: `slate-${name}` },
    });
    input.addEventListener("focus", () => store.begin());
    input.addEventListener("input", () => save({ [name]: input.value }));
    input.addEventListener("change", () => store.flush());
    return field(t(`look.slate.${name}`), input, { cls: name === "title" || name === "note" ? "whole" : "" });
  };
  const seconds = choose(
    [1, 2, 3, 5].map((s) => [s, `${s} s`]),
    slate.seconds,
    (v) => save({ seconds: Number(v) }, true),
    { data: { field: "slate-seconds" } },
  );
  const on = check(t("look.slate_on"), slate.on, (v) => (store.begin(), save({ on: v }, true), open()));
  on.querySelector("input").dataset.field = "slate-on";
  const open = () => {
    fields.hidden = stage.hidden = !slate.on;
    if (slate.on) show();
  };
  const lines = LINES.map(line);
  fields.append(...lines.slice(0, -1), field(t("look.slate_seconds"), seconds), lines.at(-1));
  open();
  const node = el("div", "bd-look", {}, el("div", "bd-row", {}, icon("film"), on), stage, fields);
  return { node, stop: () => (clearTimeout(timer), URL.revokeObjectURL(url)) };
}
