/** Which versions of wasmtime have been measured. Apart from the models, because the help names the default. */

/** The newest wasmtime whose fuel has been measured. */
export const newestMeasured = 50;
export const oldestMeasured = 20;
export const defaultModelName = `wasmtime-${newestMeasured}`;
