// The words of the guest's page, where shell.js looks for them; it runs before shell.js.
/** @type {any} */ (window).studioWords = JSON.parse(document.getElementById("words").textContent);
