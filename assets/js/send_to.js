// Carries wishes of any widget to the page's forms: it stands outside the tabs, so it is there whichever tab is open.

let send = null;

/** gr.HTML calls this once. */
export function mount(element, { trigger }) {
  element.hidden = true;
  send = trigger;
}

const sendListeners = new Set();
/** Be told of every wish on its way, e.g. to make room for the form. */
export const onSend = (fn) => sendListeners.add(fn);

/** Fill a form. name: an event of the hidden widget; data: ids only, which the studio looks up and checks. */
export function act(name, data) {
  for (const fn of sendListeners) fn(name, data);
  send?.(name, data);
}
