import { SimulatedMachine, startHmc, startRacadm } from '@powerbus/lab'
import { builtExecutable, launchPlugin } from '@powerbus/testkit'
import { createBmc, seededRandom, systemClock } from 'node-ipmi/bmc'
import { test } from 'tap'

const times = { powerUpMs: 50, powerDownMs: 50 }
const credentials = { username: 'root', password: 'calvin-is-secret' }

test('the built executable, which has no native code, switches machines by racadm over HTTPS and SSH, and by an HMC', async (t) => {
  const machine = new SimulatedMachine({ times })
  const users = [{ name: credentials.username, password: credentials.password }]
  const bmc = createBmc({ chassis: machine, users, clock: systemClock, random: seededRandom(1) })
  const rac = await startRacadm({ machine: bmc.machine, credentials })
  const hmc = await startHmc({ machines: [machine], credentials })
  t.teardown(() => Promise.all([rac.close(), hmc.close()]))
  const plugin = await launchPlugin(t, builtExecutable('plugins/ipmi'))
  await plugin.configure({ Name: 'ipmi' })
  const modes = [
    { 'ipmi/mode': 'racadmn', 'ipmi/racadm-transport': 'cgi', 'ipmi/port-racadm': rac.port },
    { 'ipmi/mode': 'racadm', 'ipmi/racadm-transport': 'ssh', 'ipmi/port-racadm': rac.port },
    { 'ipmi/mode': 'lpar', 'ipmi/lpar-id': 'p9-one/lpar1', 'ipmi/port-lpar': hmc.port },
  ]
  for (const mode of modes) {
    const params = {
      'ipmi/address': '127.0.0.1',
      'ipmi/username': credentials.username,
      'ipmi/password': credentials.password,
      'power/min-gap': 0,
      ...mode,
    }
    t.match(
      await plugin.act('poweron', params),
      { status: 200, body: { Power: 'on', Changed: true } },
      mode['ipmi/mode'],
    )
    t.match(await plugin.act('nextbootpxe', params), { status: 200, body: { BootDevice: 'pxe', EFI: null } })
    t.match(await plugin.act('poweroff', params), { status: 200, body: { Power: 'off', Changed: true } })
    t.match(await plugin.act('getMemory', params), {
      status: 404,
      body: { Messages: [/^Action getMemory not supported on ipmi driver: (racadm|lpar)$/] },
    })
  }
  t.notOk(plugin.sent().includes(credentials.password))
  t.match(await plugin.post('/api-plugin/v4/stop', {}), { status: 200 })
  t.equal((await plugin.process.exited).code, 0)
  t.same([rac.cgi.sessions.size, rac.ssh.connections, hmc.rest.sessions], [0, 0, 0])
})
