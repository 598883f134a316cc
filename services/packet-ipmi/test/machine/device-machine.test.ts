import { decodeMachine } from '@powerbus/drp'
import { test } from 'tap'
import type { Device } from '../../src/cloud/device.ts'
import { deviceFields, withDevice } from '../../src/machine/device-machine.ts'
import { createMachine } from '../../src/machine/machines.ts'
import { FakeMachines } from '../fixtures/fake-machines.ts'

const bare: Device = { id: 'abcdef01-2345', hostname: '', state: 'on', stateWord: 'active', tags: [], macs: [] }
const full: Device = {
  ...bare,
  hostname: ' node-01 ',
  plan: 'big',
  facility: 'ewr1',
  projectId: 'p',
  alwaysPxe: false,
  ipxeScriptUrl: 'http://x',
  address: '198.51.100.1',
  macs: ['02:00:00:00:00:01'],
}

/** The fields that `createMachine` gives the endpoint. */
async function created(device: Device, plugin: string): Promise<unknown> {
  const machines = new FakeMachines()
  const given: unknown[] = []
  machines.create = async (machine) => {
    given.push(machine)
    return decodeMachine(machine)
  }
  await createMachine(device, {}, { machines, plugin, call: { signal: new AbortController().signal, timeoutMs: 1000 } })
  return given[0]
}

test('a new machine has all fields that its device gives', async (t) => {
  t.strictSame(await created(full, 'packet-east'), {
    Name: 'node-01',
    Address: '198.51.100.1',
    HardwareAddrs: ['02:00:00:00:00:01'],
    Profiles: ['packet-console'],
    Params: {
      'machine-plugin': 'packet-east',
      'packet/uuid': 'abcdef01-2345',
      'packet/plan': 'big',
      'packet/facility': 'ewr1',
      'packet/sos': 'abcdef01-2345@sos.ewr1.packet.net',
      'packet/project-id': 'p',
      'packet/always-pxe': false,
      'packet/ipxe-script-url': 'http://x',
    },
  })
})

test('a device that gives nothing but its id gets a machine', async (t) => {
  t.strictSame(await created(bare, 'p'), {
    Name: 'packet-abcdef01',
    Profiles: ['packet-console'],
    Params: { 'machine-plugin': 'p', 'packet/uuid': 'abcdef01-2345' },
  })
})

test("packet/sos is the API's console address if it gives one", async (t) => {
  t.equal(deviceFields({ ...full, console: 'x@sos.test' }, 'p').Params['packet/sos'], 'x@sos.test')
})

test('a machine keeps the fields that its device does not give', async (t) => {
  const machine = decodeMachine({
    Name: 'mine',
    Uuid: 'u',
    Address: '192.0.2.1',
    HardwareAddrs: ['02:00:00:00:00:09'],
    Profiles: ['packet-console', 'rack'],
    Params: { own: 1, 'packet/missing': 'long ago', 'packet/plan': 'asked' },
    Extra: true,
  })
  t.match(withDevice(machine, deviceFields(bare, 'p'), ['packet/missing']), {
    ...machine,
    Params: { own: 1, 'packet/plan': 'asked', 'packet/uuid': bare.id, 'packet/missing': undefined },
  })
  t.match(withDevice(machine, deviceFields(full, 'p')), {
    Name: 'mine',
    Address: '198.51.100.1',
    HardwareAddrs: full.macs,
  })
})
