// The retake of a comment: the frame with what was marked, the ways to make it, the prompt with the wish in it, and the price.

import { button, dollars, el, icon, number, seconds, styles, t } from "../dom.js";
import { dialog } from "../board/dialog.js";
import { openKeyPlace } from "../connections.js";
import { catalogueText } from "../form/common.js";
import { follow, ended } from "../live.js";
import { post, toast, tryOrToast } from "../net.js";
import { progress } from "../parts.js";
import { modelButton } from "../writing/model_button.js";
import { openRewrite } from "../writing/rewrite.js";

const TYPING_MS = 350;

/** What a member's page shows and does at a comment; see retake_state.js. */
export const retakeTools = {
  open: openRetake,
  progress: liveProgress,
  cancel: (run) => tryOrToast(post(`ui/runs/${encodeURIComponent(run)}/cancel`)),
};

/** The progress of a run, kept up to date while it is on the page. */
function liveProgress(run) {
  const box = el("div", "rk-progress running");
  follow(box, (state) => {
    const told = state.runs.get(run);
    if (told && !ended(told)) box.replaceChildren(progress(told));
  });
  return box;
}

/** Open the window for the retake of a comment. */
export async function openRetake(session, comment) {
  styles("board-parts.css", "review-retake.css");
  const plan = await tryOrToast(session.get(`comments/${encodeURIComponent(comment.id)}/retake`));
  if (plan) new RetakeDialog(session, comment, plan);
}

