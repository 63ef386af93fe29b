// What another app shared with the installed studio: shown, and taken into the library only on the person's word.

import { TARGETS } from "./actions.js";
import { currentParams, navigate } from "./address.js";
import { registration } from "./app_install.js";
import { upload } from "./board/files.js";
import { dialog } from "./board/dialog.js";
import { button, el, styles, t } from "./dom.js";
import { toast } from "./net.js";
import { act } from "./send_to.js";

const ANSWER_MS = 5000;

/** Call it once, when the forms are there. */
export async function takeShared() {
  if (!currentParams().get("shared")) return;
  navigate({ shared: null }, { replace: true });
  const files = await handedOver();
  files.length ? offer(files) : toast(t("app.shared_lost"), { bad: true });
}

async function handedOver() {
  const worker = (await registration())?.active;
  if (!worker) return [];
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (e) => resolve(e.data);
    setTimeout(() => resolve([]), ANSWER_MS);
    worker.postMessage({ type: "take-shared" }, [port2]);
  });
}

function offer(files) {
  styles("widgets.css", "board.css", "board-parts.css", "app.css");
  const kind = files[0].type.split("/")[0];
  const pictures = files.map((file) => {
    const url = URL.createObjectURL(file);
    const shown = file.type.startsWith("image/")
      ? el("img", "", { src: url, alt: file.name })
      : el("b", "", {}, file.name);
    return el("li", "", {}, shown);
  });
  const take = async (to) => {
    const assets = await upload(files, box);
    if (!assets.length) return;
    box.close();
    if (!to) return toast(t("app.shared_kept"));
    for (const asset of assets) act(`send_${to}`, { asset: asset.id });
  };
  const choices = (TARGETS[kind] || []).map((to) =>
    button(t(`widgets.send.${to}`), { text: t(`widgets.send.${to}`), data: { do: `shared-${to}` } }, () => take(to)),
  );
  const keep = button(
    t("app.shared_keep"),
    { text: t("app.shared_keep"), cls: "quiet", data: { do: "shared-keep" } },
    () => take(""),
  );
  const body = el("div", "ap-shared", {}, el("ul", "", {}, ...pictures), el("p", "st-dim", {}, t("app.shared_help")));
  const box = dialog(t("app.shared"), body, [...choices, keep]);
}
