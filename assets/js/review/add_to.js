// "Add to review", from wherever takes and cuts are seen: an existing review or a new one, and the way there.

import { button, el, icon, media, since, styles, t } from "../dom.js";
import * as address from "../address.js";
import { close as closeDetail } from "../detail.js";
import { check, choose, dialog, field } from "../board/dialog.js";
import { get, post, toast, tryOrToast } from "../net.js";
import { hasRole, isMine, loadProjects, openProjects, projectState } from "../project_state.js";
import { may } from "../rights.js";

/** Whether this person can put something into reviews. */
export const mayAdd = () => may("create");

/** The button that opens the dialog. what(): {runs?, assets?, films?, board?, shots?}; cls "only": the icon alone. */
export const addButton = (what, cls = "") =>
  button(
    t("review.add_to"),
    { name: "review", text: cls.includes("only") ? "" : t("review.add_to"), cls, data: { do: "add-to-review" } },
    () => addToReview(what()),
  );

/** Show a review on its tab. Windows that are open are closed first, each with its entry of the history. */
export async function openReview(id) {
  for (const open of document.querySelectorAll("dialog[open]")) open.close();
  closeDetail({ silent: true });
  await new Promise((done) => setTimeout(done)); // until their entries are on the way out
  await address.settled();
  address.openTab("review", { review: id });
}

/**
 * Ask which review, and put it there. what: ids by kind; title: what a new review may be called; project: whose
 * members may see it, the one that new work goes to unless another is named.
 */
export async function addToReview(what, { title = "", project = "" } = {}) {
  styles("board.css", "board-parts.css", "review.css");
  const [found] = await Promise.all([tryOrToast(get("ui/reviews")), loadProjects()]);
  if (!found) return;
  const reviews = found.reviews.filter((one) => isMine(one) || (one.shared && hasRole(one.project, "creator")));
  let stacked = false;
  const several = (what.runs?.length ?? 0) > 1 && check(t("review.as_versions"), false, (on) => (stacked = on));
  const readers = openProjects().map(({ id, name }) => [id, name]);
  let seenBy = [project, projectState.current].find((id) => readers.some(([one]) => one === id)) ?? "";
  const sharing = readers.length
    ? choose([["", t("review.only_me")], ...readers], seenBy, (id) => (seenBy = id), { data: { field: "seen-by" } })
    : null;
  const name = el("input", "bd-input", {
    type: "text",
    maxlength: 120,
    value: title,
    placeholder: t("review.name_hint"),
    "aria-label": t("review.new_name"),
    data: { field: "new-review" },
  });
  const make = button(
    t("review.create_and_add"),
    { text: t("review.create_and_add"), cls: "primary", data: { do: "create-and-add" } },
    create,
  );
  name.addEventListener("keydown", (e) => e.key === "Enter" && !e.isComposing && (e.preventDefault(), create()));
  const body = el(
    "div",
    "rv-addto",
    {},
    el("div", "rv-newline", {}, name, make),
    sharing ? field(t("review.seen_by"), sharing) : null,
    several,
    reviews.length ? el("h4", "", {}, t("review.existing")) : null,
    reviews.length ? el("ul", "rv-choices", {}, ...reviews.map(row)) : null,
  );
  const around = Boolean(document.querySelector("dialog[open]"));
  const box = dialog(t("review.add_to"), body);
  name.focus();

  function row(review) {
    return el(
      "li",
      "",
      {},
      el(
        "button",
        "",
        { type: "button", data: { review: review.id }, onclick: (e) => put(review, e.currentTarget) },
        el(
          "span",
          "rv-minicover",
          {},
          review.cover ? el("img", "", { src: media(review.cover, "thumb"), alt: "", loading: "lazy" }) : icon("film"),
        ),
        el("strong", "", {}, review.title),
        el(
          "small",
          "st-dim",
          {},
          t("review.items_n", { n: review.items }),
          since(review.updated_at, { before: " · " }),
        ),
      ),
    );
  }

  async function create() {
    if (!name.value.trim()) return name.focus();
    make.disabled = true;
    const made = await tryOrToast(post("ui/reviews", { title: name.value.trim(), project: seenBy }));
    if (made) await put(made, make);
    make.disabled = false;
  }

  async function put(review, pressed) {
    pressed.disabled = true;
    const told = await tryOrToast(stacked ? stack(review.id, what.runs) : post(`${path(review.id)}/items`, what));
    pressed.disabled = false;
    if (!told) return;
    const words = t("review.added_to", { title: review.title });
    if (!around) {
      box.close();
      return toast(words, { undo: () => openReview(review.id), label: t("review.open") });
    }
    const open = button(t("review.open"), { text: t("review.open"), cls: "primary", data: { do: "open-review" } }, () =>
      openReview(review.id),
    );
    body.replaceChildren(
      el("p", "rv-addeddone", { role: "status" }, icon("check"), words),
      el("div", "st-actions wide", {}, open),
    );
    open.focus();
  }
}

const path = (id) => `ui/reviews/${encodeURIComponent(id)}`;

/** Runs as versions of one new item, the first at the bottom. */
async function stack(id, [first, ...others]) {
  let told = await post(`${path(id)}/items`, { runs: [first] });
  const item = told.items.at(-1).id;
  for (const run of others) told = await post(`${path(id)}/items/${encodeURIComponent(item)}/versions`, { run });
  return told;
}
