// Wishes of any page to the forms: "Use again", "Edit" and "Send to". Each opens the tab of its form.

import { openForm } from "./form/forms.js";
import { post, tryOrToast } from "./net.js";
import { SEND_TABS } from "./tasks.js";

const sendListeners = new Set();
/** Be told of every wish on its way, e.g. to make room for the form. */
export const onSend = (fn) => sendListeners.add(fn);

let line = Promise.resolve(); // one after the other: each adds to what the form holds by then

/** Fill a form. name: use, edit, workflow or send_TARGET; data: ids only, which the studio looks up and checks. */
export function act(name, data) {
  for (const fn of sendListeners) fn(name, data);
  line = line.then(() => tryOrToast(ask(name, data)));
}

async function ask(name, data) {
  if (name.startsWith("send_")) {
    const to = name.slice("send_".length);
    const form = await openForm(SEND_TABS[to]);
    return form.trigger("send", { ...data, to });
  }
  const changes = await post(`ui/forms/t2i/${name}_run`, { data });
  const form = await openForm(changes.page);
  form.apply(changes);
}

/** Bring a workflow to the form of a task. */
export async function useWorkflow(page, id) {
  const form = await openForm(page);
  return form.trigger("workflow", { id });
}
