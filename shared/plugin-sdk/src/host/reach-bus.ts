import { join } from 'node:path'
import { type Bus, busOptionsFromEnvironment, connectBus } from '@powerbus/bus'
import type { Logger } from '../log.ts'
import type { Plugin } from '../plugin.ts'

export interface ReachBusOptions {
  readonly plugin: Plugin
  readonly env: NodeJS.ProcessEnv
  /** Private to this process: keeps what could not be sent. In memory only where absent. */
  readonly folder?: string | undefined
  readonly log: Logger
}

/**
 * The bus at NATS_URL, tried for until it is there; in this process alone where NATS_URL is not set. It takes events at once. Throws
 * BusError for an address that is none; `connected` rejects for credentials that are refused.
 */
export async function reachBus({ plugin, env, folder, log }: ReachBusOptions): Promise<Bus> {
  return await connectBus({
    ...busOptionsFromEnvironment(env),
    name: plugin.name.replace(/[^A-Za-z0-9_-]/g, '_'),
    version: plugin.version.replace(/^v/, ''),
    connectTimeoutMs: Number.POSITIVE_INFINITY,
    ...(folder !== undefined && { folder: join(folder, 'bus') }),
    onNotice: (message: string) => log.warn(message),
  })
}
