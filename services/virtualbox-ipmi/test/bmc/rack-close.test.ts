import { EventEmitter, once } from 'node:events'
import { waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { silent, turnsOf } from '../vm-bench.ts'
import { openOneBmc, type RackOptions } from './rack-bench.ts'

/** A running VM whose turn is taken until `release`, so that its BMC's commands wait. */
async function busyBmc(t: Parameters<typeof openOneBmc>[0], options: RackOptions = {}) {
  const bench = await openOneBmc(t, options)
  const { hypervisor, vm, power } = bench
  hypervisor.set(vm.id, { state: 'running' })
  const gate = new EventEmitter()
  const held = turnsOf(power).run(vm.id, async () => await once(gate, 'open'))
  await waitUntil('the turn to be taken', () => gate.listenerCount('open') > 0)
  const release = async () => {
    gate.emit('open')
    await held
    await turnsOf(power).idle()
  }
  return { ...bench, release }
}

test('a BMC that closes finishes accepted commands, and accepts no more', async (t) => {
  const { tool, rack, release, becomes, failures } = await busyBmc(t)
  await tool('chassis', 'power', 'off')
  const closed = rack.close(30_000)
  await t.rejects(tool('-N', '1', '-R', '1', 'chassis', 'power', 'status'), 'nobody listens any more')
  await release()
  await closed
  await becomes('poweredoff')
  t.equal(failures(), 0)
})

test('a command that is not done when a BMC closes is given up, counted and logged', async (t) => {
  const errors: string[] = []
  const error = (message: string, data: object = {}) => void errors.push(`${message}: ${Reflect.get(data, 'what')}`)
  const { tool, rack, release, state, failures } = await busyBmc(t, { log: { ...silent, error } })
  await tool('chassis', 'power', 'off')
  await rack.close(0)
  await release()
  await waitUntil('it to be counted', () => failures() === 1)
  t.match(errors, [/powerDown/])
  t.equal(state(), 'running')
})

test('a command for a VM that is gone is counted as a failure', async (t) => {
  const { tool, rack, vm, release, failures } = await busyBmc(t)
  await tool('chassis', 'power', 'off')
  await rack.remove(vm.id)
  await release()
  await waitUntil('it to be counted', () => failures() === 1)
})
