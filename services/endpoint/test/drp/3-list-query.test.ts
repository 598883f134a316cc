import { test } from 'tap'
import { addressDigits } from '../../src/inventory/address-order.ts'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { goClient, goOperation } from '../fixtures/go-client.ts'

const DEFINED = {
  'demo/address': { Name: 'demo/address', Schema: { type: 'string', default: 'nowhere' } },
  'demo/password': { Name: 'demo/password', Secure: true, Schema: { type: 'string' } },
  'demo/any': { Name: 'demo/any', Schema: {} },
  'demo/rack': { Name: 'demo/rack', Schema: { type: 'string' } },
}
const MACHINES = [
  {
    Name: 'm1',
    Address: '10.0.0.9',
    HardwareAddrs: ['52:54:00:AA:00:01'],
    Meta: { rack: 'a' },
    Params: { 'demo/any': 5 },
  },
  { Name: 'm2', Address: '10.0.0.10', HardwareAddrs: [], Meta: { rack: 'b' }, Params: { 'demo/any': 'text', bare: 1 } },
  {
    Name: 'm3',
    Address: '10.0.0.100',
    HardwareAddrs: ['52:54:00:aa:00:02', '52:54:00:aa:00:03'],
    Params: { 'demo/any': [1, 'a,b'], 'demo/rack': 'r1' },
  },
  { Name: 'm4', Address: 'fe80::1', Locked: true, Profiles: ['rack'], Params: { 'demo/any': true } },
  { Name: 'm5', Params: { 'demo/any': null, 'demo/address': 'somewhere' } },
]

