import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writePrivateFile } from '@powerbus/store'

/** How the same user's `powerbus` command reaches a running endpoint, with no login. */
export interface OperatorFile {
  readonly url: string
  /** Good while the endpoint runs that wrote it. */
  readonly token: string
  /** The endpoint's own certificate (PEM), to trust and nothing else. */
  readonly certificate: string
  /** SHA-256 of it: hexadecimal pairs with colons. */
  readonly fingerprint: string
}

export function operatorFilePath(stateFolder: string): string {
  return join(stateFolder, 'endpoint.json')
}

/** Mode 0600. */
export async function writeOperatorFile(stateFolder: string, content: OperatorFile): Promise<void> {
  await writePrivateFile(operatorFilePath(stateFolder), `${JSON.stringify(content, undefined, 2)}\n`)
}

export async function removeOperatorFile(stateFolder: string): Promise<void> {
  await rm(operatorFilePath(stateFolder), { force: true })
}
