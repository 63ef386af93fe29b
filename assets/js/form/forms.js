// The create forms of this page, by tab: any page may fill one, which opens its tab first.

const entries = new Map(); // tab -> {form, promise, resolve}

function entry(page) {
  let found = entries.get(page);
  if (!found) {
    found = { form: null, promise: null, resolve: null };
    found.promise = new Promise((resolve) => (found.resolve = resolve));
    entries.set(page, found);
  }
  return found;
}

/** A form was drawn. @param {string} page @param {{trigger: Function, apply: Function}} form */
export function register(page, form) {
  entry(page).resolve(form);
  entries.set(page, { form, promise: Promise.resolve(form), resolve: () => {} });
}

/** Open the tab of a form; gives the form once it is drawn. */
export function openForm(page) {
  document.getElementById(`tab-${page}-button`)?.click();
  return entry(page).promise;
}
