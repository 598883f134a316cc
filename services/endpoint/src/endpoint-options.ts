import type { Bus } from '@powerbus/bus'
import type { Store } from '@powerbus/store'
import type { Logger } from 'pino'
import type { Environment } from './backends.ts'
import type { DeliveryLimits } from './events/plugin-delivery.ts'
import type { RestartLimits } from './host/restart-backoff.ts'
import type { MachineSeed, PluginSeed } from './inventory/inventory.ts'
import type { StreamLimits } from './server/stream-client.ts'

export interface EndpointOptions {
  /** Keeps everything that outlives the process; made with mode 0700. */
  readonly stateDir: string
  /** Every executable file in it is a plugin provider. */
  readonly pluginDir: string
  /** Loopback where absent. */
  readonly address?: string
  /** 8092 where absent; 0 for a free one. */
  readonly port?: number
  /** Warnings and worse to stderr where absent. */
  readonly log?: Logger
  /** With a leading v. */
  readonly version?: string
  readonly restart?: Partial<RestartLimits>
  readonly readyTimeoutMs?: number
  /** Longest wait of a start for a plugin's first run, in milliseconds; 30 000. The plugin goes on. */
  readonly firstRunTimeoutMs?: number
  /**
   * Where the bus and the store are, and how to log in there: NATS_URL, REDIS_URL and the variables beside them. Without
   * those both are embedded, in the state folder.
   */
  readonly environment?: Environment
  /** A bus that is open already, and that whoever opened it closes; goes before `environment`. */
  readonly bus?: Bus
  /** As `bus`; other endpoints may have it too. */
  readonly store?: Store
  /** Params that plugins get before they start; asked for when the state folder is this endpoint's. */
  readonly plugins?: () => Promise<readonly PluginSeed[]>
  /** Machines that are there when the plugins start; asked for after `plugins`. As `ensureMachines`. */
  readonly machines?: () => readonly MachineSeed[]
  /** Names of plugins that are not to be: removed before they start. */
  readonly withoutPlugins?: readonly string[]
  readonly delivery?: Partial<DeliveryLimits>
  readonly stream?: Partial<StreamLimits>
}
