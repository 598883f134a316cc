import { PowerbusError } from '@powerbus/plugin-sdk/unshared'
import { type Resource, textAt } from '@powerbus/redfish'
import { type Power, powerOf } from './power-word.ts'
import { isRefusal, refuses } from './redfish-failure.ts'
import { refuse, unsupported } from './refusals.ts'
import { readSupplies, switchShelf } from './shelf.ts'
import type { Visit } from './visit.ts'

const RESET = '#ComputerSystem.Reset'

/** Throws TARGET_BUSY where neither system nor chassis says. */
export async function readPower(visit: Visit, wanted?: Power): Promise<Power> {
  const system = await visit.systemIfAny()
  const power = await powerAt(visit, system, wanted)
  if (power !== undefined) return power
  const word = textAt(system?.body, 'PowerState') ?? 'missing'
  throw new PowerbusError(
    'TARGET_BUSY',
    `${visit.key} reports no power state that tells on from off (PowerState: ${word}): ask again, or look at the machine`,
  )
}

/** By the system; by the chassis where the system does not say; by the power supplies of a shelf. */
export async function powerAt(visit: Visit, system: Resource | undefined, wanted?: Power): Promise<Power | undefined> {
  const isShelf = system === undefined || /^lite-?on/i.test(textAt(system.body, 'Manufacturer') ?? '')
  if (isShelf && (await visit.rules()).powerBySupplies) return readSupplies(visit, system)
  const word = textAt(system?.body, 'PowerState')
  visit.sawPower(word)
  const own = powerOf(word, wanted)
  if (own !== undefined || system === undefined) return own
  const states = new Set<Power>()
  for (const { body } of await visit.chassis(system)) {
    const state = powerOf(textAt(body, 'PowerState'), wanted)
    if (state) states.add(state)
  }
  return states.size === 1 ? [...states][0] : undefined
}

/** Switches on or off. A conflict is success where the state is reached; else the machine is still changing, and is asked again. */
export async function switchPower(visit: Visit, to: Power): Promise<void> {
  if ((await visit.systemIfAny()) === undefined) return switchShelf(visit, undefined, to)
  const system = await visit.system()
  const rules = await visit.rules()
  if (rules.powerBySupplies) return switchShelf(visit, system, to)
  // PushPowerButton would switch a machine on that is off, and off, or not, one that is on.
  const isOff = powerOf(textAt(system.body, 'PowerState')) === 'off'
  const types = to === 'on' ? ['On', 'ForceOn', ...(isOff ? ['PushPowerButton'] : [])] : ['ForceOff']
  try {
    await reset(visit, system, types)
  } catch (error) {
    if (!isRefusal(error) && !isConflict(error)) throw error
    if ((await readPower(visit, to)) !== to) throw error
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && 'kind' in error && error.kind === 'conflict'
}

/**
 * Sends the first of the types that the BMC allows; the first of all where it does not say. One that the BMC refuses as unknown has done
 * nothing, and the next is tried. Throws CAPABILITY_UNSUPPORTED where it has none of them.
 */
export async function reset(visit: Visit, system: Resource, types: readonly string[]): Promise<void> {
  const allowed = await visit.connection.allowedValues(system, RESET, 'ResetType', visit.budget.call())
  const possible = allowed && allowed.length > 0 ? types.filter((type) => allowed.includes(type)) : types.slice(0, 1)
  if (possible.length === 0) throw unsupported(visit, `it has none of ResetType ${types.join(', ')}, only ${allowed}`)
  for (const [index, ResetType] of possible.entries()) {
    try {
      await visit.connection.act(system, RESET, { ResetType }, visit.budget.call())
      return
    } catch (error) {
      const isUnknown = isRefusal(error) && (error.kind === 'unsupported' || refuses(error, 'ResetType', ResetType))
      if (!isUnknown) throw error
      if (index === possible.length - 1) throw refuse(visit, `does not take ResetType ${ResetType}`, error)
    }
  }
}

/** Whether the machine can be asked for one of the types; true where the BMC does not say. */
export async function allows(visit: Visit, system: Resource, type: string): Promise<boolean> {
  const allowed = await visit.connection.allowedValues(system, RESET, 'ResetType', visit.budget.call())
  return allowed === undefined || allowed.length === 0 || allowed.includes(type)
}

/** What a restart changes, as far as the BMC shows it. */
export async function readMark(visit: Visit): Promise<string> {
  const { body } = await visit.system()
  return JSON.stringify({
    reset: textAt(body, 'LastResetTime') ?? null,
    boot: textAt(body, 'BootProgress', 'LastStateTime') ?? null,
  })
}

/** Whether the time of the last reset, or of the boot's progress, is another one than in the mark. One that was missing proves nothing. */
export async function compareMark(visit: Visit, markBefore: string): Promise<'done' | 'unknown'> {
  const before = JSON.parse(markBefore) as Readonly<Record<string, string | null>>
  const now = JSON.parse(await readMark(visit)) as typeof before
  const isNewer = Object.keys(before).some((name) => {
    const [was, is] = [before[name] ?? null, now[name] ?? null]
    return was !== null && is !== null && was !== is
  })
  return isNewer ? 'done' : 'unknown'
}
