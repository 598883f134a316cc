import { builtExecutable, launchPlugin, runIpmiTool, startLabRack } from '@powerbus/testkit'
import { test } from 'tap'

/** Each command of the plugin, with what ipmitool is told for the same, in an order in which neither meets a machine that is off. */
const commands: readonly (readonly [command: string, ipmitool: string, params?: Readonly<Record<string, unknown>>])[] =
  [
    ['powerstatus', 'chassis power status'],
    ['poweron', 'chassis power on'],
    ['powerstatus', 'chassis power status'],
    ['powerreset', 'chassis power reset'],
    ['powerdiag', 'chassis power diag'],
    ['nextbootpxe', 'chassis bootdev pxe'],
    ['nextbootdisk', 'chassis bootdev disk'],
    ['nextbootcd', 'chassis bootdev cdrom'],
    ['nextbootbios', 'chassis bootdev bios'],
    ['forcebootpxe', 'chassis bootdev pxe options=persistent'],
    ['forcebootdisk', 'chassis bootdev disk options=persistent'],
    ['identify', 'chassis identify 7', { 'ipmi/identify-duration': 7 }],
    ['identify', 'chassis identify 0', { 'ipmi/identify-duration': 0 }],
    ['powercycle', 'chassis power cycle'],
    ['powershutdown', 'chassis power soft'],
    ['poweroff', 'chassis power off'],
  ]

test('with power/answer text the built plugin answers as ipmitool does for the same command', async (t) => {
  const { machines, password } = await startLabRack(t, { count: 2, cycleOffMs: 1 })
  const [ours, theirs] = machines
  if (!ours || !theirs) throw new Error('the rack has two machines')
  const plugin = await launchPlugin(t, builtExecutable('plugins/ipmi'))
  await plugin.configure({ Name: 'ipmi' })
  const params = { ...ours.params, 'detected-bios-mode': 'legacy-bios', 'power/answer': 'text' }
  const target = { address: theirs.address, port: theirs.port, username: 'admin', password }
  for (const [command, ipmitool, more] of commands) {
    const [answer, printed] = await Promise.all([
      plugin.act(command, { ...params, ...more }),
      runIpmiTool(target, ipmitool.split(' ')),
    ])
    t.equal(printed.code, 0, `${ipmitool}: ${printed.stderr}`)
    t.strictSame(answer, { status: 200, body: printed.stdout }, command)
  }

  const failed = await plugin.act('powerreset', params)
  t.match(failed, { status: 409, body: { Model: 'plugin', Code: 409 } }, 'a failure stays an error')
  const dry = await plugin.act('poweron', { ...params, 'power/dry-run': true })
  t.match(dry.body, { DryRun: true, Command: 'poweron' }, 'a dry run stays an object')
  const named = { ...params, 'power/request-id': 'once' }
  t.equal((await plugin.act('poweron', named)).body, 'Chassis Power Control: Up/On\n')
  const again = await plugin.act('poweron', { ...named, 'power/answer': 'object' })
  t.match(again.body, { Power: 'on', Changed: true }, 'a repeated request gets the answer in its own form')
  t.ok('events keep the object')
  t.match(await plugin.act('poweron', { ...params, 'power/answer': 'words' }), { status: 400 })
})
