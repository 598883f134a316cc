import type { BmcDriver } from '@powerbus/bmc-drivers'
import { PowerbusError } from '@powerbus/plugin-sdk/unshared'
import { test } from 'tap'
import { taskOf } from '../src/bmc/bmc-task.ts'

/** A BMC that answers `status` with these errors first. */
function failing(errors: readonly PowerbusError[]) {
  const calls = { opened: 0, closed: 0, asked: 0 }
  const open = async () => {
    calls.opened++
    return {
      status: async () => {
        const error = errors[calls.asked++]
        if (error) throw error
        return 'on' as const
      },
      close: async () => {
        calls.closed++
      },
    }
  }
  const driver: BmcDriver = {
    key: '192.0.2.1:623',
    service: 'ipmi',
    mode: 'ipmitool',
    describe: () => 'Get Chassis Status',
    open,
    readPower: async () => {
      const { status, close } = await open()
      return status().finally(close)
    },
  }
  const status = (timeoutMs: number) =>
    taskOf({ verb: 'status' }).run(driver, { signal: new AbortController().signal, timeoutMs })
  return { calls, status }
}

const busy = new PowerbusError('TARGET_BUSY', 'Get Chassis Status: node busy (C0h)')

test('a status that a busy BMC refuses is asked again, and every session is closed', async (t) => {
  const { calls, status } = failing([busy, busy])
  t.same(await status(20_000), { Power: 'on' })
  t.equal(calls.asked, 3)
  t.equal(calls.closed, calls.opened)
})

test('a BMC that stays busy is TARGET_BUSY in the words of its last answer, at the deadline', async (t) => {
  for (const timeoutMs of [0, 100, 900]) {
    const { calls, status } = failing(new Array(50).fill(busy))
    const startedMs = performance.now()
    await t.rejects(status(timeoutMs), { code: 'TARGET_BUSY', message: /C0h/ })
    t.ok(performance.now() - startedMs < timeoutMs + 500)
    t.equal(calls.closed, calls.opened)
  }
})

test('any other error of a status is final', async (t) => {
  for (const code of ['AUTH_FAILED', 'TARGET_TIMEOUT', 'IPMI_COMPLETION', 'TARGET_UNREACHABLE'] as const) {
    const { calls, status } = failing([new PowerbusError(code, 'no')])
    await t.rejects(status(20_000), { code })
    t.equal(calls.asked, 1)
  }
})
