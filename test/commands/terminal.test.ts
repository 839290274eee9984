import { expect, test } from "vitest";
import { showsUnicode, typedCommand, widthOf } from "../../src/commands/terminal.ts";

test("the width: COLUMNS, the terminal's, or 80", () => {
  expect(widthOf({}, 120)).toBe(120);
  expect(widthOf({ COLUMNS: "100" }, 120)).toBe(100);
  expect(widthOf({ COLUMNS: "wide" }, 120)).toBe(120);
  expect(widthOf({ COLUMNS: "0" }, undefined)).toBe(80);
  expect(widthOf({}, 0)).toBe(80);
  expect(widthOf({}, undefined)).toBe(80);
  expect(widthOf({}, 20)).toBe(60);
});

test("block characters where the locale is one of UTF-8", () => {
  expect(showsUnicode({})).toBe(false);
  expect(showsUnicode({ LANG: "en_US.UTF-8" })).toBe(true);
  expect(showsUnicode({ LANG: "en_US.UTF-8", LC_ALL: "C" })).toBe(false);
  expect(showsUnicode({ LC_CTYPE: "C.utf8", LC_ALL: "" })).toBe(true);
  expect(showsUnicode({ WT_SESSION: "1" })).toBe(true);
});

test("what to type for another command", () => {
  const typed = (script: string, env: Record<string, string> = {}) =>
    typedCommand(env, script, "/home/me/shop", ":");
  expect(typed("/usr/lib/node_modules/javy-prof/dist/cli.js", { npm_command: "exec" })).toBe("npx javy-prof");
  expect(typed("/x/cli.js", { npm_lifecycle_event: "profile", npm_config_user_agent: "pnpm/9" })).toBe(
    "pnpm exec javy-prof",
  );
  expect(typed("/usr/bin/javy-prof", { PATH: "/bin:/usr/bin" })).toBe("javy-prof");
  expect(typed("/home/me/shop/node_modules/.bin/javy-prof", { PATH: "/bin" })).toBe("npx javy-prof");
  expect(typed("/home/me/shop/node_modules/javy-prof/dist/cli.js")).toBe("npx javy-prof");
  expect(typed("/home/me/shop/dist/cli.js")).toBe("node dist/cli.js");
  expect(typed("/home/me/javy-prof/dist/cli.js")).toBe("node ../javy-prof/dist/cli.js");
});
