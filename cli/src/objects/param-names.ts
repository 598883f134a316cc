import type { DrpClient } from '@powerbus/drp'
import { UsageError } from '../cli-error.ts'
import { closest } from '../edit-distance.ts'
import { printable } from '../table.ts'

/** The option --strict. */
export interface StrictOption {
  readonly strict?: true
}

/** Whether each param that the endpoint knows is secure. */
type Definitions = ReadonlyMap<string, boolean>

/**
 * Compares names of params with the endpoint's definitions. A name without a definition is most likely mistyped, and
 * then does nothing: it is warned of on stderr, and with `strict` refused by a UsageError.
 */
export async function checkParamNames(drp: DrpClient, names: Iterable<string>, options: StrictOption): Promise<void> {
  const wanted = [...new Set(names)]
  if (wanted.length > 0) warnOfUnknown(wanted, await definedParams(drp), options)
}

/**
 * As `checkParamNames`, for names whose values are arguments or secrets. Throws a UsageError for an argument of a secure
 * param, since every user can read a command line, and for a secret that the endpoint would keep readable.
 */
export async function checkParamUse(
  drp: DrpClient,
  args: readonly string[],
  secrets: readonly string[],
  options: StrictOption,
): Promise<void> {
  if (args.length + secrets.length === 0) return
  const definitions = await definedParams(drp)
  const shown = args.find((name) => definitions.get(name))
  if (shown !== undefined) {
    throw new UsageError(`${shown} is a secret, and every user can read a command line: give it with --secret ${shown}`)
  }
  const kept = secrets.find((name) => !definitions.get(name))
  if (kept !== undefined) throw new UsageError(notSecure(kept, definitions))
  warnOfUnknown(args, definitions, options)
}

async function definedParams(drp: DrpClient): Promise<Definitions> {
  const listed = await drp.objects('params').list({ slim: ['Meta'] })
  return new Map(listed.map(({ Name, Secure }) => [String(Name), Secure === true]))
}

function warnOfUnknown(names: readonly string[], definitions: Definitions, { strict }: StrictOption): void {
  const warnings = names.filter((name) => !definitions.has(name)).map((name) => unknown(name, definitions))
  if (strict && warnings.length > 0) throw new UsageError(`${warnings.join('; ')}. Nothing was changed`)
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
}

function unknown(name: string, definitions: Definitions): string {
  const likely = closest(name, definitions.keys())
  const hint = likely === undefined ? "see 'powerbus params'" : `did you mean ${likely}?`
  return printable(`no plugin or content bundle defines the param ${name}: ${hint}`)
}

function notSecure(name: string, definitions: Definitions): string {
  const secure = [...definitions].flatMap(([known, isSecure]) => (isSecure ? [known] : []))
  const likely = closest(name, secure)
  const hint =
    likely === undefined ? `define it with 'powerbus params add ${name} --secure'` : `did you mean ${likely}?`
  return printable(`nothing defines ${name} as a secret, so it would be kept readable: ${hint}`)
}
