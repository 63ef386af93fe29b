// Runs in the page's head, before Gradio: begins with the tab that the address names, and asks for that tab's form at once,
// so that its answer is there when the tab is drawn. See form/form.js.
(() => {
  const CREATE = ["t2i", "edit", "t2v", "i2v", "r2v", "s2v", "v2v"]; // as in studio/web/forms/tasks.py
  const tab = document.querySelector('meta[name="studio-tab"]')?.getAttribute("content");
  if (!tab) return;
  const page = /** @type {any} */ (window);

  // The page's configuration comes after the head; Gradio's scripts read it after the whole page.
  document.addEventListener(
    "readystatechange",
    () => {
      const tabs = page.gradio_config?.components?.find((one) => one.props?.elem_id === "studio-tabs");
      if (tabs) tabs.props.selected = tab;
    },
    { once: true },
  );

  if (!CREATE.includes(tab)) return;
  let saved = null;
  try {
    saved = JSON.parse(localStorage.getItem(`studio-form-${tab}`) || "null");
  } catch {
    /* a private window keeps nothing */
  }
  const options = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ data: { saved } }),
  };
  const answer = fetch(new URL(`ui/forms/${tab}/open`, document.baseURI), options).then(
    (found) => (found.ok ? found.json() : null),
    () => null,
  );
  page.studioForm = { page: tab, answer };
})();
