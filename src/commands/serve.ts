/**
 * Serves speedscope (the release folder of its npm package) and one profile from one loopback address. The
 * profile never leaves the machine: the server listens on 127.0.0.1, answers only to loopback Host headers
 * (no DNS rebinding), only below a random token (no other page can guess it), and only the paths it knows
 * from the start (no traversal). A browser is started with another URL, which all users of the machine can read in the
 * list of processes: it redirects once, below the token, and is dead after that.
 */
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, extname, join } from "node:path";
import { internalError, usageError } from "../base/diagnostics.ts";
import { systemText } from "../base/system-words.ts";
import { inertText } from "../format/inert.ts";

export interface ServeOptions {
  readonly profile: string | Uint8Array;
  /** File name that the viewer sees; its extension is kept, nothing else of it is shown. */
  readonly fileName: string;
  /**
   * Shown in place of every profile's name: for files whose profiles have none. Null keeps the names (and
   * the file's own name is the page's title): the way to tell several profiles of one file apart.
   */
  readonly title: string | null;
  /** End after the profile was fetched. */
  readonly once: boolean;
  /** Default: any free port. */
  readonly port?: number;
  /** The view to start in; default: left-heavy, equal stacks side by side and the dearest first. */
  readonly view?: "time-ordered" | "left-heavy" | "sandwich";
}

export interface ServedProfile {
  /** The page, for the user to open. */
  readonly url: string;
  /** Leads there once: what to start a browser with. Who is second gets nothing. */
  readonly onceUrl: string;
  /** Resolves when the server has ended: close() was called, or `once` and the profile was fetched. */
  readonly ended: Promise<void>;
  readonly close: () => void;
}

interface Page {
  readonly type: string;
  readonly body: () => Promise<string | Uint8Array>;
}

/** Where a browser is sent, from the root of the server. */
interface Redirect {
  readonly location: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".txt": "text/plain; charset=utf-8",
  ".md": "text/plain; charset=utf-8",
};

const HEADERS: Readonly<Record<string, string>> = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  // speedscope writes its styles at run time, and shows canvases and downloads as blobs.
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; " +
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'",
};

/** After the profile was fetched the page still asks for its font and icons: milliseconds until --once ends. */
const LINGER = 1000;

/** Starts serving; resolves once the server listens. */
export async function serveProfile(options: ServeOptions): Promise<ServedProfile> {
  const token = randomBytes(16).toString("hex");
  const once = `/${randomBytes(16).toString("hex")}`;
  let ticket: string | null = once;
  const extension = /(\.[a-z0-9]{1,16}){0,2}$/i.exec(options.fileName)?.[0] ?? "";
  const profilePath = `/${token}/profile${extension}`;
  const pages = speedscopePages(token);
  pages.set(profilePath, {
    type: TYPES[extname(profilePath)] ?? "application/octet-stream",
    body: async () => options.profile,
  });

  const hash = [
    // Relative to the page: also right where the user types localhost.
    `profileURL=${encodeURIComponent(`profile${extension}`)}`,
    `title=${encodeURIComponent(inertText(options.title ?? ""))}`,
    `view=${options.view ?? "left-heavy"}`,
  ];
  const page = `/${token}/#${hash.join("&")}`;

  const server = createServer((request, response) => {
    const find = (path: string): Page | Redirect | undefined => {
      if (path !== ticket) return pages.get(path);
      ticket = null;
      return { location: page };
    };
    answer(request, response, find, (server.address() as AddressInfo).port).catch(() => response.destroy());
    if (options.once && request.method === "GET" && request.url === profilePath)
      response.once("finish", () => setTimeout(close, LINGER).unref());
  });
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        usageError(
          `cannot listen on 127.0.0.1:${options.port ?? 0}: ${error.code ? systemText(error.code) : error.message}`,
        ),
      ),
    );
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const ended = new Promise<void>((resolve) => server.once("close", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: base + page, onceUrl: base + once, ended, close };
}

/** speedscope's release folder by path; the listing is taken once, so nothing else can be reached. */
function speedscopePages(token: string): Map<string, Page> {
  const folder = releaseFolder();
  const pages = new Map<string, Page>();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const type = TYPES[extname(entry.name)] ?? "application/octet-stream";
    const page = { type, body: () => readFile(join(folder, entry.name)) };
    pages.set(`/${token}/${entry.name}`, page);
    if (entry.name === "index.html") pages.set(`/${token}/`, page);
  }
  if (!pages.has(`/${token}/`))
    throw internalError(`speedscope's release folder ${folder} has no index.html`);
  return pages;
}

function releaseFolder(): string {
  const manifest = createRequire(import.meta.url).resolve("speedscope/package.json");
  return join(dirname(manifest), "dist", "release");
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  find: (path: string) => Page | Redirect | undefined,
  port: number,
): Promise<void> {
  const refuse = (status: number, why: string, more: Record<string, string> = {}): void => {
    response.writeHead(status, { ...HEADERS, ...more, "Content-Type": "text/plain; charset=utf-8" });
    response.end(request.method === "HEAD" ? undefined : `${why}\n`);
  };
  const hosts = ["127.0.0.1", "localhost", "[::1]"].map((host) => `${host}:${port}`);
  if (!hosts.includes((request.headers.host ?? "").toLowerCase())) return refuse(403, "not a loopback host");
  if (request.method !== "GET" && request.method !== "HEAD")
    return refuse(405, "GET and HEAD only", { Allow: "GET, HEAD" });
  const page = find((request.url ?? "").replace(/\?.*$/, ""));
  if (page === undefined) return refuse(404, "not found");
  if ("location" in page) return refuse(302, "the profile", { Location: page.location });
  const body = await page.body();
  const length = typeof body === "string" ? Buffer.byteLength(body) : body.length;
  response.writeHead(200, { ...HEADERS, "Content-Type": page.type, "Content-Length": length });
  response.end(request.method === "HEAD" ? undefined : body);
}
