import { join } from 'node:path'
import { type Coordination, coordinateActions } from '../host/action-coordination.ts'
import { openWhenFree } from '../host/open-when-free.ts'
import type { Logger } from '../log.ts'
import { unlessAborted } from '../power/abort.ts'
import type { Coordinator } from '../power/coordinator.ts'
import type { StoreCoordinator } from '../power/store-coordinator.ts'

export interface KeptCoordinationOptions {
  readonly env: NodeJS.ProcessEnv
  readonly instance: string
  /** The plugin's folder for state; plugins may share it. */
  readonly folder: string
  /** The plugin object that is configured: each has a process of its own. */
  readonly name: () => string
  readonly log: Logger
  /** Told once it is open, unless all is in memory. */
  readonly onOpen: (coordinator: StoreCoordinator) => void
}

/**
 * How a plugin that was launched without Redis keeps its actions apart and remembers its requests over a restart: in a folder, which
 * is opened when the first config or action comes, and waited for where a run of before still has it. In memory where it cannot be
 * opened: a disk that fails must not keep machines from being switched.
 */
export class KeptCoordination {
  readonly #options: KeptCoordinationOptions
  readonly #ended = new AbortController()
  #opening: Promise<Coordination> | undefined

  constructor(options: KeptCoordinationOptions) {
    this.#options = options
  }

  readonly coordinator: Coordinator = {
    hold: async (claim, work) => {
      const askedMs = performance.now()
      const coordinator = await this.#opened(claim.signal)
      const waitMs = Math.max(0, claim.waitMs - (performance.now() - askedMs))
      return await coordinator.hold({ ...claim, waitMs }, work)
    },
    once: async (claim, work) => (await this.#opened(claim.signal)).once(claim, work),
  }

  /** Never rejects. */
  open(): Promise<Coordination> {
    this.#opening ??= this.#open().then((coordination) => {
      if (coordination.store) this.#options.onOpen(coordination.coordinator)
      return coordination
    })
    return this.#opening
  }

  async close(): Promise<void> {
    this.#ended.abort()
    await (await this.#opening)?.close()
  }

  async #opened(signal: AbortSignal): Promise<Coordinator> {
    const doing = 'an earlier run of this plugin that is still ending had the folder of its requests'
    return (await unlessAborted(this.open(), signal, doing)).coordinator
  }

  async #open(): Promise<Coordination> {
    const { env, instance, log, name } = this.#options
    const onNotice = (message: string) => log.warn(message)
    const folder = join(this.#options.folder, `actions-${encodeURIComponent(name())}`)
    const onWait = () => log.info('actions wait for an earlier run of this plugin that is still ending', { folder })
    try {
      const open = () => coordinateActions({ env, instance, folder, onNotice })
      return await openWhenFree(open, this.#ended.signal, onWait)
    } catch (error) {
      const text = 'request ids are remembered until this process ends and no longer: their folder cannot be used'
      log.warn(text, { folder, reason: String(error), cause: String((error as Error).cause ?? '') })
      return await coordinateActions({ env, instance, onNotice })
    }
  }
}
