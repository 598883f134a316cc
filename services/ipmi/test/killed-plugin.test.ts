import { startLab } from '@powerbus/lab'
import { builtExecutable, launchPlugin, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'

const credentials = { username: 'admin', password: 'only-the-bmc-knows' }

test('a plugin that is killed after a cycle and launched again, without Redis, cycles no second time for one request', async (t) => {
  const lab = await startLab({ count: 1, address: '127.0.0.1', port: 0, credentials, times: { cycleOffMs: 2000 } })
  t.teardown(() => lab.close())
  const [bmc] = lab.bmcs
  if (!bmc) throw new Error('the lab has no BMC')
  const env = { POWERBUS_STATE: tempFolder(t) }
  const start = async (again: boolean) => {
    const plugin = await launchPlugin(t, builtExecutable('plugins/ipmi'), { env, again })
    t.match(await plugin.config({ Name: 'ipmi' }), { status: 200 })
    const act = async (Command: string, requestId: string) => {
      const Params = {
        'ipmi/address': bmc.address,
        'ipmi/port-ipmitool': bmc.port,
        'ipmi/username': credentials.username,
        'ipmi/password': credentials.password,
        'ipmi/mode': 'ipmitool',
        'power/request-id': requestId,
      }
      const answer = await plugin.action({ Model: { Uuid: 'u' }, Plugin: 'ipmi', Command, CommandSet: '', Params })
      return { status: answer.status, body: answer.json() }
    }
    return { ...plugin, act }
  }

  const victim = await start(false)
  t.match(await victim.act('poweron', 'first'), { status: 200, body: { Power: 'on' } })
  const cut = victim.act('powercycle', 'cut-short').catch((error: unknown) => error)
  await waitUntil('the cycle', () => bmc.machine.counts.powerCycle === 1)
  victim.process.kill('SIGKILL')
  t.ok((await cut) instanceof Error, 'nobody answered')

  // A cycle of a machine that is off would be a power on.
  await waitUntil('the machine to be on again', () => bmc.machine.isOn())
  const next = await start(true)
  const isReport = (body: unknown) => JSON.stringify(body).includes('died before this request ended')
  await waitUntil('the report', () => next.received.some(({ path, body }) => path === 'log' && isReport(body)))
  const again = await next.act('powercycle', 'cut-short')
  t.ok(again.status === 200 || again.status === 504, `it is done, or not known: ${JSON.stringify(again)}`)
  t.equal(bmc.machine.counts.powerCycle, 1)
})
