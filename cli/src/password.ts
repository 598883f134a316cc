import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { UsageError } from './cli-error.ts'

/** Longest secret, in bytes. */
const MAX_BYTES = 4096

export interface SecretSource {
  /** Path of a file with the secret on its first line; `-` reads standard input. */
  readonly file?: string | undefined
  readonly env?: string | undefined
  readonly prompt: string
  /** How to give it, for the message where there is none. */
  readonly ways: string
}

/**
 * Reads a secret from a file, an environment variable, or a prompt that does not show it. Throws a UsageError where
 * there is none and no terminal to ask on, or where it is empty or longer than 4096 bytes.
 */
export async function readSecret(source: SecretSource): Promise<string> {
  if (source.file !== undefined) return checkLength(await readFirstLine(source.file), source.file)
  const fromEnvironment = source.env === undefined ? undefined : process.env[source.env]
  if (fromEnvironment !== undefined) return checkLength(fromEnvironment, `$${source.env}`)
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw new UsageError(`${source.prompt}: ${source.ways}`)
  const { read } = await import('read')
  return checkLength(await read({ prompt: `${source.prompt}: `, silent: true, output: process.stderr }), 'the prompt')
}

/** A new password of 16 characters (96 bits); IPMI allows at most 20. */
export function newLabPassword(): string {
  return randomBytes(12).toString('base64url')
}

async function readFirstLine(path: string): Promise<string> {
  const text = path === '-' ? await readStandardInput() : readSmallFile(path)
  return text.split(/\r?\n/, 1)[0] ?? ''
}

/** Without promises: their module and the threads that serve them take longer to start than the file to read. */
function readSmallFile(path: string): string {
  const found = orUsageError(path, () => statSync(path))
  if (found.isFile() && found.size > MAX_BYTES)
    throw new UsageError(`${path} is larger than ${MAX_BYTES} bytes: give a file with only the password`)
  if (found.isFile() && (found.mode & 0o077) !== 0) {
    process.stderr.write(`warning: other users can read ${path}: chmod 600 ${path}\n`)
  }
  return orUsageError(path, () => readFileSync(path, 'utf8'))
}

function orUsageError<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new UsageError(`cannot read the password file ${path}`, { cause })
  }
}

async function readStandardInput(): Promise<string> {
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += String(chunk)
    if (text.length > MAX_BYTES || text.includes('\n')) break
  }
  return text
}

function checkLength(secret: string, from: string): string {
  if (secret === '') throw new UsageError(`the password from ${from} is empty`)
  if (Buffer.byteLength(secret) > MAX_BYTES) throw new UsageError(`the password from ${from} is too long`)
  return secret
}
