// The storyboard tab: the list of boards, or one board in its editor. ?board=ID in the address says which, &view= how.

import * as address from "../address.js";
import { styles } from "../dom.js";
import { close as closeDetail } from "../detail.js";
import { Editor, FIRST } from "./editor.js";
import { list } from "./list.js";

/** gr.HTML calls this once. */
export function mount(element) {
  styles("widgets.css", "board.css", "board-parts.css", "board-film.css", "board-look.css");
  const root = element.querySelector(".st-mount") || element;
  let editor = null;
  let shown = null;
  const view = () => (editor && editor.view !== FIRST ? editor.view : null);
  const viewed = () => address.visit({ board: shown, view: view() });
  const show = (id, wanted) => {
    editor?.close();
    shown = id;
    editor = id ? new Editor(root, id, { open, viewed, view: wanted }) : null;
    if (!id) list(root, open);
  };
  const open = (id) => {
    closeDetail({ silent: true });
    address.visit({ board: id, view: null });
    show(id);
  };
  address.keeps("storyboard", () => ({ board: shown, view: view() }));
  address.onReturn((params) => {
    if (address.tabOf(params) !== "storyboard") return;
    if (params.get("board") !== shown) show(params.get("board"), params.get("view"));
    else editor?.show(params.get("view"), { visit: false });
  });
  document.addEventListener("studio-tab", (e) => e.detail.tab !== "storyboard" && editor?.rest());
  show(address.here().get("board"), address.here().get("view"));
}
