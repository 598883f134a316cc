import { RemoteError, type RemoteErrorKind } from '../remote-error.ts'

/** Longer lines are cut. */
const LINE_CHARACTERS = 1024 * 1024
/** Of what a refusal quotes. */
const QUOTED_CHARACTERS = 200

/** What the program prints about the certificate before the output. */
const certificateLines = /^(?:Security Alert: Certificate is invalid|Continuing execution\. Use -S option)/i

/** The output without carriage returns, certificate warnings, and blank lines around it. */
export function outputText(text: string): string {
  const lines = text
    .replace(/\r+\n?/g, '\n')
    .split('\n')
    .filter((line) => !certificateLines.test(line.trim()))
    .map((line) => line.slice(0, LINE_CHARACTERS).trimEnd())
  return lines.join('\n').trim()
}

/** UTF-8, or Latin-1 where it is none. */
export function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return Buffer.from(bytes).toString('latin1')
  }
}

/** The first that matches says what an `ERROR:` means. Texts of several generations of firmware. */
const refusals: readonly (readonly [RegExp, RemoteErrorKind])[] = [
  [/unable to connect to RAC/i, 'unreachable'],
  [/invalid user ?name or password|login failed|unable to login|RAC1011\b|RAC0986\b/i, 'credentials'],
  [/insufficient|privilege|permission|not authori[sz]ed/i, 'privilege'],
  [/RAC0218\b|max(?:imum)?[^\n]*sessions|sessions? limit/i, 'busy'],
  [/not ready|RAC0905\b|\bbusy\b|try again|in progress/i, 'busy'],
  [/invalid subcommand|not supported|invalid object group/i, 'missing'],
]

/** Said where the machine is in the wanted state already: no failure. */
const already = /already (?:powered |turned )?(?:on|off)\b/i

/**
 * The output, where it is none of a failure. An `ERROR:` line is one, whatever the exit code says. Throws RemoteError: `missing` for a
 * subcommand or object that this firmware does not have.
 */
export function checkedOutput(output: string, command: string): string {
  const line = output.split('\n').find((text) => /^\s*ERROR\b\s*:?/i.test(text))
  if (line === undefined) return output
  // The text may follow the line.
  const text = output.slice(output.indexOf(line))
  if (already.test(text)) return output
  const kind = refusals.find(([pattern]) => pattern.test(text))?.[1] ?? 'refused'
  throw new RemoteError(kind, `racadm ${command} was refused: ${quoted(text)}`)
}

/** One line, short enough for a message. */
export function quoted(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > QUOTED_CHARACTERS ? `${line.slice(0, QUOTED_CHARACTERS)}…` : line
}

/** Whether the text of a failure without a code of its own says "not now". */
export function saysNotReady(text: string): boolean {
  return refusals.some(([pattern, kind]) => kind === 'busy' && pattern.test(text))
}

/**
 * The state that `serveraction powerstatus` prints. A machine that is powering off is not off yet, and one that is powering on is on its
 * way. Throws RemoteError where the output has none.
 */
export function powerStateIn(output: string): 'on' | 'off' | 'powering-on' | 'powering-off' {
  for (const [, state = ''] of output.matchAll(/power status:\s*(\S.*)$/gim)) {
    const found = /^(powering )?(on|off)\b/i.exec(state.trim())
    if (!found) continue
    const to = found[2]?.toLowerCase() === 'on' ? 'on' : 'off'
    return found[1] ? `powering-${to}` : to
  }
  throw new RemoteError('invalid', `racadm serveraction powerstatus printed no power status: ${quoted(output)}`)
}

/** Values by key of lines such as `Key = value` and `#Key=value`; keys in lower case, the first one of a name counts. */
export function keyValues(output: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const [, key = '', value = ''] of output.matchAll(/^\s*#?\s*([^=[\]\n]*[^=[\]\s])\s*=[ \t]*(.*)$/gm)) {
    const name = key.toLowerCase()
    if (!values.has(name)) values.set(name, value.trim())
  }
  return values
}
