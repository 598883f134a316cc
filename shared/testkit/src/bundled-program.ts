import { join, relative, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../../..')

/**
 * Path of the bundle of a test's program, for plain Node. `source` is its TypeScript file; the test runner bundles the
 * files in test folders whose names end in `-process.ts`. Throws outside a test run.
 */
export function bundledProgram(source: string): string {
  const folder = process.env.POWERBUS_TEST_BUNDLE
  if (!folder) throw new Error('POWERBUS_TEST_BUNDLE is not set: run tests with npm test')
  return join(folder, relative(root, source).replace(/\.ts$/, '.js'))
}
