import { test } from 'tap'
import { DecodeError, type JsonObject, models, schemaOf, storeObjectModel } from '../src/index.ts'

/** The fields of each model as Digital Rebar has them. */
const common = 'Validated Available Errors ReadOnly Meta Endpoint Bundle'
const listed: Readonly<Record<keyof typeof models, string>> = {
  machines: `${common} Partial Name Description Uuid CurrentJob Address Stage BootEnv Profiles Params Tasks CurrentTask
    RetryTaskAttempt TaskErrorStacks Runnable Secret OS HardwareAddrs Workflow Arch Locked Context Fingerprint Pool
    PoolAllocated PoolStatus WorkflowComplete`,
  profiles: `${common} Partial Name Description Documentation Params Profiles`,
  params: `${common} Name Description Documentation Secure Schema`,
  plugins: `${common} Partial Name Description Documentation Params Provider PluginErrors`,
  plugin_providers: `Meta Name Version PluginVersion AutoStart HasPublish AvailableActions RequiredParams OptionalParams
    StoreObjects Documentation Content IgnoreEvents`,
  users: `${common} Name Description Secret Roles`,
  roles: `${common} Name Claims Description Documentation`,
  stages: `${common} Partial Name Description Documentation Templates RequiredParams OptionalParams Params BootEnv Tasks
    Profiles Reboot RunnerWait`,
  tasks: `${common} Name Description Documentation Templates RequiredParams OptionalParams Prerequisites`,
  templates: `${common} ID Description Contents`,
  workflows: `${common} Name Description Documentation Stages`,
  bootenvs: `${common} Name Description Documentation OS Templates Kernel Initrds BootParams RequiredParams
    OptionalParams OnlyUnknown Loaders`,
  contexts: `${common} Name Description Documentation Image Engine`,
  interfaces: `${common} Name Index Addresses ActiveAddress Gateway DnsServers DnsDomain`,
  preferences: `${common} Name Val`,
  alerts: `${common} Uuid Name Level Contents Note Params Principal Count Acknowledged AcknowledgeTime AcknowledgeUser`,
}

for (const [prefix, text] of Object.entries(listed)) {
  const model = models[prefix as keyof typeof models]
  const names = text.split(/\s+/)

  test(`an object of ${prefix} with no more than its key has all fields, empty as Go has them`, async (t) => {
    const object: JsonObject = model.decode({ [model.key]: 'one', Name: 'one' })
    const expected = model.fields.Name === undefined ? [...names, 'Name'] : names
    t.strictSame(Object.keys(object).sort(), [...new Set(expected)].sort())
    for (const name of names) t.not(object[name], undefined, name)
    t.strictSame(model.decode(JSON.parse(JSON.stringify(object))), object, 'it is the same once more')
    const nulls = Object.fromEntries(Object.keys(object).map((name) => [name, null]))
    t.strictSame(model.decode({ ...nulls, [model.key]: 'one', Name: 'one' }), object, 'Go sends null for nil')
  })

  test(`the schema of ${prefix} lists its fields and accepts its objects`, async (t) => {
    t.same([...(schemaOf(model).required as string[])].sort(), [...names].sort())
  })
}

test('what is within a field is complete too', async (t) => {
  const { Fingerprint, TaskErrorStacks } = models.machines.decode({ Name: 'm', TaskErrorStacks: [{ CurrentTask: 2 }] })
  t.same(Fingerprint, { SSNHash: '', CSNHash: '', CloudInstanceID: '', SystemUUID: '', MemoryIds: [] })
  t.same(TaskErrorStacks, [{ CurrentTask: 2, TaskList: [], CurrentJob: '' }])
  const { Templates } = models.tasks.decode({ Name: 't', Templates: [{ Name: 'x', Contents: '#!', Extra: 1 }] })
  t.same(Templates, [{ Name: 'x', Path: '', Link: '', ID: '', Contents: '#!', Meta: {}, Extra: 1 }])
  const { OS } = models.bootenvs.decode({ Name: 'b', OS: { SupportedArchitectures: { arm64: { Kernel: 'k' } } } })
  t.equal(OS.Family, '')
  t.match(OS.SupportedArchitectures.arm64, { Kernel: 'k', Initrds: { length: 0 }, Loader: '' })
})

test('zero values that are not empty are those of Go', async (t) => {
  t.match(models.machines.decode({ Name: 'm' }), { Arch: 'amd64', CurrentTask: 0, Address: '', CurrentJob: '' })
  t.equal(models.params.decode({ Name: 'p/q' }).Schema, null)
  t.equal(models.alerts.decode({}).AcknowledgeTime, '0001-01-01T00:00:00Z')
})

test('a field in another case is that field, and unknown fields are kept', async (t) => {
  const machine = models.machines.decode(JSON.parse('{"name":"m","OWN":{"a":1},"__proto__":7}'))
  t.equal(machine.Name, 'm')
  t.notOk(Object.hasOwn(machine, 'name'))
  t.same(machine.OWN, { a: 1 })
  t.ok(Object.hasOwn(machine, '__proto__'))
})

test('a field of another kind is refused by its place', async (t) => {
  const wrong: readonly [keyof typeof models, JsonObject, string][] = [
    ['machines', { Name: 'm', Fingerprint: { MemoryIds: 'x' } }, 'Machine.Fingerprint.MemoryIds'],
    ['machines', { Name: 'm', Runnable: 'yes' }, 'Machine.Runnable'],
    ['tasks', { Name: 't', Templates: [{ Name: 1 }] }, 'Task.Templates[0].Name'],
    ['params', { Name: 'p', Schema: 'x' }, 'Param.Schema'],
    ['workflows', { Name: '' }, 'Workflow.Name'],
    [
      'bootenvs',
      { Name: 'b', OS: { SupportedArchitectures: { arm64: 7 } } },
      'BootEnv.OS.SupportedArchitectures.arm64',
    ],
  ]
  for (const [prefix, value, place] of wrong) {
    try {
      models[prefix].decode(value)
      t.fail(`${place} was accepted`)
    } catch (error) {
      t.equal(error instanceof DecodeError && error.field, place)
    }
  }
})

test('the fields that the endpoint sets are marked, and every index names a field', async (t) => {
  t.same(models.machines.computed, ['Validated', 'Available', 'Errors', 'ReadOnly', 'Endpoint', 'Bundle', 'Partial'])
  t.same(models.plugin_providers.computed, [])
  for (const { prefix, fields, indexes, key } of Object.values(models)) {
    const own = Object.keys(indexes).filter((name) => !['Key', 'Valid', 'Available', 'ReadOnly'].includes(name))
    t.same(
      own.filter((name) => fields[name] === undefined),
      [],
      prefix,
    )
    t.ok(indexes[key]?.Unique, prefix)
  }
})

test('the objects of a plugin have its prefix as their type', async (t) => {
  const cows = storeObjectModel('cows')
  t.match(cows.decode({ Id: 'b', Colour: 'red' }), { Id: 'b', Type: 'cows', Params: {}, Meta: {}, Colour: 'red' })
})
