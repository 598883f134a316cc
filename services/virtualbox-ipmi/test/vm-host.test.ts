import { systemClock } from '@powerbus/plugin-sdk'
import { waitUntil, within } from '@powerbus/testkit'
import { test } from 'tap'
import { openHostBench } from './host-bench.ts'

/** Four VMs, of which `a` does not answer to anything, and `b` does not say what is kept with it. */
async function hungBench(t: Parameters<typeof openHostBench>[0]) {
  const bench = await openHostBench(t)
  const { hypervisor, endpoint } = bench
  const [a, b] = ['a', 'b', 'c', 'd'].map((name) => hypervisor.add({ name }).id)
  if (!a || !b) throw new Error('there is no VM')
  hypervisor.hangs = (method, id) => id === a || (id === b && method === 'getExtra')
  const hasBmc = (name: string) => endpoint.named(name)?.Params['ipmi/port-ipmitool'] !== undefined
  return { ...bench, hung: a, hasBmc }
}

test('a VM that never answers keeps no other from its machine and its BMC', async (t) => {
  const { start, endpoint, hasBmc, bmc, hypervisor, never, lines } = await hungBench(t)
  const host = await start({ settings: { bmc }, lookMs: 2500 })
  t.same(['a', 'b', 'c', 'd'].map(hasBmc), [false, false, true, true])
  t.notOk(endpoint.named('a'))
  t.ok(
    lines.some((line) => line.startsWith('error')),
    'it is told',
  )
  t.notOk(lines.some((line) => line.startsWith('warn')))
  hypervisor.hangs = () => false
  await host.bringTogether(true, never)
  t.same(['a', 'b'].map(hasBmc), [true, true])
})

test('a config ends in time, what takes longer goes on, and an end of the plugin does not wait for it', async (t) => {
  const { start, hasBmc, bmc, hung, state, lines } = await hungBench(t)
  const store = await state()
  await store.set(`cycle/${hung}`, 'token')
  await store.set('operation/token', { vm: hung, operation: 'cycle', phase: 'off' })
  const host = await within('the config', start({ settings: { bmc }, lookMs: 60_000 }, 0))
  t.ok(lines.includes('warn some VMs do not answer, and are waited for while the plugin works already'))
  await waitUntil('the others', () => ['c', 'd'].every(hasBmc))
  await within('the end', host.close())
})

test('a config that is given up ends at once', async (t) => {
  const { open } = await hungBench(t)
  await t.rejects(open().begin(AbortSignal.abort(new Error('given up')), systemClock.nowMs() + 30_000))
})

test('a hypervisor that cannot be used is said, and nothing is done', async (t) => {
  const { hypervisor, start, endpoint } = await openHostBench(t)
  hypervisor.failures.push({ method: 'list', code: 'TARGET_UNREACHABLE', times: 1 })
  await t.rejects(start(), { code: 'TARGET_UNREACHABLE' })
  t.equal(endpoint.all.size, 0)
})
