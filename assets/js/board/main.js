// The storyboard tab: the list of boards, or one board in its editor. ?board=ID in the address says which.

import * as address from "../address.js";
import { styles } from "../dom.js";
import { close as closeDetail } from "../detail.js";
import { Editor } from "./editor.js";
import { list } from "./list.js";

/** gr.HTML calls this once. */
export function mount(element) {
  styles("widgets.css", "board.css", "board-parts.css", "board-film.css", "board-look.css");
  const root = element.querySelector(".st-mount") || element;
  let editor = null;
  let shown = null;
  const show = (id) => {
    editor?.close();
    shown = id;
    editor = id ? new Editor(root, id, open) : null;
    if (!id) list(root, open);
  };
  const open = (id) => {
    closeDetail({ silent: true });
    address.visit({ board: id });
    show(id);
  };
  address.keeps("storyboard", () => ({ board: shown }));
  address.onReturn((params) => address.tabOf(params) === "storyboard" && params.get("board") !== shown && show(params.get("board")));
  document.addEventListener("studio-tab", (e) => e.detail.tab !== "storyboard" && editor?.rest());
  show(address.here().get("board"));
}
