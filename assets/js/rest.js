// The page of the REST API: draws openapi.json, with a form to try each call. Text goes in by textContent only.
const kept = (key) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};
const theme = kept("studio-theme");
if (theme) document.documentElement.dataset.theme = theme;

const tables = JSON.parse(document.getElementById("words").textContent);
const chinese = (kept("studio-language") || navigator.language).toLowerCase().startsWith("zh");
const language = chinese ? "zh-CN" : "en";
const words = tables[language];
document.documentElement.lang = language;
document.title = `Wan Studio · ${words.title}`;
for (const element of document.querySelectorAll("[data-word]")) element.textContent = words[element.dataset.word];

const METHODS = ["get", "post", "put", "patch", "delete"];
const root = new URL("../../", location.href);

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") element.className = value;
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const main = document.querySelector("main");
const nav = document.querySelector("nav");

function resolved(schema, document_) {
  const name = schema?.$ref?.split("/").pop();
  return name ? { name, ...document_.components.schemas[name] } : schema || {};
}

/** What kind of value a schema wants, in a few words: text, integer, list of Run ... */
function kind(schema, document_) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  const options = schema.anyOf || schema.oneOf;
  if (options) return [...new Set(options.map((one) => kind(one, document_)))].join(" | ");
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === "array") return `${kind(schema.items, document_) || "any"}[]`;
  const limits = [
    ["minimum", "≥"],
    ["maximum", "≤"],
    ["maxLength", "≤"],
  ];
  const text = limits.filter(([name]) => schema[name] !== undefined).map(([name, sign]) => `${sign} ${schema[name]}`);
  return [schema.type || "any", ...text].join(" ");
}

function example(schema, document_, depth = 0) {
  const found = resolved(schema, document_);
  if (found.example) return found.example;
  if (found.default !== undefined) return found.default;
  const options = found.anyOf || found.oneOf;
  if (options) return example(options[0], document_, depth);
  if (found.enum) return found.enum[0];
  if (found.type === "array") return depth > 2 ? [] : [example(found.items, document_, depth + 1)];
  if (found.properties) {
    const wanted = Object.entries(found.properties).filter(([name]) => (found.required || []).includes(name));
    const shown = wanted.length ? wanted : Object.entries(found.properties);
    return Object.fromEntries(shown.map(([name, inner]) => [name, example(inner, document_, depth + 1)]));
  }
  return { string: "", integer: 0, number: 0, boolean: false, object: {} }[found.type] ?? null;
}

function facts(entries) {
  const list = make("dl");
  for (const { name, required, type, text } of entries) {
    const star = required ? make("em", { title: words.required }, " *") : null;
    list.append(make("dt", {}, name, star), make("dd", {}, make("code", {}, type), text || ""));
  }
  return list;
}

function fields(schema, document_) {
  const found = resolved(schema, document_);
  const required = found.required || [];
  return Object.entries(found.properties || {}).map(([name, inner]) => ({
    name,
    required: required.includes(name),
    type: kind(inner, document_),
    text: inner.description,
  }));
}

/** The fields of a body or an answer: its own, or those of the first of several shapes that has any. */
function shape(schema, document_) {
  if (!schema) return null;
  const found = resolved(schema, document_);
  const inner = found.type === "array" ? found.items : found;
  const options = [inner, ...(resolved(inner, document_).anyOf || []), ...(resolved(inner, document_).oneOf || [])];
  const entries = options.map((one) => fields(one, document_)).find((one) => one.length) || [];
  const deeper = entries.length ? entries : options.slice(1).flatMap((one) => shape(one, document_) || []);
  return deeper;
}

function curl(method, path, body, raw) {
  const lines = [`curl -X ${method.toUpperCase()} '${new URL(path.replace(/^\//, ""), root)}'`];
  lines.push(`  -H 'Authorization: Bearer YOUR_TOKEN'`);
  if (raw) lines.push(`  -H 'Content-Type: image/png'`, `  --data-binary @still.png`);
  else if (body !== undefined) {
    lines.push(`  -H 'Content-Type: application/json'`, `  -d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`);
  }
  return lines.join(" \\\n");
}

function sample(text) {
  const button = make("button", { type: "button", class: "quiet" }, words.copy);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = words.copied;
    setTimeout(() => {
      button.textContent = words.copy;
    }, 1500);
  });
  return make("div", { class: "sample" }, make("pre", {}, text), button);
}

