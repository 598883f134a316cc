import { systemClock } from '@powerbus/plugin-sdk'
import { waitUntil, within } from '@powerbus/testkit'
import { test } from 'tap'
import { openHostBench } from './host-bench.ts'

/** Four VMs: `a` answers nothing, and the texts kept with `b` cannot be read. */
async function hungBench(t: Parameters<typeof openHostBench>[0]) {
  const bench = await openHostBench(t)
  const { hypervisor, endpoint } = bench
  const [a, b] = ['a', 'b', 'c', 'd'].map((name) => hypervisor.add({ name }).id)
  if (!a || !b) throw new Error('there is no VM')
  hypervisor.hangs = (method, id) => id === a || (id === b && method === 'getExtra')
  const hasBmc = (name: string) => endpoint.named(name)?.Params['ipmi/port-ipmitool'] !== undefined
  return { ...bench, hung: a, hasBmc }
}

test('a VM that never answers does not keep the others from their machines and BMCs', async (t) => {
  const { start, endpoint, hasBmc, bmc, hypervisor, never, lines } = await hungBench(t)
  const host = await start({ settings: { bmc }, lookMs: 2500 })
  t.same(['a', 'b', 'c', 'd'].map(hasBmc), [false, false, true, true])
  t.notOk(endpoint.named('a'))
  t.ok(
    lines.some((line) => line.startsWith('error')),
    'it is logged',
  )
  t.notOk(lines.some((line) => line.startsWith('warn')))
  hypervisor.hangs = () => false
  await host.bringTogether(true, never)
  t.same(['a', 'b'].map(hasBmc), [true, true])
})

test('a config ends in time, slow VMs are paired later, and the end of the plugin does not wait for them', async (t) => {
  const { start, hasBmc, bmc, hung, state, lines } = await hungBench(t)
  const store = await state()
  await store.set(`cycle/${hung}`, 'token')
  await store.set('operation/token', { vm: hung, operation: 'cycle', phase: 'off' })
  const host = await within('the config', start({ settings: { bmc }, lookMs: 60_000 }, 0))
  t.ok(lines.includes('warn some VMs do not answer; the plugin starts without waiting for them'))
  await waitUntil('the others', () => ['c', 'd'].every(hasBmc))
  await within('the end', host.close())
})

test('an aborted config ends at once', async (t) => {
  const { open } = await hungBench(t)
  await t.rejects(open().begin(AbortSignal.abort(new Error('given up')), systemClock.nowMs() + 30_000))
})

test('a hypervisor whose list fails makes the config fail, and no machine is made', async (t) => {
  const { hypervisor, start, endpoint } = await openHostBench(t)
  hypervisor.failures.push({ method: 'list', code: 'TARGET_UNREACHABLE', times: 1 })
  await t.rejects(start(), { code: 'TARGET_UNREACHABLE' })
  t.equal(endpoint.all.size, 0)
})
