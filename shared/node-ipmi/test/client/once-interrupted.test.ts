import { test } from 'tap'
import type { BmcFaults } from '../../src/bmc/index.ts'
import type { IpmiConnection } from '../../src/client/ipmi-connection.ts'
import type { IpmiSession } from '../../src/client/ipmi-session.ts'
import { readPower } from '../../src/client/read-power.ts'
import { ChassisControl, chassisControl } from '../../src/commands/chassis-control.ts'
import { type LabBmc, type MemoryLab, memoryLab } from './memory-lab.ts'
import { oddBmc } from './odd-bmc.ts'

const { powerCycle, hardReset } = ChassisControl
type Rule = NonNullable<BmcFaults['rules']>[number]

const cycle = (session: IpmiSession) => session.send(chassisControl, { control: powerCycle })
const reset = (session: IpmiSession) => session.send(chassisControl, { control: hardReset })
const kindOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error as { kind: string }).kind,
  )

const STATUS = 'Get Chassis Status'
const LEVEL = 'Set Session Privilege Level'
/** A BMC counts a rule down: each gets its own. */
const copies = (...rules: Rule[]): Rule[] => rules.map((rule) => ({ ...rule }))
const lost: Rule = { message: 'Chassis Control', lose: 'request', times: 1 }
const isLevel =
  (wanted: number) =>
  ([level]: Uint8Array) =>
    level === wanted
const markLost: Rule = { message: LEVEL, when: isLevel(2), lose: 'answer', times: 1 }
const closeLost: Rule = { message: 'Close Session', lose: 'answer', times: 1 }

/** Where a run of a cycle is interrupted: when that request arrives, `skip` of its kind later, `afterMs` later. */
interface Place {
  readonly message: string
  readonly when?: (data: Uint8Array) => boolean
  readonly skip?: number
  readonly afterMs?: number
  readonly rules?: readonly Rule[]
  /** The cycle has not left by then. */
  readonly isBefore?: true
}

const places: Readonly<Record<string, Place>> = {
  'Open Session': { message: 'Open Session Request', isBefore: true },
  'RAKP 3': { message: 'RAKP Message 3', isBefore: true },
  'the level': { message: LEVEL, when: isLevel(3), isBefore: true },
  'the look': { message: STATUS, isBefore: true },
  'the command': { message: 'Chassis Control', rules: [lost] },
  'the wait for its answer': { message: 'Chassis Control', rules: [lost], afterMs: 100 },
  'the mark': { message: LEVEL, when: isLevel(2), rules: [lost] },
  'the reading of the mark': { message: LEVEL, when: isLevel(0), rules: [lost, markLost] },
  'the pause before a poll': { message: LEVEL, when: isLevel(2), rules: [lost], afterMs: 100 },
  'a poll': { message: STATUS, skip: 5, rules: [lost] },
  'the close': { message: 'Close Session', rules: [lost] },
  'the check': { message: 'Get Channel Authentication Capabilities', rules: [lost, closeLost] },
}

const ends = ['abort', 'close', 'client', 'deadline'] as const

interface Interrupted {
  readonly lab: MemoryLab
  readonly machine: LabBmc
  readonly connection: IpmiConnection
  readonly kind: string
}

/** Runs a cycle, which ends at that place; the deadline is such that it passes there. */
async function interrupted(
  { message, when, skip = 0, afterMs = 0, rules = [] }: Place,
  end: (typeof ends)[number],
  timeoutMs?: number,
): Promise<Interrupted & { atMs: number }> {
  const lab = memoryLab()
  const machine = await lab.addBmc()
  const connection = lab.client.open(machine.target)
  const abort = new AbortController()
  let atMs = 0
  let left = skip
  const stop = () => {
    atMs = lab.clock.nowMs()
    if (timeoutMs !== undefined) return
    if (end === 'abort') abort.abort()
    else if (end === 'close') connection.close()
    else if (end === 'client') void lab.client.close()
  }
  const trap: Rule = {
    message,
    when: (data) => {
      if (atMs === 0 && when?.(data) !== false && left-- === 0) lab.clock.after(afterMs, stop)
      return false
    },
  }
  machine.bmc.faults.rules = [trap, ...copies(...rules)]
  const limits = { signal: abort.signal, timeoutMs: timeoutMs ?? 30_000 }
  const kind = await lab.clock.run(kindOf(connection.run(cycle, limits)))
  return { lab, machine, connection, kind, atMs }
}

const endings = { abort: 'aborted', close: 'closed', client: 'closed', deadline: 'timeout' }

