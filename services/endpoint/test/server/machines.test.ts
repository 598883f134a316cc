import { test } from 'tap'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { startTestEndpoint } from '../fixtures/running-endpoint.ts'

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

test('a machine is created, read by key and by name, replaced, and deleted', async (t) => {
  const { call } = await startTestEndpoint(t)
  const made = await call('POST', 'machines', { body: { Name: 'node-01', Meta: { rack: 'a' }, Extra: [1] } })
  t.equal(made.status, 201)
  const { Uuid } = made.body
  t.match(Uuid, uuidPattern)
  t.match(made.body, {
    Name: 'node-01',
    Runnable: true,
    Locked: false,
    Params: {},
    Profiles: { length: 0 },
    Extra: [1],
  })
  t.same((await call('GET', `machines/${Uuid}`)).body, made.body)
  t.same((await call('GET', 'machines/Name:node-01')).body, made.body)
  t.equal((await call('PUT', `machines/${Uuid}`, { body: { Name: 'node-1', Params: { a1: 1 } } })).status, 200)
  t.equal((await call('GET', 'machines/Name:node-01')).status, 404)
  const changed = (await call('GET', 'machines/Name:node-1')).body
  t.match(changed, { Uuid, Params: { a1: 1 }, Meta: {} })
  const deleted = await call('DELETE', 'machines/Name:node-1')
  t.same([deleted.status, deleted.body], [200, changed])
  t.equal((await call('GET', `machines/${Uuid}`)).status, 404)
  t.same((await call('GET', 'machines')).body, [])
})

test('a name is taken once, and a key never changes', async (t) => {
  const { call } = await startTestEndpoint(t)
  const names = await Promise.all([1, 2, 3, 4].map(() => call('POST', 'machines', { body: { Name: 'twin' } })))
  t.same(names.map(({ status }) => status).sort(), [201, 409, 409, 409])
  await call('POST', 'machines', { body: { Name: 'other' } })
  const taken = await call('PATCH', 'machines/Name:other', { body: [{ op: 'replace', path: '/Name', value: 'twin' }] })
  t.match([taken.status, taken.body.Type], [409, 'OBJECT_CONFLICT'])
  const Uuid = '5c0ffee5-0000-4000-8000-000000000000'
  const moved = await call('PATCH', 'machines/Name:other', { body: [{ op: 'replace', path: '/Uuid', value: Uuid }] })
  t.match([moved.status, moved.body.Type], [422, 'ValidationError'])
  t.equal((await call('POST', 'machines', { body: { Name: 'given', Uuid } })).body.Uuid, Uuid)
  t.equal((await call('POST', 'machines', { body: { Name: 'again', Uuid } })).status, 409)
})

test('a patch is applied whole or not at all, and a failed test refuses it', async (t) => {
  const { call } = await startTestEndpoint(t)
  await call('POST', 'machines', { body: { Name: 'm1', Meta: { a: '1' } } })
  const patch = (body: unknown) => call('PATCH', 'machines/Name:m1', { body })
  const good = await patch([
    { op: 'test', path: '/Meta/a', value: '1' },
    { op: 'add', path: '/Params/demo~1color', value: 'red' },
    { op: 'replace', path: '/Meta/a', value: '2' },
  ])
  t.match([good.status, good.body.Params, good.body.Meta], [200, { 'demo/color': 'red' }, { a: '2' }])
  const stale = await patch([
    { op: 'replace', path: '/Description', value: 'never' },
    { op: 'test', path: '/Meta/a', value: '1' },
  ])
  t.match([stale.status, stale.body.Type], [409, 'OBJECT_CONFLICT'])
  t.equal((await patch([{ op: 'remove', path: '/Params/none' }])).status, 409)
  const bad: unknown[] = [
    {},
    'text',
    [1],
    [{ op: 'jump', path: '/Name' }],
    [{ op: 'add', path: 'Name', value: 1 }],
    [{ op: 'add', path: '/Name' }],
    [{ op: 'move', path: '/Name' }],
    [{ op: 'replace', path: '', value: {} }],
    [{ op: 'add', path: '/__proto__/x', value: 1 }],
    [{ op: 'replace', path: '/Name', value: 5 }],
  ]
  for (const body of bad) t.equal((await patch(body)).status, 400, JSON.stringify(body))
  t.same((await call('GET', 'machines/Name:m1')).body, good.body)
})

test('every wrong field answers 400 with an Error object that names it', async (t) => {
  const { call } = await startTestEndpoint(t)
  const wrong: [string, unknown][] = [
    ['Name', {}],
    ['Name', { Name: '' }],
    ['Name', { Name: 'a/b' }],
    ['Name', { Name: 7 }],
    ['Uuid', { Name: 'x', Uuid: 'no-uuid' }],
    ['Params', { Name: 'x', Params: [] }],
    ['Profiles', { Name: 'x', Profiles: 'global' }],
    ['Runnable', { Name: 'x', Runnable: 'yes' }],
    ['Meta', { Name: 'x', Meta: { a: 1 } }],
    ['HardwareAddrs', { Name: 'x', HardwareAddrs: [1] }],
    ['1bad', { Name: 'x', Params: { '1bad': 1 } }],
    ['object', []],
  ]
  for (const [field, body] of wrong) {
    const answer = await call('POST', 'machines', { body })
    t.match([answer.status, answer.body], [400, { Model: 'machines', Code: 400, Messages: [new RegExp(field)] }], field)
  }
})

