// The connection to a review room: comes back by itself, measures how long a message takes, and is closed while the page
// is hidden for long.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const FULL_WAIT_MS = 30_000;
const HIDDEN_MS = 60_000;
const PING_MS = 10_000;
const SILENT_MS = 8000; // without an answer to a ping the line is dead, whatever the browser says
const REASONS = { 4400: "broken", 4401: "signed_out", 4404: "gone", 4429: "full" }; // Code in web/routes/review_rooms.py
const FINAL = new Set(["broken", "signed_out", "gone"]);

/**
 * Hears "message" (detail: what the studio said) and "state" (detail: {state, reason}); state is "connecting", "open",
 * "waiting" (it tries again), "away" (the page is hidden) or "closed" (for good).
 */
export class RoomSocket extends EventTarget {
  /** @param {string} url ws: or wss: */
  constructor(url) {
    super();
    this.url = url;
    this.state = "connecting";
    this.reason = "";
    this.wait = FIRST_WAIT_MS;
    this.rtts = [];
    this.pings = 0;
    this.onVisibility = () => (document.hidden ? this.hide() : this.show());
    this.onOnline = () => this.state === "waiting" && this.open();
    this.onPageHide = () => this.drop("away");
    document.addEventListener("visibilitychange", this.onVisibility);
    addEventListener("online", this.onOnline);
    addEventListener("pagehide", this.onPageHide);
    addEventListener("pageshow", this.onVisibility);
    this.open();
  }

  /** Half of the time there and back, in milliseconds: the best of the last answers. */
  get latency() {
    return this.rtts.length ? Math.min(...this.rtts) / 2 : 0;
  }

  get isOpen() {
    return this.state === "open";
  }

  /** Send a message; false where there is no connection. */
  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  open() {
    clearTimeout(this.again);
    if (this.socket || this.state === "closed") return;
    this.tell("connecting");
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.addEventListener("message", (e) => this.socket === socket && this.hear(JSON.parse(e.data)));
    socket.addEventListener("close", (e) => this.socket === socket && this.lost(e));
  }

  hear(message) {
    if (message.you) {
      this.wait = FIRST_WAIT_MS;
      this.tell("open");
      this.ping();
    }
    if (message.pong !== undefined && message.pong === this.pings) this.pong();
    this.dispatchEvent(new CustomEvent("message", { detail: message }));
  }

  ping() {
    clearTimeout(this.nextPing);
    this.sentAt = performance.now();
    this.send({ type: "ping", n: ++this.pings });
    this.nextPing = setTimeout(() => this.lost(null), SILENT_MS);
  }

  pong() {
    clearTimeout(this.nextPing);
    this.rtts = [...this.rtts.slice(-4), performance.now() - this.sentAt];
    this.nextPing = setTimeout(() => this.ping(), PING_MS);
  }

  lost(event) {
    const reason = REASONS[event?.code] || "";
    this.drop(FINAL.has(reason) ? "closed" : "waiting", reason, event?.reason);
    if (this.state !== "waiting") return;
    const wait = reason === "full" ? FULL_WAIT_MS : this.wait;
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
    this.again = setTimeout(() => this.open(), wait * (0.75 + Math.random() / 2));
  }

  /** Without a socket from here on. */
  drop(state, reason = "", sentence = "") {
    clearTimeout(this.again);
    clearTimeout(this.nextPing);
    const { socket } = this;
    this.socket = null;
    socket?.close();
    this.tell(state, reason, sentence);
  }

  hide() {
    this.hidden = setTimeout(() => this.drop("away"), HIDDEN_MS);
  }

  show() {
    clearTimeout(this.hidden);
    if (!document.hidden && (this.state === "away" || this.state === "waiting")) this.open();
  }

  tell(state, reason = "", sentence = "") {
    if (this.state === "closed") return;
    this.state = state;
    this.reason = reason;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, reason, sentence } }));
  }

  destroy() {
    document.removeEventListener("visibilitychange", this.onVisibility);
    removeEventListener("online", this.onOnline);
    removeEventListener("pagehide", this.onPageHide);
    removeEventListener("pageshow", this.onVisibility);
    clearTimeout(this.hidden);
    this.drop("closed");
  }
}
