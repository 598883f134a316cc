#!/usr/bin/env node
// npm run build: dist/bin/powerbus and one executable for each plugin in dist/plugins, without turbo's telemetry.
import { build, checkNode, installPackages } from './prepare.mjs'
import { outcome } from './step.mjs'

await outcome(async () => {
  checkNode()
  await installPackages()
  await build()
})
