// Pieces of a run that every widget shows: its picture, its progress, its state, its stars.

import { BASE, dollars, el, icon, media, seconds, sentences, since, still, t } from "./dom.js";
import { catalogueText } from "./form/common.js";
import { ended } from "./live.js";

const HOVER_DELAY_MS = 140;

/** Previews by their longer side in pixels; beyond them stands the file itself. */
/** @type {[string, number][]} */
const SIDES = [
  ["thumb", 384],
  ["poster", 960],
  ["view", 2048],
];
const FILE_PX = 4096; // a picture larger than this is shown by its largest preview
const SHOWN_TYPES = /^image\/(png|jpeg|webp|gif|avif)$/;
const boxes = new WeakMap(); // box -> {image, asset, side}
const sizes = new ResizeObserver((seen) => seen.forEach(({ target }) => sharpen(target)));

/** Show no fewer pixels than the screen has: a box that is, or grows, larger than its preview gets the next one. */
function sharpen(box) {
  const { image, asset, side } = boxes.get(box) || {};
  if (!image?.isConnected || !box.clientWidth || !asset.width) return;
  const long = Math.max(asset.width, asset.height);
  const shown = (fit) => {
    const scale = fit(box.clientWidth / asset.width, box.clientHeight / asset.height) * devicePixelRatio;
    return Math.min(long, Math.ceil(long * scale));
  };
  if (shown(Math.max) <= side) return; // however it fits: without asking for its style
  const wanted = shown(getComputedStyle(image).objectFit === "contain" ? Math.min : Math.max);
  if (wanted <= side) return;
  const whole = asset.kind === "image" && SHOWN_TYPES.test(asset.mime) && long <= FILE_PX && wanted > SIDES[1][1];
  const [which, px] = whole ? ["", Infinity] : SIDES.find(([, n]) => n >= wanted) || SIDES.at(-1);
  if (px <= side) return;
  Object.assign(boxes.get(box), { side: px });
  const better = new Image();
  better.src = media(asset.id, which);
  better.decode().then(
    () => image.isConnected && boxes.get(box).side === px && (image.src = better.src),
    () => {},
  );
}

/**
 * A node with pictures leaves the page for good. Until it is collected, its boxes would be looked at in each frame, and its
 * pictures still be asked for: of a fast scroll hundreds, which those in sight would wait behind.
 */
export function forget(node) {
  for (const box of node.querySelectorAll(".st-pic")) sizes.unobserve(box);
  for (const image of node.querySelectorAll("img")) if (!image.complete) image.removeAttribute("src");
}

/** The run's picture: a lazy thumbnail, as sharp as its place needs; a clip plays, muted, while pointed at or focused. */
export function picture(run, { poster = false } = {}) {
  const box = el("div", "st-pic", { data: { kind: run.kind } });
  const asset = run.asset;
  const source = asset
    ? media(asset.id, poster && asset.kind === "video" ? "poster" : "thumb")
    : run.inputs?.[0] && media(run.inputs[0], "thumb");
  if (source) {
    const image = el("img", asset ? "" : "faint", { loading: "lazy", decoding: "async", alt: "", draggable: "false" });
    image.addEventListener("load", () => box.classList.add("seen"), { once: true });
    image.addEventListener(
      "error",
      () => (image.remove(), box.prepend(icon(asset?.kind === "audio" ? "sound" : "image", "st-i big"))),
      { once: true },
    );
    image.src = source;
    box.append(image);
    if (asset?.width) {
      boxes.set(box, { image, asset, side: poster && asset.kind === "video" ? 960 : 384 });
      sizes.observe(box);
    }
  } else if (run.status === "queued") box.append(icon("clock", "st-i big"));
  else if (!run.asset && run.status !== "running")
    box.append(icon(run.kind === "video" ? "film" : "image", "st-i big"));
  if (asset?.kind === "video" || asset?.kind === "audio")
    box.append(el("span", "st-len", {}, asset.has_audio ? icon("sound") : null, seconds(asset.duration_s)));
  if (run.count > 1)
    box.append(el("span", "st-count", { title: t("widgets.files", { n: run.count }) }, `${run.count}`));
  runPreview(box, run);
  return box;
}

const PREVIEW_FADE_MS = 400;

/**
 * The newest picture of a run under way, laid into `box` over the one before as soon as it is decoded, so that nothing
 * moves or flickers; marked as a preview for eyes and for screen readers. A run without one leaves the box as it is.
 */
