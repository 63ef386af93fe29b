// The language model's answer as it is written: server-sent events in the answer to a POST, which EventSource cannot send.

import { t } from "../dom.js";
import { ask } from "../net.js";

/**
 * The events of a stream of text, each {event, data}. A chunk may end anywhere, also inside an event.
 * @param {AsyncIterable<string>} chunks
 */
export async function* events(chunks) {
  let rest = "";
  for await (const chunk of chunks) {
    const parts = (rest + chunk).replaceAll("\r\n", "\n").split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) yield* one(part);
  }
}

function* one(part) {
  let event = "message";
  const data = [];
  for (const line of part.split("\n")) {
    const [, name, value] = line.match(/^(event|data): ?(.*)$/s) || [];
    if (name === "event") event = value;
    else if (name === "data") data.push(value);
  }
  if (data.length) yield { event, data: data.join("\n") };
}

/**
 * Have the language model write. Gives what its last event says once all is written; raises the studio's sentence, or
 * AbortError where `signal` ended it, which stops the model as well.
 * @param {string} kind expand, translate, treatment, shots, script or retake
 * @param {Record<string, any>} body
 * @param {{signal?: AbortSignal, text?: (piece: string) => void, thinking?: () => void}} options text: hears each piece
 * @returns {Promise<Record<string, any>>}
 */
export async function write(kind, body, { signal, text = () => {}, thinking = () => {} } = {}) {
  const answer = await ask(`ui/writing/${kind}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });
  for await (const { event, data } of events(decoded(answer.body))) {
    const told = JSON.parse(data);
    if (event === "delta") text(told.text);
    else if (event === "thinking") thinking();
    else if (event === "done") return told;
    else if (event === "error") throw new Error(told.message);
  }
  throw new Error(t("writing.broken"));
}

async function* decoded(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader(); // Safari cannot iterate over a stream
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
