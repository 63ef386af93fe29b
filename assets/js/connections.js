// Ways to the connections of the Settings page, for every page that can lack a key.

import { openTab } from "./address.js";
import { el, t } from "./dom.js";
import { catalogueText } from "./form/common.js";

/** Sent on the document when a key or an address has changed, so that forms show what can be used now. */
export const CHANGED = "studio-connections";

/** Sent on the document when the address names another card. */
export const OPENED = "studio-connection-opened";

/** The card of the language model, as links name it beside the providers. */
export const LANGUAGE_MODEL = "language-model";

/** Open the card of a provider, from anywhere. */
export function openConnection(provider) {
  openTab("settings", { connection: provider });
  document.dispatchEvent(new Event(OPENED)); // the page may be open already
}

/** Words with a provider's name in them. Between two Chinese names and words stands no space. */
export const named = (key, label) =>
  t(key, { name: catalogueText(label) }).replace(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, "");

/** The words of a link to a provider's card. needs: the environment names that are missing. */
export const addKeyText = ({ label, needs }) =>
  named(needs.some((name) => name.endsWith("_URL")) ? "connections.set_up" : "connections.add_key_for", label);

let wanted = "";
/** The provider whose own key somebody went to set, once; "" for none. */
export function takeWanted() {
  const provider = wanted;
  wanted = "";
  return provider;
}

/** Go where a key of this provider can be set. place: of the studio, of one's own account, or of this session. */
export function openKeyPlace(provider, place) {
  if (place === "account") {
    wanted = provider;
    return openTab("account", {});
  }
  if (place === "session") return document.getElementById("studio-keys")?.click();
  openConnection(provider);
}

/** A link to where a provider can be set up that is not; null for one that is, or where this person can set nothing. */
export function keyLink(group, cls, before = () => {}) {
  if (group.ready || !group.key_place) return null;
  return el(
    "button",
    cls,
    {
      type: "button",
      data: { connection: group.id },
      onclick: () => (before(), openKeyPlace(group.id, group.key_place)),
    },
    addKeyText(group),
  );
}

/** The same for the provider of a model, among groups of models. */
export function keyLinkOf(groups, model) {
  const group = groups?.find((g) => g.models.some((m) => m.id === model));
  const row = group?.models.find((m) => m.id === model);
  return group ? keyLink({ ...row, id: group.id, label: group.label }, "st-b link") : null;
}
