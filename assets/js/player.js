// A player for reviewing: exact frame steps, loop, speed, full screen; two clips kept together for comparing.

import { frameButton } from "./actions.js";
import { button, el, media, number, seconds, t } from "./dom.js";
import { frameAt, frameShown, rateOf, seekTime, timingOf } from "./frames/frame_clock.js";

const SPEEDS = [0.25, 0.5, 1, 1.5, 2];
const DRIFT_S = 0.06; // a follower further off than this is put right
const SAME_S = 0.001;
const UNKNOWN_FRAME_S = 1 / 25; // a step in a clip whose rate is not known
const END_S = 0.001; // this far before the end the last frame is still shown

/** The thing itself: picture, clip or sound, without controls. */
export function stage(asset, { loop = true } = {}) {
  if (asset.kind === "image")
    return el("img", "st-media", { src: media(asset.id), alt: asset.name || "", draggable: "false" });
  if (asset.kind === "text") return el("pre", "st-media st-text", {}, asset.text || "");
  const tag = asset.kind === "audio" ? "audio" : "video";
  const poster =
    asset.kind === "video" ? media(asset.id, Math.max(asset.width, asset.height) > 960 ? "view" : "poster") : null;
  const made = el(tag, "st-media", { src: media(asset.id), preload: "metadata", playsinline: true, poster });
  made.loop = loop;
  return made;
}

/**
 * The control bar of one or more clips of `tags` (media elements); the first leads, the others follow it and wait at
 * their end where they are shorter. asset: of the leader, for frames a second. keys: the element whose key presses steer it.
 */
