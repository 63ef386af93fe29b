// Results as large as the window: one at a time with the arrow keys, or two compared side by side or by a wipe.

import { button, el, seconds, styles, t } from "./dom.js";
import { rate } from "./actions.js";
import { catalogueText } from "./form/common.js";
import { controls, player, stage } from "./player.js";
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

/** Two results compared: side by side, or one over the other with a line to drag. Clips run together. */
export function compare(a, b) {
  const { dialog, head, body, foot, close } = shell(t("widgets.compare"));
  const box = el("div", "st-compare");
  const sides = [a, b].map(({ run, asset }) => {
    const shown = stage(asset);
    return {
      run,
      asset,
      shown,
      frame: el(
        "figure",
        "",
        {},
        shown,
        el(
          "figcaption",
          "",
          {},
          `${title(run)}`,
          el(
            "span",
            "st-dim",
            {},
            ` ${catalogueText(run.model_label)}${run.seed !== null ? ` · ${t("widgets.seed", { n: run.seed })}` : ""}`,
          ),
        ),
      ),
    };
  });
  const line = el("input", "st-wipe", {
    type: "range",
    min: 0,
    max: 1000,
    value: 500,
    "aria-label": t("widgets.wipe"),
  });
  const mode = button(
    t("widgets.wipe"),
    { text: t("widgets.wipe"), data: { do: "wipe" }, "aria-pressed": "false" },
    () => set(!box.classList.contains("wipe")),
  );
  function set(wiped) {
    box.classList.toggle("wipe", wiped);
    mode.classList.toggle("on", wiped);
    mode.setAttribute("aria-pressed", wiped);
    line.hidden = !wiped;
  }
  line.addEventListener(
    "input",
    () => (
      box.style.setProperty("--at", `${Number(line.value) / 10}%`),
      box.style.setProperty("--f", `${Number(line.value) / 1000}`)
    ),
  );
  box.append(...sides.map((s) => s.frame), line);
  const clips = sides.filter((s) => s.asset.kind === "video");
  if (clips.length) {
    foot.append(
      controls(
        clips.map((s) => s.shown),
        clips[0].asset,
        { keys: dialog },
      ),
    );
    clips.slice(1).forEach((s) => (s.shown.muted = true));
    clips.forEach((s) => s.shown.play().catch(() => {}));
  }
  head.append(el("span", "st-lighttitle", {}, t("widgets.compare")), mode, close);
  body.append(box);
  set(false);
}
