import { fileURLToPath } from 'node:url'
import { runProgram } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import type { BmcOptions } from '../../src/bmc/index.ts'
import { foreignBench } from './foreign-bench.ts'

/** Debian's own Python, which finds Debian's modules. */
const PYTHON = '/usr/bin/python3'

/** The steps of a walk by their names, on a BMC with one cipher suite. */
async function walk(t: Test, script: string, options: Partial<BmcOptions>) {
  const { bmc, machine, target } = await foreignBench(t, { users: [{ name: 'admin', password: 'secret' }], ...options })
  const path = fileURLToPath(new URL(script, import.meta.url))
  const input = JSON.stringify({ ...target, password: 'secret' })
  const { code, stdout, stderr } = await runProgram(PYTHON, [path], { input, timeoutMs: 60_000 })
  t.equal(code, 0, stderr)
  const steps: Record<string, unknown> = JSON.parse(stdout)
  t.equal(bmc.counters.dropped.malformed, 0)
  return { steps, machine, bmc }
}

for (const suite of [3, 17] as const) {
  test(`pyghmi walks through the BMC with cipher suite ${suite}`, async (t) => {
    const { steps, machine, bmc } = await walk(t, 'pyghmi-walk.py', { cipherSuites: [suite] })
    t.same(
      Object.entries(steps).filter(([, result]) => JSON.stringify(result)?.includes('"error"')),
      [],
    )
    // "boot" is a reset of a machine that is on, and pyghmi does not send "off" to one that is off.
    t.same(machine.orders, ['hardReset', 'hardReset', 'diagnosticInterrupt', 'softShutdown', 'powerUp'])
    t.match(steps, {
      power: { powerstate: 'on' },
      'boot network': { bootdev: 'network', persistent: false, uefimode: false },
      'boot hd': { bootdev: 'hd' },
      'boot optical': { bootdev: 'optical' },
      'boot setup': { bootdev: 'setup' },
      'boot default': { bootdev: 'default' },
      'boot network for ever': { bootdev: 'network', persistent: true, uefimode: true },
      events: [
        { record_id: 1, component_type: 'System Boot', event: 'Hard reset', oem_byte2: 1, oem_byte3: 2 },
        { record_id: 2, component_type: 'System Boot', event: 'Hard reset' },
        { record_id: 3, component_type: 'Critical interrupt', event: 'Front panel diagnostic interrupt' },
        { record_id: 4, component_type: 'OS Stop', event: 'OS cleanly shutdown' },
        { record_id: 5, event: 'Power up' },
      ],
      'events and clear': 5,
      'events after clear': [{ record_id: 1, event: 'Log clear' }],
      inventory: { System: { 'Product name': 'Lab machine', 'Serial Number': '0042' } },
      sensors: [],
      health: { health: 0 },
      firmware: { 'BMC Version': { version: '1.0' } },
      network: {
        ipv4_address: '127.0.0.1/8',
        ipv4_configuration: 'DHCP',
        mac_address: '02:00:00:00:00:07',
        ipv4_gateway: '127.0.0.254',
      },
      users: { 2: { name: 'admin', access: { privilege_level: 'administrator' } } },
      channel: { 'Channel Medium type': '802.3 LAN' },
      'channel access': { access_mode: 'always' },
      identify: null,
      reset: null,
    })
    t.equal(bmc.counters.sessions, 1)
  })

  test(`python-ipmi walks through the BMC with cipher suite ${suite}`, async (t) => {
    const { steps, machine } = await walk(t, 'pyipmi-walk.py', { cipherSuites: [suite] })
    t.same(machine.orders, ['powerCycle', 'hardReset', 'diagnosticInterrupt', 'softShutdown', 'powerUp'])
    t.match(steps, {
      'device id': { device: 0x20, functions: ['sdr_repository', 'sel', 'fru_inventory', 'chassis'] },
      'self test': 0x55,
      cycle: null,
      'power when off': false,
      'cycle when off': { error: /cc=0xd5/ },
      up: null,
      power: true,
      'event count': 5,
      events: [
        { sensor: 0x09, data: [0xa1, 1, 2] },
        { sensor: 0x1d, data: [0xa1, 1, 2] },
        { sensor: 0x13, data: [0xa0, 1, 2] },
        { sensor: 0x20, data: [0xa3, 1, 2] },
        { sensor: 0x1d, data: [0xa0, 1, 2] },
      ],
      'clear events': null,
      'events after clear': [{ sensor: 0x10 }],
      address: [127, 0, 0, 1],
      'power reading': { current: 180, maximum: 220 },
      capabilities: [0, 1, 0],
      sdr: [/BMC/],
      fru: /Lab machine/,
      session: [0, 1, 32, 1, 2, 4],
      'cold reset': null,
    })
  })
}
