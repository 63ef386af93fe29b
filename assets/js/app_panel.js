// The App section of the Settings page: the browser's offer to install the studio, or how it is done there.

import * as app from "./app_install.js";
import { button, el, t } from "./dom.js";

const isApple = () =>
  /iPhone|iPad/.test(navigator.userAgent) || (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);

function words() {
  if (app.isInstalled()) return t("app.installed");
  if (app.isFramed()) return t("app.install_framed");
  if (!app.isSupported()) return t("app.install_insecure");
  if (app.canInstall()) return t("app.install_help");
  return t(isApple() ? "app.install_ios" : "app.install_menu");
}

export function appPanel() {
  const body = el("div", "sn-row");
  const draw = () => {
    const install = button(t("app.install"), { text: t("app.install"), data: { do: "install" } }, () => app.install());
    body.replaceChildren(
      ...(app.canInstall() && !app.isInstalled() ? [install] : []),
      el("small", "st-dim", {}, words()),
    );
  };
  app.onChange(draw);
  draw();
  return el("section", "st-box app", { "aria-label": t("app.title") }, el("h2", "", {}, t("app.title")), body);
}
