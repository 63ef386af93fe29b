// The look of the film: a colour table, three wheels, four sliders. Saved with the board while one moves them.

import { button, el, number, t } from "../dom.js";
import { del, get, toast, tryOrToast } from "../net.js";
import { choose } from "./dialog.js";
import { fileButton, send } from "./files.js";
import { stillView } from "./still.js";
import { wheel } from "./wheel.js";

const WHEELS = ["shadows", "mids", "lights"];
const SLIDERS = { exposure: [-2, 2, 0], contrast: [0.5, 1.6, 1], saturation: [0, 2, 1], warmth: [-1, 1, 0] };
const NEUTRAL = {
  exposure: 0,
  contrast: 1,
  saturation: 1,
  warmth: 0,
  shadows: [0, 0, 0],
  mids: [0, 0, 0],
  lights: [0, 0, 0],
  lut: "",
  lut_strength: 1,
};

/** A slider with its name and number; a double click puts it back to `middle`. */
export function slider(
  label,
  { min, max, step = 0.05, value, middle, show = (v) => number(v, 2), attrs = {} },
  changed,
  began = () => {},
) {
  const told = el("output", "", {}, show(value));
  const input = el("input", "", { type: "range", min, max, step, value, "aria-label": label, ...attrs });
  const heard = (last) => ((told.textContent = show(Number(input.value))), changed(Number(input.value), last));
  input.addEventListener("pointerdown", began);
  input.addEventListener("focus", began);
  input.addEventListener("input", () => heard(false));
  input.addEventListener("change", () => heard(true));
  input.addEventListener("dblclick", () => (began(), (input.value = middle), heard(true)));
  return el("label", "bd-slider", {}, el("span", "", {}, label), input, told);
}

/** The look's page. */
export function lookPanel(store) {
  let look = { ...NEUTRAL, ...store.board.look };
  const still = stillView(store, () => ({ look, titles: store.board.titles }));
  const controls = el("div", "bd-lookcontrols");
  const began = () => store.begin();
  function set(fields, last) {
    look = { ...look, ...fields };
    store.scheduleSave("film.look", { op: "update", look });
    if (last) store.flush();
    still.refresh();
  }
  const reset = button(
    t("look.reset"),
    { name: "undo", text: t("look.reset"), cls: "quiet", data: { do: "look-reset" } },
    () => {
      began();
      set({ ...NEUTRAL }, true);
      draw();
    },
  );
  function draw() {
    const wheels = WHEELS.map(
      (name) =>
        wheel(t(`look.${name}`), look[name], {
          began,
          changed: (value, last) => set({ [name]: value }, last),
          data: { wheel: name },
        }).node,
    );
    const sliders = Object.entries(SLIDERS).map(([name, [min, max, middle]]) =>
      slider(
        t(`board.grade.${name}`),
        { min, max, middle, value: look[name], attrs: { data: { grade: name } } },
        (v, last) => set({ [name]: v }, last),
        began,
      ),
    );
    controls.replaceChildren(
      el(
        "section",
        "bd-sec",
        {},
        el("h4", "", {}, t("look.table")),
        tables(() => look, set, began),
      ),
      el("section", "bd-sec", {}, el("h4", "", {}, t("look.wheels")), el("div", "bd-wheels", {}, ...wheels)),
      el("div", "bd-two bd-looksliders", {}, ...sliders),
      el("div", "bd-row", {}, el("small", "st-dim st-grow", {}, t("look.help")), reset),
    );
  }
  draw();
  still.refresh();
  return { node: el("div", "bd-look", {}, still.node, controls), stop: still.stop };
}

/** Choose among the kept colour tables, add one, take one off the list, and how much of it. */
function tables(now, set, began) {
  const row = el("div", "bd-luts");
  async function fill(found) {
    found ||= await tryOrToast(get("ui/luts"));
    if (!found) return;
    const look = now();
    const known = found.luts.some((lut) => lut.id === look.lut);
    const options = [
      ["", t("look.no_table")],
      ...(look.lut && !known ? [[look.lut, t("look.gone_table")]] : []),
      ...found.luts.map((lut) => [lut.id, `${lut.name}  (${lut.side}³)`]),
    ];
    const pick = choose(options, look.lut, (lut) => (began(), set({ lut }, true), fill(found)), {
      "aria-label": t("look.table"),
      data: { field: "lut" },
    });
    const add = fileButton(
      t("look.add_table"),
      { accept: ".cube", cls: "quiet", data: { do: "lut-add" } },
      async ([file]) => {
        row.classList.add("busy");
        const kept = await tryOrToast(send(`ui/luts?name=${encodeURIComponent(file.name)}`, file));
        row.classList.remove("busy");
        if (!kept) return;
        began();
        set({ lut: kept.id }, true);
        fill(kept);
      },
    );
    const remove = known
      ? button(t("look.forget_table"), { name: "trash", cls: "bare", data: { do: "lut-remove" } }, async () => {
          const left = await tryOrToast(del(`ui/luts/${look.lut}`));
          if (!left) return;
          began();
          set({ lut: "" }, true);
          fill(left);
          toast(t("look.forgotten"));
        })
      : null;
    const strength = look.lut
      ? slider(
          t("look.strength"),
          {
            min: 0,
            max: 1,
            step: 0.01,
            middle: 1,
            value: look.lut_strength,
            show: (v) => `${Math.round(v * 100)} %`,
            attrs: { data: { field: "lut_strength" } },
          },
          (v, last) => set({ lut_strength: v }, last),
          began,
        )
      : null;
    row.replaceChildren(el("div", "bd-row", {}, pick, add, remove || ""), strength || "");
  }
  fill();
  return row;
}
