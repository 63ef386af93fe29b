// Files for a board: sent from this computer, or picked among what the studio already keeps.

import { BASE, button, el, icon, media, t } from "../dom.js";
import { get, toast, tryOrToast } from "../net.js";
import { dialog } from "./dialog.js";

const ACCEPT = { image: "image/*,.heic,.heif,.avif", video: "video/*,.mkv,.mov", audio: "audio/*,.flac,.m4a" };

/** Send one file as the body of a POST; told(0..1) hears how far it is. */
export function send(path, file, told) {
  return new Promise((resolve, reject) => {
    const ask = new XMLHttpRequest();
    ask.open("POST", new URL(path, BASE));
    ask.upload.addEventListener("progress", (e) => e.lengthComputable && told?.(e.loaded / e.total));
    ask.addEventListener("error", () => reject(new Error(t("widgets.offline"))));
    ask.addEventListener("load", () => {
      let body = {};
      try {
        body = JSON.parse(ask.responseText);
      } catch {
        /* an error page of a proxy */
      }
      ask.status < 300 ? resolve(body) : reject(new Error(body.error || t("widgets.failed", { status: ask.status })));
    });
    ask.setRequestHeader("content-type", "application/octet-stream");
    ask.send(file);
  });
}

/** Take files of this computer into the library; gives the assets of those that could be used. */
export async function upload(list, busy) {
  const taken = [];
  busy?.classList.add("busy");
  for (const file of list) {
    const asset = await tryOrToast(send(`ui/boards/files?name=${encodeURIComponent(file.name)}`, file));
    if (asset) taken.push(asset);
  }
  busy?.classList.remove("busy");
  return taken;
}

/** A button that opens the computer's files. chosen(files) */
export function fileButton(
  label,
  { kinds = ["image"], accept = undefined, many = false, name = "upload", ...attrs },
  chosen,
) {
  const input = el("input", "st-off", {
    type: "file",
    accept: accept || kinds.map((k) => ACCEPT[k]).join(","),
    multiple: many,
    tabindex: "-1",
    "aria-label": label,
  });
  input.addEventListener("change", () => (chosen([...input.files]), (input.value = "")));
  return el(
    "span",
    "bd-file",
    {},
    button(label, { name, text: label, ...attrs }, () => input.click()),
    input,
  );
}

/** Pick a file the studio keeps, or send one. picked(asset) */
export function pickAsset(title, { kinds = ["image"] }, picked) {
  const grid = el("div", "bd-pick", { role: "list", "aria-live": "polite" });
  const search = el("input", "bd-input", {
    type: "search",
    placeholder: t("board.pick_search"),
    "aria-label": t("board.pick_search"),
  });
  const take = (asset) => (box.close(), picked(asset));
  const own = fileButton(t("board.upload"), { kinds }, async (files) => {
    const [asset] = await upload(files, box);
    if (!asset) return;
    if (!kinds.includes(asset.kind)) return toast(t("board.wrong_kind"), { bad: true });
    take(asset);
  });
  const box = dialog(title, el("div", "bd-picker", {}, el("div", "bd-row", {}, search, own), grid), [], { wide: true });
  let round = 0;
  async function load() {
    const mine = ++round;
    const pages = await Promise.all(
      kinds.map((kind) =>
        tryOrToast(get(`ui/runs?kind=${kind}&status=succeeded&limit=60&query=${encodeURIComponent(search.value)}`)),
      ),
    );
    const uploads = await tryOrToast(
      get(`ui/uploads?query=${encodeURIComponent(search.value)}&${kinds.map((kind) => `kind=${kind}`).join("&")}`),
    );
    if (mine !== round) return;
    const made = pages.flatMap((p) => p?.runs || []).filter((r) => r.asset && kinds.includes(r.asset.kind));
    const brought = (uploads?.files || []).map((asset) => ({ asset, prompt: "", created_at: asset.created_at }));
    const runs = [...made, ...brought].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
    grid.replaceChildren(
      ...runs.map((run) => {
        const label = run.prompt.slice(0, 120) || run.asset.name;
        return el(
          "button",
          "",
          {
            type: "button",
            role: "listitem",
            title: label,
            "aria-label": label,
            data: { asset: run.asset.id },
            onclick: () => take(run.asset),
          },
          run.asset.kind === "audio"
            ? icon("sound", "st-i big")
            : el("img", "", { src: media(run.asset.id, "thumb"), alt: "", loading: "lazy" }),
        );
      }),
    );
    if (!runs.length) grid.replaceChildren(el("p", "st-dim", {}, t("board.pick_none")));
  }
  let timer;
  search.addEventListener("input", () => (clearTimeout(timer), (timer = setTimeout(load, 250))));
  load();
  return box;
}
