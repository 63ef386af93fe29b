// Small choices that this browser keeps. A private window keeps nothing, and works with the defaults.

/** The value kept under the key; "" for none. */
export const kept = (key) => {
  try {
    return localStorage.getItem(key) || "";
  } catch {
    return "";
  }
};

/** Keep a value. */
export const keep = (key, value) => {
  try {
    localStorage.setItem(key, value);
  } catch {
    /* a private window */
  }
};
