import { keyBytes } from '@powerbus/bmc-drivers'
import { Secret } from '@powerbus/plugin-sdk/power'
import { UsageError } from '../cli-error.ts'
import { readSecret } from '../password.ts'

/** The key K_g from a file: text of up to 20 bytes, or `0x` and up to 40 hexadecimal digits. Throws a UsageError. */
export async function readKgFile(path: string): Promise<Secret> {
  const kg = new Secret(await readSecret({ file: path, prompt: 'K_g', ways: 'give it with --kg-file' }))
  try {
    keyBytes(kg, `K_g in ${path}`)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
  return kg
}
