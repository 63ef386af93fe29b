// People: the accounts of the studio, for administrators. A studio without accounts says how to turn them on.

import { currentParams } from "./address.js";
import { BASE, button, dollars, el, exactTime, icon, since, styles, t } from "./dom.js";
import { copy, menu } from "./actions.js";
import { get, post, toast, tryOrToast } from "./net.js";
import { heading } from "./page.js";
import { avatar, confirmed, dialog, field, showOnce } from "./people_parts.js";

const ROLES = ["viewer", "reviewer", "creator", "producer", "admin"];
const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "";
const one = (person, what) => `ui/people/${encodeURIComponent(person.id)}/${what}`;
const shownName = (person) => person.name || person.login;

/** gr.HTML calls this once. */
export function mount(element) {
  styles("widgets.css", "people.css");
  new People(element, element.querySelector(".st-mount") || element);
}

class People {
  constructor(element, root) {
    root.classList.add("st", "pp-page");
    this.people = [];
    this.invite = button(
      t("people.invite"),
      { name: "plus", text: t("people.invite"), cls: "pp-primary", hidden: true, data: { do: "invite" } },
      () => this.askInvite(),
    );
    this.search = el("input", "st-input pp-search studio-search", {
      type: "search",
      placeholder: t("people.search"),
      "aria-label": t("people.search"),
      hidden: true,
      oninput: () => this.draw(),
    });
    this.sum = el("p", "st-dim", { "aria-live": "polite" });
    this.list = el("ul", "pp-list", { "aria-label": t("people.title") });
    this.none = el("div", "st-empty", { hidden: true });
    root.replaceChildren(
      el("header", "pp-head", {}, heading(t("people.title")), el("span", "st-grow"), this.search, this.invite),
      this.sum,
      this.list,
      this.none,
    );
    new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && this.load()).observe(element);
  }

  async load() {
    const answer = await tryOrToast(get(`ui/people?${new URLSearchParams({ time_zone: zone() })}`));
    if (!answer) return;
    this.people = answer.people;
    this.you = answer.you;
    this.hours = answer.invitation_hours;
    this.search.hidden = this.invite.hidden = !answer.accounts;
    if (!answer.accounts) return this.showSolo();
    this.draw();
  }

  showSolo() {
    this.none.hidden = false;
    this.none.replaceChildren(
      icon("people", "st-i huge"),
      el("h2", "", {}, t("people.solo")),
      el("p", "", {}, t("people.solo_help")),
      el(
        "ol",
        "pp-steps",
        {},
        el("li", "", {}, t("people.solo_stop")),
        el("li", "", {}, t("people.solo_admin"), command("python app.py admin NAME")),
        el("li", "", {}, t("people.solo_start"), command("STUDIO_ACCESS=password python app.py")),
      ),
      el("p", "", {}, t("people.solo_kept")),
    );
  }

  draw() {
    const wanted = this.search.value.trim().toLowerCase();
    const shown = this.people.filter((p) =>
      [p.name, p.login, p.email, roleName(p.role)].some((text) => text.toLowerCase().includes(wanted)),
    );
    const enabled = this.people.filter((p) => !p.disabled);
    const joined = enabled.filter(hasJoined).length;
    const invited = enabled.filter((p) => !hasJoined(p) && p.invited_until).length;
    this.sum.textContent =
      t("people.sum", { n: joined }) + (invited ? ` · ${t("people.sum_invited", { n: invited })}` : "");
    const asked = currentParams().get("person");
    this.list.replaceChildren(...shown.map((p) => this.row(p)));
    this.list.querySelector(`[data-id="${CSS.escape(asked || "")}"]`)?.classList.add("asked");
    this.none.hidden = shown.length > 0;
    this.none.replaceChildren(icon("search", "st-i huge"), el("h2", "", {}, t("people.nothing")));
  }

  row(person) {
    const name = shownName(person);
    const you = person.id === this.you;
    const more = button(
      t("people.more_for", { name }),
      { cls: "bare pp-more", "aria-haspopup": "menu", "aria-expanded": "false", data: { do: "more" } },
      () => menu(more, this.choices(person, you)),
    );
    more.append("⋯");
    return el(
      "li",
      `pp-row${person.disabled ? " off" : ""}`,
      { data: { id: person.id, login: person.login } },
      avatar(name, person.id),
      el(
        "div",
        "pp-who",
        {},
        el("p", "", {}, el("b", "", {}, name), you ? el("span", "pp-you", {}, t("people.you")) : null),
        el("p", "st-dim", {}, person.login, person.email ? ` · ${person.email}` : ""),
      ),
      this.roleSelect(person, name),
      el(
        "dl",
        "pp-facts",
        {},
        fact(t("people.seen"), person.seen_at ? since(person.seen_at) : t("people.never")),
        fact(t("people.spent"), person.spent_usd ? dollars(person.spent_usd) : "–"),
        fact(t("people.state"), this.state(person)),
      ),
      more,
    );
  }

  state(person) {
    if (person.disabled) return el("span", "pp-state off", {}, t("people.state_disabled"));
    if (hasJoined(person)) return el("span", "pp-state on", {}, t("people.state_active"));
    if (!person.invited_until) return el("span", "pp-state warn", {}, t("people.state_link_over"));
    const title = t("people.until", { at: exactTime(person.invited_until) });
    return el("span", "pp-state", { title }, t("people.state_invited"));
  }

  roleSelect(person, name) {
    const select = el(
      "select",
      "st-select",
      { name: "role", "aria-label": t("people.role_of", { name }), disabled: person.disabled },
      ...ROLES.map((role) => el("option", "", { value: role, selected: role === person.role }, roleName(role))),
    );
    select.addEventListener("change", async () => {
      const changed = await tryOrToast(post(one(person, "role"), { role: select.value }));
      if (!changed) return void (select.value = person.role);
      toast(t("people.role_set", { name, role: roleName(changed.role) }));
      await this.load();
    });
    return select;
  }

  choices(person, you) {
    const name = shownName(person);
    const items = [];
    if (person.disabled) items.push([t("people.enable"), () => this.enable(person)]);
    else {
      const link = person.has_password ? "people.reset" : "people.link_again";
      if (!person.issuer) items.push([t(link), () => this.link(person)]);
      items.push([t("people.rename"), () => this.askName(person)]);
      items.push([t("people.sign_out"), () => this.signOut(person, name)]);
      items.push([t("people.disable"), () => this.disable(person, name, you)]);
    }
    return items;
  }

  async enable(person) {
    if (await tryOrToast(post(one(person, "enable")))) await this.load();
  }

  async disable(person, name, you) {
    const question = {
      text: t(you ? "people.disable_you" : "people.disable_help", { name }),
      yes: t("people.disable"),
      danger: true,
    };
    if (!(await confirmed(t("people.disable_title", { name }), question))) return;
    if (await tryOrToast(post(one(person, "disable")))) await this.load();
  }

  async signOut(person, name) {
    const question = { text: t("people.sign_out_help", { name }), yes: t("people.sign_out") };
    if (!(await confirmed(t("people.sign_out_title", { name }), question))) return;
    const answer = await tryOrToast(post(one(person, "sign-out")));
    if (answer) toast(t("people.signed_out", { n: answer.ended }));
  }

  async link(person) {
    const answer = await tryOrToast(post(one(person, "link")));
    if (answer) this.showLink(answer);
  }

  /** @param {any} made the person, the token of the link and when it ends */
  showLink({ person, token, expires_at }) {
    const shown = showOnce(t("people.link_for", { name: shownName(person) }), {
      value: new URL(`join#${token}&${encodeURIComponent(person.login)}`, BASE).href,
      label: t("people.link"),
      help: t("people.link_help", { name: shownName(person), at: exactTime(expires_at) }),
    });
    shown.addEventListener("close", () => this.load());
  }

  askName(person) {
    const name = el("input", "st-input", {
      name: "name",
      type: "text",
      maxlength: 200,
      value: person.name,
      autocomplete: "off",
    });
    const row = field(t("people.name"), name, t("people.name_help"));
    form(t("people.rename"), [row], t("people.save"), async () => {
      await post(one(person, "name"), { name: name.value });
      await this.load();
    });
  }

  askInvite() {
    const login = el("input", "st-input", {
      name: "login",
      type: "text",
      required: true,
      maxlength: 100,
      autocomplete: "off",
      autocapitalize: "none",
      spellcheck: "false",
    });
    const name = el("input", "st-input", { name: "name", type: "text", maxlength: 200, autocomplete: "off" });
    const email = el("input", "st-input", { name: "email", type: "email", maxlength: 200, autocomplete: "off" });
    const role = el(
      "select",
      "st-select",
      { name: "role" },
      ...ROLES.map((r) => el("option", "", { value: r, selected: r === "creator" }, roleName(r))),
    );
    const help = el("small", "st-dim", {}, t("people.may_creator"));
    role.addEventListener("change", () => (help.textContent = t(`people.may_${role.value}`)));
    const roleRow = field(t("people.role"), role);
    roleRow.append(help);
    const rows = [
      field(t("people.login"), login, t("people.login_help")),
      field(t("people.name_optional"), name),
      field(t("people.email_optional"), email),
      roleRow,
    ];
    form(t("people.invite_title"), rows, t("people.make_link"), async () => {
      const body = { login: login.value, name: name.value, email: email.value, role: role.value };
      this.showLink(await post("ui/people", body));
    });
  }
}

/** A dialog with fields; what the studio refuses stands at the first of them, and nothing that was typed is lost. */
function form(title, rows, yes, save) {
  const submit = button(yes, { text: yes, cls: "pp-primary", type: "submit" });
  const body = el(
    "form",
    "pp-form",
    {
      onsubmit: async (e) => {
        e.preventDefault();
        submit.disabled = true;
        try {
          await save();
          made.close();
        } catch (error) {
          rows[0].say(error.message);
        }
        submit.disabled = false;
      },
    },
    ...rows,
    el(
      "div",
      "st-actions",
      {},
      button(t("people.cancel"), { text: t("people.cancel") }, () => made.close()),
      submit,
    ),
  );
  const made = dialog(title, body);
  return made;
}

const hasJoined = (person) => person.has_password || person.issuer;
const roleName = (role) => t(`people.role_${role}`);

const fact = (name, value) => el("div", "", {}, el("dt", "", {}, name), el("dd", "", {}, value));

const command = (text) =>
  el(
    "span",
    "pp-command",
    {},
    el("code", "", {}, text),
    button(t("people.copy"), { name: "copy", cls: "bare" }, () => copy(text)),
  );
