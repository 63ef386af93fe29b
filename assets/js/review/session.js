// One review as the page holds it: what the studio told, which version is shown, and every change that is asked for.

import { BASE } from "../dom.js";
import { del, get, patch, post } from "../net.js";

/**
 * A review. Hears "review" when its data are others than before, and "select" when another version is shown.
 * The page sets player, drawing, compare and room once they are there.
 */
export class ReviewSession extends EventTarget {
  /** @param {{base?: "ui"|"shared/api", id: string}} options base: of a member's page, or of a guest's */
  constructor({ base = "ui", id }) {
    super();
    this.base = base;
    this.id = id;
    this.review = null;
    this.item = null;
    this.version = null;
    this.player = null;
    this.drawing = null;
    this.compare = null; // the comparison that is open
    this.room = null;
    this.drawn = new Map(); // version id -> {revision, told}
    this.loading = null;
    this.wanted = false;
  }

  /** Who looks at it: {id, name, guest, may, statuses}. */
  get me() {
    return this.review?.me ?? null;
  }

  /** Whether the person came by a link. */
  get guest() {
    return this.base !== "ui";
  }

  /** The address of a part of this review for our own requests; "" is the review itself. */
  path(part = "") {
    return `${this.base}/reviews/${encodeURIComponent(this.id)}${part && `/${part}`}`;
  }

  /** The full address of a part, for links and downloads. */
  url(part = "") {
    return new URL(this.path(part), BASE).href;
  }

  /** The address of a file. which: "", "thumb", "poster", "view", "wave". */
  mediaUrl(asset, which = "") {
    const place = this.guest ? "shared/media" : "media";
    return new URL(`${place}/${encodeURIComponent(asset)}${which && `/${which}`}`, BASE).href;
  }

  /** Ask for a part of this review, such as "versions/rw_1/history". */
  get(part) {
    return get(this.path(part));
  }

  /** Send JSON to a part of this review. */
  post(part, body) {
    return post(this.path(part), body);
  }

  /** Change a part of this review. */
  patch(part, body) {
    return patch(this.path(part), body);
  }

  /** Take a part of this review away. */
  remove(part) {
    return del(this.path(part));
  }

  /** Read the review again. Several wishes while one is on its way make one more request, not several. */
  load() {
    if (this.loading) {
      this.wanted = true;
      return this.loading;
    }
    const turn = async () => {
      do {
        this.wanted = false;
        this.take(await this.get(""));
      } while (this.wanted);
    };
    this.loading = turn().finally(() => (this.loading = null));
    return this.loading;
  }

  /** Take over a review that a request brought back. What is shown stays, if it is still there. */
  take(review) {
    this.review = review;
    for (const item of review.items) item.versions.sort((a, b) => a.number - b.number);
    this.index();
    const item = this.itemOf(this.version?.id) ?? review.items.find((one) => one.id === this.item?.id);
    this.item = item ?? review.items[0] ?? null;
    this.version = this.item?.versions.find((one) => one.id === this.version?.id) ?? newest(this.item);
    this.dispatchEvent(new CustomEvent("review"));
  }

  index() {
    this.byVersion = new Map();
    this.byComment = new Map();
    for (const comment of this.review.comments) {
      this.byComment.set(comment.id, comment);
      const list = this.byVersion.get(comment.version);
      list ? list.push(comment) : this.byVersion.set(comment.version, [comment]);
    }
  }

  /** Show a version; without one, that item's current. */
  select(itemId, versionId = null) {
    const item = this.review?.items.find((one) => one.id === itemId);
    if (!item) return;
    const version = item.versions.find((one) => one.id === versionId) ?? newest(item);
    if (item === this.item && version === this.version) return;
    this.item = item;
    this.version = version;
    this.dispatchEvent(new CustomEvent("select"));
  }

  /** The item that holds a version; undefined where none does. */
  itemOf(versionId) {
    return this.review?.items.find((item) => item.versions.some((one) => one.id === versionId));
  }

  /** All comments of a version with their answers, oldest first. */
  commentsOf(versionId) {
    return this.byVersion?.get(versionId) ?? [];
  }

  /** A comment by its id. */
  commentOf(id) {
    return this.byComment?.get(id);
  }

  /** The status row of a version; undefined where it has none. */
  statusOf(version) {
    return this.review?.statuses.find((one) => one.id === version?.status);
  }

  /** Drawings of a version by comment id; asked for once, and again after a change. */
  async drawings(versionId) {
    const kept = this.drawn.get(versionId);
    if (kept?.revision === this.review.revision) return kept.told;
    const told = this.get(`versions/${encodeURIComponent(versionId)}/drawings`);
    this.drawn.set(versionId, { revision: this.review.revision, told });
    told.catch(() => this.drawn.delete(versionId));
    return told;
  }

  /** Write a comment: {version, text, frame_in?, frame_out?, internal?, drawing?, parent?, mentions?}. */
  async comment(body) {
    const made = await this.post("comments", body);
    this.drawn.delete(body.version);
    if (!this.byComment.has(made.id)) this.review.comments.push(made);
    this.changed();
    return made;
  }

  /** Change a comment: {text?, resolved?, drawing?}. */
  async editComment(id, body) {
    const made = await this.patch(`comments/${encodeURIComponent(id)}`, body);
    this.drawn.delete(made.version);
    this.review.comments = this.review.comments.map((one) => (one.id === id ? made : one));
    this.changed();
    return made;
  }

  /** Take a comment away, with its answers. */
  async removeComment(id) {
    await this.remove(`comments/${encodeURIComponent(id)}`);
    this.review.comments = this.review.comments.filter((one) => one.id !== id && one.parent !== id);
    this.changed();
  }

  /** Give a version a status. */
  async setStatus(versionId, status, note = "") {
    await this.post(`versions/${encodeURIComponent(versionId)}/status`, { status, note });
    await this.load();
  }

  changed() {
    this.index();
    this.dispatchEvent(new CustomEvent("review"));
  }
}

/** The version of an item that is shown first. */
export const newest = (item) => item?.versions.find((one) => one.id === item.current) ?? item?.versions.at(-1) ?? null;
