// A provider's card: its key is pasted, tested and removed here. A key is sent once and never comes back: the page only
// gets to know that it is there, and where it is kept.

import { openTab } from "./address.js";
import { addressField, askLocal, isLocal, keyInput, localBox, submitButton } from "./connection_fields.js";
import { optionsForm } from "./connection_options.js";
import { CHANGED, named } from "./connections.js";
import { button, dollars, el, icon, number, since, t } from "./dom.js";
import { catalogueText } from "./form/common.js";
import { del, post, toast, tryOrToast } from "./net.js";
import { TABS } from "./tasks.js";

/** told: the connection as the studio tells it. keyring: the name of this computer's, or null. */
export function connectionCard(first, keyring) {
  let told = first;
  let editing = null; // the name of the key whose field is open
  let working = "";
  let failure = "";
  const path = `ui/connections/${encodeURIComponent(first.provider)}`;
  const more = el("details", "cn-more", { data: { do: "more" } });
  const body = el("div", "cn-body");
  const element = el(
    "article",
    "cn-card",
    {
      id: `connection-${first.provider}`,
      data: { provider: first.provider },
      tabindex: "-1",
      "aria-labelledby": `connection-name-${first.provider}`,
    },
    body,
    more,
  );
  const options = optionsForm(first, () => told, save);
  more.append(el("summary", "", {}, t("connections.more")), options.element, el("div", "cn-facts"));

  function show(now) {
    told = now;
    element.dataset.state = told.state;
    draw();
  }

  function draw() {
    element.setAttribute("aria-busy", String(!!working));
    const main = told.keys.filter((key) => key.required);
    const shown = [head(), modelsLine(main), ...main.map(keyLine), checkLine(), waitingLine(), problemLine()];
    const focused = body.contains(document.activeElement) && document.activeElement.dataset.do;
    body.replaceChildren(...shown.filter(Boolean), editing ? keyForm(editing) : actions(main[0]));
    if (focused && !editing) body.querySelector(`[data-do="${focused}"]`)?.focus();
    options.draw(told.keys.filter((key) => !main.includes(key)).map(optionalKey));
    more.querySelector(".cn-facts").replaceChildren(...facts());
  }

  const head = () =>
    el(
      "header",
      "cn-head",
      {},
      el("h3", "", { id: `connection-name-${told.provider}` }, catalogueText(told.label)),
      el("span", `cn-state ${told.state}`, {}, t(`connections.state_${told.state}`)),
    );

  /** How many models it brings, and where to get a key for them. */
  function modelsLine(main) {
    const page = main.find((key) => key.page && !key.source)?.page;
    return el(
      "p",
      "cn-line st-dim",
      {},
      t("connections.model_count", { n: told.model_count }),
      page && !editing ? keyPage(page) : null,
    );
  }

  function keyLine(key) {
    if (!key.source && !key.unread) return null;
    const good = key.source && told.state === "ready";
    return el(
      "p",
      `cn-line${key.unread ? " cn-warn" : ""}`,
      { data: { source: key.source || "" } },
      icon(good ? "check" : "info", `st-i${good ? " cn-ok" : ""}`),
      el("span", "", {}, sourceText(key, keyring)),
    );
  }

  function checkLine() {
    const check = told.check;
    if (working) return el("p", "cn-line", { role: "status" }, el("span", "cn-spin"), t(`connections.${working}`));
    if (!check) return null;
    if (check.balance)
      return el(
        "p",
        "cn-line cn-balance",
        { role: "status" },
        el("b", "", {}, balanceText(check.balance)),
        " ",
        el("span", "st-dim", {}, t("connections.left"), " · ", since(check.at)),
      );
    if (check.state === "refused") return null; // the problem says it
    return el(
      "p",
      `cn-line ${check.state === "works" || check.state === "unknown" ? "" : "cn-warn"}`,
      { role: "status" },
      el("span", "", {}, check.message, " "),
      el("span", "st-dim", {}, since(check.at)),
    );
  }

  const waitingLine = () =>
    told.waiting
      ? el(
          "p",
          "cn-line cn-warn",
          {},
          icon("clock"),
          el("span", "", {}, t("connections.waiting", { n: told.waiting }), " "),
          button(t("shell.tab_queue"), { text: t("shell.tab_queue"), cls: "link", data: { do: "queue" } }, () =>
            openTab("queue", {}),
          ),
        )
      : null;

  const lacksAddress = () => told.state !== "missing" && told.options.find((o) => o.required && !o.value);

  function problemLine() {
    const text = failure || (told.state === "missing" || lacksAddress() ? "" : told.problem);
    return text ? el("p", "cn-line cn-bad", { role: "alert" }, icon("warn"), el("span", "", {}, text)) : null;
  }

  function actions(key) {
    const changeable = key && key.source !== "environment";
    const row = el("div", "cn-actions");
    if (changeable)
      row.append(
        button(
          t(key.source ? "connections.replace" : "connections.add_key"),
          {
            text: t(key.source ? "connections.replace" : "connections.add_key"),
            cls: key.source ? "" : "cn-add",
            data: { do: "edit" },
            disabled: !!working,
            "aria-label": `${t(key.source ? "connections.replace" : "connections.add_key")}: ${catalogueText(told.label)}`,
          },
          () => edit(key.name),
        ),
      );
    if (lacksAddress()) row.append(addressButton());
    if (told.state === "ready" || told.state === "refused")
      row.append(
        button(
          `${t("connections.test")}: ${catalogueText(told.label)}`,
          { text: t("connections.test"), data: { do: "test" }, disabled: !!working },
          test,
        ),
      );
    if (changeable && key.source) row.append(removeButton(key));
    return row;
  }

  const addressButton = () =>
    button(
      `${t("connections.set_address")}: ${catalogueText(told.label)}`,
      { text: t("connections.set_address"), cls: "cn-add", data: { do: "address" } },
      openOptions,
    );

  function openOptions() {
    more.open = true;
    more.querySelector("form input, form select")?.focus();
  }

  function removeButton(key) {
    const label = `${t("connections.remove")}: ${catalogueText(told.label)}`;
    return button(
      label,
      { text: t("connections.remove"), cls: "danger", data: { do: "remove" }, disabled: !!working },
      () => confirmRemoval(key),
    );
  }

  function confirmRemoval(key) {
    const text = told.active
      ? t("connections.remove_active", { n: told.active })
      : t("connections.remove_sure", { name: key.name });
    const yes = button(
      t("connections.remove"),
      { text: t("connections.remove"), cls: "solid", data: { do: "remove-sure" } },
      () => remove(key),
    );
    const asked = el(
      "div",
      "cn-confirm",
      { role: "alertdialog", "aria-label": text },
      el("p", "", {}, text),
      el("div", "cn-actions", {}, yes, button(t("connections.cancel"), { text: t("connections.cancel") }, draw)),
    );
    body.querySelector(".cn-actions").replaceWith(asked);
    yes.focus();
  }

  function edit(name) {
    editing = name;
    failure = "";
    draw();
    body.querySelector("input")?.focus();
  }

  function keyForm(name) {
    const id = `key-${told.provider}-${name}`;
    const field = keyInput(id, name);
    const page = told.keys.find((key) => key.name === name)?.page;
    const addresses = told.options.filter((o) => o.required && !o.value).map((o) => addressField(o));
    const form = el(
      "form",
      "cn-form",
      { autocomplete: "off", novalidate: true },
      el("label", "", { for: id }, named("connections.key_for", told.label)),
      field,
      ...addresses,
      addresses.length ? localBox() : null,
      el(
        "div",
        "cn-actions",
        {},
        submitButton(t("connections.save"), "save-key"),
        button(t("connections.cancel"), { text: t("connections.cancel"), data: { do: "cancel" } }, close),
        page ? keyPage(page) : null,
      ),
    );
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      if (!field.value.trim()) return field.focus();
      const options = Object.fromEntries(addresses.map((a) => [a.name, a.querySelector("input").value]));
      await save({ key: field.value, key_name: name, options, local: isLocal(form) }, form);
    });
    form.addEventListener("keydown", (e) => e.key === "Escape" && (e.stopPropagation(), close()));
    return form;
  }

  function close() {
    editing = null;
    failure = "";
    draw();
    body.querySelector('[data-do="edit"]')?.focus();
  }

  /** Save and test; true when it was saved. A refusal is shown where it was typed. */
  async function save(changes, form) {
    const controls = [...form.querySelectorAll("button, input, select")];
    for (const control of controls) control.disabled = true;
    let saved;
    try {
      saved = await post(path, changes);
    } catch (error) {
      for (const control of controls) control.disabled = false;
      refuse(form, error);
      return false;
    }
    editing = null;
    failure = "";
    show(saved);
    toast(t("connections.saved"));
    document.dispatchEvent(new CustomEvent(CHANGED));
    if (saved.state === "ready" && saved.testable) await test();
    return true;
  }

  function refuse(form, error) {
    form.querySelector(".cn-bad")?.remove();
    const said = el("p", "cn-line cn-bad", { role: "alert" }, icon("warn"), el("span", "", {}, error.message));
    form.insertBefore(said, form.querySelector(".cn-actions"));
    form.querySelector("input")?.focus();
    if (error.id === "connection.address_local") askLocal(form);
    options.refused(form, error);
  }

  async function test() {
    working = "testing";
    failure = "";
    draw();
    try {
      told = await post(`${path}/test`);
    } catch (error) {
      failure = error.message;
    }
    working = "";
    show(told);
  }

  async function remove(key) {
    working = "removing";
    draw();
    const left = await tryOrToast(del(`${path}/key?key_name=${encodeURIComponent(key.name)}`));
    working = "";
    if (left?.still_in_keyring) failure = t("connections.still_in_keyring");
    show(left || told);
    if (left) document.dispatchEvent(new CustomEvent(CHANGED));
    body.querySelector('[data-do="edit"]')?.focus();
  }

  /** A key that is not needed, such as the login of a proxy: beside the options. */
  const optionalKey = (key) =>
    el(
      "div",
      "cn-optional",
      {},
      el("span", "", {}, el("code", "", {}, key.name), " ", sourceText(key, keyring)),
      key.source === "environment"
        ? null
        : button(
            `${t(key.source ? "connections.replace" : "connections.add_key")}: ${key.name}`,
            { text: t(key.source ? "connections.replace" : "connections.add_key"), cls: "link" },
            () => edit(key.name),
          ),
      key.source && key.source !== "environment"
        ? button(`${t("connections.remove")}: ${key.name}`, { text: t("connections.remove"), cls: "link danger" }, () =>
            confirmRemoval(key),
          )
        : null,
    );

  function facts() {
    const tasks = Object.entries(told.models).filter(([task]) => TABS[task]);
    const total = tasks.length
      ? el(
          "ul",
          "cn-tasks",
          { "aria-label": t("connections.models") },
          ...tasks.map(([task, n]) =>
            el(
              "li",
              "",
              {},
              button(
                `${t(`shell.tab_${TABS[task]}`)}: ${n}`,
                { text: t(`shell.tab_${TABS[task]}`), cls: "cn-task", data: { task } },
                () => openTab(TABS[task], {}),
              ),
              el("span", "st-dim", { "aria-hidden": "true" }, number(n)),
            ),
          ),
        )
      : null;
    const rate = t("connections.limits", {
      n: number(told.concurrent),
      rate: number(told.submits_per_s, 2),
    });
    return [el("h4", "", {}, t("connections.models")), total, el("p", "st-dim", {}, rate)];
  }

  show(first);
  return {
    element,
    show,
    busy: () => !!editing || !!working || options.touched(),
    reveal() {
      const key = told.keys.find((k) => k.required && k.source !== "environment");
      if (told.state === "missing" && key) edit(key.name);
      else if (lacksAddress()) openOptions();
      element.scrollIntoView({ block: "center" });
      element.classList.add("cn-found");
      setTimeout(() => element.classList.remove("cn-found"), 2400);
      if (!element.contains(document.activeElement)) element.focus({ preventScroll: true });
    },
  };
}

const keyPage = (address) =>
  el(
    "a",
    "cn-page",
    { href: address, target: "_blank", rel: "noopener noreferrer" },
    t("connections.get_key"),
    icon("link"),
  );

function sourceText(key, keyring) {
  if (key.unread) return t("connections.source_unread");
  if (!key.source) return t("connections.source_optional");
  return t(`connections.source_${key.source}`, { name: key.name, keyring: keyring || "" });
}

function balanceText({ amount, unit, usd }) {
  if (unit === "USD") return amount ? dollars(amount) : "$0";
  const own = `${number(amount, 2)} ${unit === "credits" ? t("connections.credits") : unit}`;
  return usd === null ? own : t("connections.about", { own, usd: usd ? dollars(usd) : "$0" });
}
