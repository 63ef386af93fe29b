// What is known of the version that is shown: how it was asked for, what the file is, who added it and when.

import { button, el, exactTime, seconds, t } from "../dom.js";
import { copy } from "../menu.js";
import { stars } from "../parts.js";
import { catalogueText } from "../form/common.js";

/** The facts of a version. openRun: opens its run; null for those who may not see it. giveStars(run, n): rates it. */
export function info(session, { openRun = null, giveStars = null } = {}) {
  const { item, version } = session;
  if (!version) return el("div", "rv-info");
  const rate = version.rate && Math.round((version.rate.num / version.rate.den) * 1000) / 1000;
  const status = session.statusOf(version);
  const rows = [
    [t("review.name"), item.title],
    [t("review.version"), version.label || `v${version.number}`],
    [t("review.status"), status?.name],
    [t("review.added_by"), version.added_by_name],
    [t("review.added_at"), exactTime(version.added_at)],
    [t("review.size"), version.width ? `${version.width} × ${version.height}` : null],
    [t("review.length"), version.duration_s ? seconds(version.duration_s) : null],
    [t("review.rate"), rate ? t("review.rate_value", { rate, frames: version.frames }) : null],
    [t("review.sound"), version.kind === "video" ? t(version.has_audio ? "review.yes" : "review.no") : null],
    [t("review.model"), version.model_label ? catalogueText(version.model_label) : null],
    [t("review.seed"), version.seed],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el(
    "div",
    "rv-info",
    {},
    version.is_draft ? el("p", "rv-draftnote", {}, t("review.draft_help")) : null,
    giveStars && version.run && session.me.may.comment ? rated(version, giveStars) : null,
    el(
      "dl",
      "st-table",
      {},
      ...rows.flatMap(([label, value]) => [el("dt", "", {}, label), el("dd", "", {}, `${value}`)]),
    ),
    version.prompt
      ? el(
          "section",
          "st-sec",
          {},
          el("h3", "", {}, t("review.prompt")),
          el(
            "div",
            "st-words",
            {},
            el("p", "", {}, version.prompt),
            button(t("widgets.copy"), { name: "copy", cls: "bare" }, () => copy(version.prompt)),
          ),
        )
      : null,
    openRun && version.run
      ? button(t("review.open_run"), { name: "search", text: t("review.open_run"), data: { do: "open-run" } }, () =>
          openRun(version.run),
        )
      : null,
  );
}

/** The stars of the run that made a version. */
function rated(version, giveStars) {
  const row = stars(version.rating || 0, async (n) => {
    if (await giveStars({ id: version.run }, n)) row.show((version.rating = n));
  });
  return row;
}
