import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writePrivateFile } from '@powerbus/store'

/**
 * Content of `endpoint.json`, by which the same user's `powerbus` command reaches a running endpoint without a login.
 */
export interface OperatorFile {
  readonly url: string
  /** Valid while the endpoint that wrote it runs. */
  readonly token: string
  /** The only certificate to trust (PEM). */
  readonly certificate: string
  /** SHA-256 of the certificate: hexadecimal pairs with colons. */
  readonly fingerprint: string
}

export function operatorFilePath(stateFolder: string): string {
  return join(stateFolder, 'endpoint.json')
}

/** Writes the file with mode 0600. Returns what removes it. */
export async function writeOperatorFile(stateFolder: string, content: OperatorFile): Promise<() => Promise<void>> {
  const path = operatorFilePath(stateFolder)
  await writePrivateFile(path, `${JSON.stringify(content, undefined, 2)}\n`)
  return () => rm(path, { force: true })
}
