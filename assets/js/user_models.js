// The user's own models and providers on the Models page: their files, and an editor that checks before it saves.

import { button, el, icon, styles, t } from "./dom.js";
import { get, post, toast, tryOrToast } from "./net.js";

const AREA = "ui/user-files";

/** The section, which reads the files when it is made. */
export function userModels() {
  styles("user_models.css");
  return new UserModels().root;
}

class UserModels {
  constructor() {
    this.list = el("ul", "st-userfiles");
    this.folder = el("p", "st-dim");
    this.agents = el("span", "st-usertools");
    this.editor = el("div", "st-editor", { hidden: true });
    this.tools = el(
      "div",
      "st-usertools",
      {},
      this.action("add_models", "plus", () => this.create("models")),
      this.action("add_provider", "plus", () => this.create("providers")),
      this.agents,
      this.action("reload", "again", () => this.reload()),
    );
    this.root = el(
      "section",
      "st-box st-usermodels",
      { "aria-label": t("userfiles.title") },
      el("h2", "", {}, t("userfiles.title")),
      el("p", "st-dim", {}, t("userfiles.help")),
      this.list,
      this.tools,
      this.editor,
      this.folder,
    );
    tryOrToast(get(AREA)).then((told) => this.show(told));
  }

  action(word, name, onclick, look = {}) {
    return button(t(`userfiles.${word}`), { name, text: t(`userfiles.${word}`), data: { do: word }, ...look }, onclick);
  }

  show(told) {
    if (!told) return;
    this.folder.textContent = t("userfiles.folder", { folder: told.folder });
    this.list.replaceChildren(...told.files.map((file) => this.row(file)));
    this.agents.replaceChildren(
      ...told.agents.map((provider) => {
        const text = t("userfiles.load_agents", { provider: provider.label });
        return button(text, { name: "download", text, data: { do: "agents" } }, (e) =>
          this.loadAgents(provider, e.currentTarget),
        );
      }),
    );
  }

  row(file) {
    const facts = [
      file.models.length ? t("userfiles.models", { n: file.models.length }) : "",
      file.corrects.length ? t("userfiles.corrections", { n: file.corrects.length }) : "",
    ].filter(Boolean);
    const names = [...file.models.map((m) => m.label), ...file.corrects];
    const tools = [
      button(t("userfiles.edit_label", { file: file.path }), { text: t("userfiles.edit"), data: { do: "edit" } }, () =>
        this.edit(file),
      ),
      file.has_previous
        ? button(t("userfiles.restore_label", { file: file.path }), { text: t("userfiles.restore") }, () =>
            this.change("restore", file),
          )
        : null,
      button(t("userfiles.remove_label", { file: file.path }), { text: t("userfiles.remove"), cls: "danger" }, () =>
        this.change("remove", file),
      ),
    ];
    return el(
      "li",
      "",
      { data: { file: file.path } },
      el(
        "div",
        "st-userhead",
        {},
        el("b", "", {}, file.label || file.path),
        file.label ? el("span", "st-dim", {}, file.path) : null,
        el("span", "st-chip here", {}, t(`userfiles.kind_${file.kind}`)),
        el("span", "st-dim", {}, facts.join(" · ")),
      ),
      names.length ? el("p", "st-dim st-usernames", {}, names.join(" · ")) : null,
      file.missing ? el("p", "st-need", {}, icon("warn"), el("span", "", {}, file.missing)) : null,
      problems(file, (line) => this.edit(file, line)),
      el("div", "st-actions", {}, ...tools),
    );
  }

  /** Agents that were built at a provider, as models; the provider is asked now. */
  async loadAgents(provider, pressed) {
    pressed.disabled = true;
    const told = await tryOrToast(post(`${AREA}/agents/${encodeURIComponent(provider.name)}`));
    pressed.disabled = false;
    this.show(told);
    if (told) toast(t("userfiles.agents_loaded", { n: told.added.length, known: told.known }));
  }

  async reload() {
    const told = await tryOrToast(post(`${AREA}/reload`));
    this.show(told);
    if (told) toast(t("userfiles.reloaded", { n: told.files.length }));
  }

  async change(word, file) {
    const told = await tryOrToast(post(`${AREA}/${word}`, { kind: file.kind, name: file.name }));
    this.show(told);
    if (!told) return;
    const undo = word === "remove" && (() => this.change("restore", file));
    toast(t(`userfiles.did_${word}`, { file: file.path }), undo ? { undo } : {});
  }

  async create(kind) {
    if (!this.leave()) return;
    const told = await tryOrToast(get(`${AREA}/example?kind=${kind}`));
    if (told) this.open({ kind, name: "", path: "" }, { text: told.text, revision: "" });
  }

  async edit(file, line = 0) {
    if (!this.leave()) return;
    const told = await tryOrToast(get(`${AREA}/text?kind=${file.kind}&name=${encodeURIComponent(file.name)}`));
    if (told) this.open(file, told, line);
  }

