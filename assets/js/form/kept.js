// What was typed survives a reload: each form is kept in this browser under its tab. No key or other secret is ever in one.

const KEY = "studio-form-";

/** The form as it was kept; null where there is none. */
export function kept(page) {
  try {
    const form = JSON.parse(localStorage.getItem(KEY + page) || "null");
    return form && typeof form === "object" ? form : null;
  } catch {
    return null; // a private window, or what no form of ours has written
  }
}

export function keep(page, form) {
  try {
    localStorage.setItem(KEY + page, JSON.stringify(form));
  } catch {
    /* a private window, or a full one, keeps nothing */
  }
}
