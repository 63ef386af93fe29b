// What this browser remembers of how boards are worked on; a private window forgets it.

const AUTO_KEY = "studio-board-auto";

/** Whether new and changed shots are drawn automatically. */
export const autoDraft = {
  get: () => {
    try {
      return localStorage.getItem(AUTO_KEY) !== "off";
    } catch {
      return true;
    }
  },
  set: (on) => {
    try {
      localStorage.setItem(AUTO_KEY, on ? "on" : "off");
    } catch {
      /* nothing to do */
    }
  },
};
