// Share links of a review: make one with what its guests may do, copy its address, change it, end it.

import { BASE, ago, button, el, exactTime, icon, styles, t } from "../dom.js";
import { check, choose, dialog, field } from "../board/dialog.js";
import { copy } from "../menu.js";
import { toast, tryOrToast } from "../net.js";
import { confirmed } from "./dialogs.js";

const DAYS = [1, 3, 7, 14, 30, 90, 365];

/** Show the links of a review. @param {import("./session.js").ReviewSession} session */
export function openLinks(session) {
  styles("board-parts.css", "review-links.css");
  return new Links(session).box;
}

class Links {
  constructor(session) {
    this.session = session;
    this.body = el(
      "div",
      "rl",
      { "aria-busy": "true" },
      el("p", "st-dim", { role: "status" }, t("reviewlinks.loading")),
    );
    this.box = dialog(t("reviewlinks.title"), this.body, [], { wide: true });
    this.load();
  }

  async load() {
    this.told = await tryOrToast(this.session.get("links"));
    this.body.removeAttribute("aria-busy");
    if (!this.told) return this.box.close();
    this.told.links.length ? this.showList() : this.showForm();
  }

  /** Replace what is shown, and put the focus where one goes on. */
  show(...children) {
    this.body.replaceChildren(
      ...(this.told.open ? [note("warn", t("reviewlinks.studio_is_open"))] : []),
      ...children.filter(Boolean),
    );
    this.box.querySelector("header h2").textContent = t("reviewlinks.title");
  }

  showList() {
    const add = button(
      t("reviewlinks.new"),
      { name: "plus", text: t("reviewlinks.new"), cls: "primary", data: { do: "new-link" } },
      () => this.showForm(),
    );
    const open = this.told.links.filter((link) => link.state === "open");
    const over = this.told.links.filter((link) => link.state !== "open");
    this.show(
      el("div", "rl-head", {}, el("p", "st-dim", {}, t("reviewlinks.about")), add),
      el("ul", "rl-list", { "aria-label": t("reviewlinks.title") }, ...open.map((link) => this.row(link))),
      over.length
        ? el(
            "details",
            "rl-over",
            { open: !open.length },
            el("summary", "", {}, t("reviewlinks.over_n", { n: over.length })),
            el("ul", "rl-list", {}, ...over.map((link) => this.row(link))),
          )
        : null,
    );
    add.focus();
  }

  row(link) {
    const open = link.state === "open";
    const name = nameOf(link);
    const act = (word, icon, fn, cls = "") =>
      button(
        t(`reviewlinks.${word}_of`, { name }),
        { name: icon, text: t(`reviewlinks.${word}`), cls, data: { do: word } },
        fn,
      );
    return el(
      "li",
      `rl-row ${link.state}`,
      { data: { id: link.id } },
      el(
        "div",
        "rl-what",
        {},
        el(
          "p",
          "rl-name",
          {},
          el("b", "", {}, name),
          el("span", `rl-state ${link.state}`, {}, t(`reviewlinks.is_${link.state}`)),
        ),
        el("p", "st-dim", { title: exactTime(link.expires_at) }, this.told_of(link)),
        el("ul", "rl-facts", {}, ...facts(link).map((text) => el("li", "", {}, text))),
      ),
      open
        ? el(
            "div",
            "rl-acts",
            {},
            link.can_copy ? act("copy", "copy", () => this.copy(link)) : null,
            act("change", "pencil", () => this.showForm(link), "bare"),
            act("revoke", "close", () => this.revoke(link), "bare"),
          )
        : null,
    );
  }

  told_of(link) {
    const parts = [
      link.state === "open" ? t("reviewlinks.ends", { at: day(link.expires_at) }) : "",
      link.state === "over" ? t("reviewlinks.ended", { at: day(link.expires_at) }) : "",
      t("reviewlinks.guests", { n: link.guests }),
      link.opened_at ? t("reviewlinks.opened", { ago: ago(link.opened_at) }) : "",
      link.by ? t("reviewlinks.by", { name: link.by }) : "",
    ];
    return parts.filter(Boolean).join(" · ");
  }

  async copy(link) {
    const told = await tryOrToast(this.session.post(`links/${link.id}/address`, {}));
    if (told) copy(address(told));
  }

