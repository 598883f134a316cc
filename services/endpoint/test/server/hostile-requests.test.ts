import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Test, test } from 'tap'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { type RunningEndpoint, startTestEndpoint } from '../fixtures/running-endpoint.ts'

const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
const sealedForNobody = { Key: 'A'.repeat(44), Nonce: 'A'.repeat(32), Payload: 'A'.repeat(44) }

/** Every read that shows or carries a stored object. */
async function readsWork({ call }: RunningEndpoint, t: Test): Promise<void> {
  for (const path of [
    'machines',
    'machines?aggregate=true&decode=true',
    'machines?sort=Meta.rack,Params.odd,Name&reverse=true',
  ]) {
    t.equal((await call('GET', path)).status, 200, path)
  }
  const patch = [{ op: 'test', path: '/Name', value: 'm1' }]
  t.equal((await call('PATCH', 'machines/Name:m1', { body: patch })).status, 200)
  t.equal((await call('GET', 'events?limit=1000')).status, 200)
}

test('bodies, params and events that JSON programs cannot all carry are refused, and nothing of them is stored', async (t) => {
  const running = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  const { call } = running
  await call('POST', 'machines', { body: { Name: 'm1', Params: { 'demo/password': 'p' } } })
  const values = [
    nested(101),
    nested(200_000),
    '['.repeat(300_000),
    '1e999',
    '{"a":-1e400}',
    '9'.repeat(400),
    '"\\ud800"',
    '{"\\udfff":1}',
    '{"__proto__":{"Name":"x"}}',
    '{"a":{"__proto__":1,"__proto__":2}}',
    '{"\\u005f\\u005fproto__":1}',
    JSON.stringify(Array(30_000).fill(0)),
  ]
  for (const value of values) {
    const title = value.slice(0, 30)
    const requests: [string, string, string][] = [
      ['POST', 'machines', `{"Name":"m2","Extra":${value}}`],
      ['POST', 'machines', `{"Name":"m2","Params":{"odd":${value}}}`],
      ['PUT', 'machines/Name:m1', `{"Name":"m1","Extra":${value}}`],
      ['PATCH', 'machines/Name:m1', `[{"op":"add","path":"/Extra","value":${value}}]`],
      ['POST', 'machines/Name:m1/params/odd', value],
      ['POST', 'machines/Name:m1/actions/poweron', `{"demo/address":${value}}`],
      ['POST', 'events', `{"Type":"t","Action":"a","Key":"k","Object":${value}}`],
    ]
    for (const [method, path, body] of requests) {
      const answer = await call(method, path, { body })
      t.match([answer.status, answer.body?.Type], [400, 'REQUEST_INVALID'], `${method} ${path} ${title}`)
    }
  }
  t.equal((await call('GET', 'machines')).body.length, 1)
  await readsWork(running, t)
  t.equal(Object.hasOwn(Object.prototype, 'Name'), false)
})

