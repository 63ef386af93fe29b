// Keys for this session: a button in the corner, a dialog to enter a provider's key, and who pays. Nothing is kept here.

import { CHANGED } from "./connections.js";
import { BASE, button, el, styles, t } from "./dom.js";
import { del, get, post, toast, tryOrToast } from "./net.js";
import { may } from "./rights.js";

const KEY =
  "M14.500 4a5.500 5.500 0 1 0 1.700 10.700L18 16.500h2V19h2.500v-3.500l-4.200-4.200A5.500 5.500 0 0 0 14.500 4zM13 8.200v.1";

/** Buttons for the corner; empty in a studio without sign-in. icon: draws a path. */
export function corner(icon) {
  const access = document.querySelector('meta[name="studio-access"]')?.content;
  if (!access || !may("create")) return []; // who may only look has no keys
  styles("session_keys.css");
  const label = t("sessionkeys.title");
  const open = el("button", "", { type: "button", id: "studio-keys", "aria-label": label, title: label }, icon(KEY));
  open.hidden = true;
  open.addEventListener("click", () => show());
  get("ui/session-keys")
    .then((state) => {
      open.hidden = !state.session;
      if (state.visitor) offerSignIn(open);
    })
    .catch(() => {}); // without an answer the corner stays as it is
  return [open];
}

/** A visitor signs in: in a new tab where the page is framed, for a frame's cookies are its own. */
function offerSignIn(after) {
  document.getElementById("studio-exit")?.remove();
  const framed = window.top !== window.self;
  const link = el(
    "a",
    "sk-sign-in",
    {
      id: "studio-sign-in",
      href: new URL("login/start", BASE).href,
      target: framed ? "_blank" : "_self",
      rel: "noopener",
    },
    t("access.sign_in"),
  );
  after.after(link);
}

async function show() {
  const state = await tryOrToast(get("ui/session-keys"));
  if (!state) return;
  const list = el("div", "sk-list");
  const dialog = el(
    "dialog",
    "st sk",
    { "aria-label": t("sessionkeys.title") },
    el(
      "header",
      "",
      {},
      el("h2", "", {}, t("sessionkeys.title")),
      button(t("sessionkeys.close"), { name: "close" }, () => dialog.close()),
    ),
    el("p", "sk-about", {}, t("sessionkeys.about")),
    list,
  );
  const draw = (seen) => list.replaceChildren(...hub(seen, draw), ...seen.providers.map((one) => row(one, draw)));
  draw(state);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function hub(state, draw) {
  if (state.hub_pays === null) return [];
  const count = state.providers.reduce((sum, one) => sum + one.hub, 0);
  const box = el("input", "", { type: "checkbox", id: "sk-hub" });
  box.checked = state.hub_pays;
  box.addEventListener("change", async () => {
    const seen = await tryOrToast(post("ui/session-keys/hub", { pays: box.checked }));
    if (!seen) return;
    document.dispatchEvent(new CustomEvent(CHANGED));
    draw(seen);
  });
  return [el("label", "sk-hub", { for: "sk-hub" }, box, el("span", "", {}, t("sessionkeys.hub", { count })))];
}

function row(one, draw) {
  const fields = one.names.map((name) =>
    el("input", "", {
      type: "password",
      name,
      "aria-label": `${one.label} ${name}`,
      placeholder: name,
      autocomplete: "off",
      maxlength: "1000",
    }),
  );
  const send = async (call, said) => {
    const seen = await tryOrToast(call);
    if (!seen) return;
    toast(t(said));
    document.dispatchEvent(new CustomEvent(CHANGED));
    draw(seen);
  };
  const path = `ui/session-keys/provider/${encodeURIComponent(one.provider)}`;
  const save = () =>
    send(post(path, { keys: Object.fromEntries(fields.map((f) => [f.name, f.value])) }), "sessionkeys.saved");
  const form = el("form", "", {}, ...fields, button(t("sessionkeys.use"), { text: t("sessionkeys.use") }, save));
  form.addEventListener("submit", (event) => (event.preventDefault(), save()));
  const given = el(
    "div",
    "sk-given",
    {},
    el("span", "", {}, t("sessionkeys.given")),
    button(t("sessionkeys.forget"), { text: t("sessionkeys.forget") }, () => send(del(path), "sessionkeys.forgotten")),
  );
  const page = one.page
    ? el("a", "", { href: one.page, target: "_blank", rel: "noopener noreferrer" }, t("sessionkeys.get"))
    : "";
  return el("section", "", {}, el("h3", "", {}, one.label, " ", page), one.given ? given : form);
}
