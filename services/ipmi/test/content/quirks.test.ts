import { test } from 'tap'
import { runShell, templates } from './content-shell.ts'

const scripts = ['ipmi-base.sh.tmpl', 'ipmi-info-keys.sh.tmpl', 'ipmi-process-quirks.sh.tmpl']

/** For each line DEVICE|MAKER|PRODUCT of stdin: the entry, its quirks, and the variables that are set. */
const identify = `trap - EXIT
process_quirks
process_quirks() { choose_quirks; }
while IFS='|' read -r device maker product; do
  (mc_info=([device_id]=$device [mfgr_id]=$maker [product_id]=$product)
   ${templates.get('ipmi-load-quirks.sh.tmpl')?.replace(/^say .*$/m, '') ?? ''}
   printf '%s: %s' "$quirkid" "\${quirklist[*]}"
   for quirk in "\${quirklist[@]}"; do name=\${quirk//-/_}; [[ \${!name} == true ]] || printf ' (not %s)' "$name"; done
   printf '\\n') 2>&1
done`

const root = 'ipmi-immutable-root'
const rows = [
  ['32|674|256 (0x0100)', 'dell-rseries: ipmi-nodelay ipmi-dell-dedicated-nic'],
  ['19|11|8192 (0x2000)', 'hp-19-11-bmc: ipmi-crossed-access-channels ipmi-hard-reset-after-config'],
  ['33|343|62 (0x003e)', 'intel-33-343-bmc: ipmi-immutable-rootname'],
  ['32|2|220 (0x00dc)', `ibm-2-220-bmc: ${root}`],
  ['32|2|291 (0x0123)', `ibm-2-291-bmc: ${root}`],
  ['32|2|256 (0x0100)', `ibm-2-other-bmc: ${root}`],
  ['32|47488|1 (0x0001)', `super-micro-bmc: ${root}`],
  ['32|10876|2084 (0x0824)', `super-micro-redfish-bmc: ${root}`],
  ['32|10876|2440 (0x0988)', `super-micro-no-ipv6-bmc: ${root} ipmi-no-ipv6`],
  ['32|7244|1 (0x0001)', `quanta-bmc: ${root}`],
  ['32|20301|1 (0x0001)', `ibm-20301-bmc: ${root}`],
  // An unknown maker, another product of a maker that has entries by product, another device of a known maker.
  ['32|9999|256 (0x0100)', 'UNKNOWN: '],
  ['32|10876|1 (0x0001)', 'UNKNOWN: '],
  ['32|674|1 (0x0001)', 'UNKNOWN: '],
  ['20|11|8192 (0x2000)', 'hp-19-11-bmc: ipmi-crossed-access-channels ipmi-hard-reset-after-config'],
  ['||', 'UNKNOWN: '],
] as const

const yaml = templates.get('ipmi-quirks.yaml.tmpl') ?? ''
const json = templates.get('ipmi-quirks.json.tmpl') ?? ''

test('each BMC of the quirks file gets all quirks of its entry, and others get none (F1, F2)', async (t) => {
  const { stdout, stderr } = await runShell(t, {
    with: scripts,
    script: identify,
    files: { 'ipmi-quirks.yaml': yaml, 'ipmi-quirks.json': json },
    input: `${rows.map(([bmc]) => bmc).join('\n')}\n`,
  })
  t.equal(stderr, '')
  t.strictSame(
    stdout.split('\n').slice(0, -1),
    rows.map(([, found]) => found),
  )
})

test('an operator may write the quirks as JSON, in short YAML, or in both', async (t) => {
  const ownJson = JSON.stringify(
    {
      'dell-rseries': {
        quirklist: ['ipmi-nodelay'],
        match: { bmcinfo: { mfgr_id: { match: '674', op: '==', score: 5, __sm_leaf: true } } },
      },
      'odd "name\\': { quirklist: ['ipmi-one', 'ipmi-two'], match: { bmcinfo: { mfgr_id: { match: 4711 } } } },
      empty: {},
    },
    null,
    2,
  )
  const ownYaml = `---
# comment
own-bmc:   # another
  match: { }
  quirklist: [ipmi-one, "ipmi-two" ]
  match:
    bmcinfo:
        mfgr_id:
          match: 4712   # a number
        device_id:
          match: '32'
          score: 7
own-2:
  quirklist:
  - ipmi-three
  - 'ipmi-four' # behind it
  match:
    bmcinfo:
      mfgr_id: {match: 1}
      mfgr_id:
        match: "4712"
        score: 3
`
  const inputs = ['32|674|1', '32|4711|1', '32|4712|1', '1|4712|1', '19|11|1']
  const { stdout } = await runShell(t, {
    with: scripts,
    script: identify,
    files: { 'ipmi-quirks.yaml': `${yaml}${ownYaml}`, 'ipmi-quirks.json': ownJson },
    input: `${inputs.join('\n')}\n`,
  })
  t.strictSame(stdout.split('\n').slice(0, -1), [
    'dell-rseries: ipmi-nodelay',
    'odd "name\\: ipmi-one ipmi-two',
    'own-bmc: ipmi-one ipmi-two',
    'own-2: ipmi-three ipmi-four',
    'hp-19-11-bmc: ipmi-crossed-access-channels ipmi-hard-reset-after-config',
  ])
})

test('a quirks file cannot set any other variable, and one that is no JSON is named', async (t) => {
  const hostile = (quirk: string) =>
    JSON.stringify({
      x: { quirklist: [quirk, 'ipmi-good'], match: { bmcinfo: { mfgr_id: { match: '1', score: 'a[$(id)]' } } } },
    })
  for (const quirk of ['PATH', 'ipmi-x=1;id', '$(id)', 'ipmi x', '']) {
    const { stdout } = await runShell(t, {
      with: scripts,
      script: identify,
      files: { 'ipmi-quirks.json': hostile(quirk) },
      input: '32|1|1\n',
    })
    t.match(stdout, /^x: ipmi-good$/m, quirk)
    t.notMatch(stdout, 'uid=')
  }
  for (const text of ['{"a": {"quirklist": ["ipmi-x"', '{"a": "b}', '{}}', '[1, "']) {
    const { stderr } = await runShell(t, {
      with: scripts,
      script: identify,
      files: { 'ipmi-quirks.json': text },
      input: '1|1|1\n',
    })
    t.match(stderr, /FAILED: ipmi-quirks\.json is no JSON/, text)
  }
})
