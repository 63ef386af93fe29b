// What an answer of the language model would cost, and what it did cost, in a line.

import { dollars, number, t } from "../dom.js";
import { post } from "../net.js";

/** The studio's sentence about the price of a question; why it cannot be asked, where it cannot. */
export async function priceLine(kind, body) {
  try {
    return (await post("ui/writing/estimate", { kind, ...body })).sentence;
  } catch (error) {
    return error.message;
  }
}

/** What an answer cost, with its tokens. @param {Record<string, any>} answer */
export function costLine({ usd, tokens_in: read, tokens_out: written, model }) {
  const price = usd ? t("writing.cost", { usd: dollars(usd) }) : t(`writing.cost_${usd === 0 ? "free" : "unknown"}`);
  const tokens = read || written ? t("writing.tokens", { read: number(read), written: number(written) }) : "";
  return [price, tokens, model].filter(Boolean).join(" · ");
}
