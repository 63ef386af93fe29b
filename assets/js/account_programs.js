// What a program needs beside a token: the page of the REST API, and the address of the MCP server.

import { copy } from "./actions.js";
import { BASE, button, el, t } from "./dom.js";

const page = (path, words) =>
  el("a", "", { href: new URL(path, BASE).href, target: "_blank", rel: "noopener noreferrer" }, words);

/** A line of links for the box of access tokens. */
export function programs() {
  const server = new URL("mcp", BASE).href;
  const copyServer = button(t("account.copy_mcp"), { name: "copy", cls: "bare", data: { do: "copy-mcp" } }, () =>
    copy(server),
  );
  return el(
    "div",
    "pa-programs",
    {},
    el("p", "st-dim", {}, page("api/v1/docs", t("account.rest")), " ", t("account.rest_help")),
    el("p", "st-dim pa-mcp", {}, t("account.mcp"), " ", el("code", "", {}, server), copyServer),
    el("p", "st-dim", {}, t("account.mcp_help")),
  );
}
