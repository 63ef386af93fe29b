// What is being written and was not sent yet: kept in this browser by version, so that a reload loses nothing.

const PREFIX = "studio-review-draft:";
const KEPT = 60;

/** The draft under a key, or null. */
export function draftOf(key) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key));
  } catch {
    return null; // a private window keeps nothing
  }
}

/** Keep a draft; null takes it away. The oldest go when there are many. */
export function keepDraft(key, draft) {
  try {
    if (!draft) return localStorage.removeItem(PREFIX + key);
    localStorage.setItem(PREFIX + key, JSON.stringify({ ...draft, at: Date.now() }));
    const keys = Object.keys(localStorage).filter((one) => one.startsWith(PREFIX));
    if (keys.length <= KEPT) return;
    const age = (one) => draftOf(one.slice(PREFIX.length))?.at ?? 0;
    for (const old of keys.sort((a, b) => age(a) - age(b)).slice(0, keys.length - KEPT)) localStorage.removeItem(old);
  } catch {
    // a private window keeps nothing
  }
}
