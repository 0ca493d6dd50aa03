// Starts the real server, in a data folder of its own, and ends it with everything that it started.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const root = resolve(import.meta.dirname, "../..");
const program = process.env.WARREN_SERVER ?? join(root, "src/Warren.Server/bin/Debug/net10.0/Warren.Server.dll");
const pages = process.env.WARREN_PAGES ?? join(root, "src/web/dist");

/** A running server: its address, the login link that it printed, and calls with its command line's token. */
export async function startServer(more = ["--Qemu:Accelerator=tcg"]) {
  for (const needed of [program, join(pages, "index.html")]) if (!existsSync(needed)) throw new Error(`${needed} is missing: build the server and the pages first`);
  // Short, because the machines' sockets lie below it and a socket's path has 107 bytes at most.
  const data = await mkdtemp(join(tmpdir(), "ww-"));
  const begin = (address) => {
    const settings = [`--Web:Folder=${pages}`, `--Images:Folder=${join(root, "images")}`, "--urls", address, ...more];
    return spawn("dotnet", [program, ...settings], { env: { ...process.env, WARREN_DATA: data }, stdio: ["ignore", "pipe", "inherit"] });
  };
  let child = begin("http://127.0.0.1:0");
  const login = await loginLink(child);
  const { url, token } = JSON.parse(await readFile(join(data, "client.json"), "utf8"));

  const call = async (method, path, body) => {
    const headers = { Authorization: `Bearer ${token}`, ...(body ? { "Content-Type": "application/json" } : {}) };
    const response = await fetch(`${url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    const answer = response.status === 204 ? undefined : await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer;
  };

  const end = async (signal) => {
    child.kill(signal);
    await once(child, "exit");
  };

  /** Begins it again at the same address; says when it answered. */
  const beginAgain = async () => {
    child = begin(url);
    child.stdout.resume();
    while (!(await fetch(`${url}/api/v1/health`).then((answer) => answer.ok, () => false))) {
      if (child.exitCode !== null) throw new Error("The server ended as soon as it was begun again.");
      await pause(10);
    }
    return performance.now();
  };

  /** Ends it as a power cut would; what is returned begins it again. */
  const cut = async () => {
    await end("SIGKILL");
    return beginAgain;
  };

  const stop = async (leave = []) => {
    try {
      const { items } = await call("GET", "/machines?limit=200");
      const deletions = await Promise.all(items.filter((machine) => !leave.includes(machine.name)).map((machine) => call("DELETE", `/machines/${machine.id}`)));
      for (const deletion of deletions) await ended(call, deletion.id);
    } finally {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    }
    await rm(data, { recursive: true, force: true });
  };

  /** Ends it and begins it again; machines go on meanwhile. */
  const restart = async () => {
    await end("SIGTERM");
    await beginAgain();
  };
  return { url, token, login, data, call, cut, stop, restart };
}

/** An operation once it has ended; a failed one throws. */
export async function ended(call, id) {
  for (;;) {
    const operation = await call("GET", `/operations/${id}?wait=60`);
    if (operation.status === "succeeded") return operation;
    if (operation.endedAt) throw new Error(`${operation.kind} ${operation.subjectName}: ${operation.status} ${JSON.stringify(operation.problem)}`);
  }
}

/** The server prints the link after its first start, once it listens. */
async function loginLink(child) {
  const lines = createInterface({ input: child.stdout });
  const said = [];
  for await (const line of lines) {
    said.push(line);
    const link = /http\S+\/login#\S+/.exec(line);
    if (!link) continue;
    // Read on, or the server would block when the pipe is full.
    child.stdout.resume();
    return link[0];
  }
  throw new Error(`The server ended before it was ready:\n${said.join("\n")}`);
}
