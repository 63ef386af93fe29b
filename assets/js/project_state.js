// Who the page acts for, the projects they are in, and the one that their new work goes to. Empty without accounts.

import { get } from "./net.js";

/** The document hears this event when projects, members or the current project are others than before. */
export const PROJECTS_CHANGED = "studio-projects";
const RANK = ["viewer", "reviewer", "creator", "producer", "admin"];

export const projectState = { me: "", name: "", accounts: false, may_create: false, current: "", projects: [] };

/** Take over what a request brought back. */
export function setProjects(told) {
  Object.assign(projectState, told);
  document.dispatchEvent(new CustomEvent(PROJECTS_CHANGED));
}

let loading = null;
/** Ask once; in a studio without accounts there is nothing to ask. */
export function loadProjects() {
  if (!document.querySelector('meta[name="studio-access"]')) return Promise.resolve();
  loading ??= get("ui/projects").then(setProjects, () => (loading = null));
  return loading;
}

/** Whether this run or storyboard is the person's own. */
export const isMine = (row) => !projectState.accounts || row.owner === projectState.me;

/** Whether the person has at least this role in a project that is open. */
export function hasRole(id, role) {
  const project = projectState.projects.find((p) => p.id === id);
  return Boolean(project?.role) && !project.archived && RANK.indexOf(project.role) >= RANK.indexOf(role);
}

/** Whether the person may cancel, decide about and reorder this run. */
export const mayDecide = (run) => isMine(run) || hasRole(run.project, "producer");

/** Projects that something can be shared with. */
export const openProjects = () => projectState.projects.filter((p) => hasRole(p.id, "creator"));

/** Projects that the person is in. */
export const joinedProjects = () => projectState.projects.filter((p) => p.role);

export const projectName = (id) => projectState.projects.find((p) => p.id === id)?.name || "";
