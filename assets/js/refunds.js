// Refunds: what was paid, or may have been, without a result. By provider: receipts, a text to send, what came of each.

import { BASE, button, colon, dollars, el, icon, since, styles, t } from "./dom.js";
import { copy } from "./actions.js";
import { catalogueText } from "./form/common.js";
import { get, post, tryOrToast } from "./net.js";
import { heading } from "./page.js";

const SETTLED = new Set(["refunded", "rejected"]);
const NEXT = {
  open: ["claimed", "refunded", "rejected"],
  claimed: ["refunded", "rejected", "open"],
  refunded: ["open"],
  rejected: ["claimed", "open"],
};
const LANGUAGES = { en: "english", "zh-CN": "chinese" };

/** gr.HTML calls this once. */
export function mount(element) {
  styles("widgets.css", "refunds.css");
  new Refunds(element, element.querySelector(".st-mount") || element);
}

class Refunds {
  constructor(element, root) {
    this.settled = new Set(); // providers whose settled claims are shown
    root.classList.add("st", "st-refunds");
    this.sums = el("p", "st-sum", { "aria-live": "polite" });
    this.export = el(
      "a",
      "st-b",
      { href: new URL("ui/refunds/csv", BASE).href, download: "", hidden: true },
      icon("download"),
      el("span", "", {}, t("refunds.csv")),
    );
    this.list = el("div", "st-refundlist");
    this.none = el(
      "div",
      "st-empty",
      { hidden: true },
      icon("check", "st-i huge"),
      el("h2", "", {}, t("refunds.empty")),
      el("p", "", {}, t("refunds.empty_help")),
    );
    root.replaceChildren(
      el("header", "st-queuehead", {}, heading(t("shell.tab_refunds")), this.sums, el("span", "st-grow"), this.export),
      el("p", "st-dim", {}, t("refunds.lead")),
      this.list,
      this.none,
    );
    new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && this.load()).observe(element);
  }

  async load() {
    const told = await tryOrToast(get("ui/refunds"));
    if (!told) return;
    const { open, claimed, refunded } = told.totals;
    const sums = { open, claimed, refunded };
    this.sums.textContent = Object.entries(sums)
      .filter(([, usd]) => usd)
      .map(([state, usd]) => t(`refunds.sum_${state}`, { usd: dollars(usd) }))
      .join("  ·  ");
    this.none.hidden = told.providers.length > 0;
    this.export.hidden = !told.providers.length;
    this.list.replaceChildren(...told.providers.map((audit) => this.provider(audit)));
  }

  provider(audit) {
    const open = audit.claims.filter((claim) => !SETTLED.has(claim.state));
    const settled = audit.claims.filter((claim) => SETTLED.has(claim.state));
    const shown = this.settled.has(audit.provider) ? [...open, ...settled] : open;
    const says = audit.says
      ? t("refunds.says", { provider: audit.label, text: catalogueText(audit.says) })
      : t("refunds.says_nothing", { provider: audit.label });
    const section = el(
      "section",
      "st-part",
      { data: { provider: audit.provider } },
      el(
        "h2",
        "",
        {},
        catalogueText(audit.label),
        " ",
        el("span", "st-dim", {}, audit.open_usd ? dollars(audit.open_usd) : ""),
      ),
      el("p", "st-dim st-says", {}, says),
    );
    if (shown.length) section.append(el("ol", "st-rows", {}, ...shown.map((claim) => this.claim(claim))));
    if (open.some((claim) => claim.state === "open" && claim.decided)) section.append(letter(audit));
    if (settled.length) {
      const on = this.settled.has(audit.provider);
      section.append(
        button(
          t(on ? "refunds.hide_settled" : "refunds.show_settled", { n: settled.length }),
          { text: t(on ? "refunds.hide_settled" : "refunds.show_settled", { n: settled.length }), cls: "link" },
          () => {
            on ? this.settled.delete(audit.provider) : this.settled.add(audit.provider);
            section.replaceWith(this.provider(audit));
          },
        ),
      );
    }
    return section;
  }

  claim(claim) {
    const facts = [
      catalogueText(claim.model_label),
      claim.submitted_at ? since(claim.submitted_at) : since(claim.at),
      claim.owner || null,
      claim.state === "open" ? days(claim.days_left) : null,
    ].filter(Boolean);
    const body = el(
      "div",
      "st-qbody",
      {},
      el("p", "st-qtitle", { title: claim.title }, claim.title || claim.run),
      el("div", "st-facts", {}, ...facts.map((fact) => (fact instanceof Node ? fact : el("span", "", {}, fact)))),
      el("p", "st-qwhy", {}, el("b", "", {}, t(`refunds.cause_${claim.cause}`)), claim.why ? colon() : "", claim.why),
      receipt(claim),
    );
    if (claim.history.length) body.append(history(claim));
    return el("li", `st-qrow st-claim ${claim.state}`, { data: { id: claim.id } }, body, this.actions(claim));
  }

  actions(claim) {
    const amount = el(
      "div",
      "st-amount",
      {},
      el("strong", "", {}, claim.usd === null ? t("refunds.amount_unknown") : dollars(claim.usd)),
      claim.usd === null ? null : el("small", "st-dim", {}, t(`refunds.amount_${claim.amount_is}`)),
      el("small", "st-dim", {}, t(claim.booked ? "refunds.booked" : "refunds.maybe_billed")),
    );
    const steps = el(
      "div",
      "st-steps",
      {},
      el("span", `st-state ${claim.state}`, {}, t(`refunds.state_${claim.state}`)),
    );
    if (!claim.decided) steps.append(el("small", "st-dim", {}, t("refunds.undecided")));
    else
      for (const state of NEXT[claim.state])
        steps.append(
          button(t(`refunds.mark_${state}`), { text: t(`refunds.mark_${state}`), data: { do: state } }, () =>
            state === "refunded" ? this.confirm(claim) : this.mark(claim, { state }),
          ),
        );
    return el("div", "st-claimside", {}, amount, steps);
  }

  async mark(claim, body) {
    if (await tryOrToast(post(`ui/refunds/${claim.id}`, body))) await this.load();
  }

  /** How much came back: all of it, unless the person says otherwise. */
  confirm(claim) {
    const usd = el("input", "st-input", {
      type: "number",
      min: 0,
      max: claim.usd ?? null,
      step: "any",
      value: claim.usd ?? "",
      required: true,
      name: "usd",
    });
    const note = el("input", "st-input", { type: "text", maxlength: 500, name: "note" });
    const field = (label, input) => el("label", "st-field", {}, el("span", "", {}, label), input);
    const form = el(
      "form",
      "",
      { method: "dialog" },
      el("h2", "", {}, t("refunds.confirm_title")),
      el("p", "st-dim", {}, claim.booked ? t("refunds.confirm_help") : t("refunds.maybe_billed")),
      field(t("refunds.confirm_amount"), usd),
      field(t("refunds.confirm_note"), note),
    );
    const ask = el("dialog", "st st-sure", { "aria-label": t("refunds.confirm_title") }, form);
    const no = button(t("refunds.confirm_cancel"), { text: t("refunds.confirm_cancel"), type: "button" }, () =>
      ask.close(),
    );
    const yes = el("button", "st-b st-save", { type: "submit", data: { do: "save" } }, t("refunds.confirm_save"));
    form.append(el("div", "st-actions", {}, no, yes));
    form.addEventListener("submit", () =>
      this.mark(claim, { state: "refunded", usd: Number(usd.value), note: note.value }),
    );
    ask.addEventListener("close", () => ask.remove());
    document.body.append(ask);
    ask.showModal();
  }
}

