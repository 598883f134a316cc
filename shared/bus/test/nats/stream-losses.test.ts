import { test } from 'tap'
import { StreamLosses } from '../../src/nats/stream-losses.ts'

type Numbers = [stream: [first: number, last: number], given: number, deliveries: number, waiting: number]

function counted(wantsAll: boolean, ...samples: Numbers[]): number[] {
  const losses = new StreamLosses(wantsAll)
  return samples.map(([[first_seq, last_seq], stream_seq, consumer_seq, num_pending]) =>
    losses.next({ delivered: { stream_seq, consumer_seq }, num_pending }, { first_seq, last_seq }),
  )
}

test('what a consumer of all events was not given is counted once, and what it was given is not', async (t) => {
  const waits: Numbers[] = [
    [[1, 100], 10, 10, 90],
    [[51, 150], 10, 10, 100],
    [[51, 150], 10, 10, 100],
    [[61, 160], 10, 10, 100],
  ]
  t.same(counted(true, ...waits), [0, 40, 0, 10])
  const goesOn: Numbers[] = [
    [[1, 100], 10, 10, 90],
    [[51, 150], 80, 40, 70],
    [[101, 200], 200, 160, 0],
    [[201, 300], 300, 260, 0],
  ]
  t.same(counted(true, ...goesOn), [0, 40, 0, 0])
})

test('what went while nobody was there is counted at the next time', async (t) => {
  t.same(counted(true, [[51, 150], 10, 10, 100]), [40])
})

test('a consumer of some events has lost none while none waited, and no more than waited', async (t) => {
  const rare: Numbers[] = [
    [[1, 100], 10, 10, 0],
    [[5001, 9000], 10, 10, 0],
    [[9001, 12_000], 9500, 11, 0],
  ]
  t.same(counted(false, ...rare), [0, 0, 0])
  const slow: Numbers[] = [
    [[1, 100], 10, 10, 3],
    [[51, 150], 10, 10, 2],
    [[51, 150], 10, 10, 2],
  ]
  t.same(counted(false, ...slow), [0, 3, 0])
})

test('a stream that was made anew has lost nothing of this one', async (t) => {
  t.same(counted(true, [[1, 100], 10, 10, 90], [[1, 20], 0, 0, 20], [[1, 30], 5, 5, 25]), [0, 0, 0])
})
