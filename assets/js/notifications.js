// The Notifications section of the Settings page: this browser's own, and messages beyond it. No address is ever shown.

import { copy } from "./actions.js";
import { button, el, exactTime, styles, t } from "./dom.js";
import { get, post, toast, tryOrToast } from "./net.js";
import { isEnabled, isSupported, setEnabled } from "./notices.js";
import * as sound from "./sound.js";

const EVENTS = ["succeeded", "failed", "held", "drafts"];

const line = (name, ...children) =>
  el("div", "sn-line", { data: { line: name } }, el("span", "sn-name", {}, t(`notifications.${name}`)), ...children);

function checkbox(name, words, checked, onchange, disabled) {
  const input = el("input", "", { type: "checkbox", name, checked: checked || null, disabled: disabled || null });
  input.addEventListener("change", () => onchange(input));
  return el("label", "sn-check", {}, input, el("span", "", {}, words));
}

function browser() {
  const help = t(`notifications.${isSupported() ? "notify_help" : "notify_cannot"}`);
  const change = async (input) => {
    const asked = input.checked;
    input.checked = await setEnabled(asked);
    if (asked && !input.checked) toast(t("notifications.notify_blocked"));
  };
  const list = el(
    "select",
    "st-select",
    { name: "sound", "aria-label": t("notifications.sound"), onchange: () => (sound.setWhen(list.value), draw()) },
    ...["off", "away", "always"].map((value) =>
      el("option", "", { value, selected: value === sound.when() }, t(`notifications.sound_${value}`)),
    ),
  );
  const slider = el("input", "sn-volume", {
    type: "range",
    name: "volume",
    min: 0,
    max: 100,
    value: sound.volume(),
    "aria-label": t("notifications.volume"),
    onchange: () => (sound.setVolume(slider.value), sound.play()),
  });
  const listen = button(t("notifications.play"), { name: "play" }, () => sound.play());
  const draw = () => [slider, listen].forEach((part) => (part.hidden = sound.when() === "off"));
  draw();
  return [
    el("h3", "", {}, t("notifications.in_browser")),
    line("notify", checkbox("notify", help, isEnabled(), change, !isSupported())),
    line("sound", el("span", "sn-row", {}, list, slider, listen)),
  ];
}

/** A box with what this browser does by its own, for who does not manage the studio's messages. */
export function browserNotices() {
  styles("notifications.css");
  const title = t("notifications.title");
  return el("section", "st-box notifications", { "aria-label": title }, el("h2", "", {}, title), ...browser());
}

