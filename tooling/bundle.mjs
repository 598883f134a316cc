#!/usr/bin/env node
// Bundles one executable: node tooling/bundle.mjs ENTRY OUTPUT. One CommonJS file without extension, which Node runs
// as such from any folder; what a dynamic import() names is evaluated only when a command asks for it.
import { chmodSync, readFileSync } from 'node:fs'
import { build } from 'esbuild'

const [entry, output] = process.argv.slice(2)
if (!entry || !output) {
  console.error('usage: bundle.mjs ENTRY OUTPUT')
  process.exit(2)
}
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
await build({
  entryPoints: [entry],
  outfile: output,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  conditions: ['powerbus'],
  define: { POWERBUS_VERSION: JSON.stringify(`v${version}`) },
  loader: { '.yaml': 'text', '.tmpl': 'text', '.sh': 'text', '.html': 'text' },
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'linked',
  logLevel: 'warning',
})
chmodSync(output, 0o755)
