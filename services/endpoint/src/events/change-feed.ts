import type { Store } from '@powerbus/store'
import type { Logger } from 'pino'
import type { Change } from '../inventory/change.ts'
import { ChangeNotes } from '../inventory/change-notes.ts'
import type { ParamDefinitions } from '../inventory/param-definitions.ts'
import { changeEvent } from './change-event.ts'
import type { EventFeed } from './event-feed.ts'

export interface ChangeFeedOptions {
  readonly store: Store
  /** Then other endpoints have the store open too, and no notes are kept in it. */
  readonly isShared: boolean
  readonly definitions: ParamDefinitions
  readonly events: EventFeed
  readonly log: Logger
}

/** Makes events of changes. A note of each is kept until its event is on the bus. */
export class ChangeFeed {
  readonly notes: ChangeNotes | undefined
  readonly #options: ChangeFeedOptions
  readonly #untold: readonly Change[]

  private constructor(options: ChangeFeedOptions, notes: ChangeNotes | undefined, untold: readonly Change[]) {
    this.#options = options
    this.notes = notes
    this.#untold = untold
  }

  /** Before anything is changed. Throws StoreError. */
  static async open(options: ChangeFeedOptions): Promise<ChangeFeed> {
    if (options.isShared) return new ChangeFeed(options, undefined, [])
    const { notes, untold } = await ChangeNotes.open(options.store)
    return new ChangeFeed(options, notes, untold)
  }

  readonly tell = (change: Change): void => {
    const { definitions, events } = this.#options
    const onEnd = (isPublished: boolean) => {
      if (isPublished) this.#forget(change)
    }
    events.publish(changeEvent(change, definitions), { onEnd })
  }

  /** What an earlier process changed and perhaps did not tell of; once it is known which params are secrets. */
  tellUntold(): void {
    for (const change of this.#untold) this.tell(change)
  }

  #forget({ id }: Change): void {
    this.notes?.told(id).catch((error: unknown) => {
      this.#options.log.warn({ error: String(error) }, 'the event of a change may be published a second time')
    })
  }
}
