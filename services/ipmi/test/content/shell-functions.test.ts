import { readdirSync } from 'node:fs'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { runShell } from './content-shell.ts'

const scripts = ['ipmi-base.sh.tmpl', 'ipmi-info-keys.sh.tmpl', 'ipmi-configure-network.sh.tmpl']

test('a reservation is made, and one that is there counts if it is for this MAC in any writing (F14)', async (t) => {
  const script = `lan_info[macaddr]=52-54-00-AB-CD-EF
reserve_address 192.0.2.9
echo went on`
  const drpcli = (create: string, show: string) => ({
    drpcli: `echo "$*" >>calls
case "$2" in create) cat >>calls; ${create} ;; show) ${show} ;; esac`,
  })
  const conflict = 'echo "Error: POST: reservations/C0000209: already exists" >&2; exit 1'
  const shown = (token: string) => `echo '{ "Addr": "192.0.2.9", "Token": "${token}" }'`
  const rows = [
    [drpcli('echo {}', 'exit 9'), 0, /192\.0\.2\.9 is reserved for 52:54:00:ab:cd:ef\nwent on/],
    [drpcli(conflict, shown('5254.00AB.CDEF')), 0, /reserved for 52:54:00:ab:cd:ef already\nwent on/],
    [
      drpcli(conflict, shown('52:54:00:00:00:01')),
      1,
      /reserved for 52:54:00:00:00:01, and this BMC is 52:54:00:ab:cd:ef/,
    ],
    [drpcli(conflict, 'echo "Error: Forbidden" >&2; exit 1'), 0, /could not be reserved.*already exists[\s\S]*went on/],
    [drpcli('echo "Error: not implemented" >&2; exit 1', 'exit 1'), 0, /could not be reserved.*not implemented/],
  ] as const
  for (const [programs, code, text] of rows) {
    const run = await runShell(t, { with: scripts, script: `exec 2>&1\n${script}`, programs })
    t.match(run, { code, stdout: text }, run.stdout)
  }
  const { stdout } = await runShell(t, { with: scripts, script: `${script}; cat calls`, programs: rows[0][0] })
  t.match(stdout, 'reservations create -\n{"Strategy":"MAC","Addr":"192.0.2.9","Token":"52:54:00:ab:cd:ef"}')
  t.match(
    await runShell(t, {
      with: scripts,
      script: 'lan_info[macaddr]=00:00:00:00:00:00; reserve_address 192.0.2.9',
      programs: rows[0][0],
    }),
    {
      code: 0,
      stderr: /shows no MAC/,
    },
  )
})

test('a BMC that is silent after a change is waited for, and one that never takes it fails the task', async (t) => {
  const ipmitool = `echo "$*" >>calls
count=$(wc -l <calls)
[[ "$*" == 'lan print 1' ]] || exit 0
((count > 4)) || exit 1
if [[ -e stubborn ]]; then echo 'IP Address Source : BIOS Assigned Address'; else echo 'IP Address Source : DHCP Address'; fi`
  const script = "lan_chan=1 changed=false; set_lan ipsrc 'DHCP Address' ipsrc dhcp; echo $changed; grep -c print calls"
  t.match(await runShell(t, { with: scripts, script, programs: { ipmitool } }), { code: 0, stdout: /true\n4\n$/ })
  const stubborn = await runShell(t, { with: scripts, script, programs: { ipmitool }, files: { stubborn: '' } })
  t.match(stubborn, { code: 1, stderr: /has not taken 'ipsrc dhcp'.*it shows 'BIOS Assigned Address'/ })
  const silent = await runShell(t, {
    with: scripts,
    script: 'wait_for_bmc 300 || echo silent; wc -l <calls',
    programs: { ipmitool: 'echo >>calls; exit 1' },
  })
  t.match(silent, { stdout: /^silent\n61\n/, stderr: /has not answered for 300 seconds/ })
})

test('netmasks and addresses are judged by their bits', async (t) => {
  const script = `while read -r text; do is_netmask "$text" && echo "$text"; done; echo; ipv4_number 010.1.2.3 && echo "$REPLY"`
  const masks =
    '255.255.255.0 255.255.255.255 128.0.0.0 255.255.254.0 0.0.0.0 255.0.255.0 255.255.255.1 256.0.0.0 255.255.255 /24 ::'
  const { stdout } = await runShell(t, {
    with: scripts,
    script: `set +e\n${script}`,
    input: `${masks.replaceAll(' ', '\n')}\n`,
  })
  t.equal(stdout, '255.255.255.0\n255.255.255.255\n128.0.0.0\n255.255.254.0\n\n167838211\n')
})

test('a secret that drpcli refuses is not in the message, as it is or as JSON, and nothing is traced (F5)', async (t) => {
  const run = await runShell(t, {
    with: scripts,
    params: { 'rs-debug-enable': true },
    script: `secret='hunter2 "x'; write_secret ipmi/password "$secret"`,
    programs: { drpcli: `echo 'Error: value "hunter2 \\"x" is not allowed, hunter2 "x' >&2; exit 1` },
  })
  t.match(run, {
    code: 1,
    stderr: /ipmi\/password could not be set: Error: value "\(hidden\)" is not allowed, \(hidden\)/,
  })
  t.notMatch(run.stdout + run.stderr, 'hunter2')
})

test('the folder of secrets is gone after success, failure and SIGTERM', async (t) => {
  for (const end of ['exit 0', 'fail no', 'false', 'kill -TERM $$; sleep 5']) {
    const TMPDIR = tempFolder(t)
    const { stdout } = await runShell(t, { with: scripts, script: `ls "$TMPDIR"; ${end}`, env: { TMPDIR } })
    t.match(stdout, /^ipmi\.\w+\n$/)
    t.strictSame(readdirSync(TMPDIR), [], end)
  }
})

test('texts go through JSON and back, with quotes, control characters and letters beyond ASCII', async (t) => {
  const text = `a b'"$(id);\\ <&> \n\t\r\u0001\u001f\u007f é \u{1f600} end\n`
  const run = await runShell(t, {
    with: ['ipmi-base.sh.tmpl'],
    params: { 'ipmi/configure/hostname': text, 'ipmi/configure/dns-servers': [text, '', 'x, y]'] },
    script: `ipmi_param_into value ipmi/configure/hostname
json_string "$value"
ipmi_param_list ipmi/configure/dns-servers
for value in "\${REPLIES[@]}"; do echo; json_string "$value"; done`,
  })
  t.strictSame(
    run.stdout.split('\n').map((line) => JSON.parse(line)),
    [text, text, '', 'x, y]'],
  )
})
