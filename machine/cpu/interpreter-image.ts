/**
 * The interpreter's WebAssembly binary, where the build has put it in: generating it takes a good part of a short run's
 * time. `undefined` in sources that are run unbundled (tests): then it is generated when the first processor is made.
 * scripts/interpreter-image.mjs replaces this module in bundles.
 */
export const interpreterImage: Uint8Array | undefined = undefined;
