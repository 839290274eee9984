/**
 * `view`: the server by its requests, and the page in a real browser. The browser part needs Chromium
 * (CHROMIUM_PATH, default /usr/bin/chromium) and is skipped with a message where there is none; SCREENSHOTS
 * names a folder for pictures of the three profiles.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Command } from "commander";
import { chromium } from "playwright-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { registerView } from "../../src/commands/declared/view.ts";
import { type ServedProfile, serveProfile } from "../../src/commands/serve.ts";
import { view } from "../../src/commands/view.ts";
import { wholeText } from "../../src/format/files/formats.ts";
import { writeResultJson } from "../../src/format/files/result-json.ts";
import { writeSpeedscope } from "../../src/format/files/speedscope.ts";
import { play } from "../support/arbitrary.ts";
import { testIo } from "../support/command-io.ts";
import { shop } from "../support/sample.ts";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One request with its path as given: fetch would tidy `..` away. */
function ask(
  served: Pick<ServedProfile, "url">,
  path: string,
  headers = {},
  method = "GET",
): Promise<Answer> {
  const { port } = new URL(served.url);
  return new Promise((resolve, reject) => {
    const ask = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    ask.on("error", reject).end();
  });
}

const profile = wholeText(writeSpeedscope(shop));
const serve = (more = {}): Promise<ServedProfile> =>
  serveProfile({ profile, fileName: "app.speedscope.json", title: null, once: false, ...more });

describe("the server", () => {
  let served: ServedProfile;
  let token: string;
  beforeEach(async () => {
    served = await serve();
    token = new URL(served.url).pathname;
  });
  afterEach(async () => {
    served.close();
    await served.ended;
  });

  test("serves speedscope and the profile below a random token", async () => {
    expect(served.url).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}\/#profileURL=profile\.speedscope\.json&title=&view=left-heavy$/,
    );
    const page = await ask(served, token);
    expect(page).toMatchObject({ status: 200, headers: { "content-type": "text/html; charset=utf-8" } });
    expect(page.body).toContain("<title>speedscope</title>");
    const file = await ask(served, `${token}profile.speedscope.json`);
    expect(file).toMatchObject({ status: 200, body: profile });
    expect(file.headers).toMatchObject({
      "content-type": "application/json; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "content-security-policy": expect.stringContaining("default-src 'none'"),
    });
    expect(file.headers["access-control-allow-origin"]).toBe(undefined);
    const other = await serve();
    expect(new URL(other.url).pathname).not.toBe(token);
    other.close();
  });

  test("what a browser is started with leads there once, and does not tell the token", async () => {
    expect(served.onceUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{32}$/);
    const { pathname } = new URL(served.onceUrl);
    expect(token).not.toContain(pathname.slice(1));
    expect((await ask(served, pathname, { host: "evil.example" })).status).toBe(403);
    expect((await ask(served, pathname, {}, "POST")).status).toBe(405);
    const { status, headers } = await ask(served, pathname);
    expect(status).toBe(302);
    expect(new URL(String(headers["location"]), served.onceUrl).href).toBe(served.url);
    expect((await ask(served, pathname)).status).toBe(404);
    expect((await ask(served, token)).status).toBe(200);
  });

  test("every file of the release folder has a type", async () => {
    const manifest = createRequire(import.meta.url).resolve("speedscope/package.json");
    const types = new Set<string>();
    for (const name of readdirSync(join(dirname(manifest), "dist", "release"))) {
      const { status, headers } = await ask(served, token + name, {}, "HEAD");
      expect([name, status]).toEqual([name, 200]);
      types.add(String(headers["content-type"]));
    }
    expect(types).not.toContain("application/octet-stream");
    expect(types).toContain("application/wasm");
  });

  test.each([
    ...["/", "/index.html", "/profile.speedscope.json", "/favicon.ico", "*"],
    ...["TOKEN../../../package.json", "TOKEN..%2f..%2fpackage.json", "TOKEN/index.html", "TOKEN./index.html"],
    ...["TOKEN../TOKENindex.html", "TOKENINDEX.HTML", "TOKEN%69ndex.html", "//TOKEN", "TOKENindex.html%00"],
    "TOKEN..\\..\\package.json",
  ])("%s is not found", async (path) => {
    expect((await ask(served, path.replaceAll("TOKEN", token))).status).toBe(404);
  });

  test("only loopback hosts, only reading", async () => {
    const { port } = new URL(served.url);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
      expect((await ask(served, token, { host })).status).toBe(200);
    for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1", "localhost:1"])
      expect((await ask(served, token, { host })).status).toBe(403);
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
      expect(await ask(served, token, {}, method)).toMatchObject({
        status: 405,
        headers: { allow: "GET, HEAD" },
      });
    expect(await ask(served, token, {}, "HEAD")).toMatchObject({ status: 200, body: "" });
  });

  test("a port in use is a usage error", async () => {
    const port = Number(new URL(served.url).port);
    await expect(serve({ port })).rejects.toMatchObject({ kind: "usage", message: /cannot listen/ });
  });
});

