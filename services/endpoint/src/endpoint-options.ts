import type { Bus } from '@powerbus/bus'
import type { Store } from '@powerbus/store'
import type { Logger } from 'pino'
import type { DeliveryLimits } from './events/plugin-delivery.ts'
import type { RestartLimits } from './host/restart-limits.ts'
import type { MachineSeed, PluginSeed } from './inventory/seeds.ts'
import type { StreamLimits } from './server/stream-client.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface Seeds {
  readonly plugins?: readonly PluginSeed[]
  readonly machines?: readonly MachineSeed[]
}

export interface EndpointOptions {
  /** Folder of everything that outlives the process; made with mode 0700. */
  readonly stateDir: string
  /** Folder whose executable files are the plugin providers. */
  readonly pluginDir: string
  /** 127.0.0.1 by default. */
  readonly address?: string
  /** 8092 by default; 0 takes a free port. */
  readonly port?: number
  /** Port of the static files over plain HTTP, without a login; 0 takes a free one. By default they are served over TLS alone. */
  readonly filesPort?: number | undefined
  /** By default warnings and errors go to standard error. */
  readonly log?: Logger
  /** With a leading v. */
  readonly version?: string
  readonly restart?: Partial<RestartLimits>
  readonly readyTimeoutMs?: number
  /** Longest run of a provider's `define`, in milliseconds; 10 000 by default. */
  readonly defineTimeoutMs?: number
  /**
   * Longest wait of `start` for a plugin's first run, in milliseconds; 30 000 by default. The plugin goes on after it.
   */
  readonly firstRunTimeoutMs?: number
  /**
   * Addresses and credentials of bus and store: NATS_URL, REDIS_URL and their companions. Without them both are
   * embedded in the state folder.
   */
  readonly environment?: Environment
  /** An open bus, used instead of the one in `environment`. The caller closes it. */
  readonly bus?: Bus
  /** An open store, as `bus`. Other endpoints may use it too. */
  readonly store?: Store
  /** Gives plugins and machines to make or change before the plugins start, once the state folder is locked. */
  readonly seeds?: () => Promise<Seeds>
  /** Names of plugin objects to remove before the start. */
  readonly withoutPlugins?: readonly string[]
  /** Removes all sealed params, for a store whose `secure-params.key` is lost. */
  readonly forgetSecureParams?: boolean
  /** Ends a start that is under way. After the start it has no effect. */
  readonly signal?: AbortSignal
  /**
   * Longest life, in seconds, of tokens that are got with a token, from the login that began with them on; 8 hours by
   * default.
   */
  readonly sessionS?: number
  /** scrypt's work factor for new passwords, a power of two; 2^15 by default. Each hash is stored with its own. */
  readonly passwordCost?: number | undefined
  readonly delivery?: Partial<DeliveryLimits>
  readonly stream?: Partial<StreamLimits>
}
