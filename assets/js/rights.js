// What the person at this page may do, as its head tells. The studio refuses everything else, whatever is shown here.

const words = (name) =>
  (document.querySelector(`meta[name="studio-${name}"]`)?.getAttribute("content") || "").split(" ").filter(Boolean);

/** Whether this person may do an action of studio.permissions, such as "create". */
export const may = (action) => words("may").includes(action);

/** Whether this person has the tab; null, the first one, is had by all. */
export const hasTab = (tab) => !words("hidden-tabs").includes(tab);
