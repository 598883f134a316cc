import { isJsonObject, type JsonObject } from '@powerbus/drp'
import type { Endpoint } from '../endpoint.ts'
import { endpointFailure, unlessGone } from '../endpoint-failure.ts'
import { PowerbusError } from '../errors.ts'
import { checkValue } from '../param-value.ts'
import { powerProtected } from './params.ts'

/** Every machine has this profile. */
const GLOBAL_PROFILE = 'global'
/** Longest wait for the endpoint's word. */
const ASK_MS = 10_000

/** What of an action says which machine it takes down. */
export interface TakingDown {
  readonly command: string
  /** Params of the request: they can protect a machine, and not lift its protection. */
  readonly params: { readonly 'power/protected': boolean }
  /** The object of the action, as received. */
  readonly model?: JsonObject
  /** Absent without an endpoint. */
  readonly endpoint?: Pick<Endpoint, 'api' | 'token'>
  readonly signal: AbortSignal
}

/** The value of power/protected in a machine's or profile's params; undefined where they do not set it. */
export function protectionIn(params: unknown): boolean | undefined {
  const value =
    isJsonObject(params) && Object.hasOwn(params, powerProtected.name) ? params[powerProtected.name] : undefined
  if (value === undefined || value === null) return undefined
  const read = checkValue(powerProtected.schema, value)
  // A value that cannot be read, such as an encrypted one, may be true.
  return 'expected' in read || read.value === true
}

/**
 * Refuses a command that takes a machine down while power/protected is true: of the request, of the machine as received,
 * or of the machine at the endpoint, with its profiles and defaults. `target`: what would go down. Throws
 * TARGET_PROTECTED, also where the endpoint does not say; and the signal's reason.
 */
export async function assertMayTakeDown(action: TakingDown, target: string): Promise<void> {
  const { command, params, model, endpoint, signal } = action
  assertNotProtected(params, command, target)
  assertNotProtected({ 'power/protected': protectionIn(model?.Params) ?? false }, command, target)
  const uuid = model?.Uuid
  if (typeof uuid !== 'string' || uuid === '' || !endpoint || endpoint.token.reveal() === '') return
  const answer = endpoint.api().machines.params(uuid, { aggregate: true }, { signal, timeoutMs: ASK_MS })
  const stored = await unlessGone(answer).catch((error: unknown) => {
    if (signal.aborted) throw signal.reason
    throw unsaid(command, target, endpointFailure(error))
  })
  assertNotProtected({ 'power/protected': protectionIn(stored) ?? false }, command, target)
}

/** Refuses a command whose params hold power/protected. `target`: what it would take down. Throws TARGET_PROTECTED. */
export function assertNotProtected(
  params: { readonly 'power/protected': boolean },
  command: string,
  target: string,
  machine = 'this machine',
): void {
  if (!params['power/protected']) return
  throw new PowerbusError(
    'TARGET_PROTECTED',
    `${command} would take ${target} down, and power/protected is true on ${machine}`,
  )
}

/**
 * Refuses a command that names its target by the target's own id: power/protected of any machine of the endpoint that has the target counts.
 * `paramsOf` gives a machine's params with profiles and defaults mixed in. Throws TARGET_PROTECTED, and what `paramsOf` throws.
 */
export async function assertNoneProtected(
  machines: readonly { readonly Uuid: string; readonly Name: string }[],
  paramsOf: (uuid: string) => Promise<JsonObject | undefined>,
  command: string,
  target: string,
): Promise<void> {
  for (const { Uuid, Name } of machines) {
    const isProtected = protectionIn(await paramsOf(Uuid)) ?? false
    assertNotProtected({ 'power/protected': isProtected }, command, target, `its machine ${Name}`)
  }
}

/** A machine as an event tells of it. */
export interface RemovedMachine {
  readonly Params: JsonObject
  readonly Profiles: readonly string[]
}

/**
 * Whether power/protected was true of a machine that is gone: its own value counts, then that of its profiles in their order, then that of
 * the global profile. `profileParams` gives undefined for a profile that the endpoint does not have.
 */
export async function wasProtected(
  { Params, Profiles }: RemovedMachine,
  profileParams: (name: string) => Promise<JsonObject | undefined>,
): Promise<boolean> {
  const own = protectionIn(Params)
  if (own !== undefined) return own
  for (const name of [...Profiles, GLOBAL_PROFILE]) {
    const value = protectionIn(await profileParams(name))
    if (value !== undefined) return value
  }
  return false
}

function unsaid(command: string, target: string, cause: unknown): PowerbusError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const text = `${command} would take ${target} down, and the endpoint did not say whether power/protected is true`
  return new PowerbusError('TARGET_PROTECTED', `${text}: check the endpoint's API, then repeat it (${reason})`, {
    cause,
  })
}
