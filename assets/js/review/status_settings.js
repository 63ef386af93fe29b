// What administrators set for reviews: the statuses of takes and cuts, and which approvals exports demand.

import { BASE, button, el, icon, styles, t } from "../dom.js";
import { check, choose, dialog, field } from "../board/dialog.js";
import { del, get, post, put, toast, tryOrToast } from "../net.js";

const MEANINGS = ["", "wip", "feedback_request", "retake", "done"];
const ROLES = ["reviewer", "creator", "producer", "admin"];
const DEMANDS = ["none", "takes", "cut"];
const NEW = { name: "", short: "", color: "#4c8dff", least_role: "creator", guests_may_set: false };
const path = (status) => `ui/review-statuses/${encodeURIComponent(status.id)}`;

/** A section of the Settings page; box(name, ...children) makes it. */
export function reviewSettings(box) {
  styles("board.css", "board-parts.css", "review-approval.css");
  const list = el("ul", "ra-statuses", { "aria-label": t("reviewstatus.statuses") });
  const take = (told) => told && draw(told.statuses);
  const draw = (statuses) => {
    const used = statuses.filter((one) => !one.retired);
    const retired = statuses.filter((one) => one.retired);
    list.replaceChildren(...used.map((one) => row(one, used, take)), ...retired.map((one) => row(one, used, take)));
  };
  const load = async () => take(await tryOrToast(get("ui/review-statuses")));
  load();
  const add = button(
    t("reviewstatus.add"),
    { name: "plus", text: t("reviewstatus.add"), data: { do: "add-status" } },
    () => form(NEW, (body) => post("ui/review-statuses", body), take),
  );
  const rule = el("div");
  demandField("ui/delivery-approval").then((made) => made && rule.replaceChildren(made));
  return box("review", el("p", "st-dim", {}, t("reviewstatus.settings_help")), list, add, rule);
}

function row(status, used, take) {
  const at = used.indexOf(status);
  const move = (step) => {
    const ids = used.map((one) => one.id);
    [ids[at], ids[at + step]] = [ids[at + step], ids[at]];
    return tryOrToast(put("ui/review-statuses/order", { ids })).then(take);
  };
  const remove = async () => {
    const told = await tryOrToast(del(path(status)));
    if (!told) return;
    take(told);
    toast(t(told.deleted ? "reviewstatus.deleted" : "reviewstatus.retired_now", { name: status.name }));
  };
  const dot = el("i", "ra-dot", { "aria-hidden": "true" });
  dot.style.background = status.color;
  const facts = [
    status.is_default ? t("reviewstatus.is_default") : null,
    meaningOf(status) ? t(`reviewstatus.means_${meaningOf(status)}`) : null,
    t("reviewstatus.set_by", { role: t(`projects.role_${status.least_role}`) }),
    status.guests_may_set ? t("reviewstatus.and_guests") : null,
  ].filter(Boolean);
  const edit = () => form(status, (body) => put(path(status), body), take);
  const named = (words) => t(words, { name: status.name });
  const tools = status.retired
    ? [button(named("reviewstatus.restore"), { text: t("reviewstatus.restore_short"), cls: "link" }, edit)]
    : [
        button(named("reviewstatus.up"), { name: "up", cls: "bare", disabled: at === 0 }, () => move(-1)),
        button(named("reviewstatus.down"), { name: "down", cls: "bare", disabled: at === used.length - 1 }, () =>
          move(1),
        ),
        button(named("reviewstatus.edit"), { name: "pencil", cls: "bare", data: { do: "edit-status" } }, edit),
        button(named("reviewstatus.remove"), { name: "trash", cls: "bare", data: { do: "remove-status" } }, remove),
      ];
  return el(
    "li",
    status.retired ? "retired" : "",
    { data: { status: status.id } },
    dot,
    el(
      "div",
      "st-grow",
      {},
      el("p", "", {}, el("b", "", {}, status.name), " ", el("code", "", {}, status.short)),
      el("small", "st-dim", {}, status.retired ? t("reviewstatus.retired") : facts.join(" · ")),
    ),
    ...tools,
  );
}

const meaningOf = (status) => MEANINGS.find((name) => name && status[`is_${name}`]) ?? "";

