#!/usr/bin/env node
// npm run bench [-- NAME...] [OPTION...]: the benchmarks, or those named, one after the other, with these options.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openRun } from './run-folder.mjs'
import { root } from './step.mjs'
import { bundleOf, bundleTests } from './test-bundle.mjs'

const DEADLINE_MS = 1_800_000
const all = ['define', 'action', 'sweep', 'bus', 'lock', 'replicas', 'slack', 'listing', 'list-all', 'fleet', 'redfish']

const args = process.argv.slice(2)
/** Every option but --json has a value. @param {string} word @param {number} at */
const isName = (word, at) => !word.startsWith('-') && !/^--(?!json$)/.test(args[at - 1] ?? '')
const named = args.filter(isName)
const options = args.filter((word, at) => !isName(word, at))
const unknown = named.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`no benchmark is called ${unknown.join(', ')}; there are ${all.join(', ')}`)
  process.exit(2)
}
/** Programs that benchmarks start. */
const programs = [
  'plain-responder',
  'plain-list',
  'sweep/rack-process',
  'sweep/plain-echo',
  'sweep/warm-process',
  'redfish/rack-process',
  'redfish/status-process',
]

/** @param {string} name */
const file = (name) => `bench/${name}.ts`

const run = openRun()
await bundleTests([...all, ...programs].map(file), run.bundle)
for (const name of named.length > 0 ? named : all) {
  const child = spawn(process.execPath, [bundleOf(run.bundle, file(name)), ...options], {
    cwd: root,
    env: { ...process.env, TMPDIR: run.temp, POWERBUS_TEST_BUNDLE: run.bundle },
    stdio: 'inherit',
    timeout: DEADLINE_MS,
  })
  const [code] = await once(child, 'close')
  if (code !== 0) process.exitCode = 1
}
await run.end()
