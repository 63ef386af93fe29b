// Which versions are compared: a list of all items with their versions, two to four of them ticked.

import { button, el, t } from "../dom.js";
import { dialog } from "../board/dialog.js";
import { MOST, comparable, openCompare } from "./compare.js";
import { newest } from "./session.js";

/** What is compared first: the version shown and the one before it in its stack, else the newest of the next item. */
export function firstChoice(session) {
  const { item, version, review } = session;
  const stack = comparable(session, item.versions.map((one) => one.id).toReversed(), Infinity);
  const older = stack.find((id) => id !== version.id);
  const next = review.items[review.items.indexOf(item) + 1];
  return [version.id, older ?? newest(next)?.id].filter(Boolean);
}

/** Ask which versions to compare, and compare them. ticked: ids to begin with. */
export function chooseVersions(session, ticked = firstChoice(session)) {
  const ready = (versions) => {
    const ids = new Set(
      comparable(
        session,
        versions.map((one) => one.id),
        Infinity,
      ),
    );
    return versions.filter((one) => ids.has(one.id));
  };
  const boxes = [];
  const choice = (item, version) => {
    const box = el("input", "", {
      type: "checkbox",
      value: version.id,
      checked: ticked.includes(version.id),
      onchange: mark,
    });
    boxes.push(box);
    const name = version.label || `v${version.number}`;
    box.setAttribute("aria-label", `${item.title} ${name}`);
    return el("label", "rc-choice", {}, box, name);
  };
  const rows = session.review.items
    .map((item) => [item, ready(item.versions).toReversed()])
    .filter(([, versions]) => versions.length)
    .map(([item, versions]) =>
      el(
        "li",
        item === session.item ? "on" : "",
        {},
        el("img", "", { src: session.mediaUrl(versions[0].asset, "thumb"), alt: "", loading: "lazy" }),
        el(
          "div",
          "",
          {},
          el("strong", "", {}, item.title),
          el("span", "rc-choices", {}, ...versions.map((one) => choice(item, one))),
        ),
      ),
    );
  const go = button(
    t("reviewcompare.go"),
    { text: t("reviewcompare.go"), cls: "primary", data: { do: "compare-go" } },
    () => {
      const ids = boxes.filter((box) => box.checked).map((box) => box.value);
      window_.close();
      openCompare(session, ids);
    },
  );
  function mark() {
    const count = boxes.filter((box) => box.checked).length;
    for (const box of boxes) box.disabled = !box.checked && count >= MOST;
    go.disabled = count < 2;
  }
  const window_ = dialog(
    t("reviewcompare.compare"),
    [el("p", "st-dim", {}, t("reviewcompare.choose", { most: MOST })), el("ul", "rc-list", {}, ...rows)],
    [go],
  );
  mark();
  window_.querySelector("li.on")?.scrollIntoView({ block: "nearest" });
  go.disabled || go.focus();
}
