import { randomUUID } from 'node:crypto'
import type { Bus } from '@powerbus/bus'
import type { Endpoint } from '../endpoint.ts'
import { PowerbusError } from '../errors.ts'
import { apiAccess } from '../host/endpoint-access.ts'

/**
 * What stands for the endpoint where none launched the plugin: its events go to the bus, durably, and the DRP API is the one that
 * RS_ENDPOINT and RS_TOKEN name. Nobody stores objects for it.
 */
export function servedEndpoint(
  plugin: string,
  env: NodeJS.ProcessEnv,
  bus: () => Pick<Bus, 'publish'> | undefined,
): Endpoint {
  const access = apiAccess(env)
  return {
    ...access,
    api: () => {
      if (access.token.reveal() !== '') return access.api()
      throw new PowerbusError(
        'CAPABILITY_UNSUPPORTED',
        'There is no endpoint: set RS_ENDPOINT and RS_TOKEN_FILE to reach one; powerbus token prints a token',
      )
    },
    publish: async ({ Id: id = randomUUID(), ...event }) => {
      const connected = bus()
      if (!connected) throw new PowerbusError('BUS_CLOSED', 'The bus is not there yet: publish the event again')
      const filled = { id, Time: new Date().toISOString(), Principal: plugin, Object: null, Original: null }
      try {
        await connected.publish({ ...filled, ...event })
      } catch (cause) {
        if (cause instanceof PowerbusError) throw cause
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new PowerbusError('BUS_CLOSED', `The bus did not take the event: ${reason}`, { cause })
      }
    },
    objects: async (prefix) => {
      throw new PowerbusError('CAPABILITY_UNSUPPORTED', `There is no endpoint that stores objects ${prefix}`)
    },
  }
}
