import { decodeMachine } from '@powerbus/drp'
import { test } from 'tap'
import type { Device } from '../../src/cloud/device.ts'
import { deviceFields, newMachine, withDevice } from '../../src/machine/device-machine.ts'

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

test('a device becomes a machine with all that it tells', async (t) => {
  t.strictSame(newMachine(full, deviceFields(full, 'packet-east')), {
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

test('one that tells nothing becomes one all the same', async (t) => {
  t.strictSame(newMachine(bare, deviceFields(bare, 'p')), {
    Name: 'packet-abcdef01',
    Profiles: ['packet-console'],
    Params: { 'machine-plugin': 'p', 'packet/uuid': 'abcdef01-2345' },
  })
})

test("the API's own console address is taken where it tells one", async (t) => {
  t.equal(deviceFields({ ...full, console: 'x@sos.test' }, 'p').Params['packet/sos'], 'x@sos.test')
})

test('a machine keeps what its device does not tell', async (t) => {
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
