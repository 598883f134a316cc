import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Notes each sync of a file, before it begins. */
const hook = (log: string) => `
const fs = require('node:fs')
const note = (name) => fs.appendFileSync(${JSON.stringify(log)}, process.pid + ' ' + name + '\\n')
function watch(object, name) {
  const real = object[name]
  object[name] = function (...args) {
    note(name)
    return real.apply(this, args)
  }
}
for (const name of ['fsync', 'fdatasync', 'fsyncSync', 'fdatasyncSync']) watch(fs, name)
const { open } = fs.promises
fs.promises.open = async (...args) => {
  const file = await open(...args)
  for (const name of ['sync', 'datasync']) watch(file, name)
  return file
}
`

/**
 * Counts the syncs of files that programs of Node make: those that are started with `env`, and those that they start.
 * The first `node` on their PATH is a script that loads a hook into the real one.
 */
export function countSyncs(folder: string): { readonly env: Readonly<Record<string, string>>; count(): number } {
  const bin = join(folder, 'counted')
  const log = join(bin, 'syncs')
  const preload = join(bin, 'hook.cjs')
  mkdirSync(bin)
  writeFileSync(log, '')
  writeFileSync(preload, hook(log))
  writeFileSync(join(bin, 'node'), `#!/bin/sh\nexec '${process.execPath}' --require '${preload}' "$@"\n`, {
    mode: 0o755,
  })
  return {
    env: { PATH: [bin, process.env.PATH].join(delimiter) },
    count: () => readFileSync(log, 'utf8').split('\n').length - 1,
  }
}
