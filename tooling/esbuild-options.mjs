// How source is bundled, for the executables (bundle.mjs) and for the tests (test-bundle.mjs): content files are imported
// as their text, and the rooms are taken from their source.
/** @type {Record<string, import('esbuild').Loader>} */
const contentLoaders = { '.yaml': 'text', '.tmpl': 'text', '.sh': 'text', '.html': 'text' }

/** @satisfies {import('esbuild').BuildOptions} */
export const sourceOptions = {
  bundle: true,
  platform: /** @type {const} */ ('node'),
  target: 'node20',
  format: /** @type {const} */ ('esm'),
  conditions: ['powerbus'],
  loader: contentLoaders,
  logLevel: /** @type {const} */ ('warning'),
}
