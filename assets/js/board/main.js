// The storyboard tab: the list of boards, or one board in its editor. ?board=ID in the address says which, &view= how.

import * as address from "../address.js";
import { styles } from "../dom.js";
import { close as closeDetail } from "../detail.js";
import { Editor, FIRST_TAB } from "./editor.js";
import { list } from "./list.js";

/** gr.HTML calls this once. */
export function mount(element) {
  styles(
    "widgets.css",
    "board.css",
    "board-parts.css",
    "board-film.css",
    "board-look.css",
    "board-conflict.css",
    "board-shot.css",
    "roles.css",
  );
  const root = element.querySelector(".st-mount") || element;
  let editor = null;
  let shown = null;
  const view = () => (editor && editor.view !== FIRST_TAB ? editor.view : null);
  const viewed = () => address.navigate({ board: shown, view: view() });
  const show = (id, wanted) => {
    editor?.close();
    shown = id;
    editor = id ? new Editor(root, id, { open, viewed, view: wanted }) : null;
    if (!id) list(root, open);
  };
  const open = (id) => {
    closeDetail({ silent: true });
    address.navigate({ board: id, view: null });
    show(id);
  };
  address.setTabParams("storyboard", () => ({ board: shown, view: view() }));
  address.onHistoryMove((params) => {
    if (address.tabOf(params) !== "storyboard") return;
    if (params.get("board") !== shown) show(params.get("board"), params.get("view"));
    else editor?.show(params.get("view"), { visit: false });
  });
  document.addEventListener("studio-tab", (e) => e.detail.tab !== "storyboard" && editor?.pausePlayback());
  show(address.currentParams().get("board"), address.currentParams().get("view"));
}
