import { join } from 'node:path'
import nacl from 'tweetnacl'
import { readOrMakePrivateFile } from '../auth/private-file.ts'
import { SEAL_KEY_BYTES, Sealer } from './sealer.ts'

/** With the key of the state folder, which is made where it is missing. Throws an Error that names a file that is no key. */
export async function loadSealer(stateDir: string): Promise<Sealer> {
  const path = join(stateDir, 'secure-params.key')
  const key = await readOrMakePrivateFile(path, async () => nacl.randomBytes(SEAL_KEY_BYTES))
  if (key.length !== SEAL_KEY_BYTES) throw new Error(`${path} must have ${SEAL_KEY_BYTES} bytes: restore it`)
  return new Sealer(key)
}
