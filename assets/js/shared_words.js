// The words of the guest's page, where shell.js looks for them; it runs before shell.js.
/** @type {any} */ (window).gradio_config = {
  i18n_translations: JSON.parse(document.getElementById("words").textContent),
};
