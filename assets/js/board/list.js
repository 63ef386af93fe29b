// All boards as cards; a new one, empty or from a script; import of an archive; delete with a way back.

import { BASE, button, el, icon, media, seconds, since, t } from "../dom.js";
import { followBoards } from "../live.js";
import { get, post, toast, tryOrToast } from "../net.js";
import { choose, dialog, field } from "./dialog.js";
import { fileButton, send } from "./files.js";
import { autoDraft } from "./settings.js";
import { menu } from "../actions.js";
import { isMine, loadProjects } from "../project_state.js";
import { may } from "../rights.js";
import { author, boardShareItems, sharedMark } from "../share.js";
import { mountScriptPreview } from "../script/preview.js";
import { NewScriptTools } from "../writing/new_script.js";
import { SHAPES, sizeById } from "./shapes.js";

/** Draw the list into `root`; open(id) shows a board. */
export async function list(root, open) {
  const grid = el("div", "bd-boards");
  const bar = el("div", "st-bar", { hidden: true, role: "progressbar", "aria-label": t("board.importing") }, el("i"));
  const take = fileButton(
    t("board.import"),
    { accept: ".zip,application/zip", data: { do: "import" } },
    async ([file]) => {
      if (!file) return;
      bar.hidden = false;
      const made = await tryOrToast(
        send("ui/boards/import", file, (part) => (bar.firstElementChild.style.transform = `scaleX(${part})`)),
      );
      bar.hidden = true;
      if (made) open(made.id);
    },
  );
  const make = button(
    t("board.new"),
    { name: "plus", text: t("board.new"), cls: "primary", data: { do: "new-board" } },
    () => creation(open),
  );
  root.className = "st-mount st bd bd-listing";
  root.replaceChildren(
    el(
      "header",
      "bd-listhead",
      {},
      el("div", "st-grow", {}, el("h1", "st-h1", {}, t("board.boards")), el("p", "st-dim", {}, t("board.about"))),
      ...(may("create") ? [take, make] : []),
    ),
    bar,
    grid,
  );
  await loadProjects();
  let found = await tryOrToast(get("ui/boards"));
  if (!found) return;
  followBoards(grid, async () => {
    found = (await tryOrToast(get("ui/boards"))) || found;
    draw();
  });
  const draw = () => {
    grid.replaceChildren(...found.boards.map(card));
    if (found.boards.length) grid.setAttribute("role", "list"), grid.setAttribute("aria-label", t("board.boards"));
    else grid.removeAttribute("role"), grid.removeAttribute("aria-label"), grid.replaceChildren(emptyState(open));
  };

  function card(board) {
    const remove = button(
      t("board.delete", { title: board.title }),
      { name: "trash", cls: "bare", data: { do: "delete" } },
      async () => {
        if (!(await tryOrToast(post(`ui/boards/${board.id}/trash`, {})))) return;
        const at = found.boards.indexOf(board);
        found.boards.splice(at, 1);
        draw();
        toast(t("board.deleted", { title: board.title }), {
          undo: async () => {
            if (!(await tryOrToast(post(`ui/boards/${board.id}/trash`, { back: true })))) return;
            found.boards.splice(at, 0, board);
            draw();
          },
        });
      },
    );
    const picture = el(
      "div",
      "bd-cover",
      {},
      board.cover
        ? el("img", "", { src: media(board.cover, "poster"), alt: "", loading: "lazy" })
        : el("p", "", {}, board.first || t("board.no_shots")),
    );
    return el(
      "div",
      "bd-board",
      { role: "listitem", data: { id: board.id } },
      el(
        "a",
        "",
        {
          href: new URL(`?board=${board.id}`, BASE).href,
          onclick: (e) => e.ctrlKey || e.metaKey || (e.preventDefault(), open(board.id)),
        },
        picture,
        el("strong", "", {}, board.title, sharedMark(board)),
        author(board),
        el(
          "span",
          "st-dim",
          {},
          t("board.count", { n: board.shots, time: seconds(board.length_s) }),
          since(board.updated_at, { before: " · " }),
        ),
      ),
      boardShareItems(board).length ? shareButton(board, () => list(root, open)) : null,
      isMine(board) ? remove : null,
    );
  }
  draw();
}

function shareButton(board, done) {
  const made = button(
    t("projects.share"),
    { name: "people", cls: "bare bd-share", "aria-haspopup": "menu", data: { do: "share" } },
    () => menu(made, boardShareItems(board, done)),
  );
  return made;
}

function emptyState(open) {
  return el(
    "div",
    "st-empty",
    {},
    icon("film", "st-i huge"),
    el("h2", "", {}, t("board.welcome")),
    el("p", "", {}, t("board.welcome_help")),
    may("create")
      ? button(t("board.new"), { name: "plus", text: t("board.new"), cls: "primary" }, () => creation(open))
      : null,
  );
}

const EXAMPLES = ["harbour", "tea", "brief"];
let unsaved = ""; // the script of a window that was closed without making a storyboard

function creation(open) {
  const earlier = unsaved;
  const title = el("input", "bd-input", { type: "text", maxlength: 200, placeholder: t("board.title_hint") });
  let shape = SHAPES[1];
  const size = choose(
    SHAPES.map((s) => [s.id, s.label]),
    shape.id,
    (v) => (shape = sizeById(v)),
  );
  const script = el("div");
  const examples = el(
    "div",
    "bd-row wrap",
    {},
    el("span", "st-dim", {}, t("board.examples")),
    ...EXAMPLES.map((name) =>
      button(
        t(`board.example.${name}`),
        { text: t(`board.example.${name}`), cls: "quiet", data: { example: name } },
        () => {
          preview.setText(t(`board.example_text.${name}`));
          if (!title.value) title.value = t(`board.example.${name}`);
        },
      ),
    ),
  );
  const words = el("span");
  const go = button(t("board.create"), { cls: "primary", data: { do: "create" } }, async () => {
    let made;
    go.disabled = true;
    await preview.settled();
    if (preview.shots || !preview.text.trim()) made = await tryOrToast(post("ui/boards", body()));
    go.disabled = false;
    if (made) box.close(), (unsaved = ""), open(made.board.id);
  });
  go.append(words);
  const body = () => ({
    title: title.value || (preview.script.title ? "" : preview.fileTitle.slice(0, 200) || t("board.untitled")),
    ...(preview.shots ? { read: preview.script } : {}),
    width: shape.width,
    height: shape.height,
    draft: autoDraft.get(),
  });
  const box = dialog(
    t("board.new"),
    el(
      "div",
      "bd-form",
      {},
      el("div", "bd-two", {}, field(t("board.f.title"), title), field(t("board.f.size"), size)),
      script,
      examples,
    ),
    [go],
    { wide: true, done: () => tools.close() },
  );
  let tools;
  const preview = mountScriptPreview(script, {
    film: ["style", "negative", "cast"],
    placeholder: t("board.script_hint"),
    onchange: ({ text, shots, fileTitle, script: read }) => {
      title.placeholder = read.title || fileTitle || t("board.title_hint");
      go.disabled = !!text.trim() && !shots;
      words.textContent = shots ? t("scriptview.make", { n: shots }) : t("scriptview.make_empty");
      go.setAttribute("aria-label", words.textContent);
      unsaved = text;
      tools?.changed();
    },
  });
  tools = new NewScriptTools(preview);
  examples.before(tools.reading);
  examples.after(tools.node);
  if (earlier) preview.setText(earlier);
  title.focus();
}
