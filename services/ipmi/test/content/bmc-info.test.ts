import { test } from 'tap'
import { runShell } from './content-shell.ts'

const scripts = ['ipmi-base.sh.tmpl', 'ipmi-info-keys.sh.tmpl', 'ipmi-vendor.sh.tmpl', 'ipmi-configure-user.sh.tmpl']

/** `lan print` of one channel. */
function lanPrint(address: string, mac: string, source = 'Static Address'): string {
  return `Set in Progress         : Set Complete
Auth Type Enable        : Callback : MD5
IP Address Source       : ${source}
IP Address              : ${address}
Subnet Mask             : 255.255.255.0
MAC Address             : ${mac}
Default Gateway IP      : 192.0.2.1
Default Gateway MAC     : 00:00:00:00:00:00`
}

const lan = 'Channel Medium Type   : 802.3 LAN'
const mac = '52:54:00:12:34:56'
const none = '00:00:00:00:00:00'

/** An ipmitool that shows these channels: `channel info N` and `lan print N`. */
function channels(shown: Readonly<Record<number, readonly [medium: string, print?: string]>>): string {
  const cases = Object.entries(shown).flatMap(([channel, [medium, print]]) => [
    `'channel info ${channel}') echo '${medium}' ;;`,
    ...(print === undefined ? [] : [`'lan print ${channel}') echo '${print}' ;;`]),
  ])
  return `case "$*" in\n${cases.join('\n')}\n*) exit 1 ;;\nesac`
}

const show = `lan_info; echo "$lan_chan|\${lan_info[ipaddr]}|\${lan_info[netmask]}|\${lan_info["defgw ipaddr"]}|\${lan_info[macaddr]}|\${lan_info[ipsrc]}"`

test('the LAN channel is the first with a MAC and an address, and keeps nothing of the channels before (F12)', async (t) => {
  const rows = [
    [
      { 1: [lan, lanPrint('192.0.2.9', mac)] },
      /^1\|192\.0\.2\.9\|255\.255\.255\.0\|192\.0\.2\.1\|52:54:00:12:34:56\|Static Address$/m,
    ],
    [
      { 1: ['Channel Medium Type   : IPMB (I2C)', lanPrint('192.0.2.8', mac)], 3: [lan, lanPrint('192.0.2.9', mac)] },
      /^3\|192\.0\.2\.9/m,
    ],
    [
      {
        1: [lan, lanPrint('192.0.2.7', none)],
        2: [lan, lanPrint('0.0.0.0', mac)],
        8: [lan, lanPrint('192.0.2.9', mac)],
      },
      /^8\|192\.0\.2\.9/m,
    ],
    [
      { 1: [lan, lanPrint('192.0.2.7', none)], 2: [lan, lanPrint('0.0.0.0', mac, 'DHCP Address')], 3: [lan] },
      /^2\|0\.0\.0\.0.*DHCP Address$/m,
    ],
    [{ 4: [lan, lanPrint('192.0.2.7', none)], 5: [lan, 'Set in Progress : Set Complete'] }, /^4\|192\.0\.2\.7/m],
  ] as const
  for (const [shown, expected] of rows) {
    const { stdout, stderr } = await runShell(t, {
      with: scripts,
      script: show,
      programs: { ipmitool: channels(shown) },
    })
    t.match(stdout, expected, stderr)
  }
})

test('no LAN channel at all is a failure that names ipmi/force-lan-chan, and that param decides', async (t) => {
  const programs = { ipmitool: channels({ 1: [lan, lanPrint('192.0.2.9', mac)], 7: ['', lanPrint('192.0.2.7', mac)] }) }
  const run = (params: object, tools = programs) =>
    runShell(t, { with: scripts, script: show, programs: tools, params: { ...params } })
  t.match(await run({}, { ipmitool: 'exit 1' }), { code: 1, stderr: /ipmi\/force-lan-chan/ })
  t.match(await run({ 'ipmi/force-lan-chan': 7 }), { code: 0, stdout: /^7\|192\.0\.2\.7/m })
  t.match(await run({ 'ipmi/force-lan-chan': 6 }), { code: 1, stderr: /channel 6, which ipmi\/force-lan-chan names/ })
})

test('mc info is asked 5 times at most, and values may hold colons', async (t) => {
  const script = `read_mc_info && echo "<\${mc_info[version]}|\${mc_info[product_name]}|\${mc_info[mfgr_id]}>"; cat count`
  const answer =
    'Device ID : 32\nManufacturer ID           : 674\nProduct Name              : A: B\nIPMI Version              : 2.0\nAux Firmware Rev Info     : \n    0x00'
  const after = (tries: number) =>
    `echo x >>count; (($(wc -l <count) >= ${tries})) || exit 1; printf '%s\\n' '${answer}'`
  const good = await runShell(t, { with: scripts, script, programs: { ipmitool: after(3) } })
  t.match(good.stdout, /^<2\.0\|A: B\|674>\nx\nx\nx$/m)
  const silent = await runShell(t, { with: scripts, script: `${script} || exit 9`, programs: { ipmitool: after(6) } })
  t.equal(silent.stdout.split('\n').filter((line) => line === 'x').length, 5)
})

