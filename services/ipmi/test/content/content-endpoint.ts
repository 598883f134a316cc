import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type BuiltEndpoint, builtExecutable, startBuiltEndpoint, type TestScope, tempFolder } from '@powerbus/testkit'

/** The endpoint with the ipmi plugin and its content bundle. */
export function startContentEndpoint(scope: TestScope): Promise<BuiltEndpoint> {
  const folder = tempFolder(scope)
  const plugins = join(folder, 'plugins')
  mkdirSync(plugins)
  copyFileSync(builtExecutable('plugins/ipmi'), join(plugins, 'ipmi'))
  return startBuiltEndpoint(scope, join(folder, 'state'), plugins)
}
