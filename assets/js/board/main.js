// The storyboard tab: the list of boards, or one board in its editor. ?board=ID in the address says which.

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
  const address = (id) => {
    const url = new URL(location.href);
    id ? url.searchParams.set("board", id) : url.searchParams.delete("board");
    history.replaceState(history.state, "", url);
  };
  const open = (id) => {
    editor?.close();
    closeDetail({ silent: true });
    shown = id;
    address(id);
    editor = id ? new Editor(root, id, open) : null;
    if (!id) list(root, open);
  };
  document.addEventListener("click", (e) => {
    const tab = e.target.closest?.("#studio-tabs .tab-container [role=tab]");
    if (tab) tab.id === "tab-storyboard-button" ? address(shown) : (address(null), editor?.rest());
  });
  open(new URL(location.href).searchParams.get("board"));
}
