import { PowerbusError } from '@powerbus/plugin-sdk'
import { RedfishError } from '@powerbus/redfish'
import { test } from 'tap'
import { auto } from '../src/auto/auto.ts'
import { Ways } from '../src/auto/ways.ts'
import type { BmcConnection, BmcDriver } from '../src/driver.ts'
import { redfishTarget } from './redfish-bench.ts'

const call = () => ({ signal: new AbortController().signal, timeoutMs: 10_000 })

/** A driver that notes its calls, and fails with what stands in `fails` by then. */
function noted(
  way: string,
  calls: string[],
  fails: { error?: PowerbusError },
  more: Partial<BmcConnection> = {},
): BmcDriver {
  const does =
    <T>(name: string, value: T) =>
    async () => {
      calls.push(`${way} ${name}`)
      if (fails.error) throw fails.error
      return value
    }
  const connection: BmcConnection = {
    status: does('status', 'on' as const),
    on: does('on', undefined),
    cycle: does('cycle', undefined),
    restartMark: does('restartMark', `${way} mark`),
    outcomeOf: does('outcomeOf', 'done' as const),
    ...more,
  }
  return {
    key: way,
    service: 'ipmi',
    mode: way,
    open: async () => connection,
    describe: () => way,
  }
}

function bench(more: Partial<BmcConnection> = {}) {
  const calls: string[] = []
  const fails = { redfish: {} as { error?: PowerbusError }, ipmitool: {} as { error?: PowerbusError } }
  let nowMs = 0
  const notes: string[] = []
  const ways = new Ways(() => nowMs)
  const factory = auto({
    redfish: async () => ({
      driver: () => noted('redfish', calls, fails.redfish, { sensors: async () => [], ...more }),
      close: async () => undefined,
    }),
    ipmitool: async () => ({ driver: () => noted('ipmitool', calls, fails.ipmitool), close: async () => undefined }),
    ways,
  })
  const target = { ...redfishTarget, note: (text: string) => void notes.push(text) }
  const ask = async <T>(work: (bmc: BmcConnection) => Promise<T> | undefined) => {
    calls.length = 0
    return work(await factory.driver(target).open(call()))
  }
  return {
    calls,
    fails,
    notes,
    ask,
    later: (ms: number) => {
      nowMs += ms
    },
  }
}

/** As the Redfish driver throws it. */
function failure(code: 'TARGET_UNREACHABLE' | 'TARGET_TIMEOUT' | 'AUTH_FAILED' | 'OUTCOME_UNKNOWN', sent: boolean) {
  const cause = new RedfishError('unreachable', '192.0.2.20:443', 'gone', { sent })
  return new PowerbusError(code, 'gone', { cause })
}

test('auto speaks Redfish where it answers, finds that once, and says so', async (t) => {
  const { ask, calls, notes } = bench()
  t.equal(await ask((bmc) => bmc.status?.(call())), 'on')
  t.same(calls, ['redfish status', 'redfish status'])
  await ask((bmc) => bmc.status?.(call()))
  t.same(calls, ['redfish status'], 'the finding is kept')
  t.match(notes, [/speaks redfish/])
})

test('auto speaks IPMI where Redfish does not answer or refuses the login, and looks again after an hour', async (t) => {
  for (const code of ['TARGET_UNREACHABLE', 'AUTH_FAILED'] as const) {
    const { ask, calls, fails, later } = bench()
    fails.redfish.error = failure(code, false)
    await ask((bmc) => bmc.on?.(call()))
    t.same(calls, ['redfish status', 'ipmitool on'], code)
    await ask((bmc) => bmc.status?.(call()))
    t.same(calls, ['ipmitool status'], code)
    delete fails.redfish.error
    later(3_600_001)
    await ask((bmc) => bmc.status?.(call()))
    t.same(calls, ['redfish status', 'redfish status'], code)
  }
})

test('a read that fails goes the other way, which is then the way of this BMC', async (t) => {
  const { ask, calls, fails } = bench()
  await ask((bmc) => bmc.status?.(call()))
  fails.redfish.error = failure('TARGET_TIMEOUT', true)
  t.equal(await ask((bmc) => bmc.status?.(call())), 'on')
  t.same(calls, ['redfish status', 'ipmitool status'])
  await ask((bmc) => bmc.status?.(call()))
  t.same(calls, ['ipmitool status'])
})

test('a command goes the other way only where nothing of it was sent', async (t) => {
  for (const name of ['on', 'cycle'] as const) {
    const sent = bench()
    await sent.ask((bmc) => bmc.status?.(call()))
    sent.fails.redfish.error = failure('TARGET_TIMEOUT', true)
    await t.rejects(
      sent.ask((bmc) => bmc[name]?.(call())),
      { code: 'TARGET_TIMEOUT' },
    )
    t.same(sent.calls, [`redfish ${name}`])
    const unsent = bench()
    await unsent.ask((bmc) => bmc.status?.(call()))
    unsent.fails.redfish.error = failure('TARGET_UNREACHABLE', false)
    await unsent.ask((bmc) => bmc[name]?.(call()))
    t.same(unsent.calls, [`redfish ${name}`, `ipmitool ${name}`])
  }
})

test('an unknown outcome stays with the way that it came by, and so does its evidence', async (t) => {
  const { ask, fails, calls } = bench()
  await ask(async (bmc) => {
    const mark = (await bmc.restartMark?.(call())) ?? ''
    fails.redfish.error = failure('OUTCOME_UNKNOWN', true)
    await t.rejects(bmc.cycle?.(call()) ?? Promise.resolve(), { code: 'OUTCOME_UNKNOWN' })
    delete fails.redfish.error
    t.equal(await bmc.outcomeOf?.('cycle', mark, call()), 'done')
  })
  t.notOk(calls.some((line) => line.startsWith('ipmitool')))
})

test('what IPMI lacks is asked of Redfish, and what both lack is a 404', async (t) => {
  const { ask, fails } = bench()
  fails.redfish.error = failure('AUTH_FAILED', false)
  t.same(await ask((bmc) => bmc.sensors?.(call())), [])
  await t.rejects(
    ask((bmc) => bmc.clearSel?.(call())),
    { code: 'CAPABILITY_UNSUPPORTED', status: 404 },
  )
})

test('where both ways fail the error says both', async (t) => {
  const { ask, fails } = bench()
  fails.redfish.error = failure('TARGET_UNREACHABLE', false)
  fails.ipmitool.error = new PowerbusError('TARGET_TIMEOUT', 'no answer on UDP')
  await t.rejects(
    ask((bmc) => bmc.status?.(call())),
    { code: 'TARGET_TIMEOUT', message: /no answer on UDP; and by redfish: gone/ },
  )
})
