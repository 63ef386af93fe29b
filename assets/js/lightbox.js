// Results as large as the window: one at a time with the arrow keys.

import { button, el, seconds, styles, t } from "./dom.js";
import { rate } from "./actions.js";
import { catalogueText } from "./form/common.js";
import { player } from "./player.js";
import { stars, title } from "./parts.js";

function shell(label) {
  styles("widgets.css");
  const dialog = el("dialog", "st st-light", { "aria-label": label });
  const close = button(t("widgets.close"), { name: "close", cls: "bare", data: { do: "close" } }, () => dialog.close());
  const head = el("header", "st-lighthead");
  const body = el("div", "st-lightbody");
  const foot = el("footer", "st-lightfoot");
  dialog.append(head, body, foot);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("keydown", (e) => e.key !== "Escape" && e.stopPropagation());
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, head, body, foot, close };
}

/** Show files of runs: pairs of {run, asset}. changed(run, stars) hears of a rating. */
export function lightbox(pairs, at = 0, { rated = undefined } = {}) {
  const { dialog, head, body, foot, close } = shell(t("widgets.viewer"));
  const previous = button(t("widgets.previous"), { name: "left", cls: "st-side left" }, () => show(at - 1));
  const next = button(t("widgets.next"), { name: "right", cls: "st-side right" }, () => show(at + 1));
  function show(i) {
    if (!pairs.length || (i !== at && pairs.length < 2)) return;
    at = (i + pairs.length) % pairs.length;
    const { run, asset } = pairs[at];
    const row = stars(run.rating, set);
    async function set(n) {
      if (await rate(run, n)) (run.rating = n), row.show(n), rated?.(run, n);
    }
    dialog.setStars = set;
    body.replaceChildren(player(asset, { keys: dialog, autoplay: true }), previous, next);
    previous.hidden = next.hidden = pairs.length < 2;
    head.replaceChildren(
      el("span", "st-lighttitle", {}, title(run)),
      el("span", "st-dim", {}, `${at + 1} / ${pairs.length}`),
      row,
      close,
    );
    foot.textContent = [
      catalogueText(run.model_label),
      asset.width && `${asset.width}×${asset.height}`,
      seconds(asset.duration_s),
      run.seed !== null && t("widgets.seed", { n: run.seed }),
    ]
      .filter(Boolean)
      .join("  ·  ");
  }
  dialog.addEventListener("keydown", (e) => {
    if (e.target.closest("input[type=range], select") && e.key.startsWith("Arrow")) return;
    if (e.key === "ArrowRight") show(at + 1);
    else if (e.key === "ArrowLeft") show(at - 1);
    else if (/^[0-5]$/.test(e.key)) dialog.setStars(Number(e.key));
    else return;
    e.preventDefault();
  });
  show(at);
}
