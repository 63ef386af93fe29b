// The bar that stays in sight under the form: runs, price and time of a press of Generate, what stands in the way, and
// the same told at the fields. It also tells the page when to ask again and when to keep what was typed.

import { button, dollars, el, icon, number, seconds, t } from "../dom.js";
import { say } from "../phrases.js";
import { formOf, textarea, write } from "./common.js";

const ASK_MS = 300;
const SAVE_MS = 700;
const SENT_MS = 3500;
const PLACES = { width: ["width", "aspect"], height: ["height", "aspect"], duration_s: ["duration_s", "duration_pick"], size: ["aspect"] };

export function mount(element, { props, trigger, watch, options }) {
  element.classList.add("st");
  const { page } = options;
  const form = formOf(element);
  const facts = el("div", "sf-facts", { role: "status", "aria-live": "polite" });
  const wrong = el("ul", "sf-wrong", { hidden: true });
  element.replaceChildren(wrong, facts);
  let asking, saving, seen = {}, sent = { until: 0 };

  const keep = () => {
    clearTimeout(saving);
    saving = 0;
    trigger("save");
  };
  const keepSoon = () => {
    clearTimeout(saving);
    saving = setTimeout(keep, SAVE_MS);
  };
  const ask = () => {
    clearTimeout(asking);
    asking = setTimeout(() => trigger("check"), ASK_MS);
    keepSoon();
  };
  const heard = (e) => {
    if (e.target.closest?.(".studio-bar")) return;
    if (e.type === "input") count();
    ask();
  };
  // A page that is left keeps what is still to be kept. Only then: all forms write to one place.
  addEventListener("pagehide", () => saving && keep());
  for (const kind of ["input", "change", "pointerup", "keyup", "studio:changed"]) form.addEventListener(kind, heard);

  function count() {
    for (const key of ["prompt", "negative_prompt"]) {
      const box = textarea(page, key);
      const field = document.getElementById(`${page}-${key}`);
      if (!box || !field) continue;
      const most = seen.limits?.[key];
      let shown = field.querySelector(".sf-count");
      if (!shown) field.append((shown = el("span", "sf-count")));
      const length = [...box.value].length;
      shown.textContent = most ? `${number(length)} / ${number(most)}` : length ? number(length) : "";
      shown.classList.toggle("over", !!most && length > most);
      shown.classList.toggle("near", !!most && length > most * 0.9 && length <= most);
    }
  }

  function atFields(problems) {
    for (const old of form.querySelectorAll(".sf-refusal")) old.remove();
    for (const old of form.querySelectorAll("[aria-invalid=true]")) old.removeAttribute("aria-invalid");
    return problems.filter((problem) => {
      const names = PLACES[problem.field] || [problem.field];
      const found = names.map((name) => document.getElementById(`${page}-${name}`)).find((e) => e?.offsetParent);
      const field = found || form.querySelector(`[data-slot="${CSS.escape(problem.field === "reference_voices" ? "references" : problem.field)}"]`);
      if (!field) return true;
      field.append(el("p", "sf-refusal", {}, icon("warn"), say(problem.message)));
      field.querySelector("textarea, input")?.setAttribute("aria-invalid", "true");
      return false;
    });
  }

  function draw() {
    const model = document.getElementById(`${page}-model`)?.dataset.model;
    if (props.value?.model && model && props.value.model !== model) return ask(); // an answer about the model before
    seen = props.value || {};
    const problems = seen.problems || [];
    const real = problems.filter((p) => !p.waiting || seen.refused);
    const elsewhere = atFields(real);
    wrong.replaceChildren(...elsewhere.map((p) => el("li", "", {}, icon("warn"), say(p.message))));
    wrong.hidden = !elsewhere.length;
    const parts = [];
    if (seen.submitted) sent = { n: seen.submitted.length, until: Date.now() + SENT_MS };
    if (Date.now() < sent.until) parts.push(el("strong", "sf-sent", {}, icon("check"), t("forms.submitted", sent)));
    else if (seen.runs) {
      const first = problems.find((p) => p.waiting && p.field !== "prompt");
      if (seen.usd !== undefined) parts.push(el("strong", "sf-price", { title: say(seen.basis) || null }, dollars(seen.usd)));
      else if (first) parts.push(el("span", "sf-first", {}, say(first.message)));
      parts.push(el("span", "sf-runs", {}, seen.runs === 1 ? t("forms.run_one") : t("forms.run_many", { n: number(seen.runs) })));
      if (seen.expected_s) parts.push(el("span", "sf-time", {}, "~" + seconds(seen.expected_s)));
      if (seen.size) parts.push(el("span", "sf-size", {}, seen.size));
    }
    for (const warning of seen.warnings || []) parts.push(el("span", "sf-warning", {}, say(warning)));
    facts.replaceChildren(...parts);
    form.classList.toggle("sf-blocked", real.length > 0);
    count();
    dice();
    if (seen.submitted) {
      dispatchEvent(new CustomEvent("studio:submitted", { detail: { page, runs: seen.submitted } }));
      setTimeout(() => trigger("check"), SENT_MS);
      keepSoon();
    }
    if (seen.refused) form.querySelector("[aria-invalid=true], .sf-refusal")?.scrollIntoView({ block: "center", behavior: "smooth" });
  }

  function dice() {
    const field = document.getElementById(`${page}-seed`);
    if (!field || field.querySelector(".sf-dice")) return;
    field.append(button(t("forms.dice"), { name: "dice", cls: "bare sf-dice" }, () => {
      const box = field.querySelector("input");
      write(box, String(Math.floor(Math.random() * Math.min(2 ** 31 - 1, Number(box.max) || 2 ** 31 - 1))));
      ask();
    }));
  }

  watch("value", draw);
  draw();
  setTimeout(() => trigger("check"), 0);
}