for (const [name, place] of Object.entries(places)) {
  test(`a cycle that ends at ${name} is unknown once it has left, and sent once at most`, async (t) => {
    for (const end of ends) {
      let { lab, machine, connection, kind, atMs } = await interrupted(place, end)
      if (end === 'deadline') ({ lab, machine, connection, kind } = await interrupted(place, end, atMs))
      t.equal(kind, place.isBefore ? endings[end] : 'unknown-outcome', end)
      connection.close()
      await lab.clock.run(lab.client.close())
      await lab.clock.pass(30_000)
      t.ok(machine.orders.length <= 1, `${machine.orders}`)
      t.equal(machine.bmc.sessionCount, 0, 'no session is left')
      const { length } = lab.sent
      await lab.clock.pass(120_000)
      t.equal(lab.sent.length, length, 'nothing is sent any more')
      t.equal(lab.clock.pending, 0, 'no timer is left')
    }
  })

  test(`after a cycle that was aborted at ${name} a reset is never said to be done that was not`, async (t) => {
    for (const lose of ['request', 'answer'] as const) {
      const { lab, machine, connection } = await interrupted(place, 'abort')
      machine.orders.length = 0
      machine.bmc.faults.rules = copies({ ...lost, lose })
      const most = { sessions: 0 }
      for (let ms = 0; ms < 20_000; ms += 100) {
        lab.clock.after(ms, () => (most.sessions = Math.max(most.sessions, machine.bmc.sessionCount)))
      }
      const kind = await lab.clock.run(kindOf(connection.run(reset, { timeoutMs: 30_000 })))
      t.match(kind, lose === 'request' ? /unknown-outcome|not-answered/ : /unknown-outcome|done/, lose)
      t.equal(machine.orders.length, lose === 'request' ? 0 : 1)
      // A BMC forgets a half-open session by itself.
      if (name !== 'Open Session') t.ok(most.sessions <= 1, 'one session at a time')
      connection.close()
    }
  })
}

test('numbers of a run that was aborted between two polls are not taken for those of the next command', async (t) => {
  // A BMC that refuses the levels: nothing is asked between the two commands.
  const levels: Rule = { message: LEVEL, completionCode: 0xcc }
  const { connection, lab, machine } = await interrupted(
    { message: STATUS, skip: 1, afterMs: 50, rules: [levels, lost] },
    'abort',
  )
  const user = lab.client.counters.datagramsSent
  machine.bmc.faults.rules = copies(levels, lost)
  t.equal(await lab.clock.run(kindOf(connection.run(reset, { timeoutMs: 30_000 }))), 'unknown-outcome')
  t.same(machine.orders, [])
  t.ok(lab.client.counters.datagramsSent - user < 50, `${lab.client.counters.datagramsSent - user}`)
  connection.close()
})

test('a late answer to the command before, itself lost, does not count as the one to the next', async (t) => {
  const lab = memoryLab()
  const { bmc, target, orders } = await lab.addBmc()
  const late: Rule = { message: 'Chassis Control', answerAfterMs: 13_000, lose: 'answer', times: 1 }
  const reads: Rule = { message: LEVEL, when: isLevel(2), lose: 'answer', times: 1 }
  const closes: Rule = { message: 'Close Session', completionCode: 0xff, times: 1 }
  bmc.faults.rules = copies(late, reads, closes, lost)
  const kinds = await lab.clock.run(
    lab.client.run(target, async (session) => [await kindOf(reset(session)), await kindOf(reset(session))], {
      timeoutMs: 60_000,
    }),
  )
  t.same(kinds, ['unknown-outcome', 'unknown-outcome'])
  t.same(orders, ['hardReset'])
})

test('a BMC that refuses to close the session, or still answers in it, keeps it: no second one is opened', async (t) => {
  const refuses: Rule = { message: 'Close Session', completionCode: 0xc1, times: 1 }
  const loses: Rule = { message: 'Close Session', lose: 'request', times: 3 }
  for (const close of [refuses, loses]) {
    const lab = memoryLab()
    const { bmc, target } = await lab.addBmc()
    bmc.faults.rules = copies(lost, close)
    const kinds = await lab.clock.run(
      lab.client.run(target, async (session) => [await kindOf(reset(session)), await readPower(session)], {
        timeoutMs: 60_000,
      }),
    )
    t.same(kinds, ['unknown-outcome', 'on'])
    t.equal(bmc.counters.sessions, 1)
  }
})

test('an answer that comes while the session is being closed is the answer, and the next command finds a session', async (t) => {
  for (const lose of ['request', 'answer'] as const) {
    /** The outcomes, and how long after the reset Close Session arrived. */
    const resetAndRead = async (answerAfterMs: number) => {
      const lab = memoryLab()
      const { bmc, target, orders } = await lab.addBmc()
      let [sentMs, closeMs] = [0, 0]
      const noteSent = () => {
        sentMs = lab.clock.nowMs()
        return true
      }
      const noteClose = () => {
        closeMs ||= lab.clock.nowMs()
        return true
      }
      const late: Rule = { message: 'Chassis Control', when: noteSent, answerAfterMs, times: 1 }
      bmc.faults.rules = [late, { message: 'Close Session', when: noteClose, lose, times: 1 }]
      const work = async (session: IpmiSession) => [await kindOf(reset(session)), await readPower(session)]
      const outcomes = await lab.clock.run(lab.client.run(target, work, { timeoutMs: 60_000 }))
      return { outcomes, afterMs: closeMs - sentMs, orders, tookMs: lab.clock.nowMs() }
    }
    const { afterMs, outcomes: without } = await resetAndRead(30_000)
    t.same(without, ['not-answered', 'on'])
    const { outcomes, orders, tookMs } = await resetAndRead(lose === 'request' ? afterMs + 5 : afterMs)
    t.same(outcomes, ['done', 'on'], lose)
    t.same(orders, ['hardReset'])
    t.ok(tookMs < 13_000, `${tookMs} ms`)
  }
})

