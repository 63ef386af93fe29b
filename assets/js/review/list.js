// All reviews as cards; a new one; rename, share and delete with a way back.

import { BASE, button, el, icon, media, since, t } from "../dom.js";
import { followReviews } from "../live.js";
import { menu } from "../menu.js";
import { get, post, tryOrToast } from "../net.js";
import { loadProjects } from "../project_state.js";
import { may } from "../rights.js";
import { author, sharedMark } from "../share.js";
import { asked } from "./dialogs.js";
import { reviewItems } from "./member.js";

/** A new review with a name that is asked for; undefined where the person left it. */
export async function newReview() {
  const title = await asked(t("review.new"), {
    label: t("review.name"),
    hint: t("review.name_hint"),
    yes: t("review.create"),
    max: 120,
  });
  if (title) return tryOrToast(post("ui/reviews", { title }));
}

/** Draw the list into `root`; open(id) shows a review. Gives draw() for changes. */
export async function list(root, open) {
  const grid = el("div", "rv-cards", { "aria-busy": "true" });
  const make = button(
    t("review.new"),
    { name: "plus", text: t("review.new"), cls: "primary", data: { do: "new-review" } },
    create,
  );
  root.className = "st-mount st rv-listing";
  delete root.dataset.tab;
  root.replaceChildren(
    el(
      "header",
      "rv-listhead",
      {},
      el("div", "st-grow", {}, el("h1", "st-h1", {}, t("review.reviews")), el("p", "st-dim", {}, t("review.about"))),
      may("create") ? make : null,
    ),
    grid,
  );
  await loadProjects();
  if (!grid.isConnected) return;
  await load();
  followReviews(grid, load);

  async function create() {
    const made = await newReview();
    if (made) open(made.id);
  }

  async function load() {
    const found = await tryOrToast(get("ui/reviews"));
    grid.removeAttribute("aria-busy");
    if (!found || !grid.isConnected) return;
    const told = JSON.stringify(found);
    if (told === grid.told) return;
    grid.told = told;
    const focused = grid.contains(document.activeElement) && document.activeElement.closest(".rv-card")?.dataset.id;
    grid.replaceChildren(...(found.reviews.length ? found.reviews.map(card) : [emptyState()]));
    if (found.reviews.length) grid.setAttribute("role", "list"), grid.setAttribute("aria-label", t("review.reviews"));
    else grid.removeAttribute("role"), grid.removeAttribute("aria-label");
    if (focused) grid.querySelector(`[data-id="${CSS.escape(focused)}"] a`)?.focus({ preventScroll: true });
  }

  function card(review) {
    const items = reviewItems(review, { changed: load, gone: load, mayEdit: may("create") });
    const more = button(
      t("review.more_of", { name: review.title }),
      { name: "more", cls: "bare rv-more", "aria-haspopup": "menu", "aria-expanded": "false", data: { do: "more" } },
      () => menu(more, items),
    );
    const part = review.items ? review.approved / review.items : 0;
    const approved = el(
      "span",
      "rv-approved",
      { title: t("review.approved_of", { n: review.approved, all: review.items }) },
      el("i", "", { "aria-hidden": "true" }),
      t("review.approved_short", { n: review.approved, all: review.items }),
    );
    approved.style.setProperty("--part", `${part}`);
    return el(
      "div",
      "rv-card",
      { role: "listitem", data: { id: review.id } },
      el(
        "a",
        "",
        {
          href: new URL(`?review=${review.id}`, BASE).href,
          onclick: (e) => e.ctrlKey || e.metaKey || (e.preventDefault(), open(review.id)),
        },
        el(
          "span",
          "rv-cover",
          {},
          review.cover
            ? el("img", "", { src: media(review.cover, "poster"), alt: "", loading: "lazy" })
            : icon("film", "st-i huge"),
          review.open_comments
            ? el(
                "span",
                "rv-open",
                { title: t("review.open_n", { n: review.open_comments }) },
                `${review.open_comments}`,
              )
            : null,
        ),
        el("strong", "", {}, review.title, sharedMark(review)),
        el(
          "span",
          "rv-cardline",
          {},
          t("review.items_n", { n: review.items }),
          review.open_comments ? ` · ${t("review.open_n", { n: review.open_comments })}` : "",
        ),
        review.items ? approved : null,
        el(
          "span",
          "rv-cardline",
          {},
          author(review) ?? "",
          review.project_name ? `${review.project_name} · ` : "",
          since(review.updated_at),
        ),
      ),
      items.length ? more : null,
    );
  }

  function emptyState() {
    const step = (n) =>
      el("li", "", {}, el("b", "", { "aria-hidden": "true" }, `${n}`), el("span", "", {}, t(`review.step_${n}`)));
    return el(
      "div",
      "st-empty rv-welcome",
      {},
      icon("film", "st-i huge"),
      el("h2", "", {}, t("review.welcome")),
      el("p", "", {}, t("review.welcome_help")),
      el("ol", "rv-steps", {}, step(1), step(2), step(3)),
      may("create")
        ? button(
            t("review.new"),
            { name: "plus", text: t("review.new"), cls: "primary", data: { do: "first-review" } },
            create,
          )
        : null,
    );
  }
}