  async revoke(link) {
    const sure = await confirmed(t("reviewlinks.revoke_title", { name: nameOf(link) }), {
      text: t("reviewlinks.revoke_help"),
      yes: t("reviewlinks.revoke"),
    });
    if (!sure || !(await tryOrToast(this.session.remove(`links/${link.id}`)))) return;
    toast(t("reviewlinks.revoked"));
    await this.load();
  }

  /** The form of a new link, or of one to be changed. */
  showForm(link = null) {
    const form = new LinkForm(this.session, this.told, link);
    const save = button(
      t(link ? "reviewlinks.save" : "reviewlinks.make"),
      { text: t(link ? "reviewlinks.save" : "reviewlinks.make"), cls: "primary", data: { do: "save-link" } },
      () => submit(),
    );
    const back = button(t("reviewlinks.back"), { text: t("reviewlinks.back"), cls: "bare" }, () => this.showList());
    const submit = async () => {
      const body = form.body();
      if (!body) return;
      save.disabled = true;
      const told = link
        ? await form.tried(this.session.patch(`links/${link.id}`, body))
        : await form.tried(this.session.post("links", body));
      save.disabled = false;
      if (!told) return;
      if (link) {
        toast(t("reviewlinks.saved"));
        return this.load();
      }
      this.told.links.unshift(told);
      this.showMade(told, body.password);
    };
    form.element.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && /** @type {Element} */ (e.target).matches("input[type=text]")) submit();
    });
    this.show(form.element, el("div", "rl-foot", {}, this.told.links.length ? back : null, el("i", "st-grow"), save));
    this.box.querySelector("header h2").textContent = link ? t("reviewlinks.change_title") : t("reviewlinks.new");
    form.first.focus();
  }

  /** The address of a link that was just made. */
  showMade(link, password) {
    const text = address(link);
    const line = el("input", "bd-input rl-address", {
      type: "text",
      readonly: true,
      value: text,
      "aria-label": t("reviewlinks.address"),
      data: { field: "address" },
      onfocus: () => line.select(),
    });
    const done = button(t("reviewlinks.done"), { text: t("reviewlinks.done"), data: { do: "done" } }, () =>
      this.load(),
    );
    this.show(
      note("check", t("reviewlinks.made")),
      el(
        "div",
        "rl-copy",
        {},
        line,
        button(
          t("reviewlinks.copy"),
          { name: "copy", text: t("reviewlinks.copy"), cls: "primary", data: { do: "copy-new" } },
          () => copy(text),
        ),
      ),
      password ? el("p", "st-dim", {}, t("reviewlinks.send_password")) : null,
      el("ul", "rl-facts", {}, ...facts(link).map((one) => el("li", "", {}, one))),
      el("div", "rl-foot", {}, el("i", "st-grow"), done),
    );
    line.focus();
  }
}

