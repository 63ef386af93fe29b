// The card of the studio's language model, among the connections: where it answers, its model and key, and a test.

import { askLocal, isLocal, keyInput, localBox, submitButton } from "./connection_fields.js";
import { CHANGED, LANGUAGE_MODEL } from "./connections.js";
import { button, colon, el, icon, sentences, t } from "./dom.js";
import { del, get, post, toast, tryOrToast } from "./net.js";

const PATH = "ui/language-model";

/** The card; hidden until the studio has told how the model is set up. */
export function languageModelCard() {
  let told = null;
  let editing = false;
  let working = "";
  let failure = "";
  let found = null; // servers on this machine, once somebody has looked
  const body = el("div", "cn-body");
  const element = el(
    "article",
    "cn-card",
    {
      id: `connection-${LANGUAGE_MODEL}`,
      data: { provider: LANGUAGE_MODEL },
      tabindex: "-1",
      "aria-labelledby": "language-model-name",
      hidden: true,
    },
    body,
  );

  function show(now) {
    told = now;
    element.hidden = false;
    element.dataset.state = state();
    draw();
  }

  const state = () => (told.test?.state === "refused" ? "refused" : told.source ? "ready" : "problem");

  function draw() {
    element.setAttribute("aria-busy", String(!!working));
    const focused = body.contains(document.activeElement) && document.activeElement.dataset.do;
    const lines = editing
      ? [form()]
      : [placeLine(), modelLine(), keyLine(), testLine(), problemLine(), foundLines(), actions()];
    body.replaceChildren(...[head(), lead(), ...lines].filter(Boolean));
    if (focused && !editing) body.querySelector(`[data-do="${focused}"]`)?.focus();
  }

  const head = () =>
    el(
      "header",
      "cn-head",
      {},
      el("h3", "", { id: "language-model-name" }, t("languagemodel.title")),
      el("span", `cn-state ${state()}`, {}, t(`connections.state_${state()}`)),
    );

  const lead = () => el("p", "cn-line st-dim", {}, t("languagemodel.lead"));

  function placeLine() {
    if (!told.source) return null;
    const words =
      told.source === "alibaba"
        ? t("languagemodel.shared")
        : sentences(t("languagemodel.at", { server: told.label }), told.local ? t("languagemodel.free") : "");
    return el("p", "cn-line", {}, icon("check", "st-i cn-ok"), el("span", "", {}, words));
  }

  const modelLine = () =>
    told.model
      ? el("p", "cn-line", {}, el("span", "", {}, t("languagemodel.model"), colon(), el("b", "", {}, told.model)))
      : null;

  function keyLine() {
    if (told.source !== "address" || (!told.key && !told.unread)) return null;
    const words = told.unread
      ? t("connections.source_unread")
      : t(`connections.source_${told.key}`, { name: "LLM_API_KEY" });
    return el("p", `cn-line${told.unread ? " cn-warn" : ""}`, {}, icon("info"), el("span", "", {}, words));
  }

  function testLine() {
    if (working) return el("p", "cn-line", { role: "status" }, el("span", "cn-spin"), t(`languagemodel.${working}`));
    if (!told.test || told.test.state === "refused") return null;
    const good = told.test.state === "works";
    return el(
      "p",
      `cn-line${good ? "" : " cn-warn"}`,
      { role: "status", data: { test: told.test.state } },
      told.test.message,
    );
  }

  function problemLine() {
    const text = failure || (told.source ? told.problem : "") || (told.base ? told.problem : "");
    return text ? el("p", "cn-line cn-bad", { role: "alert" }, icon("warn"), el("span", "", {}, text)) : null;
  }

  /** What was found on this machine; each can be taken. */
  function foundLines() {
    if (!found) return null;
    if (!found.length)
      return el("p", "cn-line", { role: "status", data: { found: "0" } }, t("languagemodel.none_here"));
    const lines = found.map((server) =>
      el(
        "p",
        "cn-line",
        { data: { found: server.label } },
        el("b", "", {}, server.label),
        el("span", "st-dim", {}, t("languagemodel.models", { n: server.models.length })),
        server.models.length
          ? button(
              `${t("languagemodel.use")}: ${server.label}`,
              { text: t("languagemodel.use"), cls: "link", data: { do: "use" }, disabled: !!working },
              () => edit({ base: server.base, model: server.models[0], models: server.models, local: true }),
            )
          : null,
      ),
    );
    return el("div", "", { role: "status" }, ...lines);
  }

  function actions() {
    const row = el("div", "cn-actions");
    const named = (words) => `${words}: ${t("languagemodel.title")}`;
    const changes = t(told.source ? "languagemodel.change" : "languagemodel.set_up");
    if (told.given.length < 3)
      row.append(
        button(
          named(changes),
          { text: changes, cls: told.source ? "" : "cn-add", data: { do: "edit" }, disabled: !!working },
          () => edit(),
        ),
      );
    if (told.source)
      row.append(
        button(
          named(t("connections.test")),
          { text: t("connections.test"), data: { do: "test" }, disabled: !!working },
          test,
        ),
      );
    row.append(
      button(
        t("languagemodel.look"),
        { text: t("languagemodel.look"), data: { do: "look" }, disabled: !!working },
        look,
      ),
    );
    if (told.key && told.key !== "environment")
      row.append(
        button(
          named(t("connections.remove")),
          { text: t("connections.remove"), cls: "danger", data: { do: "remove" }, disabled: !!working },
          removeKey,
        ),
      );
    return row;
  }

  let filled = {};
  function edit(values = {}) {
    filled = values;
    editing = true;
    failure = "";
    draw();
    body.querySelector("select:not(:disabled), input:not(:disabled)")?.focus();
  }

  function close() {
    editing = false;
    draw();
    body.querySelector('[data-do="edit"]')?.focus();
  }

  function form() {
    const given = (name) => told.given.includes(name);
    const base = filled.base ?? told.base;
    const where = el(
      "select",
      "cn-input",
      { id: "llm-where", disabled: given("LLM_BASE_URL") },
      told.shared ? el("option", "", { value: "alibaba" }, t("languagemodel.where_shared")) : null,
      el(
        "option",
        "",
        { value: "address" },
        t(told.shared ? "languagemodel.where_other" : "languagemodel.where_address"),
      ),
    );
    where.value = base || !told.shared ? "address" : "alibaba";
    const address = el("input", "cn-input", {
      id: "llm-base",
      type: "url",
      value: base,
      placeholder: "https://api.example.com/v1",
      spellcheck: "false",
      autocomplete: "off",
      disabled: given("LLM_BASE_URL"),
    });
    const models = el(
      "datalist",
      "",
      { id: "llm-models" },
      ...(filled.models || told.models).map((m) => el("option", "", { value: m })),
    );
    const model = el("input", "cn-input", {
      id: "llm-model",
      list: "llm-models",
      value: filled.model ?? told.model,
      placeholder: "qwen-plus",
      spellcheck: "false",
      autocomplete: "off",
      "aria-describedby": "llm-model-help",
      disabled: given("LLM_MODEL"),
    });
    const key = keyInput("llm-key", "LLM_API_KEY");
    key.disabled = given("LLM_API_KEY");
    const local = localBox();
    if (filled.local) local.querySelector("input").checked = true;
    const own = el(
      "div",
      "cn-form",
      {},
      label("llm-base", t("languagemodel.address")),
      address,
      label("llm-key", told.key ? t("languagemodel.key_again") : t("languagemodel.key")),
      key,
      local,
    );
    const made = el(
      "form",
      "cn-form",
      { autocomplete: "off", novalidate: true },
      label("llm-where", t("languagemodel.where")),
      where,
      own,
      label("llm-model", t("languagemodel.model")),
      model,
      models,
      el("small", "st-dim", { id: "llm-model-help" }, t("languagemodel.model_help")),
      told.given.length ? el("small", "st-dim", {}, t("languagemodel.given", { names: told.given.join(", ") })) : null,
      el(
        "div",
        "cn-actions",
        {},
        submitButton(t("connections.save_options"), "save"),
        button(t("connections.cancel"), { text: t("connections.cancel"), data: { do: "cancel" } }, close),
      ),
    );
    const fit = () => (own.hidden = where.value !== "address");
    where.addEventListener("change", () => {
      fit();
      model.value = where.value === "alibaba" ? "" : model.value;
    });
    fit();
    made.addEventListener("submit", (e) => {
      e.preventDefault();
      const body = { local: isLocal(made) };
      if (!address.disabled) body.base = where.value === "address" ? address.value : "";
      if (!model.disabled) body.model = model.value;
      if (!own.hidden && key.value) body.key = key.value;
      save(made, body);
    });
    made.addEventListener("keydown", (e) => e.key === "Escape" && (e.stopPropagation(), close()));
    return made;
  }

  /** Save and test. A refusal is shown where it was typed. */
  async function save(made, changes) {
    const controls = [...made.querySelectorAll("button, input, select")].filter((control) => !control.disabled);
    for (const control of controls) control.disabled = true;
    let saved;
    try {
      saved = await post(PATH, changes);
    } catch (error) {
      for (const control of controls) control.disabled = false;
      made.querySelector(".cn-bad")?.remove();
      const said = el("p", "cn-line cn-bad", { role: "alert" }, icon("warn"), el("span", "", {}, error.message));
      made.insertBefore(said, made.querySelector(".cn-actions"));
      if (error.id === "connection.address_local") askLocal(made);
      return;
    }
    editing = false;
    found = null;
    show(saved);
    toast(t("connections.saved"));
    document.dispatchEvent(new CustomEvent(CHANGED));
    if (saved.source) await test();
    else if (saved.base && !saved.model) await choose();
  }

  /** An address without a model: ask for its list, and for one of them. */
  async function choose() {
    await work("looking", async () => (told = await post(`${PATH}/models`)));
    if (!failure) edit();
    body.querySelector("#llm-model")?.focus();
  }

  const test = () => work("testing", async () => (told = await post(`${PATH}/test`)));

  const look = () => work("looking", async () => (found = (await post(`${PATH}/look`)).found));

  async function work(word, doing) {
    working = word;
    failure = "";
    draw();
    try {
      await doing();
    } catch (error) {
      failure = error.message;
    }
    working = "";
    show(told);
  }

  async function removeKey() {
    const left = await tryOrToast(del(`${PATH}/key`));
    if (left) show(left);
  }

  return {
    element,
    async refresh() {
      if (editing || working) return;
      try {
        show(await get(PATH));
      } catch {
        element.hidden = true; // the list of connections tells why
      }
    },
    reveal() {
      element.scrollIntoView({ block: "center" });
      element.classList.add("cn-found");
      setTimeout(() => element.classList.remove("cn-found"), 2400);
      if (told && !told.source) body.querySelector('[data-do="edit"]')?.focus({ preventScroll: true });
      else element.focus({ preventScroll: true });
    },
  };
}

const label = (id, text) => el("label", "", { for: id }, text);
