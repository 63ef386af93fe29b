// Elements that stand for things: those that are there stay the same elements, and only what is new or moved is touched.

/** Let `parent` hold these nodes in this order, each once; others go. One that only moved keeps the focus. */
export function arrange(parent, nodes) {
  const held = parent.contains(document.activeElement) ? document.activeElement : null;
  const wanted = new Set(nodes);
  for (const node of [...parent.childNodes]) if (!wanted.has(node)) node.remove();
  let at = parent.firstChild;
  for (const node of nodes) {
    if (at && node !== at && node === at.nextSibling) {
      const moved = at; // it stands further on: one element moves, not all behind it
      at = node.nextSibling;
      moved.remove();
    } else if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
  if (held && document.activeElement !== held && held.isConnected) held.focus({ preventScroll: true });
}

/** Write only what is other: the same text written again would cost a layout. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** The same for an attribute. */
export function mark(node, name, value) {
  if (node.getAttribute(name) !== `${value}`) node.setAttribute(name, value);
}

const IDLE_MS = 8;

/** Call work(left) when the page has nothing else to do; left() says whether there is still time in this turn. */
export function whenIdle(work) {
  if (window.requestIdleCallback) return void requestIdleCallback((turn) => work(() => turn.timeRemaining() > 1));
  const until = performance.now() + IDLE_MS;
  setTimeout(() => work(() => performance.now() < until));
}

/** Resolves when what was drawn just now is on the screen. */
export const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
