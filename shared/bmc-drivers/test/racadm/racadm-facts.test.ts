import { test } from 'tap'
import { bootSettingOf, serverBootIn, serverBootOf } from '../../src/racadm/boot-settings.ts'
import { describeCommand } from '../../src/racadm/racadm-commands.ts'
import { sensorsIn } from '../../src/racadm/sensor-table.ts'
import { atPrompt, shellLine, shellOutput } from '../../src/racadm/ssh-shell.ts'

test('boot requests are BootOnce and FirstBootDevice, and are read back as the same', async (t) => {
  const rows = [
    ['pxe', 'PXE'],
    ['disk', 'HDD'],
    ['cdrom', 'VCD-DVD'],
    ['bios', 'BIOS'],
    ['none', 'Normal'],
  ] as const
  for (const [device, name] of rows)
    for (const persistent of [true, false]) {
      const set = serverBootOf({ device, persistent, efi: true })
      t.same(set, { device: name, once: !persistent })
      t.same(bootSettingOf(set), { device, persistent, efi: null, valid: device !== 'none' })
    }
  t.same(bootSettingOf({ device: 'F11', once: true }), { device: 'F11', persistent: false, efi: null, valid: true })
})

test('both generations of firmware print the boot device', async (t) => {
  const attribute = '[Key=iDRAC.Embedded.1#ServerBoot.1]\nBootOnce=Enabled\nFirstBootDevice=PXE'
  t.same(serverBootIn(attribute), { once: true, device: 'PXE' })
  t.same(serverBootIn('cfgServerFirstBootDevice=HDD\ncfgServerBootOnce=0'), { once: false, device: 'HDD' })
  t.same(serverBootIn('cfgServerFirstBootDevice=HDD\ncfgServerBootOnce=1'), { once: true, device: 'HDD' })
  t.equal(serverBootIn('nothing of it'), undefined)
})

test('sensors of aligned and of tabbed tables are read with type, units and thresholds', async (t) => {
  const aligned = `Sensor Type : POWER
<Sensor Name>             <Status>        <Type>
PS1 Status                Present         AC
PS2 Status                Failed          AC

Sensor Type : TEMPERATURE
<Sensor Name>             <Status>    <Reading>   <lc>        <uc>        <lnc>[R/W]  <unc>[R/W]
System Board Inlet Temp   Ok          21C         -7C         47C         3C [N]      42C [N]

Sensor Type : FAN
<Sensor Name>             <Status>    <Reading>   <lc>        <uc>        <PWM %>
System Board Fan1         Warning     600RPM      480RPM      NA          32%
`
  const expected = [
    { Name: 'PS1 Status', Type: 'power', Reading: null, Units: null, Status: 'ok' },
    { Name: 'PS2 Status', Type: 'power', Reading: null, Units: null, Status: 'critical' },
    {
      Name: 'System Board Inlet Temp',
      Type: 'temperature',
      Reading: 21,
      Units: 'C',
      Status: 'ok',
      Thresholds: { LowerCritical: -7, UpperCritical: 47, LowerCaution: 3, UpperCaution: 42 },
    },
    {
      Name: 'System Board Fan1',
      Type: 'fan',
      Reading: 600,
      Units: 'RPM',
      Status: 'warning',
      Thresholds: { LowerCritical: 480 },
    },
  ]
  t.same(sensorsIn(aligned), expected)
  t.same(sensorsIn(aligned.replace(/ {2,}/g, '\t')), expected)
  t.same(sensorsIn('ERROR'), [])
})

test('a status that is not known is unknown, and an absent part is absent', async (t) => {
  const statusOf = (word: string) =>
    sensorsIn(`Sensor Type : BATTERY\n<Sensor Name>\t<Status>\nA\t${word}`).map(({ Status }) => Status)
  t.same(statusOf('Humming'), ['unknown'])
  t.same(statusOf('Absent'), ['absent'])
  t.same(statusOf('Non-Critical'), ['warning'])
  t.same(statusOf('Non-Recoverable'), ['critical'])
})

test('a shell waits where a line of its own has its prompt, and not where output has a dollar', async (t) => {
  for (const prompt of ['$ ', '/admin1-> ', 'racadm>>', 'user@idrac:~$', 'banner\r\n$ ']) t.ok(atPrompt(prompt), prompt)
  for (const text of ['', 'it costs 5 $', 'Server power status: ON', 'a->b', '$ racadm']) t.notOk(atPrompt(text), text)
})

test('the echo of a command and the prompt after it are no output', async (t) => {
  t.equal(shellLine('/admin1-> ', 'getled'), 'racadm getled')
  t.equal(shellLine('racadm>>', 'getled'), 'getled')
  t.equal(shellOutput('racadm getled\r\nLED State: Blinking\r\n$ ', 'racadm getled').trim(), 'LED State: Blinking')
  t.equal(shellOutput('LED State: Blinking\r\n$ ', 'racadm getled').trim(), 'LED State: Blinking')
  t.equal(shellOutput('help: racadm getled\r\n$ ', 'racadm getled').trim(), 'help: racadm getled')
})

test('what a chassis does for its modules is power alone', async (t) => {
  t.equal(describeCommand('cycle', undefined), 'racadm serveraction powercycle')
  t.equal(describeCommand('cycle', 'server-3'), 'racadm serveraction -m server-3 powercycle')
  t.equal(describeCommand('getBoot', 'server-3'), undefined)
  t.equal(describeCommand('bios', undefined), undefined)
})
