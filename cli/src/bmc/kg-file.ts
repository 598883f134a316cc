import { UsageError } from '../cli-error.ts'
import { readSecret } from '../password.ts'

const MAX_KEY_BYTES = 20

/** The key K_g from a file: text of up to 20 bytes, or `0x` and up to 40 hexadecimal digits. */
export async function readKgFile(path: string): Promise<Uint8Array> {
  const text = await readSecret({ file: path, prompt: 'K_g', ways: 'give it with --kg-file' })
  const hex = /^0x((?:[0-9a-f]{2})+)$/i.exec(text)?.[1]
  const key = hex === undefined ? Buffer.from(text) : Buffer.from(hex, 'hex')
  if (key.length > MAX_KEY_BYTES) throw new UsageError(`K_g in ${path} is longer than ${MAX_KEY_BYTES} bytes`)
  return key
}
