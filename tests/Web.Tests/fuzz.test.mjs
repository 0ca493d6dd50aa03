// Requests that json-schema-faker makes from the server's own OpenAPI document, and that fast-check then spoils: whoever sends
// them, the server answers, and never by a 5xx or a stack trace. All 10,000 with WARREN_SOAK=full.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { createGeneratorSync } from "json-schema-faker";
import { startServer } from "./server.mjs";

const runs = process.env.WARREN_SOAK === "full" ? 10_000 : 2_000;
const seed = Number(process.env.WARREN_SOAK_SEED ?? randomInt(2 ** 31 - 1));
const trace = /\n\s+at [\w.<>]+\(|\w+Exception\b|\.cs:line|Npgsql|SQLite Error|System\.\w+\.\w+/;
const answers = new Map();
let server, routes, made, member;

before(async () => {
  server = await startServer(["--Hypervisor=fake", "--Logging:LogLevel:Default=None", "--Access:SignUp=open", "--Images:Attempts=1", "--Images:ConnectTimeout=00:00:01"]);
  const api = await (await fetch(`${server.url}/openapi/v1.json`)).json();
  routes = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      path, method: method.toUpperCase(), parameters, body: requestBody?.content["application/json"]?.schema,
    })),
  );
  const generator = createGeneratorSync({ seed, optionalsProbability: 0.4, maxItems: 3, maxDepth: 6 });
  made = (schema) => generator.generate({ ...schema, components: api.components });
  await server.call("POST", "/users", { name: "ann", kind: "service" });
  member = (await server.call("POST", "/users/ann/tokens", { name: "t" })).secret;
});

after(() => server?.stop().catch(() => {}));

/** A right value, or one that is a little or wholly wrong. */
const spoilt = (value) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(value) },
    { weight: 1, arbitrary: fc.json({ maxDepth: 4 }).map((text) => JSON.parse(text)) },
    { weight: 2, arbitrary: value && typeof value === "object" && !Array.isArray(value) ? within(value) : fc.string({ unit: "binary", maxLength: 300 }) },
  );

/** An object with one of its members spoilt, taken out or put in. */
const within = (value) =>
  fc
    .tuple(fc.constantFrom(...Object.keys(value), "unknown"), fc.oneof(fc.anything({ withNullPrototype: false }), fc.string({ unit: "grapheme" }), fc.maxSafeInteger(), fc.constant(undefined)))
    .map(([name, other]) => ({ ...value, [name]: other }));

const word = fc.oneof(fc.constantFrom("ann", "local", "default", "tiny", "debian-12", "22", "0", "..%2f..", "%00"), fc.string({ unit: "binary", maxLength: 40 }).map((text) => encodeURIComponent(text.toWellFormed()) || "x"));

const request = () =>
  fc.constantFrom(...routes).chain((route) =>
    fc.record({
      route: fc.constant(route),
      words: fc.array(word, { minLength: route.parameters.length, maxLength: route.parameters.length }),
      asked: fc.array(fc.boolean(), { minLength: route.parameters.length, maxLength: route.parameters.length }),
      body: route.body ? spoilt(made(route.body)) : fc.constant(undefined),
      cut: fc.oneof({ weight: 20, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) }),
      who: fc.constantFrom("nobody", "member", "owner"),
    }),
  );

/** What is sent: the path with its parameters, and the body as text. */
function sent({ route, words, asked, body, cut }) {
  let { path } = route;
  const query = [];
  route.parameters.forEach((parameter, i) => {
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, words[i] === "." || words[i] === ".." ? "x" : words[i]);
    // How long one may wait is the parameter's own rule; nobody waits here.
    else if (parameter.in === "query" && asked[i]) query.push(`${parameter.name}=${parameter.name === "wait" ? "0" : words[i]}`);
  });
  const text = body === undefined ? undefined : (JSON.stringify(body, (_, value) => (typeof value === "bigint" ? String(value) : value)) ?? "null");
  return { url: server.url + path + (query.length ? `?${query.join("&")}` : ""), text: text?.slice(0, Math.ceil(text.length * cut)) };
}

async function ask(asking) {
  const { url, text } = sent(asking);
  const headers = { "Tus-Resumable": "1.0.0", ...(text === undefined ? {} : { "Content-Type": "application/json" }) };
  if (asking.who !== "nobody") headers.Authorization = `Bearer ${asking.who === "owner" ? server.token : member}`;
  const answer = await fetch(url, { method: asking.route.method, headers, body: text, redirect: "manual", signal: AbortSignal.timeout(60_000) });
  const told = `${asking.who}: ${asking.route.method} ${url} ${text} is answered by ${answer.status}`;
  const kind = answer.headers.get("content-type")?.split(";")[0];
  answers.set(`${asking.who} ${Math.floor(answer.status / 100)}xx`, (answers.get(`${asking.who} ${Math.floor(answer.status / 100)}xx`) ?? 0) + 1);
  // A stream of events has no end.
  if (kind === "text/event-stream") return void (await answer.body.cancel());
  const said = await answer.text();
  assert.ok(answer.status < 500, `${told}: ${said}`);
  assert.ok(answer.status < 400 || said === "" || kind === "application/problem+json", `${told} of ${kind}: ${said}`);
  assert.doesNotMatch(kind === "application/yaml" ? "" : said, trace, told);
}

test(`${runs} requests made from the API's description are answered`, async (t) => {
  // The owner's own token, and the one who asks, stay: they are what the rest of the run is asked by.
  routes = routes.filter(({ method, path }) => !(method === "DELETE" && /tokens|sessions|\/session$|users/.test(path)));
  await fc.assert(fc.asyncProperty(fc.noShrink(request()), ask), { numRuns: runs, seed, interruptAfterTimeLimit: 540_000, markInterruptAsFailure: true });
  t.diagnostic(`WARREN_SOAK_SEED=${seed}; ${[...answers].sort().map(([what, count]) => `${what}: ${count}`).join(", ")}`);
  assert.ok((answers.get("owner 2xx") ?? 0) > runs / 50, "what is right must get through");
  assert.ok((await fetch(`${server.url}/api/v1/health`)).ok);
});