test('lists are filtered, sorted, cut into pages and slimmed', async (t) => {
  const { call } = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  for (const n of [3, 1, 2]) {
    const body = {
      Name: `node-0${n}`,
      Address: `10.0.0.${n}`,
      Locked: n === 2,
      Params: { 'demo/port': n * 100, tag: 't' },
    }
    await call('POST', 'machines', { body })
  }
  const namesOf = async (query: string) => {
    const { status, body, text } = await call('GET', `machines?${query}`)
    return status === 200 ? body.map(({ Name }: { Name: string }) => Name.slice(-1)).join('') : `${status} ${text}`
  }
  const expected: [string, string][] = [
    ['', '123'],
    ['Name=node-02', '2'],
    ['Name=Eq(node-02)', '2'],
    ['Name=Ne(node-02)', '13'],
    ['Name=In(node-01,node-03,x)', '13'],
    ['Name=Nin(node-01,node-03)', '2'],
    ['Name=Re(0%5B12%5D%24)', '12'],
    ['Name=Gt(node-01)&Name=Lte(node-02)', '123'],
    ['Name=Between(node-02,node-03)&Name=node-01', '123'],
    ['Address=Between(10.0.0.1,10.0.0.2)', '12'],
    ['Address=Except(10.0.0.1,10.0.0.2)', '3'],
    ['Locked=true', '2'],
    ['Locked=Eq(false)&Runnable=true', '13'],
    ['demo%2Fport=Gte(200)', '23'],
    ['demo/port=Lt(200)', '1'],
    ['demo/port=300', '3'],
    ['demo/address=nowhere', '123'],
    ['demo/port=100&demo/port=300', '13'],
    ['Params.unknown=1', ''],
    ['Params.tag=t', '123'],
    ['sort=demo/port&reverse=true', '321'],
    ['reverse=true', '321'],
    ['sort=Locked,Name', '132'],
    ['limit=2', '12'],
    ['offset=1&limit=1', '2'],
    ['offset=9', ''],
  ]
  for (const [query, names] of expected) t.equal(await namesOf(query), names, query)
  for (const query of [
    'limit=-1',
    'offset=x',
    'decode=maybe',
    'Name=Like(a)',
    'Name=Between(a)',
    'Name=Re(%5B)',
    'Address=Gt(nowhere)',
    'Locked=maybe',
  ]) {
    t.equal((await call('GET', `machines?${query}`)).status, 400, query)
  }
  for (const [query, count, length] of [
    ['', '3', 3],
    ['limit=1&offset=1', '3', 1],
    ['Locked=false&limit=1', '2', 1],
    ['Name=Re(2)', '1', 1],
  ] as const) {
    for (const method of ['GET', 'HEAD']) {
      const { headers, text } = await call(method, `machines?${query}`)
      t.match(
        headers,
        { 'x-drp-list-count': count, 'x-drp-list-filter-count': count, 'x-drp-list-total-count': '3' },
        `${method} ${query}`,
      )
      t.equal(text === '' ? 'none' : JSON.parse(text).length, method === 'HEAD' ? 'none' : length)
    }
  }
  const [slim] = (await call('GET', 'machines?slim=Params,Meta&limit=1')).body
  t.same([slim.Params, slim.Meta], [{}, {}])
  const [few] = (await call('GET', 'machines?params=tag,demo/address&aggregate=true&limit=1')).body
  t.same(few.Params, { tag: 't', 'demo/address': 'nowhere' })
})

test('stored objects survive a restart', async (t) => {
  const first = await startTestEndpoint(t)
  const { body } = await first.call('POST', 'machines', { body: { Name: 'stays', Params: { p1: [1, { a: null }] } } })
  await first.call('POST', 'profiles', { body: { Name: 'rack', Params: { p2: 2 } } })
  await first.stop()
  const second = await startTestEndpoint(t, undefined, { stateDir: first.stateDir })
  t.same((await second.call('GET', `machines/${body.Uuid}`)).body, body)
  t.match((await second.call('GET', 'profiles')).body, [{ Name: 'global' }, { Name: 'rack', Params: { p2: 2 } }])
})

test('ensureMachines makes a machine once and then completes it', async (t) => {
  const { endpoint, call } = await startTestEndpoint(t)
  const [first] = await endpoint.ensureMachines([{ Name: 'node-01', Params: { port1: 1 } }, { Name: 'node-02' }])
  await call('POST', 'machines/Name:node-01/params/mine', { body: 'true' })
  const [second] = await endpoint.ensureMachines([{ Name: 'node-01', Params: { port1: 2 } }, { Name: 'node-02' }])
  t.equal(second?.Uuid, first?.Uuid)
  t.same(second?.Params, { port1: 2, mine: true })
  t.equal((await call('GET', 'machines')).body.length, 2)
})
