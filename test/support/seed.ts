/**
 * The seed of every property test, for all projects (vitest.config.ts): fixed, so that a red run is the change's
 * fault, or FUZZ_SEED's. `npm run fuzz` takes a fresh one and prints it; a counterexample that it finds becomes a case.
 */
import fc from "fast-check";

/** Seed of this run: of fast-check, and of the mutants of test/fuzz/mutants.test.ts. */
export const seed = Number(process.env.FUZZ_SEED);

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