test("--once ends after the profile was fetched, not before", async () => {
  const served = await serve({ once: true });
  const { pathname } = new URL(served.url);
  await ask(served, pathname);
  await ask(served, `${pathname}profile.speedscope.json`, {}, "HEAD");
  await ask(served, `${pathname}profile.speedscope.json`);
  await served.ended;
  await expect(ask(served, pathname)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});

test("a hostile file name is inert in the URL and in the path", async () => {
  const served = await serve({ title: "a&view=x\x1b\ud800#", fileName: "../<script>;'\x1b.cpuprofile" });
  expect(served.url).toMatch(/#profileURL=profile\.cpuprofile&title=a%26view%3Dx%5Cx1b%5Cud800%23&view=/);
  served.close();
});

describe("the command", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "javy-prof-view-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const started = async (io: ReturnType<typeof testIo>): Promise<Omit<ServedProfile, "onceUrl">> => {
    await expect.poll(() => io.said.stderr).toContain("http://");
    const url = /http:\S+/.exec(io.said.stderr)![0];
    return { url, close: io.interrupt, ended: Promise.resolve() };
  };

  test("takes the newest profile of the folder and says which; Ctrl-C ends it", async () => {
    for (const [i, name] of ["new.speedscope.json", "old.speedscope.json", "other.json"].entries()) {
      writeFileSync(join(folder, name), profile);
      utimesSync(join(folder, name), 2_000_000_000 - i, i === 2 ? 2_100_000_000 : 2_000_000_000 - i);
    }
    const io = testIo(folder);
    const program = new Command();
    registerView(program, io);
    const ended = program.parseAsync(["view", "--no-open"], { from: "user" });
    await started(io);
    expect(io.said.stderr).toMatch(
      /^viewing new\.speedscope\.json, the newest profile here\nhttp.*\nin the viewer, n and p show the next profile/,
    );
    io.interrupt();
    await ended;
  });

  test("another tool's profile is served as it is, under its name", async () => {
    writeFileSync(join(folder, "v8 run.cpuprofile"), `{"nodes":[]}`);
    const io = testIo(folder);
    const ended = view("v8 run.cpuprofile", { open: false }, io);
    const served = await started(io);
    expect(served.url).toContain("#profileURL=profile.cpuprofile&title=v8%20run.cpuprofile&view=");
    io.interrupt();
    await ended;
  });

  test.each([
    ["module.wasm", "\0asm\x01\0\0\0"],
    ["cart.json", `{"cart":{"lines":[]}}`],
    ["note.txt", "no profile at all\n"],
  ])("%s is no profile", async (name, text) => {
    writeFileSync(join(folder, name), text);
    await expect(view(name, { open: false }, testIo(folder))).rejects.toThrow(`${name} is no profile`);
  });

  test("converts a result", async () => {
    writeFileSync(join(folder, "app.fuel.json"), wholeText(writeResultJson(shop, { events: true })));
    const io = testIo(folder);
    const ended = view("app.fuel.json", { open: false, once: true }, io);
    const served = await started(io);
    const { pathname } = new URL(served.url);
    expect((await ask(served, `${pathname}profile.speedscope.json`)).body).toBe(profile);
    await ended;
  });

  test("nothing to view is a usage error that says what to run", async () => {
    await expect(view(undefined, { open: false }, testIo(folder))).rejects.toMatchObject({
      kind: "usage",
      message: "no *.speedscope.json in the working directory",
      details: ["make one with: javy-prof run app.js"],
    });
    await expect(view("gone.json", {}, testIo(folder))).rejects.toMatchObject({ kind: "usage" });
    await expect(view(undefined, { port: "1e3" }, testIo(folder))).rejects.toMatchObject({ kind: "usage" });
  });
});

