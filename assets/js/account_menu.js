// Who is signed in: a menu in the corner, and what the page need not show to this person. Nothing in a solo studio.

import { openTab } from "./address.js";
import { menu } from "./actions.js";
import { BASE, el, styles, t } from "./dom.js";
import { get } from "./net.js";
import { avatar } from "./people_parts.js";
import { unsubscribe as endPush } from "./push.js";

const PHONE = "(max-width: 820px)";

async function signOut() {
  await endPush().catch(() => {}); // whoever signs in next on this device is told of their own runs, not of ours
  const answer = await fetch(new URL("logout", BASE), {
    method: "POST",
    headers: { accept: "application/json" },
    redirect: "manual",
  });
  // a studio whose people sign in elsewhere names where to go on, so that they are signed out there as well
  const elsewhere = answer.ok ? (await answer.json()).next : "login";
  location.assign(new URL(elsewhere, BASE));
}

/** The menu's place; it fills when the studio has said who this is, and again when the account changes. */
export function accountMenu() {
  const place = el("span", "pp-corner");
  const fill = async () => {
    const me = await get("ui/account/me").catch(() => null); // without an answer the page stays as it is
    if (!me) return;
    place.replaceChildren(...(me.accounts ? [opener(me)] : []));
  };
  styles("people.css");
  document.addEventListener("studio-account", fill);
  fill();
  return place;
}

/** The buttons of the corner that a phone has no room for. */
const fromCorner = () =>
  ["studio-keys", "studio-theme", "studio-language"]
    .map((id) => document.getElementById(id))
    .filter((button) => button && !button.hidden)
    .map((button) => [button.title || button.textContent, () => button.click()]);

function opener(me) {
  const name = me.visitor ? t("people.visitor") : me.name;
  const made = el(
    "button",
    "",
    {
      type: "button",
      id: "studio-account",
      "aria-label": t("people.menu_of", { name }),
      title: `${name} · ${t(`people.role_${me.role}`)}`,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      onclick: () => {
        const items = me.may.includes("own_account") ? [[t("people.account"), () => openTab("account", {})]] : [];
        if (matchMedia(PHONE).matches) items.push(...fromCorner());
        if (!me.visitor) items.push([t("access.sign_out"), signOut]);
        if (!items.length) return;
        const who = el("div", "", {}, el("b", "", {}, name), el("small", "st-dim", {}, t(`people.role_${me.role}`)));
        menu(made, items, el("div", "pp-menuhead", { role: "presentation" }, avatar(name, me.id), who));
      },
    },
    avatar(name, me.id, "small"),
  );
  return made;
}
