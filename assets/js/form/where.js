// "Where to run this?": every model that could do what the form holds. Asks the studio when it is opened; one press moves
// the form to a model, or sends one run to each of several and opens them side by side.

import { button, el, styles, t } from "../dom.js";
import { tryOrToast } from "../net.js";
import { sendInOrder } from "./common.js";

const ANSWER_TIMEOUT_MS = 20_000;

export function mount(element, { props, trigger, watch, options }) {
  element.classList.add("st");
  let shown = null; // the open dialog: {box, table}
  let turn = 0; // number of the newest question
  let press = null; // the press of Compare that has no answer yet: {key, terms}
  let overdue;

  element.replaceChildren(
    button(
      t("compare.where"),
      { name: "route", text: t("compare.where"), cls: "link cw-open", id: `${options.page}-where-open` },
      open,
    ),
  );

  async function open() {
    const loaded = await tryOrToast(Promise.all([import("../compare/table.js"), import("../compare/view.js")]));
    if (shown || !loaded) return;
    styles("compare.css");
    const [{ alternativesTable }, { openComparison }] = loaded;
    const table = alternativesTable({ use, compare, close: () => shown?.box.close() });
    const box = el(
      "dialog",
      "st cw-dialog",
      { "aria-label": t("compare.where"), id: `${options.page}-where-dialog` },
      el(
        "header",
        "",
        {},
        el("h3", "", {}, t("compare.where")),
        button(t("widgets.close"), { name: "close", cls: "bare", data: { do: "close" } }, () => box.close()),
      ),
      table.node,
    );
    box.addEventListener("close", () => (box.remove(), clearTimeout(overdue), (shown = press = null)));
    box.addEventListener("keydown", (e) => e.key !== "Escape" && e.stopPropagation());
    box.addEventListener("pointerdown", (e) => e.target === box && box.close());
    shown = { box, table, openComparison };
    document.body.append(box);
    box.showModal();
    look();
  }

  function look() {
    turn += 1;
    shown.table.wait();
    trigger("look", { turn });
    expectAnswer();
  }

  function expectAnswer() {
    clearTimeout(overdue);
    overdue = setTimeout(() => {
      press = null;
      shown?.table.refused(t("widgets.offline"));
    }, ANSWER_TIMEOUT_MS);
  }

  function use(id) {
    shown.box.close();
    sendInOrder(element, () => trigger("use", { id }));
    document.getElementById(`${options.page}-model`)?.focus({ preventScroll: true });
  }

  /** A press whose answer was lost keeps its key, so that it makes no second comparison. */
  function compare(terms) {
    const same = press && JSON.stringify(press.terms) === JSON.stringify(terms);
    press = same ? press : { key: newKey(), terms };
    shown.table.sending(true);
    trigger("compare", press);
    expectAnswer();
  }

  function answered() {
    const value = props.value || {};
    if (!shown) return;
    if (value.press !== undefined) {
      if (value.press !== press?.key) return;
      press = null;
      clearTimeout(overdue);
      shown.table.sending(false);
      if (value.comparison) {
        const { box, openComparison } = shown;
        box.close();
        openComparison(value.comparison);
      } else {
        shown.table.refused(value.problem);
        if (value.stale) look();
      }
    } else if (value.turn === turn) {
      clearTimeout(overdue);
      value.rows ? shown.table.show(value.rows) : shown.table.none(value.problem);
    }
  }

  watch("value", answered);
}

/** Names one press; randomUUID is only there on pages with TLS. */
const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