const lan6 = (sections: readonly string[]) => ['IPv6 Header:', '    Hop limit : 64', ...sections].join('\n')
const address = (kind: string, at: number, value: string, source = kind.toLowerCase()) =>
  `IPv6 ${kind} Address ${at}:\n    Enabled:        yes\n    Source/Type:    ${source}\n    Address:        ${value}\n    Status:         active`
const router = (kind: string, value: string) =>
  `IPv6 ${kind} Router 1:\n    Address: ${value}\n    MAC:     00:00:00:00:00:00`

test('lan6 print gives the first static address, or else the first dynamic one, and the first router', async (t) => {
  const rows = [
    [
      [
        address('Static', 0, '2001:db8::9/64'),
        address('Dynamic', 0, 'fe80::1/64', 'SLAAC'),
        router('Static', 'fe80::ff'),
      ],
      '2001:db8::9|64|static|fe80::ff',
    ],
    [[address('Static', 0, '::/0'), address('Static', 1, '2001:db8::a/56')], '2001:db8::a|56|static|'],
    [
      [
        address('Static', 0, '::/0'),
        address('Dynamic', 0, '::/0', 'DHCPv6'),
        address('Dynamic', 1, '2001:db8::b/64', 'DHCPv6'),
        router('Static', '::'),
        router('Dynamic', 'fe80::1'),
      ],
      '2001:db8::b|64|DHCPv6|fe80::1',
    ],
    [
      [address('Dynamic', 0, '2001:db8::c/64', 'SLAAC'), address('Static', 0, '2001:db8::d/64')],
      '2001:db8::d|64|static|',
    ],
    [[address('Dynamic', 0, '2001:db8::c/64', 'static')], '|||'],
    [[], '|||'],
  ] as const
  const script = `lan_chan=1
for file in print*; do
  export PRINT=$file
  lan6_info
  echo "\${lan6_info[ipaddr]}|\${lan6_info[netmask]}|\${lan6_info[ipsrc]}|\${lan6_info["defgw ipaddr"]}"
done
ipmi_no_ipv6=true
lan6_info
echo "\${#lan6_info[@]}"`
  const files = Object.fromEntries(rows.map(([sections], at) => [`print${at}`, lan6(sections)]))
  const programs = { ipmitool: 'case "$*" in help) echo "  lan6  Configure IPv6" >&2 ;; *) cat "$PRINT" ;; esac' }
  const { stdout } = await runShell(t, { with: scripts, script, files, programs })
  t.strictSame(stdout.split('\n').slice(0, -1), [
    ...rows.map(([, expected]) => expected),
    'No IPv6: quirk ipmi-no-ipv6',
    '0',
  ])
  const old = await runShell(t, {
    with: scripts,
    script: `lan_chan=1; lan6_info; echo "\${#lan6_info[@]}"`,
    programs: { ipmitool: 'echo lan' },
  })
  t.match(old.stdout, /has no command lan6\n0/)
})

test('the table of users is read by its commas, with blank names, commas in names, and empty slots (F11)', async (t) => {
  const list = `1,,true,false,false,Unknown (0x00)
2,ADMIN,false,false,true,ADMINISTRATOR
3,sixteen-letters-,true,true,true,OPERATOR
4,a b,c,true,false,true,NO ACCESS
5,(Empty User),true,false,false,NO ACCESS
6,,true,false,false,NO ACCESS
Get User Access command failed`
  const script = `lan_chan=1
read_users
for slot in "\${user_slots[@]}"; do echo "$slot|\${user_names[$slot]}|\${user_rights[$slot]}"; done
choose_slot 'a b,c' 9; echo "known $REPLY"
choose_slot new 3; echo "wanted $REPLY"
choose_slot new; echo "free $REPLY"
user_names[5]=x user_names[6]=y
choose_slot new; echo "full $REPLY"
user_names[2]=''
choose_slot new; echo "second $REPLY"
ipmi_immutable_rootname=true
choose_slot new; echo "immutable $REPLY"`
  const { stdout, stderr } = await runShell(t, {
    with: scripts,
    script,
    files: { list },
    programs: { ipmitool: 'cat list' },
  })
  t.strictSame(
    stdout.split('\n').filter((line) => !/^User a b,c has slot 4/.test(line)),
    [
      '1||false Unknown (0x00)',
      '2|ADMIN|true ADMINISTRATOR',
      '3|sixteen-letters-|true OPERATOR',
      '4|a b,c|true NO ACCESS',
      '5||false NO ACCESS',
      '6||false NO ACCESS',
      'known 4',
      'wanted 3',
      'free 5',
      'full 2',
      'second 2',
      'immutable 3',
      '',
    ],
  )
  t.match(stderr, /slot 3 belongs to 'sixteen-letters-'/)
  t.match(stderr, /no free slot for new: slot 2 is used, now 'ADMIN'/)
})
