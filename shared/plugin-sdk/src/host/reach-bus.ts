import { join } from 'node:path'
import { type Bus, type BusOptions, busOptionsFromEnvironment, connectBus } from '@powerbus/bus'
import { pause } from '@powerbus/turns'
import type { Logger } from '../log.ts'
import type { Plugin } from '../plugin.ts'
import { isBusAway } from './is-bus-away.ts'

const CONNECT_MS = 10_000
const PAUSE_MS = 2_000

export interface ReachBusOptions {
  readonly plugin: Plugin
  readonly env: NodeJS.ProcessEnv
  /** Private to this process: keeps what could not be sent. In memory only where absent. */
  readonly folder?: string | undefined
  readonly log: Logger
  readonly signal: AbortSignal
}

/**
 * The bus at NATS_URL, tried for until it is there; in this process alone where NATS_URL is not set. Undefined once the signal is
 * aborted. Throws BusError for what does not pass: credentials that are refused, an address that is none.
 */
export async function reachBus({ plugin, env, folder, log, signal }: ReachBusOptions): Promise<Bus | undefined> {
  const options = {
    ...busOptionsFromEnvironment(env),
    name: plugin.name.replace(/[^A-Za-z0-9_-]/g, '_'),
    version: plugin.version.replace(/^v/, ''),
    connectTimeoutMs: CONNECT_MS,
    ...(folder !== undefined && { folder: join(folder, 'bus') }),
    onNotice: (message: string) => log.warn(message),
  }
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    try {
      return await unlessStopped(connected(options), signal)
    } catch (error) {
      if (!isBusAway(error)) throw error
      if (isFirst) log.warn('the bus cannot be reached; trying on', { reason: error.message })
      await pause(PAUSE_MS, signal)
    }
  }
  return undefined
}

async function connected(options: BusOptions): Promise<Bus> {
  const bus = await connectBus(options)
  try {
    await bus.connected()
    return bus
  } catch (error) {
    await bus.close()
    throw error
  }
}

/** Undefined as soon as the signal is aborted; a connection that comes later is let go. */
async function unlessStopped(connecting: Promise<Bus>, signal: AbortSignal): Promise<Bus | undefined> {
  const cancel = new AbortController()
  const stopped = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true, signal: cancel.signal })
  })
  const bus = await Promise.race([connecting, stopped]).finally(() => cancel.abort())
  // Nobody is left to be told of what goes wrong with it.
  if (!bus) connecting.then((late) => late.close()).catch(() => undefined)
  return bus
}
