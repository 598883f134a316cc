import { once } from 'node:events'
import { connect } from 'node:tls'
import { waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { goClient, goOperation } from '../fixtures/go-client.ts'
import { readOperatorFile } from '../fixtures/read-operator-file.ts'

const JSON_TYPE = /^application\/json/
const NOBODY = '00000000-0000-4000-8000-000000000000'

/** One object of each kind that can be made without a plugin: its path by its own key, and by its name. */
const KINDS = [
  { prefix: 'machines', name: 'm1', key: 'Uuid' },
  { prefix: 'profiles', name: 'p1', key: 'Name' },
  { prefix: 'plugins', name: 'g1', key: 'Name' },
] as const

test('§2: generic object routes', async (t) => {
  const running = await startCheckedEndpoint(t, (folder) => writeFixturePlugin(folder, { autoStart: false }))
  const send = goClient(running)
  const made: Record<string, Record<string, unknown>> = {}

  await t.test('POST PREFIX takes the whole object as Go marshals it and answers 201 with the object', async (t) => {
    const nulls = { Meta: null, Params: null, Profiles: null, Errors: null, Validated: false, Available: false }
    for (const { prefix, name } of KINDS) {
      const answer = await send('POST', prefix, {
        ...nulls,
        Name: name,
        ...(prefix === 'plugins' && { Provider: 'demo' }),
      })
      t.equal(answer.status, 201, prefix)
      t.match(answer.headers, { 'content-type': JSON_TYPE })
      t.match(answer.body, { Name: name, Meta: {}, Params: {} })
      made[prefix] = answer.body
    }
    t.match(made.machines, { Uuid: /^[0-9a-f-]{36}$/, Profiles: Array })
    t.equal((await send('POST', 'machines', { Name: 'm1' })).status, 409)
    for (const body of [[], '"m2"', '7', 'null']) t.match((await send('POST', 'machines', body)).body, { Code: 400 })
  })

  await t.test('GET PREFIX is an array, never null, with the counts of all and of those that fit', async (t) => {
    t.same((await send('GET', 'machines?Name=none')).text, '[]')
    await send('POST', 'machines', { Name: 'm2' })
    const { headers, body } = await send('GET', 'machines?Name=m2')
    t.match(body, [{ Name: 'm2' }])
    t.match(headers, { 'x-drp-list-total-count': '2', 'x-drp-list-count': '1', 'content-type': JSON_TYPE })
  })

  await t.test('HEAD PREFIX has the same headers and X-Drp-List-Filter-Count, and no body', async (t) => {
    for (const [query, count] of [
      ['', '2'],
      ['?Name=m2', '1'],
      ['?limit=1', '2'],
    ] as const) {
      const { status, headers, text } = await send('HEAD', `machines${query}`)
      t.same([status, text], [200, ''])
      t.match(headers, {
        'x-drp-list-total-count': '2',
        'x-drp-list-count': count,
        'x-drp-list-filter-count': count,
      })
    }
  })

  await t.test('GET PREFIX/KEY takes the key, and INDEX:VALUE of each unique index', async (t) => {
    for (const { prefix, name, key } of KINDS) {
      const own = String(made[prefix]?.[key])
      for (const path of [own, `Name:${name}`, `${key}:${own}`, `Key:${own}`]) {
        t.same((await send('GET', `${prefix}/${path}`)).body?.Name, name, `${prefix}/${path}`)
      }
      for (const path of ['none', 'Name:none', `Description:${name}`, 'Key:none']) {
        const answer = await send('GET', `${prefix}/${path}`)
        t.match([answer.status, answer.body], [404, { Model: prefix, Code: 404, Messages: [String] }], path)
      }
    }
  })

  await t.test('HEAD PREFIX/KEY is 200 with ETag, or 404', async (t) => {
    for (const { prefix, name } of KINDS) {
      const { status, headers, text } = await send('HEAD', `${prefix}/Name:${name}`)
      t.same([status, text], [200, ''])
      t.match(headers, { etag: /^"[\w-]+"$/ })
      t.equal(headers.etag, (await send('GET', `${prefix}/Name:${name}`)).headers.etag)
      t.equal((await send('HEAD', `${prefix}/none`)).status, 404)
    }
  })

  await t.test('If-None-Match of the present ETag is 304, which changes exactly when the answer does', async (t) => {
    const tagOf = async (path: string) => String((await send('HEAD', path)).headers.etag)
    const path = 'machines/Name:m1'
    const paths = [
      path,
      `${path}?aggregate=true`,
      `${path}/params?aggregate=true`,
      `${path}/params/demo/port?aggregate=true`,
    ]
    const before = await Promise.all(paths.map(tagOf))
    for (const [index, one] of paths.entries()) {
      for (const method of ['GET', 'HEAD']) {
        const headers = { 'if-none-match': before[index] ?? '' }
        const same = await send(method, one, undefined, { headers })
        t.same([same.status, same.text, same.headers.etag], [304, '', before[index]], `${method} ${one}`)
      }
      t.equal((await send('GET', one, undefined, { headers: { 'if-none-match': '"other"' } })).status, 200)
    }
    await send('PATCH', path, [goOperation('replace', '/Profiles', ['p1'])])
    const named = await Promise.all(paths.map(tagOf))
    t.same(
      named.map((tag, index) => tag === before[index]),
      [false, false, true, true],
    )
    await send('POST', 'profiles/p1/params/demo/port', '7')
    const aggregated = await Promise.all(paths.map(tagOf))
    t.same(
      aggregated.map((tag, index) => tag === named[index]),
      [true, false, false, false],
    )
    await send('DELETE', 'profiles/p1/params/demo/port')
    t.same(await Promise.all(paths.map(tagOf)), named)
    await send('PATCH', path, [goOperation('replace', '/Profiles', [])])
    t.same(await Promise.all(paths.map(tagOf)), before)
  })

  await t.test(
    'long poll: If-None-Match with Prefer: wait is 200 when changed, 304 at the end of the wait',
    async (t) => {
      const path = 'machines/Name:m1'
      const wait = async (time: string, one = path, method = 'GET') => {
        const headers = { 'if-none-match': String((await send('HEAD', one)).headers.etag), prefer: `wait=${time}` }
        const startedMs = performance.now()
        const answer = await send(method, one, undefined, { headers })
        return { ...answer, text: answer.text, tookMs: performance.now() - startedMs }
      }
      const idle = await wait('300ms')
      t.equal(idle.status, 304)
      t.ok(idle.tookMs >= 250, `${idle.tookMs} ms`)
      for (const [one, change] of [
        [path, () => send('PATCH', path, [goOperation('replace', '/Description', `${performance.now()}`)])],
        [`${path}/params`, () => send('POST', `${path}/params/any/other`, `${performance.now()}`)],
        [`${path}?aggregate=true`, () => send('POST', 'profiles/global/params/any/more', `${performance.now()}`)],
        [path, () => send('DELETE', 'machines/Name:m1')],
      ] as const) {
        const waiting = wait('1m', one)
        await aWhile()
        await change()
        const { status, tookMs } = await waiting
        t.same([status, tookMs < 10_000], [one === path && status === 404 ? 404 : 200, true], `${one}: ${tookMs} ms`)
      }
      t.equal((await send('GET', path)).status, 404)
      await send('POST', 'machines', { ...made.machines, Name: 'm1' })
      const head = wait('1m', path, 'HEAD')
      await aWhile()
      await send('PATCH', path, [goOperation('replace', '/Description', 'changed')])
      t.same([(await head).status, (await head).text], [200, ''])
      const headers = { 'if-none-match': '"old"', prefer: 'wait=10m' }
      t.equal((await send('GET', path, undefined, { headers })).status, 200, 'a known change is answered at once')
      t.equal((await wait('nonsense')).status, 304, 'a preference that cannot be read is none')
    },
  )

  await t.test('a client that goes ends its wait', async (t) => {
    const { etag = '' } = (await send('HEAD', 'machines/Name:m1')).headers
    const client = await rawClient(t, running)
    client.write(`GET /api/v3/machines/Name:m1 HTTP/1.1\r\nHost: x\r\n${client.authorization}\r\n`)
    client.write(`If-None-Match: ${etag}\r\nPrefer: wait=10m\r\n\r\n`)
    await aWhile()
    client.destroy()
    await send('PATCH', 'machines/Name:m1', [goOperation('replace', '/Description', 'nobody waits')])
    t.equal((await send('GET', 'machines/Name:m1')).status, 200)
  })

  await t.test(
    'PATCH PREFIX/KEY takes ops with an empty from, without value for remove, and [] changes nothing',
    async (t) => {
      const path = 'machines/Name:m1'
      const { body: before } = await send('GET', path)
      const none = await send('PATCH', path, [])
      t.same([none.status, none.body], [200, before])
      const patched = await send('PATCH', `${path}?force=true`, [
        goOperation('test', '', before),
        goOperation('test', '/Description', before.Description),
        goOperation('replace', '/Description', 'patched'),
        goOperation('test', '/Meta', {}),
        goOperation('add', '/Meta/icon', 'server'),
        goOperation('remove', '/Meta/icon'),
      ])
      t.match([patched.status, patched.body], [200, { Description: 'patched', Meta: {} }])
      const stale = await send('PATCH', path, [
        goOperation('test', '/Description', 'patched'),
        goOperation('test', '', before),
        goOperation('replace', '/Description', 'never'),
      ])
      t.match(
        [stale.status, stale.body],
        [409, { Model: 'machines', Code: 409, Messages: [/^Patch failed to apply at line 1\b/] }],
      )
      for (const body of [{}, [7], [{ op: 'jump', path: '/Name', from: '' }], 'null']) {
        t.match((await send('PATCH', path, body)).body, { Code: 400, Messages: [String] })
      }
      t.equal((await send('PATCH', `machines/${NOBODY}`, [])).status, 404)
    },
  )

  await t.test('PUT PREFIX/KEY takes the whole object, whose key must not change, with force', async (t) => {
    for (const { prefix, name, key } of KINDS) {
      const { body: before } = await send('GET', `${prefix}/Name:${name}`)
      const put = await send('PUT', `${prefix}/Name:${name}?force=true`, { ...before, Description: 'put' })
      t.match([put.status, put.body], [200, { Name: name, Description: 'put' }])
      const other = await send('PUT', `${prefix}/Name:${name}`, {
        ...before,
        [key]: prefix === 'machines' ? NOBODY : 'other',
      })
      t.match([other.status, other.body], [422, { Model: prefix, Code: 422, Messages: [String] }], prefix)
      for (const body of [[], 'null', '"x"', { ...before, Meta: 7 }]) {
        t.match((await send('PUT', `${prefix}/Name:${name}`, body)).body, { Code: 400 }, prefix)
      }
    }
    t.equal((await send('PUT', `machines/${NOBODY}`, { Name: 'x' })).status, 404)
  })

  await t.test('drpcli update KEY JSON reads the object, and patches it at its key', async (t) => {
    const { body: before } = await send('GET', 'machines/Name:m1')
    const operations = [
      goOperation('test', '/Description', before.Description),
      goOperation('replace', '/Description', 'updated'),
    ]
    t.match((await send('PATCH', `machines/${before.Uuid}`, operations)).body, { Description: 'updated' })
    t.match((await send('PATCH', `machines/${before.Uuid}`, [])).status, 200)
  })

  await t.test(
    'drpcli wait KEY FIELD VALUE SECS reads, waits for the event of an update, and reads again',
    async (t) => {
      const { body } = await send('GET', 'machines/Name:m1')
      const seen: string[] = []
      running.endpoint.events.subscribe(({ Type, Action, Key }) => seen.push(`${Type}.${Action}.${Key}`))
      await send('PATCH', `machines/${body.Uuid}`, [goOperation('replace', '/Description', 'waited for')])
      await waitUntil('the event', () => seen.includes(`machines.update.${body.Uuid}`))
      t.match((await send('GET', `machines/${body.Uuid}`)).body, { Description: 'waited for' })
    },
  )

  await t.test('DELETE PREFIX/KEY is 200 with the deleted object', async (t) => {
    for (const { prefix, name } of KINDS) {
      const { body } = await send('GET', `${prefix}/Name:${name}`)
      const deleted = await send('DELETE', `${prefix}/Name:${name}`)
      t.match([deleted.status, deleted.body], [200, { Name: name, Description: body.Description }], prefix)
      t.match(deleted.headers, { 'content-type': JSON_TYPE })
      t.equal((await send('DELETE', `${prefix}/Name:${name}`)).status, 404)
    }
  })

  await t.test('§1: every answer below 400 but to HEAD names JSON, a 204 too', async (t) => {
    const event = await send('POST', 'events', { Type: 'lamps', Action: 'out', Key: 'k' })
    t.equal(event.status, 204)
    t.match(event.headers, { 'content-type': JSON_TYPE })
    for (const path of [
      'info',
      'machines',
      'profiles/global',
      'profiles/global/params',
      'params',
      'plugin_providers',
    ]) {
      t.match((await send('GET', path)).headers, { 'content-type': JSON_TYPE }, path)
    }
  })

  await t.test('§6: an unknown route is 404 "No route", and an unknown method 405', async (t) => {
    const none = await send('GET', 'cows/daisy?x=1')
    t.same(
      [none.status, none.body],
      [404, { Model: '', Key: '/api/v3/cows/daisy', Type: 'GET', Messages: ['No route'], Code: 404 }],
    )
    const other = await send('PUT', 'machines', {})
    t.match(
      [other.status, other.body, other.headers],
      [405, { Type: 'PUT', Messages: ['Method not allowed'] }, { allow: /GET.*POST/ }],
    )
    t.equal((await send('GET', 'cows', undefined, { token: '' })).status, 401)
  })

  await t.test('an endpoint that stops ends the waits', async (t) => {
    const { etag = '' } = (await send('HEAD', 'machines/Name:m2')).headers
    const headers = { 'if-none-match': String(etag), prefer: 'wait=10m' }
    const waiting = send('GET', 'machines/Name:m2', undefined, { headers })
    await aWhile()
    const startedMs = performance.now()
    await running.stop()
    t.equal((await waiting).status, 304)
    t.ok(performance.now() - startedMs < 15_000)
  })
})

async function aWhile(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 100))
}

async function rawClient(t: Test, { endpoint, stateDir }: Awaited<ReturnType<typeof startCheckedEndpoint>>) {
  const operator = await readOperatorFile(stateDir)
  const { hostname, port } = new URL(endpoint.url)
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false })
  t.teardown(() => socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  return Object.assign(socket, { authorization: `Authorization: Bearer ${operator?.token}` })
}
