// The controls of a form: one function that makes any of them from its description.
//
// A control's native parts fire the browser's own `input` and `change`, which bubble; setting `value` from a script fires
// nothing. Texts enter by textContent only.

import { checkbox } from "./checkbox.js";
import { chips, select } from "./choices.js";
import { number, slider } from "./numbers.js";
import { lines, text } from "./texts.js";

/**
 * @typedef {object} ControlSpec
 * @property {string} key
 * @property {"text" | "lines" | "number" | "slider" | "checkbox" | "chips" | "select"} type
 * @property {string} [label]
 * @property {string} [info] a sentence under the label
 * @property {any} [value]
 * @property {boolean} [visible]
 * @property {string} [placeholder] of texts
 * @property {number} [lines] of growing texts: rows at the start
 * @property {number} [max_lines] of growing texts: rows before they scroll
 * @property {number} [max_length] of texts, in UTF-16 units as the browser counts
 * @property {[string, any][]} [choices] of chips and select: label and value
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {number} [step]
 * @property {boolean} [whole] of numbers: rounded to a whole one
 * @property {string} [classes] more classes of the element
 */

/**
 * @typedef {object} Control
 * @property {string} key
 * @property {HTMLElement} element
 * @property {any} value text: string · number: number or null · slider: number · checkbox: boolean · choices: the chosen value or null
 * @property {(changes: Partial<ControlSpec>) => void} update
 * @property {() => void} focus
 */

const KINDS = { text, lines, number, slider, checkbox, chips, select };

/**
 * A control of this description.
 * @param {ControlSpec} spec
 * @param {{id: string}} options id of its element; that of the part which takes the focus is `${id}-input`
 * @returns {Control}
 */
export function control(spec, { id }) {
  const make = KINDS[spec.type];
  if (!make) throw new TypeError(`There is no control of the type ${spec.type}.`);
  return make(spec, id);
}