const browserPath = process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
const noBrowser = existsSync(browserPath)
  ? ""
  : ` (SKIPPED: no Chromium at ${browserPath}; set CHROMIUM_PATH)`;
if (noBrowser) console.warn(`test/commands/view.test.ts: the browser test is skipped${noBrowser}`);

/** A hostile program of known numbers: its names are what an attacker would choose. */
const hostile = play({
  files: ["src/<img src=x onerror=alert(1)>.ts"],
  functions: [
    { name: "<script>alert(1)</script>", kind: "js", at: [0, 1, 1] },
    { name: "matchRules; \x1b[31m\"'", kind: "js", at: [0, 41, 8] },
  ],
  startup: 214_003,
  roots: [
    {
      jobs: 0,
      call: 0,
      body: [
        { pc: 0, fuel: 1_000 },
        { call: 1, body: [{ pc: 4, fuel: 700_000 }] },
      ],
    },
  ],
  exit: 84_997,
});

test.skipIf(noBrowser !== "")(
  `speedscope shows the three profiles with the same total${noBrowser}`,
  async () => {
    const served = await serve({ profile: wholeText(writeSpeedscope(hostile)) });
    const flags = [
      "no-sandbox",
      "disable-gpu",
      "disable-quic",
      "no-first-run",
      "disable-background-networking",
    ];
    const browser = await chromium.launch({
      executablePath: browserPath,
      args: [...flags, "disable-component-update", "disable-sync"].map((flag) => `--${flag}`),
    });
    try {
      const page = await browser.newPage({ viewport: { width: 1200, height: 700 } });
      const problems: string[] = [];
      const elsewhere: string[] = [];
      page.on("pageerror", (error) => problems.push(`page: ${error.message}`));
      page.on("console", (message) => {
        if (message.type() === "error") problems.push(`console: ${message.text()}`);
      });
      page.on("dialog", (dialog) => {
        problems.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on("request", (sent) => {
        const url = sent.url();
        if (!/^(data:|blob:)/.test(url) && new URL(url).origin !== new URL(served.url).origin)
          elsewhere.push(url);
      });
      await page.goto(served.onceUrl);
      await expect.poll(() => page.title()).toBe("app.js · 1,000,000 fuel (wasmtime-50) - speedscope");
      const shown: string[] = [];
      for (const [i, name] of ["calls in order", "by line", "by opcode"].entries()) {
        const title = page.getByText(`fuel · ${name} (${i + 1}/3)`);
        await title.waitFor({ timeout: 20_000 });
        // The sandwich view writes each frame's self and total as text, the flame graph is a canvas.
        await page.keyboard.press("3");
        await page.getByText("(startup)").first().waitFor();
        shown.push((await page.locator("body").textContent()) ?? "");
        await page.keyboard.press("1");
        const folder = process.env["SCREENSHOTS"];
        if (folder) await page.screenshot({ path: join(folder, `view-${i}.png`) });
        await page.keyboard.press("n");
      }
      for (const text of shown) {
        // The list of profiles with their totals, then the table of frames: self and total with their share.
        for (const name of ["calls in order", "by line", "by opcode"])
          expect(text).toContain(`fuel · ${name}1,000,000`);
        expect(text).toContain("214,003 (21%)(startup)");
      }
      expect(shown[0]).toContain("<script>alert(1)</script>");
      expect(shown[2]).toContain("[op] get_field");
      expect(problems).toEqual([]);
      expect(elsewhere).toEqual([]);
    } finally {
      await browser.close();
      served.close();
    }
  },
);