test('an object is refused when it comes if a later list, event, patch or action could not carry it', async (t) => {
  const running = await startTestEndpoint(t, (folder) => writeFixturePlugin(folder))
  const { call } = running
  t.equal((await call('POST', 'machines', { body: { Name: 'm1', Params: { 'demo/password': 'p' } } })).status, 201)
  const deep = `{"a":${nested(97)}}`
  t.equal((await call('POST', 'machines/Name:m1/params/odd', { body: deep })).status, 200)
  t.equal((await call('POST', 'machines/Name:m1/params/odd', { body: `{"a":${nested(98)}}` })).status, 400)
  const add = [{ op: 'copy', from: '/Params/odd', path: '/Params/even' }]
  t.equal((await call('PATCH', 'machines/Name:m1', { body: add })).status, 200)
  const deeper = [{ op: 'move', from: '/Params/odd', path: '/Meta2' }]
  t.equal((await call('PATCH', 'machines/Name:m1', { body: deeper })).status, 200)
  const large = { Name: 'm3', Notes: 'x'.repeat(800_000) }
  t.match((await call('POST', 'machines', { body: large })).body, { Code: 400, Messages: [/786432 bytes/] })
  t.equal(
    (await call('POST', 'machines/Name:m1/params/big', { body: JSON.stringify('x'.repeat(700_000)) })).status,
    200,
  )
  const copies = [{ op: 'copy', from: '/Params/big', path: '/Params/bigger' }]
  t.equal((await call('PATCH', 'machines/Name:m1', { body: copies })).status, 400)
  t.match((await call('POST', 'machines/Name:m1/actions/poweron', { body: {} })).status, 200)
  const names = ['a/../b', 'a/.', '..', 'a/./b', 'x'.repeat(256), `é${'é'.repeat(127)}x`, '__proto__', '1a', 'a?']
  for (const name of names) {
    const body = { Name: 'm4', Params: { [name]: 1 } }
    t.match([(await call('POST', 'machines', { body })).body], [{ Code: 400 }], name)
  }
  t.equal((await call('POST', 'machines', { body: { Name: 'm5', Params: { constructor: 1, 'a//b': 2 } } })).status, 201)
  t.equal((await call('GET', 'machines/Name:m5/params/constructor')).text, '1')
  t.equal((await call('GET', 'machines/Name:m5/params/a//b')).text, '2')
  t.equal((await call('GET', 'machines/Name:m1/params/constructor')).text, 'null')
  const longest = '中'.repeat(85)
  t.equal((await call('POST', 'machines', { body: { Name: longest, Params: { [longest]: 1 } } })).status, 201)
  t.equal((await call('GET', `machines/Name:${encodeURIComponent(longest)}`)).body.Name, longest)
  const param = `machines/Name:${encodeURIComponent(longest)}/params/${encodeURIComponent(longest)}`
  t.equal((await call('GET', param)).text, '1')
  t.equal((await call('POST', 'machines/Name:m1/params/demo/password', { body: sealedForNobody })).status, 400)
  await readsWork(running, t)
})

test('Re takes the syntax of RE2, in linear time, and a bad pattern is refused', async (t) => {
  const { call } = await startTestEndpoint(t)
  await call('POST', 'machines', {
    body: { Name: `n${'a'.repeat(200)}b`, Params: { text: 'a'.repeat(100_000) }, Meta: { rack: 'Ä7' } },
  })
  const found = async (pattern: string, name = 'Name') => {
    const answer = await call('GET', `machines?${name}=${encodeURIComponent(`Re(${pattern})`)}`)
    return answer.status === 200 ? answer.body.length : answer.body.Type
  }
  for (const pattern of [
    '^n',
    'a{3}b$',
    '(?i)N',
    '^(?:x|n)a+b$',
    '\\x61',
    '(?P<x>n)',
    '\\Qaab\\E',
    '\\pL',
    '[[:alpha:]]',
  ]) {
    t.equal(await found(pattern), 1, pattern)
  }
  t.equal(await found('^(a+)+$'), 0)
  t.equal(await found('Ä7', 'Meta.rack'), 1)
  const beganMs = performance.now()
  for (const pattern of ['^(a+)+$', '^(a|a)*b$', '(.*)*x', '(a*)*b', '((a{0,7}){0,7})z', '^(\\w+\\s?)*$']) {
    t.type(await found(pattern, 'Params.text'), 'number', pattern)
  }
  t.ok(performance.now() - beganMs < 2000)
  const bad = [
    '(?=a)',
    '(a)\\1',
    '[',
    '(',
    'a**',
    '\\',
    'a{1001}',
    '(x{1000}){1000}',
    'a{900}',
    'x'.repeat(257),
    '(?<!a)b',
    '\\u0061',
  ]
  for (const pattern of bad) t.equal(await found(pattern), 'REQUEST_INVALID', pattern)
})

