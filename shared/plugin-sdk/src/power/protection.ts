import type { JsonObject } from '@powerbus/drp'
import { PowerbusError } from '../errors.ts'
import { powerProtected } from './params.ts'

/** Every machine has this profile. */
const GLOBAL_PROFILE = 'global'

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
    const isProtected = (await paramsOf(Uuid))?.[powerProtected.name] === true
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
  const own = Params[powerProtected.name]
  if (own !== undefined) return own === true
  for (const name of [...Profiles, GLOBAL_PROFILE]) {
    const value = (await profileParams(name))?.[powerProtected.name]
    if (value !== undefined) return value === true
  }
  return false
}