  /** Whether the open text may be left: it is unchanged, or the person agrees. */
  leave() {
    if (this.editor.hidden || this.area.value === this.opened.text) return true;
    return window.confirm(t("userfiles.unsaved"));
  }

  open(file, opened, line = 0) {
    this.file = file;
    this.opened = opened;
    this.name = el("input", "st-username", {
      value: file.name,
      hidden: Boolean(file.name),
      maxlength: 41,
      spellcheck: "false",
      placeholder: file.kind === "models" ? "my-models" : "my-service",
      "aria-label": t("userfiles.name"),
    });
    this.lines = el("pre", "st-linenumbers", { "aria-hidden": "true" });
    this.area = el("textarea", "st-toml", {
      spellcheck: "false",
      autocapitalize: "off",
      wrap: "off",
      "aria-label": t("userfiles.text"),
      oninput: () => this.number(),
      onscroll: () => (this.lines.scrollTop = this.area.scrollTop),
    });
    this.area.value = opened.text;
    this.found = el("div", "st-found", { "aria-live": "polite" });
    this.anyway = this.action("save_anyway", "warn", () => this.save(true), { hidden: true });
    this.editor.replaceChildren(
      el(
        "label",
        "st-userpath",
        {},
        el("b", "", {}, file.path || `${file.kind}/`),
        this.name,
        file.path ? null : el("b", "", {}, ".toml"),
      ),
      el("div", "st-code", {}, this.lines, this.area),
      this.found,
      el(
        "div",
        "st-actions",
        {},
        button(t("widgets.close"), { text: t("widgets.close") }, () => this.close()),
        this.action("check", "check", () => this.check()),
        this.anyway,
        this.action("save", "", () => this.save(false), { cls: "primary" }),
      ),
    );
    if (opened.masked) this.found.append(el("p", "st-need", {}, icon("warn"), t("userfiles.masked")));
    this.editor.hidden = false;
    this.number();
    this.editor.scrollIntoView({ block: "nearest" });
    file.name ? this.goTo(line || 1) : this.name.focus();
  }

  close() {
    if (!this.leave()) return;
    this.editor.hidden = true;
    this.editor.replaceChildren();
    this.tools.querySelector("button").focus();
  }

  number() {
    const count = this.area.value.split("\n").length;
    if (this.count === count && this.lines.textContent) return;
    this.count = count;
    this.lines.textContent = Array.from({ length: count }, (_, n) => n + 1).join("\n");
  }

  /** Select a line, and bring it into view. */
  goTo(line) {
    const rows = this.area.value.split("\n");
    const start = rows.slice(0, line - 1).reduce((sum, row) => sum + row.length + 1, 0);
    this.area.focus();
    this.area.setSelectionRange(start, start + (line > 1 ? (rows[line - 1] || "").length : 0));
    const height = this.area.scrollHeight / rows.length;
    this.area.scrollTop = Math.max(0, (line - 4) * height);
  }

  body() {
    return { kind: this.file.kind, name: this.name.value.trim(), text: this.area.value };
  }

  async check() {
    const told = await this.ask(post(`${AREA}/check`, this.body()));
    if (!told) return null;
    this.anyway.hidden = !told.problems.length;
    const good = [
      told.models.length ? t("userfiles.models", { n: told.models.length }) : "",
      told.corrects.length ? t("userfiles.corrections", { n: told.corrects.length }) : "",
    ].filter(Boolean);
    this.found.replaceChildren(
      problems(told, (line) => this.goTo(line)) ||
        el("p", "st-okay", {}, icon("check"), el("span", "", {}, t("userfiles.good", { what: good.join(", ") }))),
    );
    return told;
  }

  async save(anyway) {
    if (!anyway && (!(await this.check()) || !this.anyway.hidden)) return;
    const body = { ...this.body(), revision: this.opened.revision, with_problems: anyway };
    const told = await this.ask(post(`${AREA}/save`, body));
    if (!told) return;
    this.opened = { text: this.area.value, revision: "" };
    this.close();
    this.show(told);
    toast(t("userfiles.saved", { file: `${body.kind}/${body.name}.toml` }));
  }

  /** A call whose refusal is told beside the text. */
  async ask(promise) {
    try {
      return await promise;
    } catch (error) {
      this.found.replaceChildren(
        el("p", "st-need", { role: "alert" }, icon("warn"), el("span", "", {}, error.message)),
      );
    }
  }
}

/** What is wrong in a file, each with its line; null where nothing is. */
function problems(file, goTo) {
  if (!file.problems.length) return null;
  return el(
    "ul",
    "st-problems",
    {},
    ...file.problems.map((p) =>
      el(
        "li",
        "",
        {},
        button(
          t("userfiles.go_to", { line: p.line }),
          { text: t("userfiles.line", { line: p.line }), cls: "link" },
          () => goTo(p.line),
        ),
        el("span", "", {}, p.message),
      ),
    ),
  );
}
