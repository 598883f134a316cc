import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { PowerbusError } from '../errors.ts'
import type { Claim, Commit, Coordinator, Gaps, OnceClaim } from './coordinator.ts'

/** One promise of `Coordinator`, kept by two that share what they know: two replicas, or twice the same one in one process. */
export interface CoordinatorCase {
  readonly name: string
  run(one: Coordinator, other: Coordinator): Promise<void>
}

const WAIT_MS = 20_000
const noGap: Gaps = { anyMs: 0, changeMs: 0 }

function claim(command: string, more: Partial<Claim> = {}): Claim {
  return {
    key: '192.0.2.1:623',
    holder: { command, requestId: `r-${command}` },
    waitMs: WAIT_MS,
    signal: new AbortController().signal,
    ...more,
  }
}

function request<Result>(requestId: string, more: Partial<OnceClaim<Result>> = {}): OnceClaim<Result> {
  const findOut = () => Promise.reject(new PowerbusError('OUTCOME_UNKNOWN', 'nobody looked'))
  return { requestId, subject: 'powercycle 192.0.2.1:623', signal: new AbortController().signal, findOut, ...more }
}

/** A promise that is settled by hand. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

const holding: readonly CoordinatorCase[] = [
  {
    name: 'one action at a time, in order of arrival',
    async run(one, other) {
      const order: string[] = []
      const allCame = gate()
      let inside = 0
      const action = (coordinator: Coordinator, name: string) =>
        coordinator.hold(claim(name), async () => {
          inside += 1
          equal(inside, 1)
          order.push(name)
          await allCame.opened
          await sleep(10)
          inside -= 1
        })
      // Both have their connection.
      for (const coordinator of [one, other]) await coordinator.hold(claim('before'), async () => undefined)
      const actions: Promise<void>[] = []
      for (const [index, coordinator] of [one, other, one, other, one].entries()) {
        actions.push(action(coordinator, `${index}`))
        await sleep(100)
      }
      allCame.open()
      await Promise.all(actions)
      deepEqual(order, ['0', '1', '2', '3', '4'])
    },
  },
  {
    name: 'who waits in vain is told who holds the BMC',
    async run(one, other) {
      const end = gate()
      const began = gate()
      const held = one.hold(claim('powershutdown'), async () => {
        began.open()
        await end.opened
      })
      await began.opened
      await rejects(
        other.hold(claim('poweroff', { waitMs: 200 }), async () => undefined),
        (error) => {
          ok(error instanceof PowerbusError)
          equal(error.code, 'TARGET_BUSY')
          for (const part of ['192.0.2.1:623', 'powershutdown', 'r-powershutdown'])
            ok(error.message.includes(part), part)
          return true
        },
      )
      await other.hold(claim('poweron', { key: '{192.0.2.2}%:623' }), async () => undefined)
      end.open()
      await held
      await other.hold(claim('poweroff'), async () => undefined)
    },
  },
  {
    name: 'who gives up waiting leaves the line, and an action that failed ends its turn',
    async run(one, other) {
      const end = gate()
      const began = gate()
      const held = one.hold(claim('first'), async () => {
        began.open()
        await end.opened
        throw new PowerbusError('TARGET_TIMEOUT', 'no answer')
      })
      const caller = new AbortController()
      await began.opened
      const given = other.hold(claim('second', { signal: caller.signal }), async () => undefined)
      const next = one.hold(claim('third'), async () => 'third')
      setTimeout(() => caller.abort(), 100)
      await rejects(given, { code: 'DEADLINE_EXCEEDED' })
      end.open()
      await rejects(held, { code: 'TARGET_TIMEOUT' })
      equal(await next, 'third')
    },
  },
  {
    name: 'commands keep their gaps from those of every replica',
    async run(one, other) {
      const sentMs: number[] = []
      const startMs = performance.now()
      const send = (coordinator: Coordinator, kind: 'read' | 'change', gaps: Gaps) =>
        coordinator.hold(claim(kind), async (lease) => {
          await lease.beforeCommand(kind, gaps)
          lease.assertHeld()
          sentMs.push(performance.now())
        })
      await send(one, 'change', noGap)
      await send(other, 'read', { anyMs: 0, changeMs: 0 })
      await send(other, 'change', { anyMs: 0, changeMs: 400 })
      await send(one, 'read', { anyMs: 300, changeMs: 0 })
      const [, , third = 0, fourth = 0] = sentMs
      // From the start: a store's late answer puts `sentMs` off from the moment that gaps are counted from. It counts whole milliseconds.
      ok(third - startMs >= 395, `${third - startMs}`)
      ok(fourth - startMs >= 695, `${fourth - startMs}`)
    },
  },
  {
    name: 'each turn knows whose the last change was, and reads are none',
    async run(one, other) {
      const turnOf = (coordinator: Coordinator, command: string, kind?: 'read' | 'change') =>
        coordinator.hold(claim(command), async (lease) => {
          const before = await lease.lastChanger()
          if (kind) await lease.beforeCommand(kind, noGap)
          if (kind === 'change') await lease.recordChange()
          return { turn: lease.turn, before, after: await lease.lastChanger() }
        })
      const first = await turnOf(one, 'first', 'read')
      deepEqual([first.before, first.after], [undefined, undefined])
      const second = await turnOf(other, 'second', 'change')
      equal(second.before, undefined)
      const { atMs = 0, ...changer } = second.after ?? {}
      deepEqual(changer, { turn: second.turn, command: 'second', requestId: 'r-second' })
      ok(atMs > 0)
      const third = await turnOf(one, 'third', 'read')
      deepEqual([third.before, third.after], [second.after, second.after])
      const fourth = await turnOf(one, 'fourth', 'change')
      deepEqual(fourth.before, second.after)
      equal(fourth.after?.turn, fourth.turn)
      deepEqual((await turnOf(other, 'fifth')).before, fourth.after)
      const turns = [first, second, third, fourth].map(({ turn }) => turn)
      deepEqual(
        turns,
        [...new Set(turns)].sort((a, b) => a - b),
      )
      const elsewhere = claim('elsewhere', { key: '192.0.2.2:623' })
      equal(await one.hold(elsewhere, (lease) => lease.lastChanger()), undefined)
    },
  },
  {
    name: 'who hangs up while a gap is waited for sends nothing',
    async run(one, other) {
      await one.hold(claim('first'), (lease) => lease.beforeCommand('change', noGap))
      const caller = new AbortController()
      setTimeout(() => caller.abort(), 50)
      const late = other.hold(claim('second', { signal: caller.signal }), (lease) =>
        lease.beforeCommand('change', { anyMs: 60_000, changeMs: 0 }),
      )
      await rejects(late, { code: 'DEADLINE_EXCEEDED' })
    },
  },
]

const requests: readonly CoordinatorCase[] = [
  {
    name: 'the same request a hundred times at once runs once, and all get its result',
    async run(one, other) {
      let runs = 0
      const work = async (commit: Commit) => {
        runs += 1
        await commit({ operation: 'cycle', mark: '1', turn: 1 })
        await sleep(100)
        return { Power: 'on' }
      }
      const ask = (index: number) => (index % 2 === 0 ? one : other).once(request('a'), work)
      const results = await Promise.all(Array.from({ length: 100 }, (_, index) => ask(index)))
      for (const result of results) deepEqual(result, { Power: 'on' })
      deepEqual(await other.once(request('a'), work), { Power: 'on' })
      equal(runs, 1)
    },
  },
  {
    name: 'another command or machine under a used name is a conflict',
    async run(one, other) {
      await one.once(request('{a}%'), async () => 1)
      const late = other.once(request('{a}%', { subject: 'powercycle 192.0.2.2:623' }), async () => 2)
      await rejects(late, { code: 'OBJECT_CONFLICT' })
      equal(await other.once(request<number>('{a}%'), async () => 3), 1)
    },
  },
  {
    name: 'a failure before a change is that of those who waited, and then forgotten',
    async run(one, other) {
      const began = gate()
      let runs = 0
      const failing = one.once(request('a'), async () => {
        runs += 1
        began.open()
        await sleep(200)
        throw new PowerbusError('AUTH_FAILED', 'wrong password')
      })
      const first = rejects(failing, { code: 'AUTH_FAILED' })
      await began.opened
      const work = async () => {
        runs += 1
        return 'on'
      }
      await rejects(other.once<string>(request('a'), work), { code: 'AUTH_FAILED' })
      await first
      equal(runs, 1)
      equal(await other.once<string>(request('a'), work), 'on')
      equal(runs, 2)
    },
  },
  {
    name: 'a failure after a change is kept',
    async run(one, other) {
      const failing = one.once(request('a'), async (commit) => {
        await commit()
        throw new PowerbusError('TARGET_TIMEOUT', 'not off')
      })
      await rejects(failing, { code: 'TARGET_TIMEOUT' })
      await rejects(
        other.once(request('a'), async () => 'on'),
        { code: 'TARGET_TIMEOUT' },
      )
    },
  },
  {
    name: 'who hangs up while an earlier request runs is let go, and that one goes on',
    async run(one, other) {
      const end = gate()
      const first = one.once(request('a'), async () => {
        await end.opened
        return 'done'
      })
      const caller = new AbortController()
      setTimeout(() => caller.abort(), 100)
      await sleep(50)
      const late = other.once(request('a', { signal: caller.signal }), async () => 'twice')
      await rejects(late, { code: 'DEADLINE_EXCEEDED' })
      end.open()
      equal(await first, 'done')
    },
  },
]

/** What every coordinator must pass; each case throws an AssertionError where it fails, and takes real time. */
export const coordinatorConformance: readonly CoordinatorCase[] = [...holding, ...requests]