test('odd values of sort, params, slim and pages never fail a list', async (t) => {
  const { call } = await startTestEndpoint(t)
  const odd = [null, 0, -0, 1.5, '', 'x', [], {}, [[1]], { a: null }, true, 'é']
  for (const [n, value] of odd.entries())
    await call('POST', 'machines', { body: { Name: `m${n}`, Params: { odd: value } } })
  const good = [
    'sort=Params.odd',
    'sort=Params.none,Params.odd,Name&reverse=true',
    'sort=Params.constructor',
    'sort=Meta.__proto__',
    'slim=Params,none,__proto__',
    'params=',
    'params=__proto__,constructor',
    'offset=999999999',
    'limit=0',
    'sort=,',
    'Params.constructor=x',
    'Params.odd=In()',
    'Params.odd=Between(,)',
    'Params.odd=In(%5B,"],{"})',
    'Meta.constructor=x',
  ]
  for (const query of good) t.equal((await call('GET', `machines?${query}`)).status, 200, query)
  const bad = [
    'limit=-1',
    'limit=1e3',
    'offset=1.5',
    'offset=99999999999',
    'reverse=maybe',
    'Params.odd=Between(1)',
    'Params.odd=Re(',
    `sort=${'Name,'.repeat(17)}`,
    Array(40).fill('Params.odd=1').join('&'),
  ]
  for (const query of bad)
    t.equal((await call('GET', `machines?${query}`)).status, query === 'Params.odd=Re(' ? 200 : 400, query)
  for (const query of ['__proto__=x', 'constructor=x', 'odd=1', 'sort=odd', 'sort=__proto__']) {
    t.equal((await call('GET', `machines?${query}`)).status, 406, query)
  }
})

test('the largest accepted requests hold up other requests for a moment only', async (t) => {
  const { call } = await startTestEndpoint(t)
  await call('POST', 'machines', { body: { Name: 'm1' } })
  const keys = Object.fromEntries(Array.from({ length: 19_000 }, (_, n) => [`k${n}`, {}]))
  const longestMs: Record<string, number> = {}
  const measured = async (name: string, status: number, ...request: Parameters<RunningEndpoint['call']>) => {
    const delay = monitorEventLoopDelay({ resolution: 5 })
    delay.enable()
    t.equal((await call(...request)).status, status, name)
    delay.disable()
    longestMs[name] = Math.round(delay.max / 1e6)
  }
  await measured('PUT of many keys', 200, 'PUT', 'machines/Name:m1', { body: { Name: 'm1', Extra: keys } })
  const same = JSON.stringify([
    { op: 'test', path: '/Extra', value: keys },
    { op: 'add', path: '/Extra/more', value: 1 },
  ])
  await measured('PATCH that tests them', 200, 'PATCH', 'machines/Name:m1', { body: same })
  const params = Object.fromEntries(Array.from({ length: 19_000 }, (_, n) => [`k${n}`, n]))
  await measured('many params', 201, 'POST', 'machines', { body: { Name: 'm2', Params: params } })
  await measured('a long text', 201, 'POST', 'machines', {
    body: { Name: 'm3', Params: { big: 'é'.repeat(390_000) } },
  })
  const doubling = Array.from({ length: 27 }, (_, n) => ({ op: 'copy', from: '/Meta', path: `/Meta/x${n}` }))
  await measured('doubling copies', 400, 'PATCH', 'machines/Name:m3', { body: doubling })
  const length = [{ op: 'replace', path: '/Profiles/length', value: 1e9 }]
  await measured('length', 400, 'PATCH', 'machines/Name:m3', { body: length })
  const filters = Array(30).fill('Params.big=Re((a%7Cb)*a(a%7Cb){100}$)').join('&')
  await measured('many filters', 200, 'GET', `machines?${filters}&sort=Params.big`)
  t.comment(JSON.stringify(longestMs))
  for (const [name, ms] of Object.entries(longestMs)) t.ok(ms < 2000, `${name}: ${ms} ms`)
})
