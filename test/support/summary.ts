/** A vitest reporter: one closing line that any CI can read, behind the seed of the property tests. */
import type { Reporter, TestModule } from "vitest/node";

export default class Summary implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    let broken = 0;
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1;
      if (module.errors().length > 0) broken += 1;
    }
    // After the default reporter's own lines.
    setImmediate(() => {
      console.log(`seed of the property tests: ${process.env.FUZZ_SEED}`);
      console.log(
        `${count.passed} passed, ${count.failed + broken} failed, ${count.skipped + count.pending} skipped`,
      );
    });
  }
}
