import { test } from 'tap'
import { UsageError } from '../src/cli-error.ts'
import { parseMachines } from '../src/imports/import-file.ts'

const expected = [
  {
    name: 'node-01',
    description: undefined,
    params: {
      'ipmi/address': '10.0.0.1',
      'ipmi/port-ipmitool': 6230,
      'ipmi/username': 'admin',
      'ipmi/password': '0123',
      'detected-bios-mode': 'uefi',
      'power/protected': true,
    },
  },
  { name: 'node-02', description: 'spare, cold', params: { 'ipmi/address': '10.0.0.2' } },
]

test('CSV and YAML of the same machines give the same records', async (t) => {
  const csv = [
    '# rack 1',
    'name,address,port,username,password,description,param:detected-bios-mode,param:power/protected',
    'node-01,10.0.0.1,6230,admin,0123,,uefi,true',
    '',
    'node-02,10.0.0.2,,,,"spare, cold",,',
  ]
  const yaml = [
    '- name: node-01',
    '  address: 10.0.0.1',
    '  port: 6230',
    '  username: admin',
    "  password: '0123'",
    '  params: { detected-bios-mode: uefi, power/protected: true }',
    '- { name: node-02, address: 10.0.0.2, description: "spare, cold" }',
  ]
  t.same(await parseMachines('rack.csv', csv.join('\r\n')), expected)
  t.same(await parseMachines('rack.yaml', yaml.join('\n')), expected)
  t.same(await parseMachines('rack.yml', ['machines:', ...yaml].join('\n')), expected)
})

test('a record becomes the params of the ipmi plugin', async (t) => {
  const [record] = await parseMachines(
    'r.yaml',
    '[{name: a1, address: b, port: 7, username: u, mode: ipmitool, params: {ipmi/kg: k}}]',
  )
  t.same(record?.params, {
    'ipmi/address': 'b',
    'ipmi/port-ipmitool': 7,
    'ipmi/username': 'u',
    'ipmi/mode': 'ipmitool',
    'ipmi/kg': 'k',
  })
})

test('every problem is listed with its line', async (t) => {
  const csv = 'name,address,port\nnode-01,a,99999\n\n-x,b,\nnode-01,c,1\n,d,2\n'
  const error = await parseMachines('rack.csv', csv).catch((cause: unknown) => cause)
  t.type(error, UsageError)
  for (const line of ['line 2: port', 'line 4: ', 'line 5: ', 'line 6: ']) t.match(String(error), line)
  await t.rejects(parseMachines('r.yaml', '- name: a1\n- name: a2\n  adress: x\n'), /line 2: .*adress/)
})

test('a file without a list of machines is refused with its line', async (t) => {
  const wrong: [string, string][] = [
    ['r.csv', ''],
    ['r.csv', 'address\n10.0.0.1\n'],
    ['r.csv', 'name,name\na1,b1\n'],
    ['r.csv', 'name,address\na1,b,c\n'],
    ['r.csv', 'name,address\n"a1,b\n'],
    ['r.yaml', ''],
    ['r.yaml', 'name: a1'],
    ['r.yaml', '- a1'],
    ['r.yaml', '- {name: a1, params: [x]}'],
    ['r.yaml', '- {name: a1, password: 0123}'],
    ['r.yaml', '- {name: a1, name: a2}'],
    ['r.yaml', '- &a {name: a1, params: {x/y: *a}}'],
    ['r.yaml', '- {name: a1\n'],
  ]
  for (const [file, text] of wrong) await t.rejects(parseMachines(file, text), UsageError, text)
  await t.rejects(parseMachines('r.yaml', '- {name: a1, password: 0123}'), /put it in quotes/)
  t.match(await parseMachines('r.yaml', '- {name: a1, port: 65535}'), [{ params: { 'ipmi/port-ipmitool': 65_535 } }])
  await t.rejects(parseMachines('r.yaml', '- {name: a1, port: 65536}'), /line 1: port/)
})