/** The box, filled when the answer is here. */
export function notifications() {
  styles("notifications.css");
  const beyond = el("div", "sn-beyond");
  let editing = false;
  let shownOnce = "";
  const load = async () => {
    const state = await tryOrToast(get("ui/notifications"));
    if (state) draw(state);
  };
  const change = async (path, body, words) => {
    const state = await tryOrToast(post(`ui/notifications/${path}`, body));
    if (!state) return;
    editing = false;
    shownOnce = state.secret || "";
    draw(state);
    if (words) toast(words);
  };

  function draw(state) {
    beyond.replaceChildren(
      el("p", "st-dim", {}, t("notifications.beyond_help")),
      line("webhook", webhook(state)),
      ...(state.host ? [line("secret", secret(state))] : []),
      line("services", services(state)),
      ...(state.host || state.services.length ? [line("send_for", events(state)), test(state)] : []),
      line("public", publicAddress(state)),
    );
  }

  function webhook(state) {
    if (state.host && !editing) {
      const where =
        state.source === "environment"
          ? t("notifications.from_environment", { name: "STUDIO_NOTIFY_URL" })
          : state.source === "keyring"
            ? t("notifications.in_keyring", { keyring: state.keyring || "" })
            : t("notifications.in_memory");
      const tools = [
        button(
          t("notifications.webhook_replace"),
          { text: t("notifications.webhook_replace"), data: { do: "webhook-replace" } },
          () => {
            editing = true;
            draw(state);
            beyond.querySelector("[name=webhook]").focus();
          },
        ),
        button(
          t("notifications.webhook_remove"),
          { text: t("notifications.webhook_remove"), data: { do: "webhook-remove" } },
          () => change("webhook", { url: "" }, t("notifications.webhook_removed")),
        ),
      ];
      return el(
        "div",
        "sn-value",
        {},
        el("span", "sn-row", {}, el("b", "", {}, state.host), ...(state.source === "environment" ? [] : tools)),
        el("small", state.problem ? "st-need" : "st-dim", {}, state.problem || where),
      );
    }
    const input = el("input", "sn-input", {
      type: "url",
      name: "webhook",
      required: true,
      autocomplete: "off",
      spellcheck: "false",
      placeholder: t("notifications.webhook_placeholder"),
      "aria-label": t("notifications.webhook"),
    });
    const save = button(t("notifications.webhook_save"), {
      text: t("notifications.webhook_save"),
      data: { do: "webhook-save" },
    });
    save.type = "submit";
    const form = el("form", "sn-row", { novalidate: true }, input, save);
    if (editing)
      form.append(
        button(t("notifications.cancel"), { text: t("notifications.cancel"), cls: "bare" }, () => {
          editing = false;
          draw(state);
        }),
      );
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      change("webhook", { url: input.value }, t("notifications.webhook_saved"));
    });
    return form;
  }

  function secret(state) {
    const words = t(`notifications.${state.signed ? "signed" : "unsigned"}`);
    const make = t(`notifications.secret_${state.signed ? "renew" : "make"}`);
    const row = el("span", "sn-row", {}, el("span", "", {}, words));
    if (state.secret_source === "environment")
      row.append(el("small", "st-dim", {}, t("notifications.from_environment", { name: "STUDIO_NOTIFY_SECRET" })));
    else
      row.append(
        button(make, { text: make, data: { do: "secret-make" } }, () => change("webhook", { make_secret: true })),
      );
    if (!shownOnce) return row;
    return el(
      "div",
      "sn-value",
      {},
      row,
      el(
        "p",
        "sn-once",
        { role: "status" },
        el("small", "", {}, t("notifications.secret_once")),
        el("code", "", {}, shownOnce),
        button(t("widgets.copy"), { name: "copy", cls: "bare tiny" }, () => copy(shownOnce)),
      ),
    );
  }

  const services = (state) =>
    state.services.length
      ? el("b", "", {}, state.services.join(", "))
      : el("small", "st-dim", {}, t("notifications.services_none"));

  function events(state) {
    const save = () =>
      change("choices", Object.fromEntries([...node.querySelectorAll("input")].map((i) => [i.name, i.checked])));
    const node = el(
      "span",
      "sn-row",
      {},
      ...EVENTS.map((name) => checkbox(name, t(`notifications.for_${name}`), state.choices[name], save)),
    );
    return node;
  }

  function test(state) {
    const told = el("span", "sn-told", { role: "status" });
    const send = button(
      t("notifications.test"),
      { text: t("notifications.test"), data: { do: "notify-test" } },
      async () => {
        send.disabled = true;
        told.replaceChildren();
        const answer = await tryOrToast(post("ui/notifications/test"));
        send.disabled = false;
        if (answer)
          told.replaceChildren(
            ...answer.sent.map(({ to, error }) =>
              el(
                "span",
                error ? "st-need" : "st-okay",
                {},
                t(`notifications.test_${error ? "failed" : "sent"}`, { to, error }),
              ),
            ),
          );
      },
    );
    const last = state.latest[0];
    if (last) {
      const kind = last.pending ? "pending" : last.error ? "failed" : "sent";
      if (last.sent_at || last.error)
        told.append(
          el(
            "small",
            last.error ? "st-need" : "st-dim",
            {},
            `${t("notifications.last")}: ${t(`notifications.last_${kind}`, { when: last.sent_at && exactTime(last.sent_at), error: last.error })}`,
          ),
        );
    }
    return el("div", "sn-test", {}, send, told);
  }

  const publicAddress = (state) =>
    el(
      "small",
      "st-dim",
      {},
      state.public_url ? t("notifications.public_set", { url: state.public_url }) : t("notifications.public_unset"),
    );

  load();
  return el(
    "section",
    "st-box notifications",
    { "aria-label": t("notifications.title") },
    el("h2", "", {}, t("notifications.title")),
    ...browser(),
    el("h3", "", {}, t("notifications.beyond")),
    beyond,
  );
}
