// The language model at a shot's prompt. A text that a person takes is one edit of the shot, and one step of undo; what was
// written first stays with the shot and goes with its runs.

import { el, t } from "../dom.js";
import { toast } from "../net.js";
import { expandButton } from "../writing/expand.js";
import { firstTextLine } from "../writing/first_text.js";
import { field } from "./dialog.js";

/** The field of a shot's prompt with its button; `draw` follows the shot. box: the text box with what belongs to it. */
export function promptField(store, box) {
  const node = field(t("board.f.prompt"), box);
  const area = box.querySelector("textarea");
  const line = firstTextLine({
    first: () => store.shot?.original_prompt || "",
    now: () => area.value,
    back: () => set(store.shot.original_prompt, "", "writing.put_back_done"),
    forget: () => store.edit({ op: "change", shot: store.shot.id, original_prompt: "" }),
  });
  if (store.editable) {
    const facts = () => ({ model: store.shot.model || store.board.model, task: "text-to-video" });
    const more = () => [
      { id: "retake", kind: "retake", body: { board: store.id, shot: store.shot.id }, asks: "comment" },
    ];
    const use = (text, before) => set(text, store.shot.original_prompt || before, "writing.used");
    const label = node.querySelector("label");
    const row = el("div", "wr-labelled");
    label.before(row);
    row.append(label, expandButton(area, { facts, more, use }));
    node.append(line.node);
  }

  async function set(prompt, first, words) {
    area.focus(); // a field that has the focus is not written over by what the board was
    area.value = prompt;
    area.fit?.();
    line.draw();
    if (!(await store.edit({ op: "change", shot: store.shot.id, prompt, original_prompt: first }))) return;
    const undo = () => {
      area.blur(); // a field that is being typed in is never written over
      store.undo();
    };
    toast(t(words), { undo });
  }

  return { node, draw: line.draw };
}
