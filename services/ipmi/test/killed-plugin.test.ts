import { builtExecutable, launchPlugin, startLabRack, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'

test('without Redis, a plugin killed after a cycle and launched again does not repeat it for the request', async (t) => {
  const { machine: bmc } = await startLabRack(t, { cycleOffMs: 2000 })
  const env = { POWERBUS_STATE: tempFolder(t) }
  const start = async (again: boolean) => {
    const plugin = await launchPlugin(t, builtExecutable('plugins/ipmi'), { env, again })
    await plugin.configure({ Name: 'ipmi' })
    const act = (command: string, requestId: string) =>
      plugin.act(command, { ...bmc.params, 'power/request-id': requestId })
    return { ...plugin, act }
  }

  const victim = await start(false)
  t.match(await victim.act('poweron', 'first'), { status: 200, body: { Power: 'on' } })
  const cut = victim.act('powercycle', 'cut-short').catch((error: unknown) => error)
  await waitUntil('the cycle', () => bmc.machine.counts.powerCycle === 1)
  victim.process.kill('SIGKILL')
  t.ok((await cut) instanceof Error, 'the request got no answer')

  // A cycle of a machine that is off would be a power on, so the test waits until the machine is on.
  await waitUntil('the machine to be on again', () => bmc.machine.isOn())
  const next = await start(true)
  const isReport = (body: unknown) => JSON.stringify(body).includes('died before this request ended')
  await waitUntil('the report', () => next.received.some(({ path, body }) => path === 'log' && isReport(body)))
  const again = await next.act('powercycle', 'cut-short')
  t.ok(again.status === 200 || again.status === 504, `it is done, or not known: ${JSON.stringify(again)}`)
  t.equal(bmc.machine.counts.powerCycle, 1)
})
