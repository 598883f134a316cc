import { test } from 'tap'
import { machineNameFor, otherMachineName } from '../../src/machines/machine-name.ts'

const id = '3F2B6A1E-0000-4000-8000-00000000000A'

test('any VM name becomes a machine name that every endpoint accepts', (t) => {
  for (const [name, expected] of [
    ['node-01', 'node-01'],
    ['web server  2', 'web-server-2'],
    ['Büro', 'Buro'],
    ['"quoted" $(x)', 'quoted-x'],
    ['../../etc', 'etc'],
    ['虚拟机', 'vm-3f2b6a1e'],
    ['', 'vm-3f2b6a1e'],
    ['a'.repeat(300), 'a'.repeat(200)],
    ['v1.2', 'v1.2'],
  ])
    t.equal(machineNameFor({ name: name ?? '', id }), expected)
  t.equal(otherMachineName('web', id), 'web-3f2b6a1e')
  t.end()
})
