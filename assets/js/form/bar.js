// The bar that stays in sight under the form: runs, price, time and size of a press of Generate, what stands in the way,
// and the button itself. The line always belongs to the very values that would be sent: each question has a number, only
// the answer to the newest counts, and until it is there the button holds. A press sends the terms that the line showed.

import { button, dollars, el, icon, number, seconds, t } from "../dom.js";
import { holdNotice } from "../holds.js";
import { follow } from "../live.js";
import { post, toast, tryOrToast } from "../net.js";
import { formElement, textarea, write } from "./common.js";
import { atFields } from "./problems.js";

const CHECK_DELAY_MS = 300;
const ANSWER_TIMEOUT_MS = 10_000; // an answer that has not come by then is asked for again
const SAVE_MS = 700;
const SENT_NOTICE_MS = 3000;
const SAME_PRESS_MS = 1200; // a double click, Enter and a click, two quick taps

export function mount(element, { props, trigger, watch, options }) {
  element.classList.add("st");
  const { page } = options;
  const form = formElement(element);
  const facts = el("div", "sf-facts", { role: "status", "aria-live": "polite" });
  const wrong = el("ul", "sf-wrong", { hidden: true });
  const changed = el("p", "sf-changed", { role: "alert", hidden: true });
  const label = el("span", "", {}, t("forms.generate"));
  const run = el("button", "studio-run", { type: "button", id: `${page}-generate`, onclick: () => press() }, label);
  const paused = el("p", "sf-paused", { hidden: true });
  const held = el("div", "st-holds", { hidden: true });
  const edited = el("div", "sf-editing", { hidden: true });
  element.replaceChildren(edited, wrong, changed, facts, held, paused, run);

  let seen = {}; // the newest answer
  let turn = 0; // number of the newest question; the studio answered this one with the form itself
  let stale = true; // the line may not stand for the form as it is
  let asking, missing, saving;
  let wished = null; // what was shown when Generate was pressed while the line was being worked out
  let sending = null; // the press under way: {key, terms}
  let unanswered = null; // the last press that has no answer yet
  let pressedAt = 0; // the newest sign of the last press: itself, its answer, or the line after it
  let editing = null; // the waiting run that this form is saved into: {run, title, usd}
  let settling = false; // the answer has come, the line after it has not

  // ---------------------------------------------------------------------------------------------------- keeping

  // While a run is edited the browser keeps what the form held before, to put it back afterwards.
  const keep = () => {
    clearTimeout(saving);
    saving = 0;
    if (!editing) trigger("save");
  };
  const keepSoon = () => {
    clearTimeout(saving);
    saving = setTimeout(keep, SAVE_MS);
  };
  // A page that is left keeps what is still to be kept. Only then: all forms write to one place.
  addEventListener("pagehide", () => saving && keep());

  // ------------------------------------------------------------------------------------------------- the question

  function ask(after = CHECK_DELAY_MS) {
    stale = true;
    mark();
    clearTimeout(asking);
    asking = setTimeout(send, after);
  }

  function send() {
    clearTimeout(asking);
    clearTimeout(missing);
    asking = 0;
    turn += 1;
    missing = setTimeout(send, ANSWER_TIMEOUT_MS);
    const people = seen.people; // what is asked about real people, as the last answer had it
    trigger("check", { turn, edit: editing?.run, people, chips: { aspect: chips("aspect"), tier: chips("tier") } });
  }

  /** What a row of chips offers now: the studio corrects it where a shape, a size and the files do not go together. */
  const chips = (key) =>
    [...document.querySelectorAll(`#${page}-${key}:not([hidden]) input[type=radio]`)].map((e) => e.value);

  const heard = (e) => {
    if (e.target.closest?.(".studio-bar") || (e.type === "change" && e.target.matches?.("textarea, input[type=text]")))
      return;
    if (e.type === "input") count();
    ask(e.type === "studio:changing" ? ANSWER_TIMEOUT_MS : CHECK_DELAY_MS);
    if (e.type !== "studio:changing") keepSoon();
  };
  for (const kind of ["input", "change", "pointerup", "keyup", "studio:changed", "studio:changing"])
    form.addEventListener(kind, heard);

  function answer() {
    const value = props.value || {};
    if (value.press !== undefined) return pressed(value);
    if (value.editing) edit(value.editing);
    if (value.turn === undefined) return ask();
    if (value.turn !== turn) return; // an answer about the form as it was
    clearTimeout(missing);
    if (asking) return; // changed meanwhile: the next question is on its way
    seen = value;
    stale = false;
    quietSince(settling);
    settling = false;
    draw();
    if (wished) settle();
  }

  // ---------------------------------------------------------------------------------------------------- the press

  const price = () => (seen.usd === undefined ? "" : dollars(seen.usd));
  /** What a person weighs before a press: typed and pressed at once, a shape or a word may be newer than the line. */
  const shown = () => ({ price: price(), all: JSON.stringify([seen.model, seen.runs, seen.usd]) });

  const quietSince = (yes) => yes && (pressedAt = Date.now());

  function press() {
    const now = Date.now();
    if (sending || wished || now - pressedAt < SAME_PRESS_MS) return; // the same press once more
    pressedAt = now;
    changed.hidden = true;
    if (!stale) return submit();
    wished = shown();
    asking ? send() : mark();
  }

  /** The line has caught up with a press: it goes on where it says what it said then, else the person decides. */
  function settle() {
    const before = wished;
    wished = null;
    if (before.all === shown().all) submit();
    else askAgain(before);
  }

  function submit() {
    const { terms } = seen;
    if (!unanswered || unanswered.terms !== terms) unanswered = { key: newKey(), terms }; // a press whose answer was lost keeps its key
    const mine = (sending = unanswered);
    mark();
    trigger("generate", editing ? { ...mine, edit: editing.run } : mine);
    setTimeout(() => sending === mine && ((sending = null), mark()), ANSWER_TIMEOUT_MS);
  }

  function pressed(value) {
    if (value.press !== unanswered?.key) return;
    sending = unanswered = null;
    const before = shown();
    seen = value;
    draw();
    if (value.changed) askAgain(before);
    quietSince((settling = true));
    if (value.submitted) sent(value.submitted.length);
    if (value.saved) return leave("forms.edit_saved");
    if (value.refused)
      form.querySelector("[aria-invalid=true], .sf-refusal")?.scrollIntoView({ block: "center", behavior: "smooth" });
    ask(0); // what came of it changes times and seeds
    keepSoon();
  }

  function askAgain(before) {
    const key = before.price === price() ? "forms.terms_changed" : "forms.price_changed";
    changed.replaceChildren(icon("warn"), t(key, { terms: [price(), runs(), seen.size].filter(Boolean).join(" · ") }));
    changed.hidden = false;
    mark();
  }

  // ------------------------------------------------------------------------------------------- editing a waiting run

  function edit(state) {
    editing = state;
    clearTimeout(saving);
    clearTimeout(thanks);
    saving = 0;
    unanswered = null;
    label.textContent = t("forms.edit_save");
    run.replaceChildren(label);
    edited.replaceChildren(
      icon("pencil"),
      el(
        "span",
        "",
        {},
        t("forms.editing", { title: state.title || state.run }),
        state.usd ? el("small", "", {}, t("forms.edit_before", { price: dollars(state.usd) })) : null,
      ),
      button(t("forms.edit_discard"), { text: t("forms.edit_discard"), data: { do: "discard" } }, () => leave()),
    );
    edited.hidden = false;
    ask(0);
  }

  /** Back to what the form held before, and to the queue. said: what to tell the person, if anything. */
  function leave(said) {
    editing = null;
    edited.hidden = true;
    label.textContent = t("forms.generate");
    run.replaceChildren(label);
    trigger("discard");
    if (said) toast(t(said));
  }

  let thanks;
  function sent(n) {
    const words = t("forms.submitted", { n });
    clearTimeout(thanks);
    run.replaceChildren(el("strong", "sf-sent", { role: "status" }, icon("check"), words));
    thanks = setTimeout(() => run.replaceChildren(label), SENT_NOTICE_MS);
  }

  // --------------------------------------------------------------------------------------------------- what shows

  const runs = () => (seen.runs === 1 ? t("forms.run_one") : t("forms.run_many", { n: number(seen.runs || 0) }));

  function mark() {
    facts.setAttribute("aria-busy", String(stale));
    run.setAttribute("aria-disabled", String(stale || !!sending));
    run.classList.toggle("busy", !!sending || !!wished);
  }

  function draw() {
    const problems = seen.problems || [];
    const real = problems.filter((p) => !p.waiting || seen.refused);
    const elsewhere = atFields(form, page, real);
    wrong.replaceChildren(...elsewhere.map((p) => el("li", "", {}, icon("warn"), p.message)));
    wrong.hidden = !elsewhere.length;
    const parts = [];
    if (seen.runs) {
      const first = problems.find((p) => p.waiting && p.field !== "prompt");
      if (seen.usd !== undefined) parts.push(el("strong", "sf-price", { title: seen.basis || null }, price()));
      else if (first) parts.push(el("span", "sf-first", {}, first.message));
      parts.push(el("span", "sf-runs", {}, runs()));
      if (seen.expected_s) parts.push(el("span", "sf-time", {}, `~${seconds(seen.expected_s)}`));
      if (seen.size) parts.push(el("span", "sf-size", {}, seen.size));
    }
    for (const line of seen.budgets || []) parts.push(el("span", "sf-budget", {}, line));
    if (seen.waits) parts.push(el("span", "sf-warning sf-waits", {}, t("approvals.waits", { why: seen.waits })));
    for (const warning of seen.warnings || []) parts.push(el("span", "sf-warning", {}, warning));
    facts.replaceChildren(...parts);
    form.classList.toggle("sf-blocked", real.length > 0);
    count();
    dice();
    drawHold();
    mark();
  }

  function count() {
    for (const key of ["prompt", "negative_prompt"]) {
      const box = textarea(page, key);
      const field = document.getElementById(`${page}-${key}`);
      if (!box || !field) continue;
      const most = seen.limits?.[key];
      let count = field.querySelector(".sf-count");
      if (!count) field.append((count = el("span", "sf-count")));
      const length = [...box.value].length;
      count.textContent = most ? `${number(length)} / ${number(most)}` : length ? number(length) : "";
      count.classList.toggle("over", !!most && length > most);
      count.classList.toggle("near", !!most && length > most * 0.9 && length <= most);
    }
  }

  function dice() {
    const field = document.getElementById(`${page}-seed`);
    if (!field || field.querySelector(".sf-dice")) return;
    field.append(
      button(t("forms.dice"), { name: "dice", cls: "bare sf-dice" }, () => {
        const box = field.querySelector("input, textarea");
        write(box, String(Math.floor(Math.random() * Math.min(2 ** 31 - 1, Number(box.max) || 2 ** 31 - 1))));
        ask();
      }),
    );
  }

  let holds = []; // models of which no waiting run starts
  function drawHold() {
    const mine = holds.filter((hold) => hold.model === seen.model);
    held.hidden = !mine.length;
    held.replaceChildren(...mine.map(holdNotice));
  }

  follow(element, (state) => {
    const gone = editing && state.runs.get(editing.run)?.editable === false; // one far back in the queue is not known here
    edited.classList.toggle("late", Boolean(gone));
    edited.title = gone ? t("forms.edit_late") : "";
    if (JSON.stringify(holds) !== JSON.stringify(state.holds)) {
      holds = state.holds;
      drawHold();
    }
    if (paused.hidden === !state.paused) return;
    paused.hidden = !state.paused;
    paused.replaceChildren(
      icon("pause"),
      el("span", "", {}, t("forms.queue_paused")),
      button(t("forms.queue_resume"), { text: t("forms.queue_resume"), cls: "link" }, () =>
        tryOrToast(post("ui/queue/resume")),
      ),
    );
  });

  watch("value", answer);
  answer();
}

/** Names one press; randomUUID is only there on pages with TLS. */
const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
