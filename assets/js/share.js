// Whose a run or storyboard is, who else sees it, and the menu that shares it or takes it back.

import { el, icon, styles, t } from "./dom.js";
import { post, toast, tryOrToast } from "./net.js";
import { hasRole, isMine, openProjects, projectName } from "./project_state.js";

/** The avatar and name of whoever made it; nothing for one's own. */
export function author(row) {
  if (isMine(row) || !row.by) return null;
  styles("projects.css");
  return el("span", "st-author", { title: t("projects.made_by", { name: row.by }) }, avatar(row.by), row.by);
}

/** A letter in a circle; the same person has the same colour everywhere. */
export function avatar(name) {
  const hue = [...name].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) % 360, 7);
  const letter = [...name.trim()][0]?.toUpperCase() || "?";
  const made = el("i", "st-avatar", { "aria-hidden": "true" }, letter);
  made.style.setProperty("--hue", `${hue}`);
  return made;
}

/** A small mark on what the members of a project see. */
export function sharedMark(row) {
  if (!row.shared) return null;
  styles("projects.css");
  const words = t("projects.shared_with", { name: projectName(row.project) });
  return el("span", "st-shared", { title: words, "aria-label": words, role: "img" }, icon("people"));
}

/** What the menu offers for these runs: [words, fn] each; empty where there is nothing to share with. */
export function shareItems(runs, done = (_ids) => {}) {
  const own = runs.filter((run) => isMine(run));
  const shared = runs.filter((run) => run.shared && (isMine(run) || hasRole(run.project, "producer")));
  const ids = (list) => list.map((run) => run.id);
  const send = async (path, body, words) => {
    const told = await tryOrToast(post(path, body));
    if (!told) return;
    toast(words);
    done(told.ids);
  };
  const items = [];
  for (const { id, name } of own.length === runs.length ? openProjects() : [])
    if (own.some((run) => !run.shared || run.project !== id))
      items.push([
        t("projects.share_with", { name }),
        () => send("ui/share", { ids: ids(own), project: id }, t("projects.is_shared", { n: own.length, name })),
      ]);
  if (shared.length)
    items.push([
      t("projects.unshare"),
      () => send("ui/unshare", { ids: ids(shared) }, t("projects.is_unshared", { n: shared.length })),
    ]);
  if (own.length && own.length === runs.length && own.some((run) => run.project))
    items.push([
      t("projects.make_personal"),
      () => send("ui/move", { ids: ids(own), project: "" }, t("projects.is_personal", { n: own.length })),
    ]);
  return items;
}

/** The same for a storyboard. */
export function boardShareItems(board, done = () => {}) {
  if (!isMine(board)) return [];
  const send = async (path, body, words) => {
    if (!(await tryOrToast(post(`ui/boards/${encodeURIComponent(board.id)}/${path}`, body)))) return;
    toast(words);
    done();
  };
  const items = openProjects()
    .filter(({ id }) => !board.shared || board.project !== id)
    .map(({ id, name }) => [
      t("projects.share_with", { name }),
      () => send("share", { project: id }, t("projects.board_is_shared", { name })),
    ]);
  if (board.shared) items.push([t("projects.unshare"), () => send("unshare", {}, t("projects.is_unshared", { n: 1 }))]);
  if (board.project)
    items.push([t("projects.make_personal"), () => send("move", { project: "" }, t("projects.is_personal", { n: 1 }))]);
  return items;
}
