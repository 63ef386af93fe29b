// The one-time token of an invitation comes in the fragment of the address: it reaches the server in the form alone. It
// stays in this tab until it is used, so that a password that was refused can be typed again.
addEventListener("DOMContentLoaded", () => {
  const key = "studio-join";
  const token = location.hash.slice(1) || sessionStorage.getItem(key) || "";
  sessionStorage.setItem(key, token);
  const field = document.querySelector("#token");
  if (field instanceof HTMLInputElement) field.value = token;
  history.replaceState(null, "", location.pathname);
});
