import type { Store } from '@powerbus/store'
import type { Logger } from 'pino'
import type { Change } from '../inventory/change.ts'
import { ChangeNotes } from '../inventory/change-notes.ts'
import type { ParamDefinitions } from '../inventory/param-definitions.ts'
import { changeEvent } from './change-event.ts'
import type { EventFeed } from './event-feed.ts'

export interface ChangeFeedOptions {
  readonly store: Store
  /** True: other endpoints use the store too, and it keeps no notes. */
  readonly isShared: boolean
  readonly definitions: ParamDefinitions
  readonly events: EventFeed
  readonly log: Logger
}

/** Publishes changes as events. The store keeps a note of each change until its event is on the bus. */
export class ChangeFeed {
  readonly notes: ChangeNotes | undefined
  readonly #options: ChangeFeedOptions
  readonly #pending: readonly Change[]

  private constructor(options: ChangeFeedOptions, notes: ChangeNotes | undefined, pending: readonly Change[]) {
    this.#options = options
    this.notes = notes
    this.#pending = pending
  }

  /** Must be called before the first change. Throws StoreError. */
  static async open(options: ChangeFeedOptions): Promise<ChangeFeed> {
    if (options.isShared) return new ChangeFeed(options, undefined, [])
    const { notes, pending } = await ChangeNotes.open(options.store)
    return new ChangeFeed(options, notes, pending)
  }

  readonly publish = (change: Change): void => {
    const { definitions, events } = this.#options
    const onEnd = (isPublished: boolean) => {
      if (isPublished) this.#forget(change)
    }
    events.publish(changeEvent(change, definitions), { onEnd })
  }

  /**
   * Publishes changes whose event an earlier process may not have published. Needs the definitions of secure params.
   */
  publishPending(): void {
    for (const change of this.#pending) this.publish(change)
  }

  #forget({ id }: Change): void {
    this.notes?.remove(id).catch((error: unknown) => {
      this.#options.log.warn({ error: String(error) }, 'the event of a change may be published a second time')
    })
  }
}