class RetakeDialog {
  constructor(session, comment, plan) {
    this.session = session;
    this.path = `comments/${encodeURIComponent(comment.id)}/retake`;
    this.chosen = {
      way: plan.way ?? "",
      model: plan.model?.model ?? "",
      prompt: null,
      original: "",
      seed: "same",
      to_last: true,
      people: "",
    };
    this.asked = 0;
    this.key = crypto.randomUUID();
    this.ways = el("div", "rk-ways", { role: "radiogroup", "aria-label": t("reviewretake.ways") });
    this.notes = el("ul", "rk-notes", { "aria-live": "polite" });
    this.price = el("div", "rk-price", { role: "status" });
    this.make = button(
      t("reviewretake.start"),
      { text: t("reviewretake.start"), cls: "primary", data: { do: "start-retake" } },
      () => this.start(),
    );
    this.buildPrompt();
    this.buildChoices();
    this.picture = this.framePicture(plan);
    const body = el(
      "div",
      "rk",
      {},
      el("div", "rk-side", {}, this.picture, el("blockquote", "rk-wish", {}, plan.wish || t("reviewretake.no_words"))),
      el("div", "rk-main", {}, this.ways, this.promptField, this.choices, this.notes),
    );
    this.box = dialog(t("reviewretake.title"), body, [this.price, this.make], {
      wide: true,
      done: () => (clearTimeout(this.timer), (this.closed = true)),
    });
    this.box.classList.add("rk-dialog");
    this.box.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) this.start();
    });
    this.show(plan);
    const touched = matchMedia("(pointer: coarse)").matches; // a field would bring up the keyboard over the rest
    (touched ? this.ways.querySelector("[aria-checked=true]") : this.area)?.focus();
  }

  // ------------------------------------------------------------------------------------------------ parts

  framePicture(plan) {
    const figure = el("figure", "rk-frame");
    if (plan.kind === "audio" || !plan.width) return figure;
    const picture = el("img", "", { src: this.session.url(`${this.path}/frame`), alt: t("reviewretake.frame_alt") });
    figure.style.aspectRatio = `${plan.width} / ${plan.height}`;
    figure.append(picture);
    if (plan.region.length) figure.append(region(plan.region));
    const words =
      plan.first === null
        ? ""
        : plan.last === null
          ? t("reviewretake.at_frame", { n: plan.first })
          : t("reviewretake.at_range", { from: plan.first, to: plan.last });
    if (words) figure.append(el("figcaption", "", {}, words));
    return figure;
  }

  buildPrompt() {
    this.area = el("textarea", "bd-input rk-text", {
      rows: 5,
      "aria-label": t("reviewretake.prompt"),
      data: { field: "retake-prompt" },
    });
    this.mirror = el("div", "rk-mirror", { "aria-hidden": "true" });
    this.count = el("small", "st-dim rk-count");
    this.back = button(
      t("reviewretake.prefilled"),
      { text: t("reviewretake.prefilled"), cls: "link", hidden: true, data: { do: "prefill" } },
      () => this.choose({ prompt: null, original: "" }),
    );
    this.area.addEventListener("input", () => {
      this.mark();
      this.chosen.prompt = this.area.value;
      this.typed();
    });
    this.area.addEventListener("scroll", () => (this.mirror.scrollTop = this.area.scrollTop));
    this.promptField = el(
      "div",
      "rk-prompt",
      {},
      el("span", "rk-label", {}, t("reviewretake.prompt"), this.suggest(), el("i", "st-grow"), this.back, this.count),
      el("div", "rk-editor", {}, this.mirror, this.area),
    );
  }

  /** The button with which the language model proposes a prompt, shown where there are a prompt and a comment in words. */
  suggest() {
    const open = (opener) => {
      const { asked: text, wish: comment } = this.plan;
      openRewrite({
        title: t("writing.suggest_title"),
        text,
        ways: [{ id: "retake", kind: "retake", body: { text, comment, model: this.chosen.model } }],
        use: (made) => this.accept(made, text),
        opener,
      });
    };
    this.suggestion = modelButton({
      label: t("writing.suggest"),
      help: t("writing.suggest_help"),
      name: "suggest-retake",
      open,
    });
    return this.suggestion;
  }

  /** A proposal is taken: it stands in the box like typed words, and the prompt before it goes with the run. */
  accept(made, before) {
    this.area.value = made;
    this.area.focus();
    this.choose({ prompt: made, original: before });
  }

  buildChoices() {
    this.model = el("select", "st-select", {
      "aria-label": t("reviewretake.model"),
      data: { field: "retake-model" },
      onchange: () => this.choose({ model: this.model.value }),
    });
    this.seed = el(
      "select",
      "st-select",
      {
        "aria-label": t("reviewretake.seed"),
        data: { field: "retake-seed" },
        onchange: () => this.choose({ seed: this.seed.value }),
      },
      el("option", "", { value: "same" }, ""),
      el("option", "", { value: "new" }, t("reviewretake.seed_new")),
    );
    this.last = el("input", "", { type: "checkbox", onchange: () => this.choose({ to_last: this.last.checked }) });
    this.people = el(
      "select",
      "st-select",
      {
        "aria-label": t("reviewretake.people"),
        data: { field: "retake-people" },
        onchange: () => this.choose({ people: this.people.value }),
      },
      ...["", "no", "yes"].map((one) => el("option", "", { value: one }, t(`reviewretake.people_${one || "open"}`))),
    );
    const row = (name, control) =>
      el("label", `rk-row ${name}`, {}, el("span", "", {}, t(`reviewretake.${name}`)), control);
    this.rows = {
      model: row("model", this.model),
      seed: row("seed", this.seed),
      last: el("label", "rk-check", {}, this.last, el("span", "", {}, t("reviewretake.to_last"))),
      people: row("people", this.people),
    };
    this.choices = el("div", "rk-choices", {}, ...Object.values(this.rows));
  }

  // ------------------------------------------------------------------------------------------------ choosing

  /** Ask for the plan of other choices. A way of its own begins with its own prompt and model. */
  choose(change) {
    if (change.way && change.way !== this.chosen.way) change = { model: "", prompt: null, original: "", ...change };
    Object.assign(this.chosen, change);
    clearTimeout(this.timer);
    return this.ask();
  }

  typed() {
    clearTimeout(this.timer);
    this.wait();
    this.timer = setTimeout(() => this.ask({ others: false }), TYPING_MS);
  }

  /** others: other models are wanted as well; what is typed changes nothing about those that are listed. */
  async ask({ others = true } = {}) {
    this.wait();
    const turn = ++this.asked;
    const plan = await tryOrToast(this.session.post(`${this.path}/plan`, { ...this.chosen, others }));
    if (turn !== this.asked || this.closed) return;
    if (plan && !others && plan.way === this.plan.way) plan.models = this.plan.models;
    if (plan) this.show(plan);
    this.box.removeAttribute("aria-busy");
  }

  wait() {
    this.make.disabled = true;
    this.box?.setAttribute("aria-busy", "true");
  }

  show(plan) {
    this.plan = plan;
    this.chosen.way = plan.way ?? "";
    this.chosen.model = plan.model?.model ?? "";
    this.drawWays(plan);
    this.drawModel(plan);
    if (this.chosen.prompt === null) this.area.value = plan.text;
    this.back.hidden = this.chosen.prompt === null;
    this.suggestion.hidden = !plan.asked || !plan.wish || plan.way === "edit";
    this.promptField.hidden = this.choices.hidden = !plan.way;
    this.mark();
    this.drawNotes(plan);
    this.drawPrice(plan);
    this.make.disabled = !this.sendable(plan);
  }

  sendable = (plan) => Boolean(plan.model?.ready && !plan.model.refusals.length && !plan.refusal && !plan.under_way);

  // ------------------------------------------------------------------------------------------------ drawing

  drawWays(plan) {
    const focused = this.ways.contains(document.activeElement);
    this.ways.replaceChildren(...plan.ways.map((way) => this.wayButton(way, way.way === plan.way)));
    if (focused) this.ways.querySelector("[aria-checked=true]")?.focus();
  }

  wayButton(way, on) {
    const name = t(`reviewretake.way_${way.way}_${this.plan.kind === "image" ? "image" : "video"}`);
    const why = way.refusal ? el("small", "rk-why", {}, way.refusal) : null;
    const price = way.refusal
      ? null
      : el(
          "small",
          "",
          {},
          [
            way.draft ? t("reviewretake.draft") : dollars(way.usd),
            way.expected_s ? `~${seconds(way.expected_s)}` : "",
            way.ready ? "" : t("reviewretake.no_key"),
          ]
            .filter(Boolean)
            .join(" · "),
        );
    return el(
      "button",
      "rk-way",
      {
        type: "button",
        role: "radio",
        "aria-checked": on,
        "aria-disabled": Boolean(way.refusal),
        tabindex: on ? 0 : -1,
        data: { way: way.way },
        onclick: () => way.refusal || this.choose({ way: way.way }),
        onkeydown: (e) => this.wayKey(e, way.way),
      },
      el("b", "", {}, name),
      price,
      why,
    );
  }

  wayKey(e, from) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key];
    if (!step) return;
    e.preventDefault();
    const open = this.plan.ways.filter((one) => !one.refusal).map((one) => one.way);
    this.choose({ way: open[(open.indexOf(from) + step + open.length) % open.length] });
  }

  drawModel(plan) {
    const listed = plan.models.map((one) =>
      el(
        "option",
        "",
        {
          value: one.model,
          selected: one.model === plan.model?.model,
          disabled: one.refusals.length > 0 && one.model !== plan.model?.model,
        },
        [
          `${catalogueText(one.label)} (${catalogueText(one.provider_label)})`,
          one.draft ? "" : dollars(one.usd),
          one.ready ? "" : t("reviewretake.no_key"),
        ]
          .filter(Boolean)
          .join(" · "),
      ),
    );
    this.model.replaceChildren(...listed);
    this.rows.model.hidden = plan.models.length < 2;
    this.rows.seed.hidden = plan.seed === null;
    this.seed.options[0].textContent = t("reviewretake.seed_same", { seed: plan.seed ?? "" });
    this.seed.value = this.chosen.seed;
    this.rows.last.hidden = !plan.takes_last || plan.last === null;
    this.last.checked = plan.to_last;
    this.rows.people.hidden = !plan.asks_people;
    this.people.value = plan.people;
  }

  drawNotes(plan) {
    const { model, prompt } = plan;
    const line = (kind, name, words, ...more) => el("li", kind, {}, icon(name), el("span", "", {}, words, ...more));
    const notes = [];
    const bad = (words, ...more) => notes.push(line("bad", "warn", words, ...more));
    const said = (words) => notes.push(line("", "info", words));
    if (!plan.way) bad(t("reviewretake.none"));
    if (plan.under_way) bad(t("reviewretake.under_way"));
    for (const why of model?.refusals ?? []) bad(why);
    if (model && !model.ready)
      bad(
        model.missing,
        model.key_place
          ? button(t("reviewretake.add_key"), { text: t("reviewretake.add_key"), cls: "link" }, () => {
              this.box.close();
              openKeyPlace(model.provider, model.key_place);
            })
          : "",
      );
    if (plan.refusal) bad(plan.refusal);
    if (plan.approval) said(plan.approval);
    if (plan.question) said(plan.question);
    if (prompt?.unnamed && this.chosen.prompt === null) said(t("reviewretake.unnamed"));
    if (prompt?.left_out && this.chosen.prompt === null) said(t("reviewretake.left_out", { n: prompt.left_out }));
    for (const change of plan.models.find((one) => one.model === model?.model)?.changes ?? []) said(change);
    if (plan.masked) said(t("reviewretake.masked"));
    if (plan.board === false) said(t("reviewretake.not_on_board"));
    this.notes.replaceChildren(...notes);
  }

  drawPrice({ model }) {
    if (!model) return this.price.replaceChildren();
    const free = model.draft || model.usd_each === 0;
    this.price.replaceChildren(
      el("b", "", {}, free ? t("reviewretake.free") : dollars(model.usd_each)),
      el(
        "small",
        "st-dim",
        {},
        [
          catalogueText(model.label),
          model.expected_s ? t("reviewretake.about", { time: seconds(model.expected_s) }) : "",
        ]
          .filter(Boolean)
          .join(" · "),
      ),
    );
    this.price.title = model.price_basis || "";
  }

  /** The wish, marked behind the text as long as it stands there as it was put in. */
  mark() {
    const text = this.area.value;
    const wish = this.plan?.prompt?.wish ?? "";
    const at = wish ? text.lastIndexOf(wish) : -1;
    this.mirror.replaceChildren(
      ...(at < 0 ? [text] : [text.slice(0, at), el("mark", "", {}, wish), text.slice(at + wish.length)]),
      "\n",
    );
    this.mirror.scrollTop = this.area.scrollTop;
    const most = this.plan?.max_chars;
    this.count.textContent = most ? `${number(text.length)} / ${number(most)}` : "";
    this.count.classList.toggle("bad", Boolean(most) && text.length > most);
  }

  // ------------------------------------------------------------------------------------------------ sending

  async start() {
    if (this.make.disabled) return;
    this.wait();
    const sent = { choices: this.chosen, terms: this.plan.model.terms, key: this.key };
    try {
      const made = await this.session.post(this.path, sent);
      this.box.close();
      toast(t("reviewretake.started"));
      await tryOrToast(this.session.load());
      return made;
    } catch (error) {
      toast(error.message, { bad: true });
      this.key = crypto.randomUUID();
      await this.ask();
    }
  }
}

const SVG = "http://www.w3.org/2000/svg";

/** The marked area over the frame; its shapes are in parts of the picture. */
function region(outlines) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({
    class: "rk-region",
    viewBox: "0 0 1 1",
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  }))
    svg.setAttribute(name, value);
  for (const outline of outlines) {
    const shape = document.createElementNS(SVG, "polygon");
    shape.setAttribute("points", outline.map(([x, y]) => `${x},${y}`).join(" "));
    svg.append(shape);
  }
  return svg;
}
