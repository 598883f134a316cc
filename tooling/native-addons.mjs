// Native add-ons stay out of bundles: an executable is one file for every platform. ssh2 tries to load two of them, and does without where
// that throws.

/** @type {import('esbuild').Plugin} */
export const nativeAddonsPlugin = {
  name: 'native-addons',
  setup(builder) {
    builder.onResolve({ filter: /\.node$|^cpu-features$/ }, ({ path }) => ({ path, namespace: 'native-addon' }))
    builder.onLoad({ filter: /.*/, namespace: 'native-addon' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`native add-ons are not bundled: ${path}`)})`,
    }))
  },
}
