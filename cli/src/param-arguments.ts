import { UsageError } from './cli-error.ts'
import { parseParamText } from './param-text.ts'

/**
 * Parses `NAME=VALUE` arguments; `parseParamText` reads the values. Throws a UsageError for a malformed or repeated
 * argument, and for the name of a secret, since other users can read a command line.
 */
export function parseParamArguments(texts: readonly string[]): Record<string, unknown> {
  const params: Record<string, unknown> = {}
  for (const text of texts) {
    const equals = text.indexOf('=')
    if (equals < 1) throw new UsageError(`--param '${text.slice(0, 40)}': expected NAME=VALUE`)
    const name = text.slice(0, equals)
    if (/(?:^|[/_-])(?:password|passwd|secret|kg)$/i.test(name)) {
      throw new UsageError(`--param ${name}: secrets do not belong on a command line, where every user can read them`)
    }
    if (Object.hasOwn(params, name)) throw new UsageError(`--param ${name} is given twice`)
    params[name] = parseParamText(text.slice(equals + 1))
  }
  return params
}
