// Frames of a clip decoded one by one with WebCodecs and kept around the place that is looked at, so that a step takes
// milliseconds where a seek decodes from the last key frame. The studio says where each packet lies in the file
// (studio/media/packet_index.py). Without WebCodecs (pages without TLS) the player seeks instead.

const BUDGET_BYTES = 256e6; // of kept frames
const PIXEL_BYTES = 1.5; // of a frame as it is decoded, 4:2:0
const MOST = 120; // frames kept at most
const FEWEST = 12;
const PIECE_BYTES = 1 << 20; // what is fetched at once
const PIECES = 48; // fetched pieces kept
const AROUND = 8; // frames before and after the one looked at that are decoded before anybody steps
const QUEUED = 6; // packets that wait in the decoder

const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

/**
 * @typedef {{codec: string, description: string, file_bytes: number, width: number, height: number,
 *   at: number[], size: number[], frame: number[], keys: number[]}} Packets
 *   file_bytes: of the whole file. In decoding order: byte offsets and sizes, the number of the frame each holds (-1: never shown), which are key frames.
 */
export class FrameDecoder {
  /** A decoder of these packets, or null where this browser has none. @param {Packets|null} packets */
  static async open(src, packets, frames) {
    if (!packets || !("VideoDecoder" in window)) return null;
    const config = {
      codec: packets.codec,
      description: bytesOf(packets.description),
      codedWidth: packets.width,
      codedHeight: packets.height,
      hardwareAcceleration: /** @type {const} */ ("prefer-software"), // its frames may be kept, a card's are few
      optimizeForLatency: true, // else frames come out late, when more packets have gone in
    };
    const told = await VideoDecoder.isConfigSupported(config).catch(() => null);
    return told?.supported ? new FrameDecoder(src, packets, frames, config) : null;
  }

  constructor(src, packets, frames, config) {
    this.src = src;
    this.packets = packets;
    this.frames = frames;
    this.config = config;
    const one = packets.width * packets.height * PIXEL_BYTES;
    this.room = Math.max(FEWEST, Math.min(MOST, Math.floor(BUDGET_BYTES / one)));
    this.order = new Array(frames).fill(-1); // frame -> place in decoding order
    packets.frame.forEach((n, i) => n >= 0 && (this.order[n] = i));
    this.kept = new Map();
    this.pieces = new Map();
    this.cut = this.#cutIntoPieces();
    this.turn = 0; // a newer turn ends the work of an older one
    this.cursor = null; // the next packet to decode; null: a key frame has to come first
    this.began = 0; // the packet that this run began with, and the frames that came out of it
    this.passed = new Set();
    this.at = 0;
    this.back = false;
    this.wish = null;
    this.broken = false; // nothing comes from here: the player seeks
  }

  /** The frame if it is kept; way: above 0 where one steps on, below 0 back. @returns {VideoFrame|undefined} */
  held(n, way) {
    const found = this.kept.get(n);
    if (found) this.#look(n, way);
    return found;
  }

