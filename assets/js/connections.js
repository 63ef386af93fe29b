// Connections: a card for each provider, where a key is pasted, tested and removed. A key is sent once and never comes
// back: the page only gets to know that it is there, and where it is kept.

import { currentParams, onHistoryMove, openTab } from "./address.js";
import { button, dollars, el, icon, number, since, styles, t } from "./dom.js";
import { catalogueText } from "./form/common.js";
import { del, get, post, toast, tryOrToast } from "./net.js";
import { TABS } from "./tasks.js";

/** Sent on the document when a key or an address has changed, so that forms show what can be used now. */
export const CHANGED = "studio-connections";

const OPENED = "studio-connection-opened";

/** Open the card of a provider, from anywhere. */
export function openConnection(provider) {
  openTab("settings", { connection: provider });
  document.dispatchEvent(new Event(OPENED)); // the page may be open already
}

/** The words of a link to a provider's card. needs: the environment names that are missing. */
export const addKeyText = ({ label, needs }) =>
  t(needs.some((name) => name.endsWith("_URL")) ? "connections.set_up" : "connections.add_key_for", {
    name: catalogueText(label),
  });

/** A link to the card of a provider that is not set up; null for one that is, or that has no card. */
export function keyLink(group, cls, before = () => {}) {
  if (group.ready || !group.connection) return null;
  return el(
    "button",
    cls,
    {
      type: "button",
      data: { connection: group.id },
      onclick: () => (before(), openConnection(group.id)),
    },
    addKeyText(group),
  );
}

/** The same for the provider of a model, among groups of models. */
export function keyLinkOf(groups, model) {
  const group = groups?.find((g) => g.models.some((m) => m.id === model));
  return group ? keyLink(group, "st-b link") : null;
}

/** The section of the Settings page. It keeps what is being typed while the rest of the page is drawn anew. */
export function connections() {
  styles("connections.css");
  const about = el("p", "st-dim cn-about");
  const grid = el("div", "cn-grid");
  const root = el(
    "section",
    "st-box connections",
    { "aria-label": t("connections.title"), id: "connections" },
    el("h2", "", {}, t("connections.title")),
    about,
    grid,
  );
  const cards = new Map();
  let wanted = null;
  let followed = null;

  async function refresh() {
    try {
      draw(await get("ui/connections"));
    } catch (error) {
      if (!cards.size) fail(error);
    }
  }

  /** @param {any} overview as the studio tells it */
  function draw(overview) {
    const { keyring, connections: list } = overview;
    root.hidden = !list.length;
    about.replaceChildren(
      t("connections.help"),
      " ",
      keyring ? t("connections.kept_in", { keyring }) : t("connections.kept_in_memory"),
    );
    for (const told of list) {
      if (!cards.has(told.provider)) cards.set(told.provider, card(told, keyring));
      else if (!cards.get(told.provider).busy()) cards.get(told.provider).show(told);
    }
    const order = list.map((told) => cards.get(told.provider).element);
    if (order.some((element, n) => grid.children[n] !== element) || grid.childElementCount !== order.length)
      grid.replaceChildren(...order);
    follow();
  }

  function fail(error) {
    grid.replaceChildren(
      el("p", "cn-bad", { role: "alert" }, error.message),
      button(t("connections.retry"), { name: "again", text: t("connections.retry") }, refresh),
    );
  }

  function reveal() {
    const found = cards.get(wanted);
    wanted = null;
    found?.reveal();
  }

  /** Go to the card that the address names. */
  function follow() {
    const named = currentParams().get("connection");
    if (named !== followed) wanted = followed = named;
    if (wanted && cards.size && root.offsetParent) reveal();
  }
  onHistoryMove(follow);
  document.addEventListener(OPENED, follow);
  return { root, refresh, follow };
}

