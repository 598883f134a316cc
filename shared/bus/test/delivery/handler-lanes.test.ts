import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { HandlerLanes, type Offer } from '../../src/delivery/handler-lanes.ts'
import type { SubscribeOptions } from '../../src/index.ts'
import { eventWith } from '../fixtures/test-bus.ts'

const options: SubscribeOptions = { durable: 'all', match: [], deliveriesMax: 4, concurrency: 8, backoffMs: [10] }

/** What a server keeps of events, however many subscribers die. */
class Server {
  readonly handled: string[] = []
  readonly buried: string[] = []
  readonly #marked = new Set<string>()

  /** To a subscriber that may die: after that, nothing of it is heard. */
  offer(lanes: HandlerLanes, Key: string, elsewhere: number, isDead: () => boolean): void {
    const offer: Offer = {
      event: eventWith({ Key }),
      requestId: undefined,
      deliveries: 0,
      elsewhere,
      run: async (_number, isAlone, call) => {
        if (isAlone && this.#marked.has(Key)) return false
        if (isAlone) this.#marked.add(Key)
        try {
          await call()
        } finally {
          if (!isDead()) this.#marked.delete(Key)
        }
        return true
      },
      acknowledge: async () => {
        if (!isDead()) this.handled.push(Key)
      },
      bury: async () => {
        if (!isDead()) this.buried.push(Key)
      },
      release: () => undefined,
    }
    lanes.offer(offer)
  }

  isOver(Key: string): boolean {
    return this.handled.includes(Key) || this.buried.includes(Key)
  }
}

/** Gives events to one subscriber after another until all are over; the poison kills whoever runs it. Gives the number of deaths. */
async function deathsOf(server: Server, counts: Readonly<Record<string, number>>): Promise<number> {
  for (let deaths = 0; ; ) {
    let isDead = false
    const lanes = new HandlerLanes(
      options,
      async ({ Key }) => {
        if (Key === 'poison') isDead = true
        await new Promise((resolve) => (isDead ? undefined : setTimeout(resolve, 2)))
      },
      () => undefined,
    )
    const open = Object.entries(counts).filter(([key]) => !server.isOver(key))
    if (open.length === 0) return deaths
    for (const [key, elsewhere] of open) server.offer(lanes, key, elsewhere + deaths, () => isDead)
    await waitUntil('its death, or the end of all', () => isDead || open.every(([key]) => server.isOver(key)))
    if (isDead) deaths += 1
    await lanes.stop({ timeoutMs: 0 })
  }
}

const innocent = Array.from({ length: 20 }, (_, index) => `key-${index}`)

test('whatever the order and the counts, only the event that kills its subscribers is buried', async (t) => {
  const orders: Record<string, Record<string, number>> = {
    'the poison first': { poison: 0, ...Object.fromEntries(innocent.map((key) => [key, 0])) },
    'the poison last': { ...Object.fromEntries(innocent.map((key) => [key, 0])), poison: 0 },
    'the others over the limit, and before it': { ...Object.fromEntries(innocent.map((key) => [key, 9])), poison: 9 },
    'the poison new among those': { ...Object.fromEntries(innocent.map((key) => [key, 9])), poison: 0 },
    'the others new, and the poison over the limit': {
      ...Object.fromEntries(innocent.map((key) => [key, 0])),
      poison: 9,
    },
  }
  for (const [name, counts] of Object.entries(orders)) {
    const server = new Server()
    const deaths = await deathsOf(server, counts)
    t.same(server.buried, ['poison'], name)
    t.same(server.handled.toSorted(), innocent.toSorted(), name)
    t.ok(deaths >= 1 && deaths <= 5, `${name}: ${deaths} deaths`)
  }
})

test('two subscribers of one name: an event that was delivered often by chance is run by either, and not buried', async (t) => {
  const server = new Server()
  const seen: string[] = []
  const members = [0, 1].map(
    (member) =>
      new HandlerLanes(
        options,
        async ({ Key }) => void seen.push(`${member} ${Key}`),
        () => undefined,
      ),
  )
  for (const [index, key] of innocent.entries()) {
    const lanes = members[index % 2]
    if (lanes) server.offer(lanes, key, 5 + (index % 3), () => false)
  }
  await waitUntil('all', () => innocent.every((key) => server.isOver(key)))
  t.same(server.buried, [])
  t.equal(seen.length, innocent.length)
  await Promise.all(members.map((lanes) => lanes.stop()))
})

test('an event that was delivered often runs while nothing else of its subscription does, and fails like others', async (t) => {
  const server = new Server()
  let running = 0
  const besides: number[] = []
  const tries: number[] = []
  const lanes = new HandlerLanes(
    options,
    async ({ Key }, { deliveries }) => {
      running += 1
      await new Promise((resolve) => setTimeout(resolve, 5))
      running -= 1
      if (Key !== 'often') return
      if (deliveries === 6) besides.push(running)
      tries.push(deliveries)
      throw new Error('not yet')
    },
    () => undefined,
  )
  for (const key of innocent.slice(0, 10)) server.offer(lanes, key, 0, () => false)
  server.offer(lanes, 'often', 5, () => false)
  for (const key of innocent.slice(10)) server.offer(lanes, key, 0, () => false)
  await waitUntil('all', () => [...innocent, 'often'].every((key) => server.isOver(key)))
  t.same(besides, [0])
  t.same(tries, [6, 7, 8, 9])
  t.same(server.buried, ['often'])
  await lanes.stop()
})
