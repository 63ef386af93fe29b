// A script out of a file: chosen, or dropped onto the text. The studio finds out its encoding.

import { BASE, t } from "../dom.js";
import { fileButton, send } from "../board/files.js";
import { toast, tryOrToast } from "../net.js";

const MAX_BYTES = 800_004; // as the studio takes: 200,000 characters in the widest encoding
const ACCEPT = ".txt,.text,.md,.markdown,.csv,.tsv,.json,.jsonl,.ndjson,.fountain,.srt,.vtt,text/plain";

async function read(file, heard) {
  if (file.size > MAX_BYTES) return toast(t("scriptview.file_too_large", { name: file.name }), { bad: true });
  const path = new URL("ui/scripts/decode", BASE);
  path.searchParams.set("name", file.name);
  const found = await tryOrToast(send(path.href, file));
  if (found) heard(found.text, file.name);
}

/** A button that opens a file; heard(text, name). */
export const openButton = (heard) =>
  fileButton(
    t("scriptview.choose_file"),
    { accept: ACCEPT, data: { do: "choose-script" } },
    ([file]) => file && read(file, heard),
  );

/** Let files be dropped onto an element; heard(text, name). */
export function takeDrops(node, heard) {
  const hasFile = (e) => [...(e.dataTransfer?.types || [])].includes("Files");
  let depth = 0;
  const over = (by) => node.classList.toggle("dropping", (depth = by ? Math.max(0, depth + by) : 0) > 0);
  node.addEventListener("dragenter", (e) => hasFile(e) && (e.preventDefault(), over(1)));
  node.addEventListener("dragover", (e) => hasFile(e) && e.preventDefault());
  node.addEventListener("dragleave", (e) => hasFile(e) && over(-1));
  node.addEventListener("drop", (e) => {
    if (!hasFile(e)) return;
    e.preventDefault();
    over(0);
    if (e.dataTransfer.files[0]) read(e.dataTransfer.files[0], heard);
  });
}