function days(left) {
  if (left === null) return t("refunds.days_unknown");
  return left ? t("refunds.days_left", { n: left }) : t("refunds.days_over");
}

function receipt(claim) {
  const line = el("p", "st-receipt", {}, el("span", "st-dim", {}, t("refunds.receipt"), colon()));
  if (!claim.receipt) line.append(t("refunds.no_receipt"));
  else
    line.append(
      el("code", "", {}, claim.receipt),
      button(t("refunds.copy_receipt"), { name: "copy", cls: "bare" }, () => copy(claim.receipt)),
    );
  line.append(el("span", "st-dim", {}, t("refunds.run"), colon()), el("code", "", {}, claim.run));
  return line;
}

function history(claim) {
  const steps = claim.history.map((step) =>
    el(
      "li",
      "",
      {},
      t("refunds.history_step", { from: t(`refunds.state_${step.from}`), to: t(`refunds.state_${step.to}`) }),
      step.usd ? ` · ${t("refunds.history_usd", { usd: dollars(step.usd) })}` : "",
      step.note ? ` · ${step.note}` : "",
      " · ",
      since(step.at),
    ),
  );
  return el("details", "st-history", {}, el("summary", "", {}, t("refunds.history")), el("ul", "", {}, ...steps));
}

/** The text to send: in the page's language or in English, fetched when it is opened. */
function letter(audit) {
  const text = el("textarea", "st-letter", {
    readonly: true,
    rows: 14,
    "aria-label": t("refunds.letter", { provider: audit.label }),
  });
  const chinese = document.documentElement.lang?.toLowerCase().startsWith("zh");
  const language = el(
    "select",
    "st-select",
    { "aria-label": t("refunds.letter_language") },
    ...Object.entries(LANGUAGES).map(([code, word]) =>
      el("option", "", { value: code, selected: code === (chinese ? "zh-CN" : "en") }, t(`refunds.${word}`)),
    ),
  );
  let texts = {};
  const show = () => (text.value = texts[language.value] || "");
  language.addEventListener("change", show);
  const box = el(
    "details",
    "st-letterbox",
    {},
    el("summary", "", {}, t("refunds.letter", { provider: audit.label })),
    text,
    el(
      "div",
      "st-actions",
      {},
      language,
      button(t("refunds.copy"), { name: "copy", text: t("refunds.copy"), data: { do: "copy" } }, () =>
        copy(text.value),
      ),
    ),
  );
  box.addEventListener("toggle", async () => {
    if (!box.open) return;
    const query = new URLSearchParams({ provider: audit.provider });
    texts = (await tryOrToast(get(`ui/refunds/letter?${query}`)))?.texts || {};
    show();
  });
  return box;
}
