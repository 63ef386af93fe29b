// The project that new work goes to, chosen beside the navigation, and the window in which projects are managed.

import { menu } from "./actions.js";
import { button, el, icon, styles, t } from "./dom.js";
import { dialog, field } from "./board/dialog.js";
import { demandField } from "./review/status_settings.js";
import { del, get, post, put, toast, tryOrToast } from "./net.js";
import {
  joinedProjects,
  loadProjects,
  PROJECTS_CHANGED,
  projectName,
  projectState,
  setProjects,
} from "./project_state.js";
import { avatar } from "./share.js";

const ROLES = ["viewer", "reviewer", "creator", "producer", "admin"];
const path = (id) => `ui/projects/${encodeURIComponent(id)}`;

/** The picker; hidden while there is nothing to pick, which is so in every studio without accounts. */
export function projectPicker() {
  const name = el("span", "st-grow");
  const made = el(
    "button",
    "sc-project",
    { type: "button", hidden: true, "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => pick(made) },
    icon("people"),
    name,
    icon("down"),
  );
  const draw = () => {
    const { current, may_create } = projectState;
    made.hidden = !projectState.accounts || !(may_create || projectState.projects.length);
    const words = current ? projectName(current) : t("projects.personal");
    name.textContent = words;
    made.title = t("projects.picker_help", { name: words });
    made.setAttribute("aria-label", t("projects.picker", { name: words }));
  };
  document.addEventListener(PROJECTS_CHANGED, draw);
  if (document.querySelector('meta[name="studio-access"]')) styles("projects.css");
  loadProjects();
  return made;
}

function pick(anchor) {
  const choose = (id) => async () => {
    const told = await tryOrToast(put("ui/projects/current", { project: id }));
    if (told) setProjects(told);
  };
  const mark = (id, words) => `${projectState.current === id ? "✓ " : ""}${words}`;
  menu(anchor, [
    [mark("", t("projects.personal")), choose("")],
    ...joinedProjects()
      .filter((p) => !p.archived && ROLES.indexOf(p.role) >= ROLES.indexOf("creator"))
      .map((p) => [mark(p.id, p.name), choose(p.id)]),
    [t("projects.manage"), openProjectsPanel],
  ]);
}

/** All projects with their members. */
export function openProjectsPanel() {
  styles("projects.css");
  const list = el("div", "pj-list");
  const input = el("input", "bd-input", {
    type: "text",
    maxlength: 80,
    placeholder: t("projects.new_name"),
    "aria-label": t("projects.new_name"),
  });
  const create = async (e) => {
    e.preventDefault();
    const told = await tryOrToast(post("ui/projects", { name: input.value }));
    if (!told) return;
    input.value = "";
    setProjects(told);
    list.querySelector(`[data-id="${CSS.escape(told.made)}"]`)?.setAttribute("open", "");
  };
  const form = el(
    "form",
    "pj-new",
    { onsubmit: create, hidden: !projectState.may_create },
    input,
    button(t("projects.create"), { name: "plus", text: t("projects.create"), cls: "primary", type: "submit" }, () =>
      form.requestSubmit(),
    ),
  );
  const draw = () => {
    const opened = new Set([...list.querySelectorAll("details[open]")].map((d) => d.dataset.id));
    list.replaceChildren(...projectState.projects.map((project) => projectRow(project, opened.has(project.id))));
    if (!projectState.projects.length) list.append(el("p", "st-dim", {}, t("projects.none")));
  };
  document.addEventListener(PROJECTS_CHANGED, draw);
  draw();
  dialog(t("projects.title"), el("div", "pj-panel", {}, el("p", "st-dim", {}, t("projects.about")), form, list), [], {
    wide: true,
    done: () => document.removeEventListener(PROJECTS_CHANGED, draw),
  });
}

function projectRow(project, open) {
  const body = el("div", "pj-body");
  const made = el(
    "details",
    "pj-project",
    { data: { id: project.id }, open },
    el(
      "summary",
      "",
      {},
      el("strong", "", {}, project.name),
      el(
        "span",
        "st-dim",
        {},
        project.archived
          ? t("projects.archived")
          : project.role
            ? t(`projects.role_${project.role}`)
            : t("projects.no_member"),
      ),
    ),
    body,
  );
  const load = async () => {
    const told = await tryOrToast(get(`${path(project.id)}/members`));
    if (told) drawMembers(body, project, told);
  };
  made.addEventListener("toggle", () => made.open && !body.childElementCount && load());
  if (open) load();
  return made;
}

function drawMembers(body, project, told) {
  const take = async (promise) => {
    const next = await tryOrToast(promise);
    if (next?.left) return setProjects(await get("ui/projects"));
    if (next) drawMembers(body, project, next);
    else drawMembers(body, project, told);
  };
  const memberPath = (person) => `${path(project.id)}/members/${encodeURIComponent(person)}`;
  const rows = told.members.map((m) =>
    el(
      "li",
      "",
      {},
      avatar(m.name),
      el("span", "st-grow", {}, m.name, m.person === projectState.me ? ` (${t("projects.you")})` : ""),
      project.manageable
        ? roleSelect(m.role, t("projects.role_of", { name: m.name }), (role) =>
            take(put(memberPath(m.person), { role })),
          )
        : el("span", "st-dim", {}, t(`projects.role_${m.role}`)),
      project.manageable || m.person === projectState.me
        ? button(t("projects.remove", { name: m.name }), { name: "close", cls: "bare" }, () =>
            take(del(memberPath(m.person))),
          )
        : null,
    ),
  );
  body.replaceChildren(
    el("ul", "pj-members", {}, ...rows),
    project.manageable ? tools(project, told, take, memberPath) : "",
  );
}

function roleSelect(role, label, chosen) {
  const made = el(
    "select",
    "st-select",
    { "aria-label": label, onchange: () => chosen(made.value) },
    ...ROLES.map((one) => el("option", "", { value: one, selected: one === role }, t(`projects.role_${one}`))),
  );
  return made;
}

/** What managers see below the members: somebody to add, the name, and the archive. */
function tools(project, told, take, memberPath) {
  const person = el(
    "select",
    "st-select",
    { "aria-label": t("projects.person") },
    ...told.candidates.map(([id, name]) => el("option", "", { value: id }, name)),
  );
  const role = roleSelect("creator", t("projects.role"), () => {});
  const add = button(t("projects.add"), { name: "plus", text: t("projects.add"), data: { do: "add-member" } }, () =>
    take(put(memberPath(person.value), { role: role.value })),
  );
  const name = el("input", "bd-input", { type: "text", maxlength: 80, value: project.name });
  const change = async (promise, words) => {
    const next = await tryOrToast(promise);
    if (next) setProjects(next), toast(words);
  };
  name.addEventListener("change", () =>
    change(put(`${path(project.id)}/name`, { name: name.value }), t("projects.renamed")),
  );
  const word = project.archived ? "restore" : "archive";
  const rule = el("div");
  demandField(`${path(project.id)}/delivery-approval`).then((made) => made && rule.replaceChildren(made));
  return el(
    "div",
    "pj-tools",
    {},
    told.candidates.length ? el("div", "pj-add", {}, person, role, add) : el("p", "st-dim", {}, t("projects.all_in")),
    rule,
    el(
      "div",
      "pj-add",
      {},
      field(t("projects.name"), name),
      button(t(`projects.${word}`), { text: t(`projects.${word}`), title: t(`projects.${word}_help`) }, () =>
        change(post(`${path(project.id)}/${word}`), t(`projects.${word}_done`)),
      ),
    ),
  );
}