/** The window in which a status is made or changed. */
function form(status, send, take) {
  const input = (value, most, attrs = {}) =>
    el("input", "bd-input", { type: "text", maxlength: most, value, ...attrs });
  const name = input(status.name, 40, { data: { field: "name" } });
  const short = input(status.short, 6, { data: { field: "short" } });
  const color = el("input", "ra-color", { type: "color", value: status.color });
  const chosen = {
    meaning: meaningOf(status),
    least_role: status.least_role,
    guests_may_set: status.guests_may_set,
    is_default: Boolean(status.is_default),
  };
  const meaning = choose(
    MEANINGS.map((one) => [one, t(`reviewstatus.means_${one || "nothing"}`)]),
    chosen.meaning,
    (value) => (chosen.meaning = value),
  );
  const role = choose(
    ROLES.map((one) => [one, t(`projects.role_${one}`)]),
    chosen.least_role,
    (value) => (chosen.least_role = value),
  );
  const save = button(
    t("reviewstatus.save"),
    { text: t("reviewstatus.save"), cls: "primary", data: { do: "save-status" } },
    async () => {
      const kept = status.id && !status.has_own_name && name.value === status.name; // the studio's word, in each language
      const body = {
        ...chosen,
        name: kept ? "" : name.value,
        short: short.value || name.value.slice(0, 3),
        color: color.value,
      };
      const told = await tryOrToast(send(body));
      if (!told) return;
      take(told);
      box.close();
    },
  );
  const box = dialog(
    status.id ? t("reviewstatus.edit", { name: status.name }) : t("reviewstatus.add"),
    el(
      "div",
      "ra-form",
      {},
      field(t("reviewstatus.name"), name),
      field(t("reviewstatus.short"), short, { hint: t("reviewstatus.short_help") }),
      field(t("reviewstatus.color"), color),
      field(t("reviewstatus.meaning"), meaning, { hint: t("reviewstatus.meaning_help") }),
      field(t("reviewstatus.least_role"), role),
      check(t("reviewstatus.guests"), chosen.guests_may_set, (on) => (chosen.guests_may_set = on)),
      check(t("reviewstatus.default"), chosen.is_default, (on) => (chosen.is_default = on)),
    ),
    [save],
  );
  name.focus();
}

/** A field that says which approvals exports demand; address: of the studio's rule, or of a project's. Null on failure. */
export async function demandField(address, { editable = true } = {}) {
  const told = await tryOrToast(get(address));
  if (!told) return null;
  const words = (one) => t(`reviewstatus.demand_${one}`);
  const own = "holds" in told;
  const options = DEMANDS.map((one) => [one, words(one)]);
  if (own) options.unshift(["", t("reviewstatus.demand_studio", { rule: words(told.studio) })]);
  const select = choose(
    options,
    told.demand ?? "",
    async (value) => {
      const next = await tryOrToast(put(address, { demand: value || null }));
      if (next) toast(t("reviewstatus.demand_saved"));
      else select.value = told.demand ?? "";
    },
    { disabled: !editable, data: { field: "demand" } },
  );
  return field(t("reviewstatus.demand"), select, { hint: t("reviewstatus.demand_help"), cls: "ra-demand" });
}

/** Links to the approval reports of the reviews that have something of a storyboard. */
export async function boardReports(boardId) {
  const told = await get(`ui/boards/${encodeURIComponent(boardId)}/reviews`).catch(() => null);
  if (!told?.reviews.length) return null;
  styles("review-approval.css");
  return el(
    "ul",
    "ra-reports",
    {},
    ...told.reviews.map(({ id, title }) =>
      el(
        "li",
        "",
        {},
        el(
          "a",
          "st-link",
          { href: new URL(`ui/reviews/${encodeURIComponent(id)}/report.pdf`, BASE).href, download: "" },
          icon("download"),
          t("reviewstatus.report_of", { title }),
        ),
      ),
    ),
  );
}

/** The menu items that save a review's approval report: [words, fn] each. */
export function reportItems(reviewId) {
  const save = (query) => () => {
    const href = new URL(`ui/reviews/${encodeURIComponent(reviewId)}/report.pdf${query}`, BASE).href;
    const link = el("a", "", { href, download: "" });
    document.body.append(link);
    link.click();
    link.remove();
  };
  return [
    [t("reviewstatus.report"), save("")],
    [t("reviewstatus.report_costs"), save("?costs=true")],
  ];
}
