import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram, type TestScope, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { runShell, templates } from './content-shell.ts'

/** Makes passwords: a line for each settings string, `count` of them with blanks between, or `refused: REASON`. */
type Generator = (scope: TestScope, settings: readonly string[], count: number) => Promise<readonly string[]>

const inBash: Generator = async (scope, settings, count) => {
  const { stdout, stderr } = await runShell(scope, {
    with: ['ipmi-base.sh.tmpl', 'ipmi-passgen.sh.tmpl'],
    input: `${settings.join('\n')}\n`,
    script: `trap - EXIT
while IFS= read -r settings; do
  (for ((n = 0; n < ${count}; n++)); do password_by_settings "$settings"; printf '%s ' "$REPLY"; done) 2>problem ||
    printf 'refused: %s' "$(<problem)"
  echo
done`,
  })
  if (stderr !== '') throw new Error(stderr)
  return stdout.split('\n').slice(0, -1)
}

const inPython: Generator = async (scope, settings, count) => {
  const folder = tempFolder(scope)
  writeFileSync(join(folder, 'passgen.py'), templates.get('ipmi-passgen.py.tmpl') ?? '')
  const program = `import sys, passgen
for line in sys.stdin.read().split("\\n"):
    try:
        wanted = passgen.read_settings(line)
        passgen.check(wanted)
        print(" ".join(passgen.make_password(wanted) for _ in range(${count})) + " ")
    except SystemExit as refused:
        print("refused:", refused)`
  const input = settings.join('\n')
  const { stdout, stderr } = await runProgram('python3', ['-B', '-c', program], { cwd: folder, input })
  if (stderr !== '') throw new Error(stderr)
  return stdout.split('\n').slice(0, -1)
}

/** Settings, length, and how many of each kind the middle has at least; padding may add to them. */
const accepted = [
  {
    settings: 'length=10, chars=7, req_nums=2, special_chars=1, special_char_list=None, upper=2, lower=5, padding=None',
    length: 10,
    middle: { '[a-z]': 3, '[A-Z]': 2, '[0-9]': 2, '[%@^]': 1 },
  },
  { settings: '', length: 10, middle: { '[a-z]': 3, '[A-Z]': 2, '[0-9]': 2, '[%@^]': 1 } },
  { settings: 'length=14', length: 14, middle: { '[a-z]': 7, '[A-Z]': 2, '[0-9]': 2, '[%@^]': 1 } },
  { settings: 'special_chars=3,length=12', length: 12, middle: { '[%@^]': 3 } },
  { settings: 'padding=nums, length=20', length: 20, middle: { '[0-9]': 12 } },
  { settings: `padding='-_', length=20 ,`, length: 20, middle: { '[-_]': 10 } },
  { settings: `special_char_list="\\"',$", special_chars=3, length=12`, length: 12, middle: { '["\',$]': 3 } },
  { settings: `leading_char="Z", trailing_char='!'`, length: 10, middle: { '[A-Z]': 2, '[0-9]': 2 } },
  {
    settings: 'length=8, chars=2, upper=0, lower=2, req_nums=6, special_chars=0',
    length: 8,
    middle: { '[0-9]': 6 },
  },
]

const refused = [
  'special_chars=3',
  'length=21',
  'length=7, chars=4, upper=1, lower=2',
  'lower=1',
  'upper=3',
  'chars=8',
  'padding=nums, length=020x',
  'length=-10',
  'length=ten',
  'chars=None',
  'foo=1',
  'length=10 chars=7',
  'length=10, length=11, ',
  `padding=''`,
  'padding=5',
  `leading_char='ab'`,
  `special_char_list='é'`,
  `special_char_list='a`,
  `__import__('os').system('touch hacked')`,
  `padding=None) or open('hacked','w') #`,
  '$(touch hacked)',
  `length=$((20))`,
]

for (const [language, generate] of [
  ['Bash', inBash],
  ['Python', inPython],
] as const) {
  test(`1,000 passwords made in ${language} obey their settings, and no two are equal`, async (t) => {
    const count = Math.ceil(1000 / accepted.length)
    const made = await generate(
      t,
      accepted.map(({ settings }) => settings),
      count,
    )
    for (const [at, { settings, length, middle }] of accepted.entries()) {
      const line = made[at] ?? ''
      const passwords = line.split(' ').slice(0, -1)
      t.equal(passwords.length, count, `${settings}: ${line}`)
      t.equal(new Set(passwords).size, count, 'no two are equal')
      for (const password of passwords) {
        const inner = password.slice(1, -1)
        const ends = settings.startsWith('leading') ? /^Z.*!$/ : /^[a-z].*[a-z]$/
        const counts = Object.entries(middle).every(([kind, least]) => {
          return (inner.match(new RegExp(kind, 'g')) ?? []).length >= least
        })
        if (password.length !== length || !ends.test(password) || !counts) t.fail(`${settings} made ${password}`)
      }
    }
    const first = (made[1] ?? '').split(' ').map((password) => password.slice(1, 2))
    t.ok(new Set(first).size > 10, 'the middle is in random order')
  })

  test(`settings that ask for no possible password are refused in ${language}, and nothing of them is run`, async (t) => {
    const made = await generate(t, refused, 1)
    for (const [at, settings] of refused.entries()) {
      t.match(made[at], /^refused: .*ipmi\/configure\/random-password-settings: /, settings)
    }
  })
}
