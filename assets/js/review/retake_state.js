// What a comment says of its retake: being made, failed, or the version that answers; and the button that makes one.

import { button, el, icon, t } from "../dom.js";

/**
 * The parts at the foot of a comment. tools: what only a member's page has; null for guests.
 * @param {any} session
 * @param {any} head the comment
 * @param {{open: (session: any, head: any) => void, progress: (run: string) => HTMLElement, cancel: (run: string) => void}|null} tools
 */
export function retakeParts(session, head, tools) {
  const { retake } = head;
  const item = session.itemOf(head.version);
  const version = item?.versions.find((one) => one.id === retake?.version);
  const may = session.me.may.retake && tools;
  const shown = version ? shownState(session, item, version, retake, may ? tools : null) : null;
  if (!may || (version && retake.state === "making")) return [shown].filter(Boolean);
  const words = t(
    !version ? "reviewretake.make" : retake.state === "failed" ? "reviewretake.again" : "reviewretake.more",
  );
  return [
    shown,
    button(
      words,
      { name: "again", text: words, cls: "bare", title: t("reviewretake.make_help"), data: { do: "retake" } },
      () => tools.open(session, head),
    ),
  ].filter(Boolean);
}

function shownState(session, item, version, retake, tools) {
  const name = version.label || `v${version.number}`;
  if (retake.state === "ready")
    return button(
      t("reviewretake.answered_by", { name }),
      {
        name: "send",
        text: t("reviewretake.answered_by", { name }),
        cls: "bare rk-answer",
        data: { do: "show-retake" },
      },
      () => session.select(item.id, version.id),
    );
  if (retake.state === "making")
    return el(
      "div",
      "rk-making",
      { role: "status", data: { retake: "making" } },
      el("span", "", {}, icon("clock"), t("reviewretake.making", { name })),
      tools && retake.run ? tools.progress(retake.run) : null,
      tools && retake.run
        ? button(
            t("reviewretake.cancel"),
            { text: t("reviewretake.cancel"), cls: "bare", data: { do: "cancel-retake" } },
            () => tools.cancel(retake.run),
          )
        : null,
    );
  if (retake.state === "failed")
    return el("span", "rk-failed", { data: { retake: "failed" } }, icon("warn"), t("reviewretake.failed"));
  return null;
}
