import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { FieldReader } from '@powerbus/drp'
import { writePrivateFile } from './private-file.ts'

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

/** Undefined where no endpoint runs on that folder. @throws DecodeError */
export async function readOperatorFile(stateFolder: string): Promise<OperatorFile | undefined> {
  let text: string
  try {
    text = await readFile(operatorFilePath(stateFolder), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const read = new FieldReader(JSON.parse(text), 'endpoint.json')
  return {
    url: read.name('url'),
    token: read.name('token'),
    certificate: read.name('certificate'),
    fingerprint: read.name('fingerprint'),
  }
}

export async function removeOperatorFile(stateFolder: string): Promise<void> {
  await rm(operatorFilePath(stateFolder), { force: true })
}
