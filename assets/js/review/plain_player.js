// The picture of a version with the browser's own controls, behind the members that a review uses of a player.

import { el } from "../dom.js";

class PlainPlayer extends EventTarget {
  constructor(version, { src, poster }) {
    super();
    this.rate = version.rate ? version.rate.num / version.rate.den : 0;
    this.range = null;
    const tag = { image: "img", audio: "audio" }[version.kind] ?? "video";
    this.media = el(tag, "st-media", { src, poster, controls: true, playsinline: true, preload: "metadata", alt: "" });
    this.overlay = el("div", "rv-overlay");
    this.element = el("div", "rv-plain", {}, this.media, this.overlay);
    for (const name of ["play", "pause"]) this.media.addEventListener(name, () => this.tell(name));
    for (const name of ["timeupdate", "seeked"]) this.media.addEventListener(name, () => this.tell("frame"));
  }
  tell(name) {
    this.dispatchEvent(new CustomEvent(name));
  }
  get frame() {
    return this.rate ? Math.floor((this.media.currentTime || 0) * this.rate + 1e-4) : 0;
  }
  async seek(frame) {
    if (this.rate) this.media.currentTime = (frame + 0.5) / this.rate;
    this.tell("frame");
  }
  pause() {
    this.media.pause?.();
  }
  setMarkers() {}
  setRange(range) {
    this.range = range;
    this.tell("range");
  }
  destroy() {
    this.pause();
  }
}

/** Until the frame-exact player is there. */
export const plainPlayer = (version, options) => new PlainPlayer(version, options);
