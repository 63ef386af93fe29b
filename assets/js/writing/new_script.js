// The language model in the window of a new storyboard: shots from an idea, and free text read as shots. Both end in the
// table of the preview, where every cell can be changed before anything is made.

import { button, el, styles, t } from "../dom.js";
import { toast } from "../net.js";
import { missing } from "./model_button.js";
import { openIdea, shotsSoFar } from "./idea.js";
import { costLine } from "./price.js";
import { Runner } from "./runner.js";
import { followSource } from "./source.js";

const PROSE = "paragraphs"; // the reader's form for text that is no list of shots
const LEAST_CHARS = 40;

/**
 * The tools for a preview: `node` is a row of buttons, `reading` the offer to read free text. `changed` is to be called after
 * each reading of the preview, `close` when the window goes.
 */
export class NewScriptTools {
  /** @param {import("../script/preview.js").ScriptPreview} preview */
  constructor(preview) {
    styles("writing.css");
    this.preview = preview;
    const words = t("writing.from_idea");
    const idea = button(words, { name: "spark", text: words, cls: "quiet", data: { do: "from-idea" } }, () =>
      openIdea({ done: (answer) => this.take(answer), opener: idea }),
    );
    const back = t("writing.back_to_text");
    this.back = button(back, { text: back, cls: "quiet", hidden: true, data: { do: "back-to-text" } }, () => {
      preview.setText("");
      preview.focus();
    });
    this.reader = new Runner({
      label: t("writing.read"),
      kind: "script",
      body: () => (preview.text.trim() ? { text: preview.text } : null),
      progress: shotsSoFar,
      done: (answer) => this.take(answer, preview.text),
    });
    this.reading = el("div", "st wr-read", { hidden: true }, el("p", "", {}, t("writing.read_help")), this.reader.node);
    this.node = el("div", "st bd-row wrap wr-script");
    followSource(this.node, (source) => {
      this.source = source;
      this.node.replaceChildren(...(source.available ? [idea, this.back] : [missing(source)]));
      this.changed();
    });
  }

  changed() {
    const { preview, reader } = this;
    const prose = preview.read.form === PROSE && preview.text.trim().length >= LEAST_CHARS;
    const shown = Boolean(this.source?.available && (prose || reader.running));
    if (shown && preview.text !== this.priced) {
      this.priced = preview.text;
      reader.changed();
    }
    this.reading.hidden = !shown;
    this.back.hidden = !preview.node.classList.contains("alone");
  }

  /** Shots of the language model into the table; without a text they stand alone. */
  take(answer, text = "") {
    const { script, warnings = [] } = answer;
    this.preview.setScript({ ...script, faults: [...(script.faults || []), ...warnings] }, text);
    toast([t("writing.shots_made", { n: script.shots.length }), costLine(answer)].join(" · "));
  }

  close() {
    this.reader.close();
  }
}