export function runPreview(box, run) {
  const version = run.status === "running" && run.preview;
  if (!box || !version || version === box.dataset.preview) return;
  if (box.loading) return void (box.next = run); // one after the other; only the newest counts
  box.loading = true;
  const help = t(run.false_colours ? "widgets.preview_shapes_help" : "widgets.preview_help");
  const image = el("img", "st-glimpse", { alt: help, draggable: "false" });
  image.src = new URL(`media/runs/${encodeURIComponent(run.id)}/preview?v=${version}`, BASE).href;
  image
    .decode()
    .then(
      () => {
        const older = [...box.querySelectorAll(".st-glimpse")];
        const last = older.at(-1);
        last ? last.after(image) : box.append(image);
        if (!last)
          box.append(
            el(
              "span",
              "st-previewtag",
              { "aria-hidden": "true", title: help },
              t(run.false_colours ? "widgets.preview_shapes" : "widgets.preview"),
            ),
          );
        box.dataset.preview = version;
        box.closest("button, [role=button], [role=option]")?.setAttribute("aria-description", help);
        setTimeout(() => older.forEach((o) => o.remove()), PREVIEW_FADE_MS);
      },
      () => {}, // it has just ended, or a newer one took its place
    )
    .then(() => {
      box.loading = false;
      const next = box.next;
      box.next = null;
      if (next) runPreview(box, next);
    });
}

/** The result of a run appears over the last glimpse of it: `old` is the node that the new one takes the place of. */
export function fadeInResult(old, fresh) {
  const last = [...(old?.querySelectorAll(".st-glimpse") || [])].at(-1);
  const image = last && fresh.querySelector(".st-pic > img:not(.faint)");
  if (!image || last.parentNode === image.parentNode) return;
  last.style.animation = "none"; // moved, it would fade in once more
  image.before(last);
  image.addEventListener("load", () => setTimeout(() => last.remove(), PREVIEW_FADE_MS), { once: true });
}

/** Let the clips under `root` play while pointed at. `find` gives the picture box of an event's target and its run. */
export function hoverPlay(root, find) {
  let now = null;
  const stop = () => {
    if (!now) return;
    clearTimeout(now.timer);
    now.video?.remove();
    now.box.classList.remove("playing");
    now = null;
  };
  const start = (e) => {
    const found = find(e.target);
    if (found?.box === now?.box) return;
    stop();
    if (found?.run.asset?.kind !== "video" || (still() && e.type !== "focusin")) return;
    const turn = (now = { box: found.box, timer: 0, video: null });
    turn.timer = setTimeout(() => {
      const video = (turn.video = el("video", "", {
        muted: true,
        loop: true,
        playsinline: true,
        preload: "auto",
        "aria-hidden": "true",
        tabindex: "-1",
      }));
      video.muted = true;
      video.addEventListener("playing", () => turn.box.classList.add("playing"));
      video.src = media(found.run.asset.id, "hover");
      turn.box.append(video);
      video.play().catch(() => {});
    }, HOVER_DELAY_MS);
  };
  root.addEventListener("pointerover", start);
  root.addEventListener("pointerleave", stop);
  root.addEventListener("focusin", start);
  root.addEventListener("focusout", stop);
}

const holdText = (run) => t(`widgets.held.${run.held_reason || "approval"}`);

/** A chip with the state in one word. Nothing for a run that simply succeeded. */
export function chip(run) {
  if (run.status === "succeeded") return null;
  const word = run.cancel_wanted && !ended(run) ? t("widgets.status.cancelling") : t(`widgets.status.${run.status}`);
  return el("span", `st-chip ${run.status}`, {}, word);
}

/** Why a run waits, failed or was cancelled, as a sentence; "" for the others. */
export function reason(run) {
  if (run.status === "held") return sentences(holdText(run), run.error);
  if (run.status === "failed") return run.error || t("widgets.no_reason");
  if (run.status === "cancelled") return run.error || t("widgets.was_cancelled");
  return "";
}

/** What a run is doing, in words: "Rendering, 40 %", "3rd in the queue". */
export function progressText(run) {
  if (run.cancel_wanted && !ended(run)) return t("widgets.status.cancelling");
  if (run.status === "queued")
    return run.position ? t("widgets.position", { n: run.position }) : t("widgets.status.queued");
  if (run.status !== "running") return t(`widgets.status.${run.status}`);
  const phase = t(`widgets.phase.${run.phase || "preparing"}`);
  const place = run.provider_position ? `, ${t("widgets.provider_position", { n: run.provider_position })}` : "";
  return phase + place;
}

