import { join } from 'node:path'
import type { Bus } from './bus.ts'
import type { BusDriver } from './bus-driver.ts'
import { BusError, messageOf } from './bus-error.ts'
import type { BusStore } from './bus-store.ts'
import { DrivenBus } from './driven-bus.ts'
import { InProcessDriver } from './in-process/in-process-driver.ts'
import type { NatsAccess } from './nats/nats-settings.ts'

export interface BusOptions extends Partial<NatsAccess> {
  /** Of this program, as others see it: letters, digits, `-` and `_`. */
  readonly name: string
  /** As in SemVer; 0.0.0. */
  readonly version?: string
  /**
   * Private to this process. In-process: the journal of events. NATS: what could not be sent. Without one, both are in
   * memory only.
   */
  readonly folder?: string
  /** How long to try for a first connection, Infinity for ever; after that it reconnects for ever. 30 000. */
  readonly connectTimeoutMs?: number
  /** Between two signs of life; 5000. */
  readonly heartbeatMs?: number
  /** Told what an operator should know. No secret is ever in it. */
  readonly onNotice?: (message: string) => void
}

const CONNECT_TIMEOUT_MS = 30_000

/**
 * The bus at `url`, or one in this process where there is none. It takes events at once, before it is connected. Rejects with INPUT,
 * and with UNAVAILABLE where the folder cannot be used.
 */
export async function connectBus(options: BusOptions): Promise<Bus> {
  const { url, folder, name, version = '0.0.0', connectTimeoutMs = CONNECT_TIMEOUT_MS, heartbeatMs, onNotice } = options
  if (url === undefined || url === '') {
    return await overStore(folder, 'events', onNotice, (store) => InProcessDriver.open({ store, onNotice }))
  }
  const { connectionOptions } = await import('./nats/nats-settings.ts')
  const { NatsDriver } = await import('./nats/nats-driver.ts')
  const connection = connectionOptions({ ...options, url }, name)
  const settings = { connection, plaintext: options.plaintext, name, version, connectTimeoutMs, heartbeatMs, onNotice }
  return await overStore(folder, 'outbox', onNotice, (store) => NatsDriver.open({ ...settings, store }))
}

/** A bus whose driver keeps events in that folder, where there is one. */
async function overStore(
  folder: string | undefined,
  name: string,
  onNotice: BusOptions['onNotice'],
  open: (store: BusStore | undefined) => Promise<BusDriver>,
): Promise<Bus> {
  let store: BusStore | undefined
  try {
    if (folder !== undefined) {
      const { EmbeddedStore } = await import('@powerbus/store')
      store = await EmbeddedStore.open({ folder: join(folder, name), ...(onNotice && { onNotice }) })
    }
    return new DrivenBus(await open(store), onNotice)
  } catch (cause) {
    await store?.close()
    throw cause instanceof BusError ? cause : new BusError('UNAVAILABLE', messageOf(cause), { cause })
  }
}

const variables = {
  url: 'NATS_URL',
  user: 'NATS_USER',
  password: 'NATS_PASSWORD',
  passwordFile: 'NATS_PASSWORD_FILE',
  token: 'NATS_TOKEN',
  tokenFile: 'NATS_TOKEN_FILE',
  nkeyFile: 'NATS_NKEY_FILE',
  credsFile: 'NATS_CREDS_FILE',
  inbox: 'NATS_INBOX_PREFIX',
  plaintext: 'POWERBUS_BUS_PLAINTEXT',
  caFile: 'NATS_CA_FILE',
  certFile: 'NATS_CERT_FILE',
  keyFile: 'NATS_KEY_FILE',
} as const satisfies Record<keyof NatsAccess, string>

/** Address and credentials from the environment; empty variables count as absent. */
export function busOptionsFromEnvironment(environment: NodeJS.ProcessEnv = process.env): Partial<NatsAccess> {
  const entries = Object.entries(variables).map(([name, variable]) => [name, environment[variable]] as const)
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== ''))
}