function card(first, keyring) {
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
    { id: `connection-${first.provider}`, data: { provider: first.provider }, tabindex: "-1" },
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
      el("h3", "", {}, catalogueText(told.label)),
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
      el("label", "", { for: id }, t("connections.key_for", { name: catalogueText(told.label) })),
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

/** An address that the provider cannot do without, asked for together with the key that will be sent to it. */
function addressField(option) {
  const id = `first-${option.name}`;
  const made = el(
    "div",
    "cn-again",
    {},
    el("label", "", { for: id }, optionLabel(option.name)),
    el("input", "cn-input", { id, type: "url", placeholder: "https://", spellcheck: "false", autocomplete: "off" }),
  );
  made.name = option.name;
  return made;
}

/** Asked only after the studio has found the address on the own network. */
const localBox = () =>
  el(
    "label",
    "cn-local",
    { hidden: true },
    el("input", "", { type: "checkbox", name: "local" }),
    t("connections.local"),
  );
const isLocal = (form) => !!form.querySelector(".cn-local input")?.checked;
function askLocal(form) {
  const local = form.querySelector(".cn-local");
  local.hidden = false;
  local.querySelector("input").focus();
}

const submitButton = (text, action) => {
  const made = button(text, { text, cls: "cn-main", data: { do: action } });
  made.type = "submit";
  return made;
};

const keyPage = (address) =>
  el(
    "a",
    "cn-page",
    { href: address, target: "_blank", rel: "noopener noreferrer" },
    t("connections.get_key"),
    icon("link"),
  );

/** A field that browsers and password managers leave alone. */
const keyInput = (id, name) =>
  el("input", "cn-input", {
    id,
    name: `paste-${name.toLowerCase()}`,
    type: "password",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    maxlength: 2100,
    placeholder: name,
    data: { "1pIgnore": "true", lpignore: "true", bwignore: "true", formType: "other" },
  });

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

/** ALIBABA_BASE_URL -> base_url: the same option of another provider has the same words. */
const OPTION_WORDS = ["base_url", "upload_url", "url", "region", "workspace", "images", "concurrent", "submits_per_s"];
function optionLabel(name) {
  const lower = name.toLowerCase();
  const known = OPTION_WORDS.find((word) => lower.endsWith(`_${word}`));
  return known ? t(`connections.option_${known}`) : name;
}

/** Region, addresses and the like: saved together, so that a region and its workspace can change at once. */
function optionsForm(first, current, save) {
  const prefix = `option-${first.provider}`;
  const form = el("form", "cn-form cn-options", { autocomplete: "off", novalidate: true });
  const others = el("div", "cn-others");
  const element = el("div", "", {}, form, others);
  const fields = new Map();
  const known = new Map();

  function field(option) {
    const id = `${prefix}-${option.name}`;
    const attrs = { id, name: option.name, disabled: option.source === "environment", title: option.name };
    if (option.kind === "choice")
      return el(
        "select",
        "cn-input",
        attrs,
        el("option", "", { value: "" }, t("connections.default")),
        ...option.choices.map((c) => el("option", "", { value: c }, catalogueText(c[0].toUpperCase() + c.slice(1)))),
      );
    return el("input", "cn-input", {
      ...attrs,
      type: option.kind === "number" ? "number" : option.kind === "address" ? "url" : "text",
      step: option.kind === "number" ? "any" : null,
      min: option.kind === "number" ? 0 : null,
      spellcheck: "false",
      autocomplete: "off",
      placeholder: option.default || (option.kind === "address" ? "https://" : ""),
    });
  }

  function build() {
    const rows = current().options.map((option) => {
      const made = field(option);
      fields.set(option.name, made);
      const note = el("small", "st-dim", { hidden: true });
      known.set(option.name, { value: "", note });
      return el("label", "cn-option", { for: made.id }, el("span", "", {}, optionLabel(option.name)), made, note);
    });
    const local = localBox();
    const again = el("div", "cn-again", { hidden: true });
    const actions = el("div", "cn-actions", {}, submitButton(t("connections.save_options"), "save-options"));
    form.replaceChildren(...rows, local, again, actions);
    form.hidden = !rows.length;
  }

  function changes() {
    const found = {};
    for (const [name, made] of fields)
      if (!made.disabled && made.value !== known.get(name).value) found[name] = made.value;
    return found;
  }

  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const options = changes();
    if (!Object.keys(options).length) return toast(t("connections.nothing_changed"));
    const key = form.querySelector(".cn-again input");
    const body = { options, local: isLocal(form) };
    if (key?.value) body.key = key.value;
    if (await save(body, form)) {
      for (const made of form.querySelectorAll("input, select, button")) made.disabled = false;
      form.querySelector(".cn-again").replaceChildren();
      form.querySelector(".cn-local").hidden = form.querySelector(".cn-again").hidden = true;
      form.querySelector(".cn-local input").checked = false;
      form.querySelector(".cn-bad")?.remove();
      draw();
    }
  });

  /** What the connection says now goes into the fields that nobody is changing. */
  function draw(optional) {
    if (optional) others.replaceChildren(...optional);
    const mine = current().options.filter((option) => fields.has(option.name));
    for (const option of mine) {
      const made = fields.get(option.name);
      const seen = known.get(option.name);
      if (made.value === seen.value) made.value = option.value;
      seen.value = option.value;
      made.disabled = option.source === "environment";
      seen.note.hidden = option.source !== "environment";
      seen.note.textContent = t("connections.option_environment", { name: option.name });
    }
  }

  build();
  return {
    element,
    draw,
    touched: () => !!Object.keys(changes()).length,
    /** The studio asks for something more before it saves. */
    refused(failed, error) {
      if (failed !== form) return;
      for (const option of current().options)
        if (option.source === "environment") fields.get(option.name).disabled = true;
      if (error.id === "connection.address_needs_key") {
        const again = form.querySelector(".cn-again");
        const name = current().keys[0].name;
        const made = keyInput(`${prefix}-again`, name);
        again.hidden = false;
        again.replaceChildren(
          el("label", "", { for: made.id }, t("connections.key_for", { name: catalogueText(current().label) })),
          made,
        );
        made.focus();
      }
    },
  };
}
