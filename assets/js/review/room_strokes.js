// What is being drawn, as it grows: this page's shapes to the room, and the others' onto the picture.

const SEND_MS = 33;

/** This page's own shapes. send(message) tells the room, and is false where there is no connection. */
export class OwnStrokes {
  /** @param {(message: any) => boolean} send */
  constructor(send) {
    this.say = send;
    this.ids = new WeakMap(); // shape -> id
    this.count = 0;
    this.sent = new Map(); // id -> {points, last, shape, done}
    this.kept = [];
    this.growing = null;
    this.place = null;
  }

  /** What is being drawn just now grew; null: the hand is off. moved: the shape of the drawing that it stands for. */
  grow(shape, moved = null) {
    if (shape)
      this.ids.set(shape, moved ? this.idOf(moved) : this.growing ? this.idOf(this.growing) : this.idOf(shape));
    this.growing = shape;
    this.soon();
  }

  /** The drawing is another one: {shapes} or null. place: {version, frame, internal} that it belongs to. */
  keep(drawing, place) {
    this.kept = drawing?.shapes ?? [];
    this.setPlace(place);
  }

  /** Where what is drawn belongs, and whether it is for the team alone. */
  setPlace(place) {
    if (place && this.place && place.internal !== this.place.internal)
      this.say({ type: "internal", on: place.internal }); // guests lose sight of it at once
    if (JSON.stringify(place) !== JSON.stringify(this.place)) this.forget();
    this.place = place;
    this.soon();
  }

  /** The connection is another one: everything is sent again. */
  forget() {
    for (const known of this.sent.values()) known.points = -1;
  }

  idOf(shape) {
    let id = this.ids.get(shape);
    if (!id) this.ids.set(shape, (id = `s${++this.count}`));
    return id;
  }

  soon() {
    this.timer ??= setTimeout(() => this.flush(), SEND_MS);
  }

  flush() {
    this.timer = null;
    const wanted = new Map(this.place ? this.kept.map((shape) => [this.idOf(shape), shape]) : []);
    if (this.growing && this.place) wanted.set(this.idOf(this.growing), this.growing);
    const gone = [...this.sent.keys()].filter((id) => !wanted.has(id));
    for (const id of gone) this.sent.delete(id);
    if (gone.length) this.say({ type: "remove", ids: gone.slice(0, 200) });
    for (const [id, shape] of wanted) this.one(id, shape);
  }

  one(id, shape) {
    const known = this.sent.get(id);
    const done = shape !== this.growing;
    if (known?.points >= 0 && known.shape === shape && known.done === done) return;
    const isStroke = shape.type === "stroke";
    const continued = isStroke && known?.points > 0 && shape.points[known.points - 1] === known.last;
    const start = continued ? known.points : 0;
    const points = isStroke ? shape.points.slice(start) : [];
    const last = isStroke ? shape.points.at(-1) : null;
    const told = { points: isStroke ? shape.points.length : 0, last, shape, done };
    if (continued && !points.length) return this.sent.set(id, told); // the hand is off; all of it is there
    const body = isStroke ? { ...shape, points } : shape;
    if (this.say({ type: "shape", id, ...this.place, start, done, shape: body })) this.sent.set(id, told);
  }

  destroy() {
    clearTimeout(this.timer);
  }
}

/** The others' shapes, drawn where the page shows the version and frame that they belong to. */
export class OtherStrokes {
  constructor(session) {
    this.session = session;
    this.all = new Map(); // "seat shape" -> {who, version, frame, shape}
    this.drawn = new Map(); // the same -> what the layer was given
    this.layer = null;
  }

  /** Seats that are drawing just now. */
  get authors() {
    return new Set([...this.all.values()].map((one) => one.who));
  }

  clear() {
    this.all.clear();
    this.show();
  }

  /** What the room said of shapes: new pieces, and those that are gone. */
  take({ shapes = [], gone = [] }) {
    for (const [who, id] of gone) this.all.delete(`${who} ${id}`);
    for (const told of shapes) {
      const key = `${told.who} ${told.id}`;
      const known = this.all.get(key);
      let { shape } = told;
      if (shape.type === "stroke" && told.start) {
        if (known?.shape.points?.length !== told.start) continue;
        shape = { ...shape, points: [...known.shape.points, ...shape.points] };
      }
      this.all.set(key, { who: told.who, version: told.version, frame: told.frame, shape });
    }
    if (shapes.length || gone.length) this.show();
  }

  /** Somebody left. */
  keepOnly(seats) {
    for (const [key, one] of this.all) if (!seats.has(one.who)) this.all.delete(key);
    this.show();
  }

  /** Bring the picture in line with what is known and what is shown. */
  show() {
    const { session } = this;
    const layer = session.drawing;
    if (layer !== this.layer) this.drawn.clear();
    this.layer = layer;
    if (!layer) return;
    const frame = session.player?.frame ?? 0;
    const isHere = (one) => one.version === session.version?.id && (one.frame === null || one.frame === frame);
    for (const key of this.drawn.keys()) if (!this.all.has(key) || !isHere(this.all.get(key))) this.put(key, null);
    for (const [key, one] of this.all) if (isHere(one) && this.drawn.get(key) !== one.shape) this.put(key, one.shape);
  }

  put(key, shape) {
    this.layer.showRemote(key, shape);
    shape ? this.drawn.set(key, shape) : this.drawn.delete(key);
  }
}
