import { PowerbusError } from '@powerbus/plugin-sdk'

const PATTERN_CHARACTERS_MAX = 256
/** Instructions of the compiled pattern; `a{400}` has about 400. */
const PROGRAM_MAX = 500
/** Further text of a value is not looked at. */
const TEXT_CHARACTERS_MAX = 4096

/**
 * Compiles a regular expression in RE2's syntax, as Digital Rebar's filter `Re` has it. It matches anywhere in the text,
 * in time that grows with the text's length only, and looks at its first 4096 characters. Throws REQUEST_INVALID.
 */
export async function compilePattern(pattern: string): Promise<(text: string) => boolean> {
  if (pattern.length > PATTERN_CHARACTERS_MAX) throw refused(`has more than ${PATTERN_CHARACTERS_MAX} characters`)
  // Loaded when it is first needed, so that the start does not wait for it.
  const { RE2JS } = await import('re2js')
  let compiled: InstanceType<typeof RE2JS>
  try {
    compiled = RE2JS.compile(pattern)
  } catch (cause) {
    throw refused(`is not in RE2's syntax: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  }
  if (compiled.programSize() > PROGRAM_MAX) throw refused('repeats too much: use smaller counts in { }')
  return (text) => compiled.test(text.slice(0, TEXT_CHARACTERS_MAX))
}

function refused(what: string, cause?: unknown): PowerbusError {
  return new PowerbusError('REQUEST_INVALID', `the pattern of Re ${what}`, { cause })
}
