import { readFile, stat } from 'node:fs/promises'

/** Read by others than its owner and its group. */
const BY_OTHERS = 0o004

/**
 * The text of a file that holds a secret. One that everybody may read is used all the same, since container platforms mount
 * secrets like that, and `warn` is told. Throws an Error that names the file and not what is in it.
 */
export async function readPrivateFile(path: string, warn: (message: string) => void): Promise<string> {
  try {
    const { mode } = await stat(path)
    if (mode & BY_OTHERS) warn(`${path} holds a secret, and every user of this machine may read it: chmod 600 ${path}`)
    return await readFile(path, 'utf8')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : cause
    throw new Error(`${path} cannot be read: ${String(code)}`, { cause })
  }
}
