import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PlainMachine, startRedfishService } from '@powerbus/redfish/service'
import { signedCertificate } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { jsonLines } from './built-command.ts'
import { inProcess } from './command-line.ts'

const PASSWORD = 'correct-horse-9'
const HOST = '10.0.0.5'

/** A machine behind a Redfish service, and the command line with its password. */
async function redfishBmc(t: Test) {
  const { key, cert, authorityFile } = signedCertificate(t, 'localhost')
  const machine = new PlainMachine()
  const service = await startRedfishService({
    port: 0,
    tls: { key, cert },
    hosts: [{ machine, uuid: '9a1e7d5c-8a0e-4d3c-9c5e-0f4f6f1b2a33' }],
    accounts: [{ username: 'admin', password: PASSWORD }],
  })
  t.teardown(() => service.close())
  const run = inProcess({ env: { IPMI_PASSWORD: PASSWORD } })
  return { service, machine, run, host: `localhost:${service.port}`, authorityFile }
}

test('every command of the page on the plugin ipmi does what it says, and leaves no session', async (t) => {
  const { service, run, host } = await redfishBmc(t)
  const page = readFileSync(join(import.meta.dirname, '../../docs/ipmi.md'), 'utf8')
  const commands = page.match(/^ {4}powerbus .*$/gm) ?? []
  t.ok(commands.length >= 15)
  for (const line of commands) {
    const args = line
      .trim()
      .split(' ')
      .slice(1)
      .map((word) => (word === HOST ? host : word))
    const { code, stdout, stderr } = await run(...args)
    t.equal(code, 0, `${line.trim()}: ${stderr}`)
    t.notMatch(stdout + stderr, PASSWORD)
  }
  t.equal(service.state.sessions.all().length, 0)
})

test('verbs of mode redfish answer as those of IPMI do', async (t) => {
  const { run, host, machine, authorityFile } = await redfishBmc(t)
  const bmc = async (...words: readonly string[]) => {
    const { stdout } = await run('bmc', ...words, host, '-U', 'admin', '--mode', 'redfish', '--json')
    return jsonLines(stdout)[0]
  }
  t.match(await bmc('on'), { ok: true, result: { Power: 'on', Changed: true, Verified: true } })
  t.match(await bmc('cycle'), { ok: true, result: { Power: 'on', Changed: true } })
  t.equal(machine.verbs.filter((verb) => verb === 'powerCycle').length, 1)
  t.match(await bmc('accycle'), { ok: false, error: { code: 'CAPABILITY_UNSUPPORTED' } })
  t.ok(machine.isOn())
  t.match(await bmc('boot', 'cd', '--efi'), { result: { BootDevice: 'cd', EFI: true, Verified: true } })
  t.match(await bmc('info'), { result: { Manufacturer: 'Powerbus', Rules: 'standard' } })
  t.match(await bmc('clearsel'), { result: { Cleared: true } })
  t.match(await bmc('status', '--ca-file', authorityFile), { ok: true, result: { Power: 'on' } })
  t.match(await bmc('status', '--fingerprint', '00'.repeat(32)), { ok: false, error: { code: 'TARGET_UNREACHABLE' } })
})

test('redfish get refuses what is no path, several hosts, and what is not there', async (t) => {
  const { run, host } = await redfishBmc(t)
  const get = (path: string, where = host) => run('redfish', 'get', path, where, '-U', 'admin')
  t.match(JSON.parse((await get('Systems/1')).stdout), { Id: '1' })
  t.equal((await get('/etc/passwd')).code, 2)
  t.equal((await get('Systems', '127.0.0.[1-2]')).code, 2)
  const missing = await get('Nowhere')
  t.equal(missing.code, 1)
  t.match(missing.stderr, /404/)
})
