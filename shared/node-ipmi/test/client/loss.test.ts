import { test } from 'tap'
import type { Bmc } from '../../src/bmc/index.ts'
import { IpmiError } from '../../src/client/ipmi-error.ts'
import { readPower } from '../../src/client/read-power.ts'
import { ChassisControl, chassisControl } from '../../src/commands/chassis-control.ts'
import { type LabBmc, type MemoryLab, memoryLab } from './memory-lab.ts'

async function bmcs(lab: MemoryLab, count: number, options?: Parameters<MemoryLab['addBmc']>[0]): Promise<LabBmc[]> {
  const all = []
  for (let i = 0; i < count; i++) all.push(await lab.addBmc(options))
  return all
}

for (const lossRate of [0.1, 0.3, 0.5]) {
  test(`every BMC is read with ${lossRate * 100} % of the packets lost in each direction`, async (t) => {
    const lab = memoryLab({ lossRate })
    const targets = await bmcs(lab, 40)
    const answers = await lab.clock.run(Promise.all(targets.map(({ target }) => lab.client.run(target, readPower))))
    t.same(new Set(answers), new Set(['on']))
    t.ok(lab.client.counters.retransmitted > 0)
  })
}

test('under 30 % loss, repeats and reordering no cycle executes twice or is wrongly reported as done', async (t) => {
  const lab = memoryLab({ lossRate: 0.3, duplicateRate: 0.3, jitterMs: 50 })
  const machines = await bmcs(lab, 100)
  const { powerCycle } = ChassisControl
  let unknown = 0
  let notExecuted = 0
  const cycle = async ({ target, orders }: LabBmc) => {
    try {
      await lab.client.run(target, (session) => session.send(chassisControl, { control: powerCycle }))
      t.same(orders, ['powerCycle'])
    } catch (error) {
      if (!(error instanceof IpmiError)) throw error
      if (error.kind === 'not-answered' || error.kind === 'timeout') {
        notExecuted++
        t.same(orders, [])
      } else {
        t.equal(error.kind, 'unknown-outcome')
        unknown++
        t.ok(orders.length <= 1)
      }
    }
  }
  await lab.clock.run(Promise.all(machines.map(cycle)))
  t.ok(unknown < 45, `${unknown} unknown, ${notExecuted} not executed`)
})

/** The BMC answers nothing any more once it has executed a cycle. */
const silentAfterCycle = (bmc: Bmc) => {
  bmc.faults.rules = [
    {
      message: 'Chassis Control',
      when: ([control]) => {
        if (control === ChassisControl.powerCycle) bmc.faults.lossOut = 1
        return false
      },
    },
  ]
}

test('a cycle is sent exactly once, and its outcome is unknown 5 s after a BMC fell silent', async (t) => {
  const lab = memoryLab()
  const { bmc, target, orders } = await lab.addBmc()
  silentAfterCycle(bmc)
  let sentMs = 0
  const run = lab.client.run(target, async (session) => {
    await session.send(chassisControl, { control: ChassisControl.powerUp })
    sentMs = session.nowMs()
    await session.send(chassisControl, { control: ChassisControl.powerCycle })
  })
  const error = await lab.clock.run(
    run.then(
      () => undefined,
      (thrown: unknown) => thrown,
    ),
  )
  t.match(error, { kind: 'unknown-outcome' })
  t.ok(lab.clock.nowMs() - sentMs <= 5300, `${lab.clock.nowMs() - sentMs} ms`)
  t.same(orders, ['powerUp', 'powerCycle'])
})

test('an abort or deadline while a cycle is unanswered gives unknown-outcome', async (t) => {
  for (const how of ['abort', 'deadline']) {
    const lab = memoryLab()
    const { bmc, target } = await lab.addBmc()
    const stop = new AbortController()
    const run = lab.client.run(
      target,
      async (session) => {
        await session.send(chassisControl, { control: ChassisControl.powerUp })
        silentAfterCycle(bmc)
        if (how === 'abort') lab.clock.after(50, () => stop.abort())
        await session.send(chassisControl, { control: ChassisControl.powerCycle })
      },
      { signal: stop.signal, timeoutMs: 1000 },
    )
    const error = await lab.clock.run(
      run.then(
        () => undefined,
        (thrown: unknown) => thrown,
      ),
    )
    t.match(error, { kind: 'unknown-outcome' }, how)
  }
})

test('a packet lost on a fast link is sent again within milliseconds', async (t) => {
  const lab = memoryLab()
  const { bmc, target } = await lab.addBmc()
  const tookMs = await lab.clock.run(
    lab.client.run(target, async (session) => {
      await readPower(session)
      bmc.faults.hang = true
      lab.clock.after(5, () => {
        bmc.faults.hang = false
      })
      const startedMs = session.nowMs()
      await readPower(session)
      return session.nowMs() - startedMs
    }),
  )
  t.ok(tookMs < 60, `${tookMs} ms`)
})

