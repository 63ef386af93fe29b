// From a model without a key to the place where the key is set.

const WAIT_MS = 100;
const TRIES = 40;

/** Settings, at the connection of this provider once it is drawn. */
export function openConnection(provider) {
  document.getElementById("tab-settings-button")?.click();
  let tries = 0;
  const look = () => {
    const card = document.getElementById(`connection-${provider}`);
    if (card) {
      card.scrollIntoView({ block: "center" });
      (card.querySelector("input, button") || card).focus({ preventScroll: true });
    } else if ((tries += 1) < TRIES) setTimeout(look, WAIT_MS);
  };
  look();
}
