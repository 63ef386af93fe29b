// What one person is told, and where: a panel for the Account page, or for Settings where nobody has one. No address is ever shown.

import { button, colon, el, exactTime, styles, t } from "./dom.js";
import { get, post, toast, tryOrToast } from "./net.js";
import * as push from "./push.js";

const ROUTE = "ui/own-notifications";
const EVENTS = ["succeeded", "failed", "held", "approvals", "drafts", "prompts"];
const REVIEW_EVENTS = ["mentions", "answers", "retakes", "statuses"];

const line = (name, ...children) =>
  el("div", "sn-line", { data: { line: name } }, el("span", "sn-name", {}, t(`tell_me.${name}`)), ...children);

/** The box, filled when the answer is here. */
export function tellMe() {
  styles("notifications.css", "tell_me.css");
  const body = el("div", "sn-beyond");
  let here = { can: false, on: false };

  const load = async () => {
    const state = await tryOrToast(get(ROUTE));
    if (state) show(await push.renew(state));
  };
  const change = async (path, sent, said) => {
    const state = await tryOrToast(post(`${ROUTE}/${path}`, sent));
    if (!state) return;
    await show(state);
    if (said) toast(t(`tell_me.${said}`));
  };
  async function show(state) {
    here = { can: await push.isSupported(), on: Boolean(await push.subscription()) };
    draw(state);
  }

  function draw(state) {
    const somewhere = state.devices.length || state.targets.length;
    body.replaceChildren(
      el("p", "st-dim", {}, t("tell_me.help")),
      line("device", device(state)),
      line("devices", list(state.devices.map((d) => [d.id, d.device, sentAt(d)]))),
      line("services", services(state)),
      line("tell_when", choices(state.choices)),
      ...(somewhere ? [test()] : []),
    );
  }

  function device(state) {
    const blocked = globalThis.Notification?.permission === "denied";
    const words = !here.can ? "cannot" : blocked ? "blocked" : here.on ? "is_on" : "is_off";
    const turn = here.on ? "turn_off" : "turn_on";
    const flip = button(t(`tell_me.${turn}`), { text: t(`tell_me.${turn}`), data: { do: turn } }, async () => {
      flip.disabled = true;
      try {
        show((await (here.on ? push.unsubscribe() : push.subscribe(state.server_key))) || state);
      } catch (error) {
        toast(t("tell_me.failed", { why: error.message }), { bad: true });
        draw(state);
      }
    });
    const usable = here.can && !blocked && state.server_key;
    return el(
      "span",
      "sn-row",
      {},
      ...(usable ? [flip] : []),
      el("small", state.problem ? "st-need" : "st-dim", { role: "status" }, state.problem || t(`tell_me.${words}`)),
    );
  }

  const sentAt = (d) =>
    !d.current
      ? t("tell_me.old_key")
      : d.sent_at
        ? t("tell_me.last_sent", { when: exactTime(d.sent_at) })
        : t("tell_me.never_sent");

  const list = (rows) =>
    rows.length
      ? el("ul", "tm-list", {}, ...rows.map(([id, name, more]) => row(id, name, more)))
      : el("small", "st-dim", {}, t("tell_me.none"));

  const row = (id, name, more) =>
    el(
      "li",
      "",
      {},
      el("span", "", {}, el("b", "", {}, name), more ? el("small", "st-dim", {}, ` ${more}`) : null),
      button(
        `${t("tell_me.remove")}${colon()}${name}`,
        { text: t("tell_me.remove"), cls: "bare", data: { do: "remove", id } },
        () => change("remove", { id }, "removed"),
      ),
    );

  function services(state) {
    const input = el("input", "sn-input", {
      name: "own-target",
      autocomplete: "off",
      spellcheck: "false",
      autocapitalize: "off",
      placeholder: t("tell_me.placeholder"),
      "aria-label": t("tell_me.address"),
    });
    const add = button(t("tell_me.add"), { text: t("tell_me.add"), data: { do: "add-target" } });
    add.type = "submit";
    const form = el("form", "sn-row", { novalidate: true }, input, add);
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      change("targets", { address: input.value }, "added");
    });
    return el(
      "div",
      "sn-value",
      {},
      state.targets.length ? list(state.targets.map((s) => [s.id, s.service, ""])) : null,
      form,
      el("small", "st-dim", {}, t("tell_me.add_help")),
      state.targets.length && !state.public_url ? el("small", "st-dim", {}, t("tell_me.no_links")) : null,
    );
  }

  function choices(chosen) {
    const save = () =>
      change("choices", Object.fromEntries([...node.querySelectorAll("input")].map((i) => [i.name, i.checked])));
    const check = (name) => {
      const input = el("input", "", { type: "checkbox", name, checked: chosen[name] || null, onchange: save });
      return el("label", "sn-check", {}, input, el("span", "", {}, t(`tell_me.for_${name}`)));
    };
    const node = el(
      "div",
      "tm-choices",
      {},
      el("span", "sn-row", {}, ...EVENTS.map(check)),
      el("fieldset", "sn-row", {}, el("legend", "", {}, t("tell_me.review_when")), ...REVIEW_EVENTS.map(check)),
    );
    return el("div", "sn-value", {}, node, el("small", "st-dim", {}, t("tell_me.prompts_help")));
  }

  function test() {
    const told = el("span", "sn-told", { role: "status" });
    const send = button(t("tell_me.test"), { text: t("tell_me.test"), data: { do: "tell-me-test" } }, async () => {
      send.disabled = true;
      const answer = await tryOrToast(post(`${ROUTE}/test`));
      send.disabled = false;
      const said = ({ to, error }) =>
        el("span", error ? "st-need" : "st-okay", {}, t(`tell_me.${error ? "not_sent" : "sent"}`, { to, error }));
      if (answer) told.replaceChildren(...answer.sent.map(said));
    });
    return el("div", "sn-test", {}, send, told);
  }

  load();
  return el(
    "section",
    "st-box notifications tell-me",
    { "aria-label": t("tell_me.title") },
    el("h2", "", {}, t("tell_me.title")),
    body,
  );
}