test('a lost first packet is sent again early if neighbours are fast', async (t) => {
  const lab = memoryLab()
  const [lossy, ...others] = await bmcs(lab, 20, { faults: {} })
  if (lossy === undefined) return
  await lab.clock.run(Promise.all(others.map(({ target }) => lab.client.run(target, readPower))))
  const faults = lossy.bmc.faults
  faults.hang = true
  lab.clock.after(5, () => {
    faults.hang = false
  })
  const startedMs = lab.clock.nowMs()
  await lab.clock.run(lab.client.run(lossy.target, readPower))
  t.ok(lab.clock.nowMs() - startedMs < 150, `${lab.clock.nowMs() - startedMs} ms`)
})

test('a lost first packet is sent again early if neighbours turn out to be fast only after it was sent', async (t) => {
  const lab = memoryLab()
  const others = await bmcs(lab, 20)
  const lossy = await lab.addBmc({ faults: {} })
  const { faults } = lossy.bmc
  faults.hang = true
  lab.clock.after(5, () => {
    faults.hang = false
  })
  const all = [lossy, ...others].map(({ target }) => lab.client.run(target, readPower))
  await lab.clock.run(Promise.all(all))
  t.ok(lab.clock.nowMs() < 250, `${lab.clock.nowMs()} ms`)
})

for (const delayMs of [450, 1500]) {
  test(`the client reads BMCs that answer in ${delayMs} ms, with few packets and few session slots`, async (t) => {
    const lab = memoryLab({ jitterMs: 2 })
    const slow = await bmcs(lab, 50, { faults: { delayMs }, maxSessions: 4 })
    const answers = await lab.clock.run(Promise.all(slow.map(({ target }) => lab.client.run(target, readPower))))
    t.equal(answers.length, 50)
    await lab.clock.run(lab.client.close())
    const { datagramsSent } = lab.client.counters
    t.ok(datagramsSent / 50 <= (delayMs === 450 ? 6 : 9), `${datagramsSent / 50} datagrams for each`)
  })
}

test('a slow BMC among fast ones gets one early retransmission and no more', async (t) => {
  const lab = memoryLab()
  const fast = await bmcs(lab, 20)
  const [slow] = await bmcs(lab, 1, { faults: { delayMs: 450 }, maxSessions: 3 })
  if (slow === undefined) return
  await lab.clock.run(Promise.all([...fast, slow].map(({ target }) => lab.client.run(target, readPower))))
  await lab.clock.run(lab.client.close())
  t.ok(slow.bmc.counters.received <= 8, `${slow.bmc.counters.received} datagrams`)
})

test('silent BMCs do not delay the others', async (t) => {
  const lab = memoryLab({}, { maxInFlight: 20 })
  const living = await bmcs(lab, 100)
  const dead = Array.from({ length: 200 }, (_, i) => ({
    address: `10.9.0.${i}`,
    username: 'admin',
    password: 'secret',
  }))
  const lost = dead.map((target) => lab.client.run(target, readPower).catch((error: unknown) => error))
  const doneMs: number[] = []
  await lab.clock.run(
    Promise.all(
      living.map(({ target }) => lab.client.run(target, readPower).then(() => doneMs.push(lab.clock.nowMs()))),
    ),
  )
  t.ok(Math.max(...doneMs) < 5000, `the last answering BMC took ${Math.max(...doneMs)} ms`)
  const errors = await lab.clock.run(Promise.all(lost))
  t.ok(errors.every((error) => error instanceof IpmiError && error.kind === 'timeout'))
  t.ok(lab.clock.nowMs() < 21_000, 'all silent BMCs together take one deadline')
})

test('at most maxInFlight datagrams are in flight', async (t) => {
  let inFlight = 0
  let most = 0
  const lab = memoryLab(
    {
      alter: (packet) => {
        inFlight += packet.toPort === 623 ? 1 : -1
        most = Math.max(most, inFlight)
        return [packet]
      },
    },
    { maxInFlight: 8 },
  )
  const machines = await bmcs(lab, 100)
  await lab.clock.run(Promise.all(machines.map(({ target }) => lab.client.run(target, readPower))))
  // Close Session follows an answer at once and counts too. This test also counts answers under way; the client does
  // not.
  t.ok(most <= 16, `${most}`)
})

test('a thousand BMCs take ten datagrams each', async (t) => {
  const lab = memoryLab({ jitterMs: 3 })
  const machines = await bmcs(lab, 1000)
  await lab.clock.run(Promise.all(machines.map(({ target }) => lab.client.run(target, readPower))))
  await lab.clock.run(lab.client.close())
  t.match(lab.client.counters, { datagramsSent: 5000, datagramsReceived: 5000, sessionsOpened: 1000 })
})