test('§3: list query', async (t) => {
  const prepare = (folder: string) => writeFixturePlugin(folder, { params: DEFINED, autoStart: false })
  const running = await startCheckedEndpoint(t, prepare)
  const send = goClient(running)
  await send('POST', 'profiles', { Name: 'rack', Params: { 'demo/rack': 'r2' } })
  for (const machine of MACHINES) t.equal((await send('POST', 'machines', machine)).status, 201)
  const found = async (query: string, prefix = 'machines') => {
    const { status, body, text } = await send('GET', `${prefix}?${query}`)
    return status === 200 ? body.map(({ Name }: { Name: string }) => Name.slice(-1)).join('') : `${status} ${text}`
  }
  /** Each query is asked twice: the second answer comes from an index that the first one built. */
  const finds = async (expected: readonly (readonly [query: string, names: string])[], prefix?: string) => {
    for (const [query, names] of [...expected, ...expected]) t.equal(await found(query, prefix), names, query)
  }

  await t.test('INDEX=Op(VALUE), and INDEX=VALUE means Eq', async () => {
    await finds([
      ['Name=m2', '2'],
      ['Name=Eq(m2)', '2'],
      ['Name=Ne(m2)', '1345'],
      ['Name=Lt(m2)', '1'],
      ['Name=Lte(m2)', '12'],
      ['Name=Gt(m4)', '5'],
      ['Name=Gte(m4)', '45'],
      ['Name=Between(m2,m4)', '234'],
      ['Name=Except(m2,m4)', '15'],
      ['Name=In(m1,m5,none)', '15'],
      ['Name=Nin(m1,m5)', '234'],
      ['Name=Re(%5Em%5B13%5D%24)', '13'],
    ])
  })

  await t.test('several of one index are alternatives, different indexes must all fit', async () => {
    await finds([
      ['Name=m1&Name=m5', '15'],
      ['Name=m1&Name=Gt(m4)&Locked=false', '15'],
      ['Name=m1&Name=m4&Locked=true', '4'],
      ['Name=m1&Locked=true', ''],
      ['demo/any=5&demo/any=true&Params.demo/any=text', '124'],
    ])
  })

  await t.test(
    'machine-plugin is an index without a definition, which plugins look for their machines by',
    async (t) => {
      t.match(await send('GET', 'machines?machine-plugin=Eq(packet-ipmi)'), { status: 200 })
    },
  )

  await t.test('an unknown index is 406 with Filter not found', async (t) => {
    for (const [path, name] of [
      ['machines?cow=1', 'cow'],
      ['machines?Description=x', 'Description'],
      ['machines?bare=1', 'bare'],
      ['machines?sort=cow', 'cow'],
      ['profiles?HardwareAddrs=x', 'HardwareAddrs'],
      ['templates?Name=x', 'Name'],
      ['plugin_providers?cow=x', 'cow'],
    ] as const) {
      const { status, body } = await send('GET', path)
      t.match([status, body], [406, { Code: 406, Messages: [`Filter not found: ${name}`] }], path)
      t.equal((await send('HEAD', path)).status, 406, path)
    }
  })

  await t.test('indexes: of every kind, of the model, HardwareAddrs, Meta.NAME', async (t) => {
    const [m1] = (await send('GET', 'machines?Name=m1')).body
    await finds([
      [`Key=${m1.Uuid}`, '1'],
      [`Uuid=${m1.Uuid.toUpperCase()}`, '1'],
      ['Valid=true&Available=true&ReadOnly=false', '12345'],
      ['Valid=false', ''],
      ['Locked=true', '4'],
      ['Runnable=true', '12345'],
      ['HardwareAddrs=52:54:00:AA:00:03', '3'],
      ['HardwareAddrs=In(52:54:00:aa:00:01,52:54:00:aa:00:02,52:54:00:aa:00:03)', '13'],
      ['HardwareAddrs=Ne(52:54:00:aa:00:03)', '1245'],
      ['HardwareAddrs=Re(%3A0%5B12%5D%24)', '13'],
      ['Profiles=rack', '4'],
      ['Meta.rack=a', '1'],
      ['Meta.rack=Re(.)', '12'],
      ['Meta.rack=Ne(a)', '2345'],
      ['Meta.none=x', ''],
    ])
    await finds(
      [
        ['Name=global', 'l'],
        ['Key=rack', 'k'],
      ],
      'profiles',
    )
    for (const query of ['Locked=maybe', 'Address=Gt(x)', 'Name=Like(x)', 'Name=Between(m1)']) {
      t.equal((await send('GET', `machines?${query}`)).status, 400, query)
    }
  })

  await t.test('a defined param is compared by its effective value: JSON, or a bare string', async () => {
    await finds([
      ['demo/any=5', '1'],
      ['demo/any=5.0', '1'],
      ['demo/any=Gt(4)', '1'],
      ['demo/any=text', '2'],
      ['demo/any=%22text%22', '2'],
      ['demo/any=%5B1,%22a,b%22%5D', '3'],
      ['demo/any=In(%5B1,%22a,b%22%5D,true)', '34'],
      ['demo/any=null', '5'],
      ['demo/any=%22true%22', ''],
      ['demo/address=nowhere', '1234'],
      ['demo/address=somewhere', '5'],
      ['demo/rack=r1', '3'],
      ['demo/rack=r2', '4'],
      ['demo/rack=Ne(r2)', '1235'],
      ['Params.bare=1', '2'],
    ])
    await send('POST', 'profiles/global/params/demo/rack', '"r0"')
    await finds([
      ['demo/rack=r0', '125'],
      ['demo/rack=r2', '4'],
      ['sort=demo/rack', '12534'],
    ])
    await send('DELETE', 'profiles/global/params/demo/rack')
    await finds([
      ['demo/rack=r0', ''],
      ['demo/rack=r2', '4'],
    ])
  })

  await t.test('addresses are compared by number, IPv4 and IPv6', async (t) => {
    await finds([
      ['Address=Gt(10.0.0.9)', '234'],
      ['Address=Lt(10.0.0.100)', '125'],
      ['Address=Between(10.0.0.10,10.0.0.100)', '23'],
      ['Address=::ffff:10.0.0.9', '1'],
      ['Address=fe80:0:0:0:0:0:0:1', '4'],
      ['sort=Address', '51234'],
      ['sort=Address&reverse=true', '43215'],
    ])
    t.equal(addressDigits('::'), '0'.repeat(32))
    t.equal(addressDigits('::1.2.3.4'), `${'0'.repeat(24)}01020304`)
    t.equal(addressDigits('1::8'), `0001${'0'.repeat(24)}0008`)
    t.equal(addressDigits('fe80::1%eth0'), addressDigits('fe80::1'))
    t.equal(addressDigits('1:2:3:4:5:6:7:8'), '00010002000300040005000600070008')
    for (const none of ['', '10.0.0', '10.0.0.256', 'x', ':::']) t.equal(addressDigits(none), undefined, none)
  })

  await t.test('paging: sort is repeatable, reverse, offset, limit; a bad sort name is an error', async () => {
    await finds([
      ['sort=Locked&sort=Name&reverse=true', '45321'],
      ['sort=Locked,Name', '12354'],
      ['sort=Meta.rack', '12345'],
      ['reverse=true&limit=2', '54'],
      ['offset=1&limit=2', '23'],
      ['offset=9', ''],
      ['limit=0', ''],
    ])
  })

  await t.test('view: slim is case-blind and leaves {}, params, decode, aggregate', async (t) => {
    const one = async (query: string) => (await send('GET', `machines?Name=m4&${query}`)).body[0]
    for (const names of ['Meta,Params', 'meta,PARAMS', 'params&slim=Meta']) {
      t.match(await one(`slim=${names}`), { Name: 'm4', Meta: {}, Params: {} })
      t.same(Object.keys((await one(`slim=${names}`)).Params), [])
    }
    t.same((await one('params=demo/any,demo/rack')).Params, { 'demo/any': true })
    t.same((await one('params=demo/any,demo/rack&aggregate=true')).Params, { 'demo/any': true, 'demo/rack': 'r2' })
    await send('PATCH', 'machines/Name:m4', [goOperation('replace', '/Locked', false)])
    await send('POST', 'machines/Name:m4/params/demo/password', '"secret"')
    t.match((await one('params=demo/password')).Params, { 'demo/password': { Nonce: String } })
    t.same((await one('params=demo/password&decode=true')).Params, { 'demo/password': 'secret' })
    t.match((await send('GET', 'machines/Name:m4?slim=params')).body, { Params: {} })
  })

  await t.test('view: what slim or params has cut down is Partial, and no PUT takes it', async (t) => {
    const path = 'machines/Name:m4'
    for (const query of ['', '?slim=', '?aggregate=true', '?decode=true']) {
      t.equal((await send('GET', `${path}${query}`)).body.Partial, false, query)
    }
    for (const query of ['?slim=Meta', '?params=demo/any', '?params=']) {
      t.equal((await send('GET', `${path}${query}`)).body.Partial, true, query)
      t.ok(
        (await send('GET', `machines${query}`)).body.every(({ Partial }: { Partial: boolean }) => Partial),
        query,
      )
    }
    const { body: part } = await send('GET', `${path}?slim=Params`)
    const put = await send('PUT', path, part)
    t.match([put.status, put.body], [400, { Messages: [/read it without slim and params/] }])
    t.match((await send('GET', path)).body.Params, { 'demo/any': true }, 'no param is lost')
    t.notOk(
      Object.hasOwn((await send('GET', 'params?slim=Meta')).body[0], 'Partial'),
      'only models with the field have it',
    )
  })
})
