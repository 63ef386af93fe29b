// What only a member's page of a review has: more items, the review's own menu, the runs behind the versions, live news.

import { el, icon, t } from "../dom.js";
import { open as openDetail } from "../detail.js";
import { pick } from "../form/gallery.js";
import { follow as followRuns, followReviews } from "../live.js";
import { menu } from "../menu.js";
import { del, get, patch, post, toast, tryOrToast } from "../net.js";
import { progress, runPreview } from "../parts.js";
import { isMine, openProjects, projectName } from "../project_state.js";
import { dialog } from "../board/dialog.js";
import { asked } from "./dialogs.js";
import { reportItems } from "./status_settings.js";

export { retakeTools } from "./retake_dialog.js";

const KINDS = ["video", "image", "audio"];
const MAX_PICKED = 60;

/** Show the run behind a version. */
export const openRun = (run) => openDetail(run);

export { rate as giveStars } from "../actions.js";

/** Hear of changes of a review by others. */
export function follow(element, id, reload) {
  followReviews(element, (ids) => (!ids || ids.includes(id)) && reload());
}

/** The picture of a take that is being made, with its progress; null where nothing is told of its run. */
export function making(version) {
  const box = el("div", "st-pic");
  const bar = el("div", "rv-making");
  const made = el("div", "rv-makingbox running", {}, box, bar);
  followRuns(made, (state) => {
    const run = state.runs.get(version.run);
    if (!run) return;
    bar.replaceChildren(progress(run));
    runPreview(box, run);
  });
  return made;
}

/** Choose what else is to be judged: results and files, or a storyboard's takes. anchor: the button that was pressed. */
export function add(session, anchor) {
  menu(anchor, [
    [
      t("review.from_gallery"),
      () => pick(t("review.a_review"), KINDS, MAX_PICKED, (assets) => put(session, sources(assets))),
    ],
    [t("review.from_board"), () => pickBoard((board) => put(session, { board: board.id }))],
  ]);
}

/** Put one more version on an item. */
export function addVersion(session, item) {
  pick(item.title, KINDS, 1, async ([asset]) => {
    const body = asset.origin ? { run: asset.origin } : { asset: asset.id };
    const told = await tryOrToast(session.post(`items/${encodeURIComponent(item.id)}/versions`, body));
    if (!told) return;
    session.take(told);
    session.select(item.id);
  });
}

/** Results by their run, so that prompt and seed stay known; other files by themselves. */
const sources = (assets) => ({
  runs: assets.filter((one) => one.origin).map((one) => one.origin),
  assets: assets.filter((one) => !one.origin).map((one) => one.id),
});

async function put(session, body) {
  const known = new Set(session.review.items.map((one) => one.id));
  const told = await tryOrToast(session.post("items", body));
  if (!told) return;
  session.take(told);
  const fresh = told.items.find((one) => !known.has(one.id));
  if (fresh) session.select(fresh.id);
}

/** A storyboard out of a list. */
export async function pickBoard(chosen) {
  const found = await tryOrToast(get("ui/boards"));
  if (!found) return;
  const choose = (board) => (box.close(), chosen(board));
  const box = dialog(
    t("review.from_board"),
    found.boards.length
      ? el(
          "ul",
          "rv-choices",
          {},
          ...found.boards.map((board) =>
            el(
              "li",
              "",
              {},
              el(
                "button",
                "",
                { type: "button", data: { board: board.id }, onclick: () => choose(board) },
                icon("film"),
                el("strong", "", {}, board.title),
                el("small", "st-dim", {}, t("review.shots_n", { n: board.shots })),
              ),
            ),
          ),
        )
      : el("p", "st-dim", {}, t("review.no_boards")),
  );
}

/** The menu of a review in the list or at its head: [words, fn] each. */
export function reviewItems(review, { changed, gone, mayEdit = isMine(review) }) {
  const part = (words) => `ui/reviews/${encodeURIComponent(review.id)}${words}`;
  const items = reportItems(review.id);
  if (mayEdit)
    items.push([
      t("review.rename"),
      async () => {
        const title = await asked(t("review.rename_review"), {
          label: t("review.name"),
          value: review.title,
          yes: t("review.save"),
          max: 120,
        });
        if (title && (await tryOrToast(patch(part(""), { title })))) changed();
      },
    ]);
  if (!isMine(review)) return items;
  const send = async (path, body, words) => {
    if (!(await tryOrToast(post(part(path), body)))) return;
    toast(words);
    changed();
  };
  for (const { id, name } of openProjects())
    if (!review.shared || review.project !== id)
      items.push([
        t("projects.share_with", { name }),
        () => send("/share", { project: id }, t("review.is_shared", { name })),
      ]);
  if (review.shared)
    items.push([
      t("projects.unshare"),
      () => send("/unshare", {}, t("review.is_unshared", { name: projectName(review.project) })),
    ]);
  items.push([
    t("review.delete"),
    async () => {
      if (!(await tryOrToast(del(part(""))))) return;
      gone();
      toast(t("review.deleted", { title: review.title }), {
        undo: async () => (await tryOrToast(post(part("/restore")))) && changed(),
      });
    },
  ]);
  return items;
}
