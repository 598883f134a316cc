// How source is bundled, for the executables (bundle.mjs) and for the tests (test-bundle.mjs): the rooms are taken from
// their source.
import { contentPlugin } from './content-module.mjs'
import { nativeAddonsPlugin } from './native-addons.mjs'
import { textPlugin } from './text-module.mjs'

/** @satisfies {import('esbuild').BuildOptions} */
export const sourceOptions = {
  bundle: true,
  platform: /** @type {const} */ ('node'),
  target: 'node20',
  format: /** @type {const} */ ('esm'),
  conditions: ['powerbus'],
  plugins: [contentPlugin, textPlugin, nativeAddonsPlugin],
  logLevel: /** @type {const} */ ('warning'),
}
