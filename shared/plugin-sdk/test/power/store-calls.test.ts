import { MemoryStore, type Store } from '@powerbus/store'
import { test } from 'tap'
import { createPowerEngine } from '../../src/power/power-engine.ts'
import { storeCoordinator } from '../../src/power/store-coordinator.ts'
import { connectedDriver } from './connected-driver.ts'
import { powerContext } from './power-context.ts'

/** A store that notes each of its calls: each is a script or a command of Redis. */
function noted(): { store: Store; calls: string[] } {
  const memory = new MemoryStore()
  const calls: string[] = []
  const note = <Args extends readonly unknown[], Result>(name: string, call: (...args: Args) => Result) => {
    return (...args: Args) => {
      calls.push(name)
      return call(...args)
    }
  }
  const store: Store = {
    get: note('get', (key) => memory.get(key)),
    set: note('set', (...args) => memory.set(...args)),
    delete: note('delete', (...args) => memory.delete(...args)),
    compareAndSet: note('compareAndSet', (...args) => memory.compareAndSet(...args)),
    scan: note('scan', (prefix) => memory.scan(prefix)),
    takeSlot: note('takeSlot', (...args) => memory.takeSlot(...args)),
    close: () => memory.close(),
    lock: note('lock', async (request) => {
      const lock = await memory.lock(request)
      const release = note('release', () => lock.release())
      return {
        fence: lock.fence,
        slotWaitMs: lock.slotWaitMs,
        lost: lock.lost,
        assertHeld: () => lock.assertHeld(),
        release,
      }
    }),
  }
  return { store, calls }
}

const minGap = { 'power/min-gap': 0.2 }

test('a read asks the store for its turn with its place, and to free it', async (t) => {
  const { store, calls } = noted()
  const engine = createPowerEngine({ coordinator: storeCoordinator(store) })
  const driver = connectedDriver({ status: async () => 'on' })
  await engine.power('powerstatus', driver, powerContext('powerstatus'))
  t.same(calls, ['lock', 'release'])
  calls.length = 0
  await engine.power('powerstatus', driver, powerContext('powerstatus', { 'power/request-id': 'r' }))
  t.same(calls, ['lock', 'get', 'lock', 'release', 'set', 'release'])
})

test('the place that comes with the turn keeps power/min-gap to the commands before it', async (t) => {
  const { store } = noted()
  const engine = createPowerEngine({ coordinator: storeCoordinator(store) })
  const askedMs: number[] = []
  const driver = connectedDriver({
    status: async () => {
      askedMs.push(performance.now())
      return 'on'
    },
  })
  for (let count = 0; count < 4; count += 1) {
    await engine.power('powerstatus', driver, powerContext('powerstatus', count === 0 ? {} : minGap))
  }
  const gaps = askedMs.slice(1).map((atMs, index) => atMs - (askedMs[index] ?? 0))
  for (const gap of gaps) t.ok(gap >= 195, `${gap} ms`)
})
