import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestScope } from './test-scope.ts'

/**
 * A new empty folder (mode 0700), removed with its content at the scope's end. Its path is short enough for sockets.
 */
export function tempFolder(scope: TestScope): string {
  const folder = mkdtempSync(join(tmpdir(), 'pb-'))
  scope.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }))
  return folder
}
