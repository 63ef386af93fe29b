// Asking the studio, against a real server: answers, refusals, and a studio that is away.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import test, { after } from "node:test";

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { pathname } = new URL(request.url, "http://x/");
    if (pathname === "/app/echo")
      return response.end(JSON.stringify({ method: request.method, body: chunks.join("") }));
    if (pathname === "/app/refused") {
      response.statusCode = 409;
      return response.end(JSON.stringify({ error: "The queue is full." }));
    }
    if (pathname === "/app/page") {
      response.statusCode = 502;
      return response.end("<html>bad gateway</html>");
    }
    if (pathname === "/app/cut") return response.end('{"half": ');
    response.destroy();
  });
});
await new Promise((ready) => server.listen(0, "127.0.0.1", () => ready()));
after(() => server.close());
process.env.STUDIO_URL = `http://127.0.0.1:${server.address().port}/app/`;
await import("./browser.js");
const { del, get, post, tryOrToast: tried } = await import("../../assets/js/net.js");
const { t } = await import("../../assets/js/dom.js");

test("a question goes below the page's own address, and a body is JSON", async () => {
  assert.deepEqual(await get("echo"), { method: "GET", body: "" });
  assert.deepEqual(await post("echo", { a: 1 }), { method: "POST", body: '{"a":1}' });
  assert.deepEqual(await post("echo"), { method: "POST", body: "{}" });
  assert.deepEqual(await del("echo"), { method: "DELETE", body: "" });
});

test("a refusal is an error with the studio's sentence and the status", async () => {
  await assert.rejects(get("refused"), { message: "The queue is full.", status: 409 });
});

test("a proxy's page is no sentence: the status is told", async () => {
  await assert.rejects(get("page"), { message: t("widgets.failed", { status: 502 }), status: 502 });
});

test("a studio that is away, or an answer that breaks off, is told as such", async () => {
  await assert.rejects(get("away"), { message: t("widgets.offline") });
  await assert.rejects(get("cut"), { message: t("widgets.offline") });
});

test("a question that was taken back is no failure", async () => {
  const question = new AbortController();
  question.abort();
  assert.equal(await tried(get("echo", question.signal)), undefined);
});