/** The fields of a link. link: the one to be changed; null for a new one. */
class LinkForm {
  constructor(session, told, link) {
    const { items } = session.review;
    this.link = link;
    this.label = el("input", "bd-input", {
      type: "text",
      maxlength: 100,
      value: link?.label || "",
      data: { field: "label" },
    });
    const days = DAYS.filter((n) => n <= told.most_days).map((n) => [String(n), t("reviewlinks.days", { n })]);
    const kept = link ? [["", t("reviewlinks.as_it_is", { at: day(link.expires_at) })]] : [];
    this.days = choose([...kept, ...days], link ? "" : String(told.days), () => {}, { data: { field: "days" } });
    this.comment = choice(
      "rl-may",
      [
        ["yes", t("reviewlinks.may_comment")],
        ["no", t("reviewlinks.may_look")],
      ],
      (link?.can_comment ?? true) ? "yes" : "no",
    );
    this.watermark = check(t("reviewlinks.watermark"), link?.watermark ?? false, () => {});
    this.download = check(t("reviewlinks.download"), link?.can_download ?? false, () => {});
    this.password = el("input", "bd-input", {
      type: "text",
      maxlength: 200,
      autocomplete: "off",
      spellcheck: "false",
      placeholder: link?.has_password ? t("reviewlinks.password_kept") : t("reviewlinks.password_none"),
      data: { field: "password" },
    });
    this.noPassword = link?.has_password ? check(t("reviewlinks.password_remove"), false, () => {}) : null;
    this.which = choice(
      "rl-items",
      [
        ["all", t("reviewlinks.items_all")],
        ["some", t("reviewlinks.items_some")],
      ],
      link?.items ? "some" : "all",
    );
    this.chosen = items.map((item) => {
      const made = check(item.title, link?.items ? link.items.includes(item.id) : false, () => {});
      made.dataset.item = item.id;
      return made;
    });
    const list = el("div", "rl-items", { role: "group", "aria-label": t("reviewlinks.items_some") }, ...this.chosen);
    const shown = () => (list.hidden = this.which.value() !== "some");
    this.which.addEventListener("change", shown);
    shown();
    this.error = el("p", "rl-error", { role: "alert", hidden: true });
    this.first = this.label;
    this.element = el(
      "div",
      "rl-form",
      {},
      field(t("reviewlinks.label"), this.label, { hint: t("reviewlinks.label_help") }),
      el("fieldset", "", {}, el("legend", "", {}, t("reviewlinks.may")), this.comment),
      field(t("reviewlinks.days_label"), this.days),
      el(
        "div",
        "rl-password",
        {},
        field(t("reviewlinks.password"), this.password, {
          hint: t("reviewlinks.password_help", { n: told.password_chars }),
        }),
        this.noPassword,
      ),
      el(
        "fieldset",
        "",
        {},
        el("legend", "", {}, t("reviewlinks.files")),
        this.watermark,
        el("small", "st-dim", {}, t("reviewlinks.watermark_help")),
        this.download,
      ),
      el(
        "fieldset",
        "",
        {},
        el("legend", "", {}, t("reviewlinks.shown")),
        this.which,
        list,
        el("small", "st-dim", {}, t("reviewlinks.titles_help")),
      ),
      this.error,
    );
  }

  /** What is to be sent; null, with the reason on the page, where something is missing. */
  body() {
    const some = this.which.value() === "some";
    const items = this.chosen.filter((one) => one.querySelector("input").checked).map((one) => one.dataset.item);
    if (some && !items.length) return this.say(t("reviewlinks.choose_item"));
    const password = this.noPassword?.querySelector("input").checked
      ? ""
      : this.password.value || (this.link ? null : "");
    this.say("");
    const body = {
      label: this.label.value,
      can_comment: this.comment.value() === "yes",
      can_download: this.download.querySelector("input").checked,
      watermark: this.watermark.querySelector("input").checked,
      password,
      items: some ? items : null,
    };
    if (this.days.value) body.days = Number(this.days.value);
    if (this.link) body.show_all = !some;
    return body;
  }

  say(text) {
    this.error.textContent = text;
    this.error.hidden = !text;
    return null;
  }

  /** What the studio answers; a refusal is said below the fields. */
  async tried(asked) {
    try {
      return await asked;
    } catch (error) {
      this.say(error.message);
      this.error.scrollIntoView({ block: "nearest" });
      return null;
    }
  }
}

/** Radio buttons below one another; `value()` is the one that is on. */
function choice(name, options, value) {
  const radios = options.map(([own, label]) =>
    el(
      "label",
      "bd-check",
      {},
      el("input", "", { type: "radio", name, value: own, checked: own === value }),
      el("span", "", {}, label),
    ),
  );
  const made = el("div", "rl-choice", {}, ...radios);
  made.value = () => made.querySelector("input:checked").value;
  return made;
}

const note = (face, text) => el("p", `rl-note ${face}`, {}, icon(face), el("span", "", {}, text));
const nameOf = (link) => link.label || t("reviewlinks.unnamed", { at: day(link.created_at) });
const address = (told) => new URL(`shared/r#${told.token}`, told.base ? `${told.base.replace(/\/$/, "")}/` : BASE).href;

function day(iso) {
  return new Date(iso).toLocaleDateString(document.documentElement.lang || "en", { dateStyle: "medium" });
}

/** What guests of a link may do, in a few words each. */
function facts(link) {
  return [
    t(link.can_comment ? "reviewlinks.fact_comment" : "reviewlinks.fact_look"),
    link.has_password ? t("reviewlinks.fact_password") : "",
    link.watermark ? t("reviewlinks.fact_watermark") : "",
    link.can_download ? t("reviewlinks.fact_download") : "",
    link.items ? t("reviewlinks.fact_items", { n: link.items.length }) : "",
  ].filter(Boolean);
}
