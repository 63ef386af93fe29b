// The language model that the studio has, if any. Asked once, and anew where a connection has changed.

import { CHANGED } from "../connections.js";
import { get } from "../net.js";

/**
 * @typedef {object} Source
 * @property {boolean} available
 * @property {string} [source] who runs it
 * @property {string} [model]
 * @property {boolean} [local] on this machine: free, and nothing leaves it
 * @property {string} [why] a sentence that says why there is none, and how to add one
 */

/** @type {Promise<Source> | null} */
let asked = null;
const watchers = new Set();

/** What there is; none where the studio cannot say. @returns {Promise<Source>} */
export function languageModel() {
  asked ??= get("ui/writing").catch(() => {
    asked = null;
    return { available: false };
  });
  return asked;
}

/** Hear of it now, and whenever it may have changed, for as long as `node` is on the page. */
export function followSource(node, heard) {
  const entry = { node, heard };
  watchers.add(entry);
  languageModel().then(heard);
}

document.addEventListener(CHANGED, () => {
  asked = null;
  for (const one of watchers) {
    if (one.node.isConnected) languageModel().then(one.heard);
    else watchers.delete(one);
  }
});
