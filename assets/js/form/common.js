// What the parts of a create form share: finding its fields, writing into them, and telling that something changed.

export const formElement = (element) => element.closest(".studio-form") || document;

/** The text box of a field, e.g. field("t2v", "prompt"). */
export const textarea = (page, key) =>
  document.querySelector(`#${page}-${key} textarea, #${page}-${key} input[type=text]`);

/** Write into a text box as if typed, so that the form hears of it. */
export function write(box, text) {
  const kind = box instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
  Object.getOwnPropertyDescriptor(kind.prototype, "value").set.call(box, text);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Put a word where the caret is, with spaces where they are needed. */
export function insert(box, word) {
  const [from, to] = [box.selectionStart ?? box.value.length, box.selectionEnd ?? box.value.length];
  const before = box.value.slice(0, from);
  const after = box.value.slice(to);
  const left = before && !/\s$/.test(before) ? " " : "";
  const right = /^[\s.,;:!?，。；：！？]/.test(after) || !after ? "" : " ";
  write(box, before + left + word + right + after);
  const caret = (before + left + word + right).length;
  box.focus();
  box.setSelectionRange(caret, caret);
}

/** Whether a drag carries files. */
export const hasFiles = (e) => [...(e.dataTransfer?.types || [])].includes("Files");

const ANSWER_MS = 8000;
const pendingSends = new WeakMap();

/** Send what changes a form's files when the one before was answered: an answer to an older state would drop newer files. */
export function sendInOrder(element, send) {
  const form = formElement(element);
  const mine = pendingSends.get(form) || { last: Promise.resolve(), done: () => {} };
  pendingSends.set(form, mine);
  announceChange(element);
  mine.last = mine.last.then(() => new Promise((done) => ((mine.done = done), setTimeout(done, ANSWER_MS), send())));
}

/** The answer has come: the next may be sent. */
export const releaseNext = (element) => pendingSends.get(formElement(element))?.done();

const MARK = "i18n:"; // as in studio/web/i18n.py

/** Words of the studio: a key of ours in the page's language, any other text as it is. */
export const said = (text) => (text.startsWith(MARK) ? window.studioText(text.slice(MARK.length)) : text);

/** A label or help of the catalogue in the page's language; its English where there is no translation. */
export function catalogueText(english) {
  const key =
    "catalogue." +
    (english || "")
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "_")
      .replace(/^_|_$/g, "")
      .slice(0, 60)
      .replace(/_$/, "");
  const words = window.studioText(key);
  return words === key ? english : words;
}

/** Tell the bar that the studio changed something in the form, so that count and price are asked again. */
export const changed = (element) => formElement(element).dispatchEvent(new Event("studio:changed"));

/** Tell the bar that the studio is about to change the form: what would be submitted is not certain until it has. */
export const announceChange = (element) => formElement(element).dispatchEvent(new Event("studio:changing"));