/** 0..1 for the bar: the provider's own fraction, else time passed against the time such runs usually take; null: unknown. */
function share(run, elapsed) {
  if (run.fraction !== null && run.fraction !== undefined) return run.fraction;
  if (run.expected_s && elapsed !== null) return 1 - Math.exp((-1.6 * elapsed) / run.expected_s); // slows down, never arrives
  return null;
}

/** A progress bar with phase, percent, elapsed and expected time. It keeps time by itself while it is on the page. */
export function progress(run) {
  const bar = el(
    "div",
    "st-bar",
    { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": t("widgets.progress") },
    el("i"),
  );
  const words = el("span", "st-doing");
  const time = el("span", "st-time");
  const heard = Date.now();
  const box = el("div", "st-prog", {}, bar, el("div", "st-progline", {}, words, time));
  box.tick = () => {
    const elapsed =
      run.started_at && run.status === "running" ? (Date.now() - Date.parse(run.started_at)) / 1000 : null;
    const part = run.status === "running" ? share(run, elapsed) : 0;
    const told = run.status === "running" && run.fraction !== null && run.fraction !== undefined; // only a provider's figure is said
    const percent = told ? Math.round(part * 100) : null;
    bar.hidden = run.status !== "running";
    bar.classList.toggle("endless", part === null);
    bar.firstElementChild.style.transform = `scaleX(${part ?? 0.35})`;
    percent === null ? bar.removeAttribute("aria-valuenow") : bar.setAttribute("aria-valuenow", percent);
    words.textContent = progressText(run) + (percent ? ` ${percent} %` : "");
    bar.setAttribute("aria-valuetext", words.textContent);
    const left = run.eta_s && elapsed !== null ? Math.round(run.eta_s - (Date.now() - heard) / 1000) : 0;
    const about =
      left > 0
        ? ` · ${t("widgets.left", { time: seconds(left) })}`
        : run.expected_s
          ? ` / ~${seconds(run.expected_s)}`
          : "";
    time.textContent =
      elapsed === null
        ? run.expected_s
          ? `~${seconds(run.expected_s)}`
          : ""
        : seconds(Math.max(0, Math.round(elapsed))) + about;
  };
  box.tick();
  clock();
  return box;
}

let ticking;
function clock() {
  ticking ??= setInterval(() => {
    const shown = document.querySelectorAll(".st-prog");
    for (const box of shown) box.tick?.();
    if (!shown.length) ticking = clearInterval(ticking);
  }, 500);
}

/** Five stars to press; pressing the present number takes them away. */
export function stars(rating, rate) {
  const row = el("div", "st-stars", { role: "radiogroup", "aria-label": t("widgets.rating") });
  const draw = (n) => {
    rating = n;
    [...row.children].forEach((b, i) => {
      b.classList.toggle("on", i < n);
      b.setAttribute("aria-checked", i + 1 === n);
    });
  };
  for (let n = 1; n <= 5; n++)
    row.append(
      el(
        "button",
        "st-star",
        {
          type: "button",
          role: "radio",
          "aria-label": t("widgets.stars", { n }),
          title: `${n}`,
          onclick: (e) => (e.stopPropagation(), rate(n === rating ? 0 : n)),
        },
        icon("star"),
      ),
    );
  draw(rating);
  row.show = draw;
  return row;
}

/** Whether the estimate counts as spent, since the provider did not say what it billed. */
const booked = (run) => run.status === "succeeded" && run.cost_usd === null && run.estimate_usd > 0;

/** What a run cost: as billed; else its estimate, marked as one, where that was booked. */
export const cost = (run) =>
  booked(run) ? t("widgets.cost_estimate", { usd: dollars(run.estimate_usd) }) : dollars(run.cost_usd);

/** The short facts under a picture: model, size, seed, age. */
export function facts(run) {
  const asset = run.asset;
  const list = [catalogueText(run.model_label)];
  if (asset?.width) list.push(`${asset.width}×${asset.height}`);
  if (run.seed !== null && run.seed !== undefined) list.push(t("widgets.seed", { n: run.seed }));
  if (run.cost_usd || booked(run)) list.push(cost(run));
  return el("div", "st-facts", {}, ...list.map((x) => el("span", "", {}, `${x}`)), since(run.created_at));
}

/** What the run is called where it needs a name: its prompt, else its task. */
export const title = (run) => run.prompt.trim() || t(`widgets.task.${run.task}`);
