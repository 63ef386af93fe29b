// Account: one's own name, password, signed-in browsers, access tokens, notifications, keys, language and theme.

import { programs } from "./account_programs.js";
import { button, dollars, el, exactTime, since, styles, t } from "./dom.js";
import { del, get, post, toast, tryOrToast } from "./net.js";
import { ownKeysPanel } from "./own_keys.js";
import { heading } from "./page.js";
import { avatar, confirmed, deviceName, field, showOnce } from "./people_parts.js";
import { preferences } from "./preferences.js";
import { tellMe } from "./tell_me.js";

const MIN_CHARS = 8;
const GOOD_CHARS = 14;
const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "";

/** gr.HTML calls this once. */
export function mount(element) {
  styles("widgets.css", "settings.css", "people.css", "account.css");
  new AccountPage(element, element.querySelector(".st-mount") || element);
}

const box = (name, ...children) =>
  el(
    "section",
    `st-box pp-${name}`,
    { "aria-label": t(`people.${name}`) },
    el("h2", "", {}, t(`people.${name}`)),
    ...children,
  );

class AccountPage {
  constructor(element, root) {
    root.classList.add("st", "pp-page", "pp-account");
    this.root = root;
    this.keys = ownKeysPanel();
    new IntersectionObserver((seen) => seen.some((s) => s.isIntersecting) && this.open()).observe(element);
  }

  /** The panels with their own routes are read when the page is opened, not again when something else is saved. */
  open() {
    this.told = tellMe();
    this.load().then(() => this.keys.load()); // one after the other: it may put the cursor into a field
  }

  async load() {
    const account = await tryOrToast(get("ui/account"));
    if (!account) return;
    const name = account.name || account.login;
    this.root.replaceChildren(
      el(
        "header",
        "pp-accounthead",
        {},
        avatar(name, account.id, "large"),
        el(
          "div",
          "",
          {},
          heading(name),
          el("p", "st-dim", {}, `${account.login} · ${t(`people.role_${account.role}`)}`),
        ),
      ),
      el(
        "div",
        "pp-columns",
        {},
        el(
          "div",
          "pp-column",
          {},
          this.profile(account),
          this.password(account),
          preferences((_, ...inside) => box("appearance", ...inside), "account"),
        ),
        el("div", "pp-column", {}, this.sessions(account.sessions), this.tokens(account.tokens), this.told),
      ),
      this.keys,
    );
  }

  profile(account) {
    const name = el("input", "st-input", {
      name: "name",
      type: "text",
      maxlength: 200,
      value: account.name,
      autocomplete: "name",
    });
    const row = field(t("people.name"), name, t("people.name_help"));
    return box(
      "profile",
      send([row], t("people.save"), async () => {
        await post("ui/account/name", { name: name.value });
        toast(t("people.saved"));
        document.dispatchEvent(new Event("studio-account"));
        await this.load();
      }),
    );
  }

  password(account) {
    if (account.issuer && !account.has_password)
      return box("password", el("p", "st-dim", {}, t("people.password_elsewhere")));
    const old = secret("old", "current-password");
    const fresh = secret("new", "new-password");
    const oldRow = field(t("people.password_old"), old);
    const newRow = field(t("people.password_new"), fresh);
    newRow.append(strength(fresh));
    // Password managers file the password under this name.
    const login = el("input", "st-off", {
      type: "text",
      name: "username",
      autocomplete: "username",
      value: account.login,
      readonly: true,
      tabindex: -1,
      "aria-hidden": "true",
    });
    return box(
      "password",
      el("p", "st-dim", {}, t("people.password_help")),
      send(
        [oldRow, newRow],
        t("people.password_change"),
        async () => {
          try {
            await post("ui/account/password", { old: old.value, new: fresh.value });
          } catch (error) {
            throw Object.assign(error, { row: error.id === "people.old_password" ? oldRow : newRow });
          }
          toast(t("people.password_changed"));
          await this.load();
        },
        login,
      ),
    );
  }

  sessions(sessions) {
    const row = (session) => {
      const device = deviceName(session.device);
      return el(
        "li",
        "pp-item",
        { data: { session: session.id } },
        el(
          "div",
          "st-grow",
          {},
          el(
            "p",
            "",
            {},
            el("b", "", {}, device),
            session.current ? el("span", "pp-you", {}, t("people.this_device")) : null,
          ),
          el(
            "p",
            "st-dim",
            {},
            t("people.last_used"),
            " ",
            since(session.seen_at),
            session.address ? ` · ${session.address}` : "",
          ),
        ),
        session.current
          ? null
          : button(
              t("people.session_end_of", { device }),
              { text: t("people.session_end"), data: { do: "end" } },
              async () => {
                if (await tryOrToast(post(`ui/account/sessions/${encodeURIComponent(session.id)}/end`)))
                  await this.load();
              },
            ),
      );
    };
    return box(
      "sessions",
      el("p", "st-dim", {}, t("people.sessions_help")),
      el("ul", "pp-items", {}, ...sessions.map(row)),
    );
  }

