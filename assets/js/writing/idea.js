// From an idea to shots: the language model writes a treatment, which can be changed, and then the shots of it.

import { el, styles, t } from "../dom.js";
import { autoGrow, dialog, field } from "../board/dialog.js";
import { Runner } from "./runner.js";

const SECONDS = { least: 2, most: 3600, first: 30 };
const MAX_CHARS = 20_000;
const PROMPT = /"prompt"\s*:/g;

/** A line about a list of shots that is being written. */
export const shotsSoFar = (all) => t("writing.shots_so_far", { n: (all.match(PROMPT) || []).length });

/** Open the window. done(script, cost): the shots are there. */
export function openIdea({ done, opener }) {
  styles("board.css", "board-parts.css", "writing.css");
  const area = (name, rows) =>
    autoGrow(
      el("textarea", "bd-input wr-area", {
        rows,
        maxlength: MAX_CHARS,
        placeholder: t(`writing.${name}_hint`),
        data: { field: `writing-${name}` },
      }),
    );
  const idea = area("idea", 3);
  const treatment = area("treatment", 7);
  const seconds = el("input", "bd-input", {
    type: "number",
    min: SECONDS.least,
    max: SECONDS.most,
    step: 1,
    value: SECONDS.first,
    required: true,
    inputmode: "numeric",
    data: { field: "writing-seconds" },
  });
  const asked = (fields, box) =>
    box.value.trim() && seconds.checkValidity() ? { ...fields, seconds: Number(seconds.value) } : null;
  const writeTreatment = new Runner({
    label: t("writing.write_treatment"),
    kind: "treatment",
    body: () => asked({ idea: idea.value }, idea),
    text: (all) => fill(all),
    done: ({ text }) => {
      fill(text);
      makeShots.changed();
      treatment.focus();
    },
  });
  const makeShots = new Runner({
    label: t("writing.make_shots"),
    kind: "shots",
    body: () => asked({ text: treatment.value }, treatment),
    progress: shotsSoFar,
    done: (answer) => {
      box.close();
      done(answer);
    },
  });

  function fill(text) {
    treatment.value = text;
    treatment.fit();
    treatment.scrollTop = treatment.scrollHeight;
  }

  idea.addEventListener("input", () => writeTreatment.changed());
  treatment.addEventListener("input", () => makeShots.changed());
  seconds.addEventListener("input", () => (writeTreatment.changed(), makeShots.changed()));
  const box = dialog(
    t("writing.from_idea"),
    el(
      "div",
      "wr",
      {},
      el("div", "wr-ideaform", {}, field(t("writing.idea"), idea), field(t("writing.seconds"), seconds)),
      writeTreatment.node,
      field(t("writing.treatment"), treatment, { hint: t("writing.treatment_help") }),
      makeShots.node,
    ),
    [],
    {
      wide: true,
      done: () => {
        writeTreatment.close();
        makeShots.close();
        opener.isConnected && opener.focus();
      },
    },
  );
  box.classList.add("wr-dialog");
  writeTreatment.changed();
  makeShots.changed();
  idea.focus();
}
