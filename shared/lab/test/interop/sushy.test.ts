import { fileURLToPath } from 'node:url'
import { runProgram } from '@powerbus/testkit'
import { test } from 'tap'
import { credentials, rackOfOne } from './rack-of-one.ts'

/** Debian's own Python, which finds Debian's modules. */
const PYTHON = '/usr/bin/python3'

test('sushy powers, boots and mounts an image, and leaves no session', async (t) => {
  const { machine, guid, service, certificate } = await rackOfOne(t)
  const script = fileURLToPath(new URL('sushy-walk.py', import.meta.url))
  const input = JSON.stringify({ url: service.url, certificate, ...credentials })
  // A bundle of the environment would go before the rack's own certificate.
  const env = { REQUESTS_CA_BUNDLE: undefined, CURL_CA_BUNDLE: undefined }
  const { code, stdout, stderr } = await runProgram(PYTHON, [script], { input, env, timeoutMs: 90_000 })
  t.equal(code, 0, stderr)
  t.match(JSON.parse(stdout), {
    root: ['RootService', '1.23.0'],
    system: ['1', guid, 'Powerbus'],
    'power at first': 'Off',
    'allowed resets': [
      'ForceOff',
      'ForceOn',
      'ForceRestart',
      'GracefulRestart',
      'GracefulShutdown',
      'Nmi',
      'On',
      'PowerCycle',
      'PushPowerButton',
    ],
    boot: ['Pxe', 'Once', 'UEFI'],
    'boot after the boot': ['Disabled'],
    inserted: [true, 'http://192.0.2.1/boot.iso'],
    ejected: [false],
    bios: [3, 5],
    'secure boot': [false],
    manager: ['1', 'BMC'],
    chassis: ['1', 'RackMount'],
    firmware: ['BIOS', 'BMC'],
    sessions: [1],
  })
  t.same(machine.lastBoot, { device: 'pxe', efi: true })
  t.match(machine.counts, { powerUp: 2, hardReset: 1, powerDown: 1 })
  t.equal(service.state.sessions.made, 1)
  t.same(service.state.sessions.all(), [])
})
