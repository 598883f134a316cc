import { setTimeout as sleep } from 'node:timers/promises'
import { openStore } from '@powerbus/store'
import { startRedis, startTcpRelay, VirtualClock, waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { PowerbusError } from '../../src/errors.ts'
import type { Coordinator } from '../../src/power/coordinator.ts'
import type { PowerState } from '../../src/power/driver.ts'
import { createPowerEngine } from '../../src/power/power-engine.ts'
import { memoryCoordinator, storeCoordinator } from '../../src/power/store-coordinator.ts'
import { connectedDriver } from './connected-driver.ts'
import { powerContext } from './power-context.ts'

test('a driver that still sends when its turn is lost stops at once, and what it sent is said', async (t) => {
  const clock = new VirtualClock()
  const local = memoryCoordinator(clock)
  const lost = new AbortController()
  const coordinator: Coordinator = {
    once: local.once,
    hold: (claim, work) =>
      local.hold(claim, (lease) =>
        work({ ...lease, lost: lost.signal, assertHeld: () => lost.signal.throwIfAborted() }),
      ),
  }
  const sentAtMs: number[] = []
  const driver = connectedDriver({
    status: async () => 'on',
    async off({ signal }) {
      while (!signal.aborted) {
        sentAtMs.push(clock.nowMs())
        await clock.sleep(400, signal).catch(() => undefined)
      }
      throw new PowerbusError('TARGET_TIMEOUT', 'no answer')
    },
  })
  const engine = createPowerEngine({ clock, random: () => 0.5, coordinator })
  const ended = engine.power('poweroff', driver, powerContext('poweroff')).catch((error: unknown) => error)
  await clock.pass(1000)
  lost.abort(new PowerbusError('LEASE_LOST', 'gone'))
  const lostAtMs = clock.nowMs()
  const failure = await clock.run(ended)
  t.equal(clock.nowMs(), lostAtMs, 'it waits for nothing')
  t.match(failure, { code: 'LEASE_LOST', retry: true })
  t.match(String(failure), /192\.0\.2\.1:623 .*: 1$/, 'the BMC, and how many commands')
  await clock.pass(10_000)
  t.equal(sentAtMs.length, 3)
  t.ok(sentAtMs.every((atMs) => atMs < lostAtMs))
})

test('a read whose answer comes after the turn was lost is not reported', async (t) => {
  const clock = new VirtualClock()
  const local = memoryCoordinator(clock)
  const gone = new PowerbusError('LEASE_LOST', 'gone')
  let isHeld = true
  const assertHeld = () => {
    if (!isHeld) throw gone
  }
  // Its time has run out, and nothing has said so yet.
  const coordinator: Coordinator = {
    once: local.once,
    hold: (claim, work) => local.hold(claim, (lease) => work({ ...lease, assertHeld })),
  }
  const driver = connectedDriver({
    async status() {
      await clock.sleep(500)
      isHeld = false
      return 'on'
    },
  })
  const engine = createPowerEngine({ clock, random: () => 0.5, coordinator })
  const end = engine.power('powerstatus', driver, powerContext('powerstatus')).catch((error: unknown) => error)
  t.match(await clock.run(end), { code: 'LEASE_LOST' })
})

test('what a read answers after its turn was lost is not reported', async (t) => {
  for (const verb of ['powerstatus', 'poweron'] as const) {
    const clock = new VirtualClock()
    // The process stands still during the read, for longer than the lock lives: no timer has said yet that it is lost.
    const status = async () => {
      clock.jump(20_000)
      return 'on' as const
    }
    const engine = createPowerEngine({ clock, coordinator: memoryCoordinator(clock) })
    const answer = engine.power(verb, connectedDriver({ status, on: async () => undefined }), powerContext(verb))
    await t.rejects(answer, { code: 'LEASE_LOST' }, verb)
  }
})

async function replica(t: Test, port: number) {
  const store = await openStore({ url: `redis://127.0.0.1:${port}`, folder: '' })
  t.teardown(() => store.close())
  return createPowerEngine({ coordinator: storeCoordinator(store, { lockTtlMs: 2000 }) })
}

test('nothing of a replica that was cut off in mid-command arrives once another one has its turn', async (t) => {
  const server = await startRedis(t)
  const relay = await startTcpRelay(t, server.port)
  const [cutOff, near] = [await replica(t, relay.port), await replica(t, server.port)]
  const arrived: string[] = []
  let power: PowerState = 'on'
  // The BMC's answers are lost: the command is sent again and again until the call ends.
  const late = connectedDriver({
    status: async () => power,
    async off({ signal }) {
      while (!signal.aborted) {
        arrived.push('off')
        power = 'off'
        await sleep(20)
      }
      throw new PowerbusError('TARGET_TIMEOUT', 'no answer')
    },
  })
  const next = connectedDriver({
    async status() {
      arrived.push('next')
      return power
    },
    async on() {
      power = 'on'
    },
  })
  const params = { 'power/min-gap': 0 }
  const off = cutOff.power('poweroff', late, powerContext('poweroff', params)).catch((error: unknown) => error)
  await waitUntil('the command', () => arrived.length > 0)
  relay.silence()
  t.match(await near.power('poweron', next, powerContext('poweron', params)), { Power: 'on', Verified: true })
  t.match(await off, { code: 'LEASE_LOST' })
  relay.restore()
  t.ok(arrived.lastIndexOf('off') < arrived.indexOf('next'), 'the turns do not overlap')
  t.equal(power, 'on')
})
