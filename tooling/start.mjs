#!/usr/bin/env node
// npm start [-- ARGUMENTS OF powerbus up]: installs and builds what is missing, then becomes `powerbus up`.
// The endpoint runs in this very process: its signals and exit code are ours.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build, checkNode, installPackages } from './prepare.mjs'
import { outcome, root, say } from './step.mjs'

await outcome(async () => {
  checkNode()
  await installPackages()
  say('building what has changed')
  await build()
  const powerbus = join(root, 'dist/bin/powerbus')
  process.argv = [process.execPath, powerbus, 'up', ...process.argv.slice(2)]
  createRequire(import.meta.url)(powerbus)
})