function trial(method, path, operation, body, raw) {
  const form = make("form");
  const inputs = (operation.parameters || []).map((parameter) => {
    const input = make("input", { name: parameter.name, required: Boolean(parameter.required), spellcheck: false });
    input.autocomplete = "off";
    form.append(make("label", {}, parameter.name, input));
    return { parameter, input };
  });
  const content = raw ? make("input", { type: "file", required: true }) : make("textarea", { spellcheck: false });
  if (raw) form.append(make("label", {}, words.file, content));
  else if (body !== undefined) {
    content.value = JSON.stringify(body, null, 2);
    form.append(make("label", {}, words.body, content));
  }
  const send = make("button", { type: "submit" }, words.send);
  const answer = make("div", { role: "status" });
  form.append(send, answer);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let address = path;
    const query = new URLSearchParams();
    const headers = {};
    for (const { parameter, input } of inputs) {
      if (!input.value) continue;
      if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (parameter.in === "header") headers[parameter.name] = input.value;
      else query.set(parameter.name, input.value);
    }
    const url = new URL(address.replace(/^\//, ""), root);
    url.search = String(query);
    const options = { method: method.toUpperCase(), headers };
    if (raw) options.body = content.files[0];
    else if (body !== undefined) {
      options.body = content.value;
      headers["content-type"] = "application/json";
    }
    send.disabled = true;
    try {
      const response = await fetch(url, options);
      const text = await response.text();
      let shown = text;
      try {
        shown = JSON.stringify(JSON.parse(text), null, 2);
      } catch {
        // an answer that is no JSON is shown as it is
      }
      const status = make("p", { class: response.ok ? "status" : "status bad" }, `${response.status}`);
      answer.replaceChildren(status, make("pre", {}, shown));
    } catch {
      answer.replaceChildren(make("p", { class: "status bad" }, words.no_answer));
    } finally {
      send.disabled = false;
    }
  });
  return form;
}

function card(method, path, operation, document_) {
  const content = operation.requestBody?.content || {};
  const raw = Boolean(content["application/octet-stream"]);
  const schema = content["application/json"]?.schema;
  const body = schema ? example(schema, document_) : undefined;
  const good = Object.entries(operation.responses).find(([status]) => status.startsWith("2"));
  const answer = good?.[1].content?.["application/json"]?.schema;
  const parameters = (operation.parameters || []).map((one) => ({
    name: one.name,
    required: one.required,
    type: kind(one.schema, document_),
    text: one.description,
  }));
  const inside = make("div", { class: "inside" });
  if (operation.description) inside.append(make("p", {}, operation.description));
  const part = (title, element) => inside.append(make("h4", {}, title), element);
  if (parameters.length) part(words.parameters, facts(parameters));
  const bodyFields = schema ? shape(schema, document_) : [];
  if (bodyFields.length) part(words.body, facts(bodyFields));
  if (answer) {
    inside.append(make("h4", {}, words.answer, " ", make("code", {}, `${good[0]} ${kind(answer, document_)}`)));
    const answerFields = shape(answer, document_).map((one) => ({ ...one, required: false }));
    if (answerFields.length) inside.append(facts(answerFields));
  }
  part("curl", sample(curl(method, path, body, raw)));
  part(words.try_it, trial(method, path, operation, body, raw));
  const summary = make(
    "summary",
    {},
    make("span", { class: `method ${method}` }, method.toUpperCase()),
    make("span", { class: "path" }, path),
    make("span", { class: "about" }, words[`call_${operation.operationId}`] || operation.summary),
  );
  return make("article", { id: operation.operationId }, make("details", {}, summary, inside));
}

function openNamed() {
  const details = document.getElementById(location.hash.slice(1))?.querySelector("details");
  if (!details) return;
  details.open = true;
  details.scrollIntoView();
}

async function draw() {
  const response = await fetch("openapi.json");
  if (!response.ok) throw new Error(String(response.status));
  const document_ = await response.json();
  main.replaceChildren(make("p", {}, words.about));
  for (const tag of document_.tags) {
    nav.append(make("h3", {}, words[`tag_${tag.name}`] || tag.name));
    main.append(make("h2", {}, words[`tag_${tag.name}`] || tag.name));
    main.append(make("p", {}, words[`about_${tag.name}`] || tag.description));
    for (const [path, operations] of Object.entries(document_.paths)) {
      for (const method of METHODS) {
        const operation = operations[method];
        if (!operation?.tags.includes(tag.name)) continue;
        main.append(card(method, path, operation, document_));
        const label = make("span", { class: `method ${method}` }, method.toUpperCase());
        nav.append(make("a", { href: `#${operation.operationId}` }, label, path.replace("/api/v1", "")));
      }
    }
  }
  openNamed();
}

addEventListener("hashchange", openNamed);
draw().catch(() => main.replaceChildren(make("p", { role: "alert" }, words.no_document)));
