// What the votes say: for each model how often it was preferred, how sure that is, and for how much money.

import { button, dollars, el, number, styles, t } from "../dom.js";
import { catalogueText } from "../form/common.js";
import { get, tryOrToast } from "../net.js";

const percent = (share) => `${Math.round(share * 100)} %`;

/** A dialog with the table. task: its votes alone at first; "" for all. */
export async function openRates(task = "") {
  styles("compare.css");
  const list = el("div", "cw-scroll");
  const blind = el("input", "", { type: "checkbox", onchange: () => fill() });
  const choice = el("select", "st-select", { "aria-label": t("compare.task"), onchange: () => fill() });
  const box = el(
    "dialog",
    "st cw-dialog narrow",
    { "aria-label": t("compare.rates") },
    el(
      "header",
      "",
      {},
      el("h3", "", {}, t("compare.rates")),
      button(t("widgets.close"), { name: "close", cls: "bare", data: { do: "close" } }, () => box.close()),
    ),
    el("div", "cw-tools", {}, choice, el("label", "cw-check", {}, blind, el("span", "", {}, t("compare.blind_only")))),
    list,
    el("p", "cw-foot st-dim", {}, t("compare.rates_help")),
  );
  box.addEventListener("close", () => box.remove());
  box.addEventListener("keydown", (e) => e.key !== "Escape" && e.stopPropagation());
  box.addEventListener("pointerdown", (e) => e.target === box && box.close());
  document.body.append(box);
  box.showModal();

  async function fill() {
    const query = new URLSearchParams({ ...(choice.value ? { task: choice.value } : {}), blind: `${blind.checked}` });
    const told = await tryOrToast(get(`ui/win-rates?${query}`));
    if (told)
      list.replaceChildren(
        told.rates.length ? ratesTable(told.rates) : el("p", "cw-message", {}, t("compare.no_votes")),
      );
  }

  const offered = await tryOrToast(get("ui/filters"));
  choice.append(
    el("option", "", { value: "" }, t("gallery.any_task")),
    ...(offered?.tasks || []).map((key) =>
      el("option", "", { value: key, selected: key === task }, t(`widgets.task.${key}`)),
    ),
  );
  fill();
}

function ratesTable(rates) {
  const heads = ["model", "rate", "range", "votes", "mean_price", "per_win", "per_usd"].map((key) =>
    el(
      "th",
      "",
      { scope: "col", title: ["range", "per_win", "per_usd"].includes(key) ? t(`compare.${key}_help`) : null },
      t(`compare.${key}`),
    ),
  );
  const rows = rates.map((rate) =>
    el(
      "tr",
      "cw-row",
      { data: { id: rate.model } },
      el(
        "td",
        "cw-model",
        {},
        el("strong", "", {}, catalogueText(rate.label)),
        el("span", "cw-provider", {}, rate.model),
      ),
      el("td", "cw-rate", { data: { label: t("compare.rate") } }, bar(rate), el("strong", "", {}, percent(rate.rate))),
      el("td", "", { data: { label: t("compare.range") } }, `${percent(rate.low)} – ${percent(rate.high)}`),
      el(
        "td",
        "",
        { data: { label: t("compare.votes") } },
        number(rate.votes),
        rate.few ? el("span", "cw-badge", {}, t("compare.few")) : null,
      ),
      el("td", "", { data: { label: t("compare.mean_price") } }, dollars(rate.usd)),
      el(
        "td",
        "",
        { data: { label: t("compare.per_win") } },
        rate.usd && rate.rate ? dollars(rate.usd / rate.rate) : "–",
      ),
      el("td", "", { data: { label: t("compare.per_usd") } }, rate.per_usd === null ? "–" : number(rate.per_usd, 2)),
    ),
  );
  return el(
    "table",
    "cw-table cw-rates",
    {},
    el("thead", "", {}, el("tr", "", {}, ...heads)),
    el("tbody", "", {}, ...rows),
  );
}

/** Where the true rate is likely to lie, and the rate itself. */
function bar(rate) {
  const range = el("i", "cw-range");
  range.style.left = `${rate.low * 100}%`;
  range.style.width = `${(rate.high - rate.low) * 100}%`;
  const mark = el("i", "cw-mark");
  mark.style.left = `${rate.rate * 100}%`;
  return el("span", "cw-bar", { "aria-hidden": "true" }, range, mark);
}