  /** The frame, decoded; null where that fails or another one is wanted by now. @returns {Promise<VideoFrame|null>} */
  get(n, way) {
    if (this.broken) return Promise.resolve(null);
    this.#look(n, way);
    const found = this.kept.get(n);
    if (found) return Promise.resolve(found);
    this.wish?.done(null);
    return new Promise((done) => {
      this.wish = { n, done };
      if (!this.busy || !this.#comes(n)) this.#decode();
    });
  }

  /** Decode the frames around this one, for steps that may come. */
  warm(n) {
    if (this.broken || this.busy) return;
    this.#look(n, 0);
    if (this.busy || !this.#missing(AROUND)) return;
    const key = this.packets.frame[this.#keyBefore(this.order[n])]; // what is decoded on the way is kept, too
    this.#decode(Math.max(this.window[0], Math.min(n - AROUND, key)), n + AROUND);
  }

  /** Let go of all frames, for as long as the clip plays. */
  rest() {
    this.turn++;
    this.busy = false;
    this.cursor = null;
    if (this.decoder?.state === "configured") this.decoder.reset();
    for (const frame of this.kept.values()) frame.close();
    this.kept.clear();
    this.wish?.done(null);
    this.wish = null;
  }
  close() {
    this.rest();
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    this.pieces.clear();
    this.gone = true;
  }

  /** The frames that are worth keeping: more of them on the side one steps to. */
  get window() {
    const more = Math.floor((this.room * 3) / 4);
    const less = this.room - more - 1;
    const low = this.at - (this.back ? more : less);
    return [Math.max(0, low), Math.min(this.frames - 1, low + this.room - 1)];
  }

  #look(n, way) {
    this.at = n;
    if (way) this.back = way < 0;
    const [low, high] = this.window;
    for (const [k, frame] of this.kept)
      if (k < low || k > high) {
        frame.close();
        this.kept.delete(k);
      }
    if (!this.busy && !this.broken && this.kept.has(n) && this.#missing(this.room / 2)) this.#decode();
  }

  /** The nearest frame on the side one steps to that is not kept, within so many frames; null for none. */
  #missing(within) {
    const [low, high] = this.window;
    for (let k = 0; k <= within; k++) {
      const n = this.back ? this.at - k : this.at + k;
      if (n < low || n > high) return null;
      if (!this.kept.has(n)) return { n };
    }
    return null;
  }

  /** Whether the work under way will bring this frame. */
  #comes(n) {
    return this.cursor !== null && n >= this.aim[0] && n <= this.aim[1] && !this.passed.has(n);
  }

  #keyBefore(place) {
    const { keys } = this.packets;
    let low = 0;
    let high = keys.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      keys[middle] <= place ? (low = middle) : (high = middle - 1);
    }
    return keys[low] ?? 0;
  }

  /** Decode what is missing of the window, on the side one steps to. first, last: these instead. */
  async #decode(first = null, last = Infinity) {
    const turn = ++this.turn;
    const missing = this.#missing(this.room);
    if (!missing) return this.#done(turn);
    const [low, high] = this.window;
    const from = this.back ? low : (first ?? missing.n);
    const until = this.back ? missing.n : Math.min(last, high);
    this.busy = true;
    this.aim = [from, until];
    try {
      await this.#run(turn, from, until);
    } catch {
      if (turn === this.turn) this.cursor = null; // a broken packet: the player seeks instead
    }
    this.#done(turn);
  }
  #done(turn) {
    if (turn !== this.turn) return;
    this.busy = false;
    this.wish?.done(this.kept.get(this.wish.n) ?? null);
    this.wish = null;
  }

  async #run(turn, from, until) {
    const { packets } = this;
    const key = this.#keyBefore(this.#first(from, until));
    // frames may have gone in and not come out yet: only what came out and was let go needs another run from its key
    if (this.cursor === null || this.cursor < key || this.#passed(from, until)) this.#begin(key);
    while (turn === this.turn && !this.#whole(from, until)) {
      if (this.cursor >= packets.at.length) {
        await this.decoder.flush();
        if (turn === this.turn) this.cursor = null;
        return;
      }
      if (this.decoder.decodeQueueSize >= QUEUED) {
        await new Promise((done) => this.decoder.addEventListener("dequeue", done, { once: true }));
        continue;
      }
      const i = this.cursor;
      const data = await this.#bytes(i);
      if (turn !== this.turn) return;
      const type = this.#isKey(i) ? "key" : "delta";
      this.decoder.decode(
        new EncodedVideoChunk({ type, timestamp: packets.frame[i] < 0 ? -1 - i : packets.frame[i], data }),
      );
      this.cursor = i + 1;
    }
  }
  #first(from, until) {
    let first = this.packets.at.length;
    for (let n = from; n <= until; n++)
      if (!this.kept.has(n) && this.order[n] >= 0) first = Math.min(first, this.order[n]);
    return first;
  }
  #passed(from, until) {
    for (let n = from; n <= until; n++)
      if (!this.kept.has(n) && (this.order[n] < this.began || this.passed.has(n))) return true;
    return false;
  }
  #whole(from, until) {
    for (let n = from; n <= until; n++) if (!this.kept.has(n) && !this.passed.has(n)) return false;
    return true;
  }
  #isKey(i) {
    return this.#keyBefore(i) === i;
  }
  #begin(key) {
    if (!this.decoder || this.decoder.state === "closed")
      this.decoder = new VideoDecoder({ output: (frame) => this.#came(frame), error: () => this.#failed() });
    else if (this.decoder.state === "configured") this.decoder.reset();
    this.decoder.configure(this.config);
    this.cursor = this.began = key;
    this.passed.clear();
  }
  #failed() {
    this.turn++;
    this.busy = false;
    this.cursor = null;
    this.wish?.done(null);
    this.wish = null;
  }

  #came(frame) {
    const n = frame.timestamp; // the number that its packet was given
    const [low, high] = this.window;
    this.passed.add(n);
    if (this.gone || n < low || n > high || this.kept.has(n)) frame.close();
    else this.kept.set(n, frame);
    if (this.wish?.n === n) {
      this.wish.done(this.kept.get(n) ?? null);
      this.wish = null;
    }
  }

  /** Runs of packets of about PIECE_BYTES that lie together, in decoding order. */
  #cutIntoPieces() {
    const { at, size } = this.packets;
    const cut = new Uint32Array(at.length);
    this.spans = [];
    let span = null;
    for (let i = 0; i < at.length; i++) {
      const end = at[i] + size[i];
      if (!span || at[i] < span[0] || end - span[0] > PIECE_BYTES) this.spans.push((span = [at[i], end]));
      span[1] = Math.max(span[1], end);
      cut[i] = this.spans.length - 1;
    }
    return cut;
  }
  async #bytes(i) {
    const piece = this.cut[i];
    const data = await this.#piece(piece);
    if (piece + 1 < this.spans.length && !this.pieces.has(piece + 1)) this.#piece(piece + 1).catch(() => {});
    const from = this.packets.at[i] - this.spans[piece][0];
    return data.subarray(from, from + this.packets.size[i]);
  }
  #piece(k) {
    const found = this.pieces.get(k);
    if (found) return found;
    const [from, end] = this.spans[k];
    const coming = fetch(this.src, {
      credentials: "same-origin",
      headers: { range: `bytes=${from}-${end - 1}` },
      cache: "no-store", // the browser's cache has one reader of an address at a time, and the video is reading
    }).then(async (answer) => {
      if (!answer.ok) throw new Error(`${answer.status}`);
      const whole = Number(answer.headers.get("content-range")?.split("/")[1] ?? answer.headers.get("content-length"));
      if (whole !== this.packets.file_bytes) {
        this.broken = true; // another file, such as a copy that bears a guest's name
        throw new Error(`${whole} bytes`);
      }
      const all = new Uint8Array(await answer.arrayBuffer());
      return answer.status === 206 ? all : all.subarray(from, end);
    });
    this.pieces.set(k, coming);
    coming.catch(() => this.pieces.delete(k));
    if (this.pieces.size > PIECES) this.pieces.delete(this.pieces.keys().next().value);
    return coming;
  }
}
