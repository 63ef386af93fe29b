// What is doubtful in the words of the form, under its prompt. Nothing of it keeps anybody from pressing Generate.

import { styles } from "../dom.js";
import { changedValue, edited, LintList, selectIn } from "../lint/list.js";
import { changed, textarea, write } from "./common.js";

const INSTEAD = { duration_s: "duration_pick" }; // the field of a model whose lengths are listed

export function mount(element, { props, watch, trigger, options }) {
  styles("lint.css");
  element.classList.add("st");
  const { page } = options;
  const list = new LintList({ select, apply });
  element.replaceChildren(list.node);

  function select(finding) {
    const box = textarea(page, finding.field);
    openFold(box);
    selectIn(box, finding);
  }

  /** Gives the way back: the values of all that it changed, as they were. */
  function apply(finding, { edits, changes }) {
    const before = {};
    const set = {};
    for (const change of changes) {
      const field = fieldOf(change.field);
      before[field] = props.form.controls.get(field)?.value;
      set[field] = changedValue(before[field], change);
    }
    if (edits.length) {
      const { field } = finding;
      before[field] = textarea(page, field).value;
      set[field] = edited(before[field], edits);
    }
    put(set);
    return () => put(before);
  }

  function put(values) {
    const others = {};
    for (const [field, value] of Object.entries(values)) {
      const box = ["prompt", "negative_prompt"].includes(field) ? textarea(page, field) : null;
      if (box) write(box, value ?? "");
      else others[field] = value;
    }
    if (Object.keys(others).length) trigger("set", others);
    changed(element);
  }

  const fieldOf = (field) =>
    INSTEAD[field] && document.getElementById(`${page}-${INSTEAD[field]}`)?.hidden === false ? INSTEAD[field] : field;

  function draw() {
    list.show(props.value?.findings || []);
    element.closest(".st-host")?.classList.toggle("sf-none", list.node.hidden);
  }

  watch("value", draw);
  draw();
}

function openFold(box) {
  const fold = box.closest("details");
  if (fold) fold.open = true;
}
