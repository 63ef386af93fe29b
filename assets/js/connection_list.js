// Connections: a section of the Settings page with a card for each provider.

import { currentParams, onHistoryMove } from "./address.js";
import { connectionCard } from "./connection_card.js";
import { CHANGED, LANGUAGE_MODEL, OPENED } from "./connections.js";
import { button, el, styles, t } from "./dom.js";
import { languageModelCard } from "./language_model_card.js";
import { get } from "./net.js";

/** The section of the Settings page. It keeps what is being typed while the rest of the page is drawn anew. */
export function connectionList() {
  styles("connections.css");
  const about = el("p", "st-dim cn-about");
  const grid = el("div", "cn-grid");
  const root = el(
    "section",
    "st-box connections",
    { "aria-label": t("connections.title"), id: "connections" },
    el("h2", "", {}, t("connections.title")),
    about,
    grid,
  );
  const cards = new Map();
  const model = languageModelCard();
  let wanted = null;
  let followed = null;

  async function refresh() {
    try {
      const [overview] = await Promise.all([get("ui/connections"), model.refresh()]);
      draw(overview);
    } catch (error) {
      if (!cards.size) fail(error);
    }
  }

  /** @param {any} overview as the studio tells it */
  function draw(overview) {
    const { keyring, connections: list } = overview;
    root.hidden = !list.length;
    about.replaceChildren(
      t("connections.help"),
      " ",
      keyring ? t("connections.kept_in", { keyring }) : t("connections.kept_in_memory"),
    );
    for (const told of list) {
      if (!cards.has(told.provider)) cards.set(told.provider, connectionCard(told, keyring));
      else if (!cards.get(told.provider).busy()) cards.get(told.provider).show(told);
    }
    const order = [model.element, ...list.map((told) => cards.get(told.provider).element)];
    if (order.some((element, n) => grid.children[n] !== element) || grid.childElementCount !== order.length)
      grid.replaceChildren(...order);
    follow();
  }

  function fail(error) {
    grid.replaceChildren(
      el("p", "cn-bad", { role: "alert" }, error.message),
      button(t("connections.retry"), { name: "again", text: t("connections.retry") }, refresh),
    );
  }

  function reveal() {
    const found = wanted === LANGUAGE_MODEL ? model : cards.get(wanted);
    wanted = null;
    found?.reveal();
  }

  /** Go to the card that the address names. */
  function follow() {
    const named = currentParams().get("connection");
    if (named !== followed) wanted = followed = named;
    if (wanted && cards.size && root.offsetParent) reveal();
  }
  onHistoryMove(follow);
  document.addEventListener(OPENED, follow);
  document.addEventListener(CHANGED, () => model.refresh());
  return { root, refresh, follow };
}
