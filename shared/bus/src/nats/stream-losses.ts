import type { ConsumerInfo, StreamState } from '@nats-io/jetstream'

interface Consumer extends Pick<ConsumerInfo, 'num_pending'> {
  readonly delivered: Pick<ConsumerInfo['delivered'], 'stream_seq' | 'consumer_seq'>
}
type Ends = Pick<StreamState, 'first_seq' | 'last_seq'>

interface Sample {
  /** All up to this one was given out, or is not for this consumer, or was counted as lost. */
  readonly done: number
  readonly last: number
  readonly deliveries: number
  readonly waiting: number
}

/**
 * Counts what the stream's limits took away before a consumer was given it. The server says where the stream begins and where
 * the consumer is, and not whom an event that is gone was for: of a consumer that wants a part of them it is at most so many, and
 * none where nothing waited for it the last time.
 */
export class StreamLosses {
  readonly #wantsAll: boolean
  #sample: Sample | undefined

  constructor(wantsAll: boolean) {
    this.#wantsAll = wantsAll
  }

  /** Since the last time; the first time, since the last delivery to anybody. */
  next({ delivered, num_pending: waiting }: Consumer, { first_seq, last_seq: last }: Ends): number {
    const { stream_seq: given, consumer_seq: deliveries } = delivered
    const before = this.#sample ?? { done: given, last: 0, deliveries, waiting: 0 }
    const gone = first_seq - 1
    // A stream that was made anew begins to count anew.
    const isSame = last >= before.last
    const done = waiting === 0 ? last : Math.max(isSame ? before.done : 0, given, gone)
    this.#sample = { done, last, deliveries, waiting }
    if (!isSame || gone <= before.done) return 0
    const givenOfThem = Math.max(0, deliveries - before.deliveries - Math.max(0, given - gone))
    const lost = Math.max(0, gone - before.done - givenOfThem)
    return this.#wantsAll ? lost : Math.min(lost, before.waiting)
  }
}