  tokens(tokens) {
    const row = (token) =>
      el(
        "li",
        "pp-item",
        { data: { token: token.id } },
        el(
          "div",
          "st-grow",
          {},
          el("p", "", {}, el("b", "", {}, token.name), el("span", "pp-you", {}, t(`people.scope_${token.scope}`))),
          el("p", "st-dim", {}, ...tokenFacts(token)),
        ),
        button(
          t("people.revoke_of", { name: token.name }),
          { text: t("people.revoke"), cls: "danger", data: { do: "revoke" } },
          () => this.revoke(token),
        ),
      );
    return box(
      "tokens",
      el("p", "st-dim", {}, t("people.tokens_help")),
      tokens.length ? el("ul", "pp-items", {}, ...tokens.map(row)) : null,
      this.newToken(),
      programs(),
    );
  }

  newToken() {
    const name = el("input", "st-input", {
      name: "token-name",
      type: "text",
      maxlength: 200,
      required: true,
      autocomplete: "off",
    });
    const scope = el(
      "select",
      "st-select",
      { name: "scope" },
      ...["full", "drafts", "read"].map((s) => el("option", "", { value: s }, t(`people.scope_${s}`))),
    );
    const limit = el("input", "st-input", {
      name: "usd_limit",
      type: "number",
      min: 0,
      step: "any",
      inputmode: "decimal",
    });
    const day = el("input", "st-input", { name: "last_day", type: "date" });
    const rows = [
      field(t("people.token_name"), name, t("people.token_name_help")),
      field(t("people.scope"), scope),
      field(t("people.token_limit"), limit, t("people.token_limit_help")),
      field(t("people.token_until"), day, t("people.token_until_help")),
    ];
    const made = el(
      "details",
      "pp-new",
      {},
      el("summary", "", {}, t("people.token_new")),
      send(rows, t("people.token_make"), async () => {
        const body = {
          name: name.value,
          scope: scope.value,
          usd_limit: limit.value === "" ? null : Number(limit.value),
          last_day: day.value || null,
          time_zone: zone(),
        };
        const token = await post("ui/account/tokens", body);
        const shown = showOnce(t("people.token_made", { name: token.name }), {
          value: token.text,
          label: t("people.token"),
          help: t("people.token_once"),
        });
        shown.addEventListener("close", () => this.load());
      }),
    );
    return made;
  }

  async revoke(token) {
    const question = { text: t("people.revoke_help"), yes: t("people.revoke"), danger: true };
    if (!(await confirmed(t("people.revoke_title", { name: token.name }), question))) return;
    if (await tryOrToast(del(`ui/account/tokens/${encodeURIComponent(token.id)}`))) await this.load();
  }
}

/** A form in the page: its error stands at its field. before: what stands first in it. */
function send(rows, label, save, before = null) {
  const submit = button(label, { text: label, type: "submit" });
  return el(
    "form",
    "pp-form",
    {
      onsubmit: async (e) => {
        e.preventDefault();
        submit.disabled = true;
        try {
          await save();
        } catch (error) {
          (error.row || rows[0]).say(error.message);
        }
        submit.disabled = false;
      },
    },
    before,
    ...rows,
    el("div", "st-actions", {}, submit),
  );
}

const secret = (name, autocomplete) =>
  el("input", "st-input", { name, type: "password", autocomplete, required: true, maxlength: 1024 });

/** How long a new password is, against what is needed and what is good; length is what counts most. */
function strength(input) {
  const bar = el("i");
  const words = el("small", "st-dim", { "aria-live": "polite" }, t("people.password_rule", { n: MIN_CHARS }));
  input.addEventListener("input", () => {
    const n = [...input.value].length;
    const level = n >= GOOD_CHARS ? "good" : n >= MIN_CHARS ? "fair" : "short";
    bar.style.width = `${Math.min(100, (n / GOOD_CHARS) * 100)}%`;
    bar.className = level;
    words.textContent = n ? t(`people.password_${level}`) : t("people.password_rule", { n: MIN_CHARS });
  });
  return el("div", "pp-strength", {}, el("div", "", { "aria-hidden": "true" }, bar), words);
}

function tokenFacts(token) {
  /** @type {any[][]} */
  const parts = [token.used_at ? [t("people.last_used"), " ", since(token.used_at)] : [t("people.not_used")]];
  if (token.usd_limit !== null)
    parts.push([t("people.up_to", { usd: token.usd_limit ? dollars(token.usd_limit) : "$0" })]);
  if (token.expires_at) {
    const last = new Date(Date.parse(token.expires_at) - 1000).toLocaleDateString(document.documentElement.lang, {
      dateStyle: "medium",
    });
    parts.push([el("span", "", { title: exactTime(token.expires_at) }, t("people.until", { at: last }))]);
  }
  return parts.flatMap((part, i) => (i ? [" · ", ...part] : part));
}
