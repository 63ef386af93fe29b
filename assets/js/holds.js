// Models whose waiting runs do not start, since several in a row failed alike: why, how many wait, and the way on.

import { button, el, icon, number, styles, t } from "./dom.js";
import { replaceList } from "./live.js";
import { post, tryOrToast } from "./net.js";

/** Let one run of the model try first. */
export async function resumeModel(model) {
  const told = await tryOrToast(post("ui/queue/resume-model", { model }));
  if (told) replaceList(told);
}

/** A model on hold, as a notice with its button. */
export function holdNotice(hold) {
  styles("holds.css");
  return el(
    "div",
    "st-hold",
    { role: "status", data: { model: hold.model } },
    icon(hold.trying ? "clock" : "hand"),
    el(
      "div",
      "st-holdbody",
      {},
      el("p", "", {}, hold.reason),
      hold.waiting ? el("small", "st-dim", {}, t("queue.hold_waiting", { n: number(hold.waiting) })) : null,
    ),
    hold.trying
      ? null
      : button(
          t("queue.hold_resume"),
          {
            name: "play",
            text: t("queue.hold_resume"),
            title: t("queue.hold_resume_help"),
            data: { do: "resume-model" },
          },
          () => resumeModel(hold.model),
        ),
  );
}