export function controls(tags, asset, { keys = undefined, full = undefined } = {}) {
  const lead = tags[0];
  const timed = () => timingOf({ rate: rateOf(asset.fps), duration_s: asset.duration_s || lead.duration });
  let timing = asset.fps ? timed() : null;
  const others = tags.slice(1);
  for (const other of others) other.loop = false;
  const play = button(t("widgets.play"), { name: "play", cls: "bare", data: { do: "play" } }, toggle);
  const bar = el("input", "st-scrub", {
    type: "range",
    min: 0,
    max: 1000,
    value: 0,
    step: 1,
    "aria-label": t("widgets.position_in_clip"),
  });
  const clock = el("span", "st-clock", { "aria-hidden": "true" });
  const counter = el("span", "st-clock st-counter", { "aria-hidden": "true" });
  const loop = button(
    t("widgets.loop"),
    { name: "loop", cls: `bare${lead.loop ? " on" : ""}`, "aria-pressed": lead.loop, data: { do: "loop" } },
    turn,
  );
  const speed = el(
    "select",
    "st-speed",
    { "aria-label": t("widgets.speed") },
    ...SPEEDS.map((s) => el("option", "", { value: s, selected: s === 1 }, `${number(s, 2)}×`)),
  );
  const sound = button(
    t("widgets.mute"),
    { name: "sound", cls: "bare", data: { do: "mute" } },
    () => ((lead.muted = !lead.muted), mark()),
  );
  const back = button(t("widgets.frame_back"), { name: "left", cls: "bare", data: { do: "back" } }, () => step(-1));
  const on = button(t("widgets.frame_on"), { name: "right", cls: "bare", data: { do: "on" } }, () => step(1));

  function each(fn, then) {
    tags.forEach(fn);
    then?.();
  }
  function turn() {
    lead.loop = !lead.loop;
    mark();
  }
  function mark() {
    loop.classList.toggle("on", lead.loop);
    loop.setAttribute("aria-pressed", lead.loop);
    sound.classList.toggle("off", lead.muted);
    sound.setAttribute("aria-pressed", lead.muted);
  }
  function toggle() {
    lead.paused ? lead.play().catch(() => {}) : lead.pause();
  }
  let presented = null; // media time of the frame on screen, as the browser tells it; null until the first one
  let target = null; // the frame that a step asked for, until it is on screen
  function watchFrames() {
    lead.requestVideoFrameCallback?.((_, { mediaTime }) => {
      presented = mediaTime;
      if (lead.paused) show();
      watchFrames();
    });
  }
  /** The frame on screen, from 0. currentTime runs ahead of the picture, so it is used only where nothing better is told. */
  const frame = () => (presented === null ? frameAt(timing, lead.currentTime) : frameShown(timing, presented));
  function seek(s) {
    each((m) => (m.currentTime = Math.max(0, Math.min(s, (m.duration || s) - 1e-3))));
  }
  function step(n) {
    each((m) => m.pause());
    if (!timing) return seek(lead.currentTime + n * UNKNOWN_FRAME_S);
    const from = lead.seeking && target !== null ? target : frame();
    target = Math.max(0, Math.min(timing.frames - 1, from + n));
    seek(seekTime(timing, target));
  }
  function show() {
    const whole = lead.duration || asset.duration_s || 0;
    if (document.activeElement !== bar || !lead.paused) bar.value = `${whole ? (lead.currentTime / whole) * 1000 : 0}`;
    bar.style.setProperty("--part", `${Number(bar.value) / 10}%`);
    bar.setAttribute("aria-valuetext", `${seconds(lead.currentTime)} / ${seconds(whole)}`);
    clock.textContent = `${lead.currentTime.toFixed(2)} / ${whole.toFixed(2)}`;
    counter.textContent = timing && asset.kind === "video" ? t("widgets.frame", { n: frame() }) : "";
    for (const other of others) follow(other);
  }
  /** One of the others: at the leader's moment, or on its last frame where it is over by then. */
  function follow(other) {
    const end = Math.max(0, (other.duration || Infinity) - END_S);
    const at = Math.min(lead.currentTime, end);
    const moving = !lead.paused && lead.currentTime < end;
    const off = Math.abs(other.currentTime - at);
    if (off > (moving ? DRIFT_S : SAME_S) && !other.seeking) other.currentTime = at;
    if (moving && other.paused) other.play().catch(() => {});
    else if (!moving && !other.paused) other.pause();
  }
  bar.addEventListener("input", () => seek((Number(bar.value) / 1000) * (lead.duration || 0)));
  speed.addEventListener("change", () => each((m) => (m.playbackRate = Number(speed.value))));
  for (const word of ["timeupdate", "seeked", "loadedmetadata", "pause", "play"]) lead.addEventListener(word, show);
  const face = () => play.replaceChildren(...button("", { name: lead.paused ? "play" : "pause" }).children);
  lead.addEventListener("loadedmetadata", () => timing && (timing = timed()));
  lead.addEventListener("play", () => (face(), frameClock()));
  lead.addEventListener("pause", face);
  lead.addEventListener("volumechange", mark);
  function frameClock() {
    if (lead.paused || !lead.isConnected) return;
    show();
    requestAnimationFrame(frameClock);
  }
  for (const tag of tags) tag.addEventListener("click", toggle);
  const acts = {
    ",": () => step(-1),
    ".": () => step(1),
    " ": toggle,
    k: toggle,
    l: () => loop.click(),
    m: () => sound.click(),
    f: () => full?.(),
  };
  const steer = (e) => {
    const act = acts[e.key];
    if (
      !act ||
      e.ctrlKey ||
      e.metaKey ||
      e.altKey ||
      e.target.matches?.("input:not([type=range]), select, textarea") ||
      (e.key === " " && e.target.closest("button"))
    )
      return;
    e.preventDefault();
    e.stopPropagation();
    act();
  };
  keys?.addEventListener("keydown", steer);
  mark();
  show();
  watchFrames();
  const audible = tags.some((m) => m.tagName === "AUDIO") || asset.has_audio;
  const take =
    asset.kind === "video" && asset.id && !others.length
      ? frameButton(asset, () => (timing ? seekTime(timing, frame()) : lead.currentTime), {
          cls: "bare",
          data: { do: "frame" },
        })
      : null;
  take?.addEventListener("click", () => lead.pause(), true);
  const parts = [
    play,
    asset.kind === "video" ? back : null,
    asset.kind === "video" ? on : null,
    bar,
    el("span", "st-clocks", {}, clock, counter),
    take,
    loop,
    speed,
    audible ? sound : null,
  ];
  if (full) parts.push(button(t("widgets.fullscreen"), { name: "full", cls: "bare", data: { do: "full" } }, full));
  return el("div", "st-controls", { role: "group", "aria-label": t("widgets.player") }, ...parts);
}

/** Stage and controls in one box. keys: whose key presses steer it (the box itself when left out). */
export function player(asset, { keys = undefined, autoplay = false, enlarge = undefined } = {}) {
  const shown = stage(asset);
  const box = el("div", "st-player", { tabindex: "-1", data: { kind: asset.kind } });
  const full = () => (document.fullscreenElement ? document.exitFullscreen() : box.requestFullscreen?.());
  const frame = el(
    "div",
    "st-stage",
    {},
    asset.kind === "audio" ? el("img", "st-wave", { src: media(asset.id, "wave"), alt: "" }) : null,
    shown,
  );
  box.append(frame);
  if (asset.kind === "image" && enlarge) {
    shown.classList.add("can-enlarge");
    shown.addEventListener("click", enlarge);
  }
  if (asset.kind === "video" || asset.kind === "audio") {
    box.append(controls([shown], asset, { keys: keys || box, full: asset.kind === "video" ? full : null }));
    if (autoplay) shown.play().catch(() => {});
  }
  return box;
}