test('a BMC that refuses every look gets a few, and the cycle once', async (t) => {
  for (const completionCode of [0xc0, 0xc1, 0xd4]) {
    const lab = memoryLab()
    const { bmc, target, orders } = await lab.addBmc()
    bmc.faults.rules = [{ message: STATUS, completionCode }]
    await lab.clock.run(lab.client.run(target, cycle))
    t.same(orders, ['powerCycle'])
    t.ok(bmc.counters.received < 20, `${bmc.counters.received} datagrams`)
    bmc.faults.rules = copies(...bmc.faults.rules, lost)
    orders.length = 0
    t.match(await lab.clock.run(kindOf(lab.client.run(target, cycle))), /unknown-outcome|not-answered/)
    t.same(orders, [])
  }
})

/** A reset that is lost, and what the BMC sends to the first look after it. */
async function confused(rule: Rule): Promise<{ kind: string; orders: readonly string[] }> {
  const lab = memoryLab()
  const { bmc, target, orders } = await lab.addBmc()
  bmc.faults.rules = copies(lost)
  const kind = await lab.clock.run(
    kindOf(
      lab.client.run(
        target,
        async (session) => {
          await readPower(session)
          await readPower(session)
          lab.clock.after(700, () => {
            bmc.faults.rules = copies(lost, rule)
          })
          await reset(session)
        },
        { timeoutMs: 30_000 },
      ),
    ),
  )
  return { kind, orders }
}

test('polls that are answered with rubbish, refused, or under other numbers never make a lost reset done', async (t) => {
  const polls = { message: [STATUS, LEVEL] }
  const rules: Rule[] = [
    { ...polls, alter: () => new Uint8Array(0) },
    { ...polls, alter: () => new Uint8Array(200).fill(0xaa) },
    { ...polls, completionCode: 0xff },
    { ...polls, completionCode: 0xd2 },
    { ...polls, sequenceStep: 4 },
    { ...polls, silent: true },
    { ...polls, from: { address: '10.66.0.1' } },
  ]
  for (const rule of rules) {
    for (const times of [1, 3, 60]) {
      const { kind, orders } = await confused({ ...rule, times })
      t.match(kind, /unknown-outcome|not-answered/, JSON.stringify({ ...rule, times }))
      t.same(orders, [])
    }
  }
})

test('the late answer to another request does not count as the one to a lost reset', async (t) => {
  const lab = memoryLab()
  const { bmc, target, orders } = await lab.addBmc()
  // The slow read makes the client probe the session with Get Device ID, whose answer comes after the reset was sent.
  const slowRead: Rule = { message: STATUS, answerAfterMs: 2700, times: 1 }
  bmc.faults.rules = copies(slowRead, { message: 'Get Device ID', answerAfterMs: 1300 }, lost)
  const work = async (session: IpmiSession) => [await readPower(session), await kindOf(reset(session))]
  t.same(await lab.clock.run(lab.client.run(target, work, { timeoutMs: 60_000 })), ['on', 'not-answered'])
  t.same(orders, [])
})

test('an answer to the reset that cannot be read, or is under another rqSeq, shows that it was answered', async (t) => {
  const isToControl = (message: Uint8Array) => message[5] === chassisControl.cmd
  const change = (message: Uint8Array, byte: number, by: number) => {
    const changed = message.slice()
    changed[byte] = (changed[byte] ?? 0) + by
    changed[changed.length - 1] = (changed.at(-1) ?? 0) - by
    return changed
  }
  for (const altered of [
    (message: Uint8Array) => change(message, 4, 4),
    (message: Uint8Array) => message.subarray(0, 6),
    (message: Uint8Array) => change(message, 2, 1),
  ]) {
    const lab = memoryLab()
    const { target } = await oddBmc(lab.network, { message: (m) => (isToControl(m) ? altered(m) : m) })
    t.equal(await lab.clock.run(kindOf(lab.client.run(target, reset))), 'done')
  }
})

test('a client that is closed twice at once is closed once, for both', async (t) => {
  const lab = memoryLab()
  const { target } = await lab.addBmc()
  const connection = lab.client.open(target)
  await lab.clock.run(connection.run(readPower))
  await lab.clock.run(Promise.all([lab.client.close(), lab.client.close()]))
  t.equal(lab.clock.pending, 0)
})
