/**
 * A host for programs on Chainlink's plugin, @chainlink/cre-sdk-javy-plugin, that log and ask for the time:
 *
 *     javy-prof run app.js --plugin node_modules/@chainlink/cre-sdk-javy-plugin/dist/javy-chainlink-sdk.plugin.wasm \
 *       --host chainlink.mjs
 *
 * The plugin imports ten functions from `env`. What is missing here ends the run when it is called, and is named.
 */

/** The same instant in every run, in nanoseconds: a profile of a moving clock could not be repeated. */
const instant = 1_767_225_600_000_000_000n;

/** @type {import("javy-prof/host").UserHost} */
export default (guest) => {
  /** @type {WebAssembly.Memory} */
  let memory;
  const { exports } = guest.instantiate({
    env: {
      log: (/** @type {number} */ at, /** @type {number} */ length) => {
        guest.write(2, `${new TextDecoder().decode(new Uint8Array(memory.buffer, at, length))}\n`);
      },
      now: (/** @type {number} */ at) => {
        new DataView(memory.buffer).setBigUint64(at, instant, true);
        return 0;
      },
    },
  });
  memory = /** @type {WebAssembly.Memory} */ (exports["memory"]);
  return { call: () => guest.start() };
};
