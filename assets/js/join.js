// The one-time token of an invitation comes in the fragment of the address, with the sign-in name behind it (#TOKEN&NAME):
// the token reaches the server in the form alone, the name is shown and files the password in password managers. Both
// stay in this tab until they are used, so that a password that was refused can be typed again.
addEventListener("DOMContentLoaded", () => {
  const key = "studio-join";
  const given = location.hash.slice(1) || sessionStorage.getItem(key) || "";
  sessionStorage.setItem(key, given);
  const [token, name] = given.split("&");
  const login = document.querySelector("#login");
  if (name && login instanceof HTMLInputElement) {
    login.value = decodeURIComponent(name);
    login.parentElement.hidden = false;
  }
  const field = document.querySelector("#token");
  if (field instanceof HTMLInputElement) field.value = token;
  history.replaceState(null, "", location.pathname);
});
