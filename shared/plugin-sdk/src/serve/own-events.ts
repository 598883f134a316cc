import { type Bus, type EventPattern, matches } from '@powerbus/bus'
import type { PluginManifest } from '@powerbus/drp'
import { PowerbusError } from '../errors.ts'

/** The events that a service publishes, by its manifest: of its actions, of lost requests, and of the type that has its name. */
export function ownEvents({
  Name,
  AvailableActions,
}: Pick<PluginManifest, 'Name' | 'AvailableActions'>): EventPattern[] {
  const actions = AvailableActions.map(({ Model, Command }) => ({ Type: Model || 'system', Action: Command, Key: '*' }))
  return [...actions, { Type: 'requests', Action: 'lost', Key: '*' }, { Type: Name, Action: '*', Key: '*' }]
}

/** Publishes on the bus for a service. Throws PowerbusError REQUEST_INVALID for an event that is not its own. */
export function ownPublisher(
  bus: Promise<Pick<Bus, 'publish'>>,
  manifest: Pick<PluginManifest, 'Name' | 'AvailableActions'>,
): Pick<Bus, 'publish'> {
  const own = ownEvents(manifest)
  return {
    publish: async (event, options) => {
      if (matches(own, event)) return await (await bus).publish(event, options)
      const { Type, Action, Key } = event
      const text = `${manifest.Name} may not publish the event ${Type}.${Action}.${Key}`
      throw new PowerbusError(
        'REQUEST_INVALID',
        `${text}: a service publishes its actions and events of Type ${manifest.Name}`,
      )
    },
  }
}
