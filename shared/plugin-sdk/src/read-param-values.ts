import { isJsonObject, type JsonObject, kindOf } from '@powerbus/drp'
import { type ErrorCode, PowerbusError } from './errors.ts'
import type { Param, ParamUse, ParamValues } from './param.ts'
import { paramList } from './param-list.ts'
import { checkValue, expectation } from './param-value.ts'
import { Secret } from './secret.ts'

/** Most characters of a refused value that an error message shows. */
const SHOWN = 60

/**
 * Reads the values of params from an endpoint's request: converts and checks them, fills in defaults, wraps secure ones
 * in `Secret`. Ignores other params, since endpoints send more than the manifest lists. A required param must be
 * present even if its schema has a default, which the endpoint fills in. Null is not the same as absent: for an absent
 * param the endpoint sends the object's value or the default, and null asks for no value. So null leaves an optional
 * param out, and is refused where the param cannot be without a value: it is required, or its schema has a default.
 * @throws PowerbusError PARAM_MISSING, PARAM_INVALID
 */
export function readParamValues<const Uses extends readonly ParamUse[]>(
  uses: Uses,
  raw: JsonObject,
): ParamValues<Uses> {
  const { required, optional } = paramList(uses)
  const values: Record<string, unknown> = {}
  for (const param of required) {
    const value = own(raw, param.name)
    if (value === undefined) throw missing(param)
    values[param.name] = readParam(param, value)
  }
  for (const param of optional) {
    const given = own(raw, param.name)
    const { default: fallback } = param.schema
    if (given === null && fallback === undefined) continue
    const value = given === undefined ? fallback : given
    if (value !== undefined) values[param.name] = readParam(param, value)
  }
  return values as ParamValues<Uses>
}

function own(raw: JsonObject, name: string): unknown {
  return Object.hasOwn(raw, name) ? raw[name] : undefined
}

function readParam(param: Param, raw: unknown): unknown {
  const read = checkValue(param.schema, raw)
  if ('expected' in read) throw invalid(param, raw, read.at, read.expected)
  if (!param.secure) return read.value
  return new Secret(typeof read.value === 'string' ? read.value : JSON.stringify(read.value))
}

function missing(param: Param): PowerbusError {
  return new PowerbusError('PARAM_MISSING', `Param ${param.name} is missing: give ${expectation(param.schema)}`)
}

function invalid(param: Param, raw: unknown, at: string, expected: string): PowerbusError {
  if (param.secure && isJsonObject(raw) && 'Payload' in raw && 'Nonce' in raw) {
    return new PowerbusError(
      'PARAM_INVALID',
      `Param ${param.name} came encrypted: the endpoint must send it decrypted (feature secure-param-upgrade)`,
    )
  }
  const unknown = at === '' && typeof raw === param.schema.type ? param.unknownCode : undefined
  const came = param.secure ? `${kindOf(raw)} (not shown)` : shown(raw)
  return refused(`${param.name}${at}`, came, expected, unknown)
}

/** PARAM_INVALID that names the param with the place in it, the refused value (at most 60 characters) and its remedy. */
export function paramInvalid(at: string, raw: unknown, expected: string): PowerbusError {
  return refused(at, shown(raw), expected)
}

function refused(at: string, came: string, expected: string, code: ErrorCode = 'PARAM_INVALID'): PowerbusError {
  return new PowerbusError(code, `Param ${at} is invalid: got ${came}, expected ${expected}`)
}

function shown(raw: unknown): string {
  const text = JSON.stringify(raw) ?? kindOf(raw)
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}
