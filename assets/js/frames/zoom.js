// A picture that fits its view, or is enlarged and moved in it: by wheel, pinch, drag and keys. What lies over the picture
// is enlarged with it.

const MOST = 32; // times the size that fits
const STEP = 1.5;
const CLICK_PX = 5; // a pointer that moved no further has clicked
const PIXELS = 3; // from here on single pixels are told apart

/**
 * Keeps `box`, of the picture's own shape, in the middle of `view`. Events: "zoom" (scale or fit has changed), "press".
 */
export class Zoom extends EventTarget {
  /** over: what lies over the picture and has pointers of its own. */
  constructor(view, box, over) {
    super();
    this.view = view;
    this.box = box;
    this.over = over;
    this.scale = 1; // of the size that fits
    this.x = 0; // of the picture's middle, in px from that of the view
    this.y = 0;
    this.width = 16;
    this.height = 9;
    this.natural = 0;
    this.pointers = new Map();
    this.observer = new ResizeObserver(() => this.#fit());
    this.observer.observe(view);
    view.addEventListener("wheel", (e) => this.#wheel(e), { passive: false });
    view.addEventListener("pointerdown", (e) => this.#down(e));
    view.addEventListener("pointermove", (e) => this.#move(e));
    for (const name of ["pointerup", "pointercancel"]) view.addEventListener(name, (e) => this.#up(e));
  }
  destroy() {
    this.observer.disconnect();
  }

  /** The picture's size in pixels. */
  setSize(width, height) {
    if (!(width > 0 && height > 0)) return;
    Object.assign(this, { width, height, natural: width });
    this.#fit();
  }

  /** How large a pixel of the picture is on the screen, in the screen's own pixels. */
  get pixel() {
    return this.natural ? (this.box.offsetWidth * this.scale * devicePixelRatio) / this.natural : 1;
  }
  get fitted() {
    return this.scale === 1;
  }
  fit() {
    this.#to(1);
  }
  /** One pixel of the picture as so many of the screen. */
  setPixel(size) {
    this.#to((this.scale * size) / this.pixel);
  }
  closer() {
    this.#to(this.scale * STEP);
  }
  further() {
    this.#to(this.scale / STEP);
  }

  #fit() {
    const { clientWidth, clientHeight } = this.view;
    const by = Math.min(clientWidth / this.width, clientHeight / this.height);
    const [width, height] = [this.width * by, this.height * by];
    Object.assign(this.box.style, {
      width: `${width}px`,
      height: `${height}px`,
      left: `${(clientWidth - width) / 2}px`,
      top: `${(clientHeight - height) / 2}px`,
    });
    this.#apply();
  }
  #apply() {
    const reach = (side, room) => Math.max(0, (side * this.scale - room) / 2);
    const across = reach(this.box.offsetWidth, this.view.clientWidth);
    const down = reach(this.box.offsetHeight, this.view.clientHeight);
    this.x = Math.max(-across, Math.min(across, this.x));
    this.y = Math.max(-down, Math.min(down, this.y));
    this.box.style.transform = this.scale === 1 ? "" : `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.box.classList.toggle("pixels", this.pixel >= PIXELS);
    this.view.classList.toggle("zoomed", across > 0 || down > 0);
    this.dispatchEvent(new CustomEvent("zoom"));
  }
  /** at: the place that stays where it is, in px from the middle of the view. */
  #to(wanted, at = { x: 0, y: 0 }) {
    const least = Math.min(1, this.natural ? this.natural / (this.box.offsetWidth * devicePixelRatio || 1) : 1);
    const next = Math.max(least, Math.min(MOST, wanted));
    this.x = at.x - ((at.x - this.x) / this.scale) * next;
    this.y = at.y - ((at.y - this.y) / this.scale) * next;
    this.scale = Math.abs(next - 1) < 0.01 ? 1 : next;
    this.#apply();
  }
  #place(e) {
    const { left, top, width, height } = this.view.getBoundingClientRect();
    return { x: e.clientX - left - width / 2, y: e.clientY - top - height / 2 };
  }
  #wheel(e) {
    e.preventDefault();
    this.#to(this.scale * Math.exp(-e.deltaY / 300), this.#place(e));
  }
  #theirs(e) {
    return e.target !== this.over && this.over.contains(e.target);
  }
  #down(e) {
    if (e.button > 0 || this.#theirs(e)) return;
    this.pointers.set(e.pointerId, e);
    this.moved = this.pointers.size > 1 ? CLICK_PX + 1 : 0;
    this.spread = this.#distance();
    this.view.setPointerCapture(e.pointerId);
  }
  #distance() {
    const [a, b] = [...this.pointers.values()];
    return b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0;
  }
  #move(e) {
    const before = this.pointers.get(e.pointerId);
    if (!before) return;
    this.pointers.set(e.pointerId, e);
    const [dx, dy] = [e.clientX - before.clientX, e.clientY - before.clientY];
    this.moved += Math.abs(dx) + Math.abs(dy);
    const now = this.#distance();
    if (now && this.spread) this.#to((this.scale * now) / this.spread, this.#place(e));
    this.spread = now;
    this.x += dx / this.pointers.size;
    this.y += dy / this.pointers.size;
    this.#apply();
  }
  #up(e) {
    if (!this.pointers.delete(e.pointerId)) return;
    this.spread = this.#distance();
    if (e.type === "pointerup" && this.moved <= CLICK_PX) this.dispatchEvent(new CustomEvent("press"));
  }
}
