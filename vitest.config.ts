/**
 * The projects of the suite. `npm test` runs all of them in one command, `npm run test:unit` the first, and
 * `npx vitest run --project cli` any other. A file belongs to the first project below that names it, or else to
 * "unit", the inner loop, which has to stay under half a minute: a test file that makes it slower is named below.
 */
import { defineConfig } from "vitest/config";

const slower = {
  /** The programs and modules of fixtures/, against what wasmtime itself reported or a plain run did. */
  figures: [
    "test/cli/fuel.test.ts",
    "test/cli/generations.test.ts",
    "test/fuel/instantiation.test.ts",
    "test/fuel/instructions.test.ts",
    "test/fuzz/recorded.test.ts",
    "test/host/shopify/shopify.test.ts",
    "test/host/stdin-pieces.test.ts",
    "test/javy/modules.test.ts",
    "test/monitor/every-fixture.test.ts",
    "test/monitor/js/own-host.test.ts",
    "test/monitor/js/throw.test.ts",
    "test/monitor/targets.test.ts",
    "test/probe/callbacks/javy.test.ts",
    "test/probe/fuel-cases.test.ts",
    "test/probe/kernel-fixtures.test.ts",
    "test/result/minified.test.ts",
    "test/profiler/frames.test.ts",
    "test/run/guest.test.ts",
  ],
  /** Random and damaged input. */
  fuzz: ["test/fuzz/**/*.test.ts"],
  /** The packed tarball, installed with npm. */
  package: ["test/package.test.ts"],
  /** Want chromium, or wasmtime. */
  browser: ["test/commands/view.test.ts", "test/monitor/files-in-engines.test.ts"],
  /** The command line as it ships, in processes of its own. */
  cli: ["test/cli/**/*.test.ts", "test/commands/**/*.test.ts"],
};

// The seed of every property test (test/support/seed.ts), in processes of tests too; "fresh": another one each time.
const { FUZZ_SEED: asked } = process.env;
process.env.FUZZ_SEED = String(asked === "fresh" ? Date.now() % 2 ** 31 : Number(asked || 1));

const common = {
  ...({ testTimeout: 120_000, hookTimeout: 120_000, pool: "forks" } as const),
  setupFiles: ["test/support/seed.ts"],
};

const projects = [
  {
    ...{ name: "unit", include: ["test/**/*.test.ts"], exclude: Object.values(slower).flat() },
    // They share their processes: a third of their time would go into loading binaryen anew for each file.
    isolate: false,
  },
  ...Object.entries(slower).map(([name, include], i) => ({
    name,
    include,
    exclude: Object.values(slower).slice(0, i).flat(),
  })),
];

export default defineConfig({
  test: {
    projects: projects.map((project) => ({ test: { ...common, ...project } })),
    // Once, for all of them.
    globalSetup: ["test/support/build.ts"],
    reporters: ["default", "./test/support/summary.ts"],
    // On demand, `npm run coverage`: of what tests run in their own process, not of the command line's processes.
    coverage: { provider: "v8", include: ["src/**/*.ts"], reporter: ["text-summary", "html"] },
  },
});
