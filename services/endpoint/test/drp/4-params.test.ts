import { test } from 'tap'
import nacl from 'tweetnacl'
import { startCheckedEndpoint } from '../fixtures/described-answers.ts'
import { writeFixturePlugin } from '../fixtures/fixture-plugin.ts'
import { goClient, goOperation } from '../fixtures/go-client.ts'

test('§4: params of an object as drpcli asks for them', async (t) => {
  const running = await startCheckedEndpoint(t, (folder) => writeFixturePlugin(folder))
  const send = goClient(running)
  await send('POST', 'profiles', { Name: 'rack', Params: { 'demo/port': 5 } })
  await send('POST', 'machines', { Name: 'm1', Profiles: ['rack'] })
  const params = 'machines/Name:m1/params'

  await t.test('GET P/KEY/params is a map, with aggregate and decode', async (t) => {
    t.same((await send('GET', params)).body, {})
    t.match((await send('GET', `${params}?aggregate=true&decode=true`)).body, {
      'demo/port': 5,
      'demo/address': 'nowhere',
    })
  })

  await t.test(
    'GET P/KEY/params/NAME is 200 null where the param is not set, 404 where the object is missing',
    async (t) => {
      const unset = await send('GET', `${params}/demo/none`)
      t.same([unset.status, unset.text], [200, 'null'])
      t.match(unset.headers, { 'content-type': /^application\/json/ })
      t.equal((await send('GET', `${params}/demo/port?aggregate=true`)).text, '5')
      t.match((await send('GET', 'machines/Name:none/params/demo/port')).body, { Code: 404, Model: 'machines' })
    },
  )

  await t.test('POST P/KEY/params replaces all and answers the map', async (t) => {
    const first = await send('POST', params, { a1: 1, b2: [null] })
    t.same([first.status, first.body], [200, { a1: 1, b2: [null] }])
    t.same((await send('POST', params, { cc: 'x' })).body, { cc: 'x' })
    t.same((await send('GET', params)).body, { cc: 'x' })
    for (const body of [[], '"text"', 'null', '7']) t.equal((await send('POST', params, body)).status, 400)
    t.match((await send('POST', params, { 'demo/port': 'x' })).body, { Code: 400, Messages: [/demo\/port/] })
    t.same((await send('GET', params)).body, { cc: 'x' })
  })

  await t.test('PATCH P/KEY/params tests the whole map first and answers the map', async (t) => {
    const before = (await send('GET', params)).body
    const patch = [goOperation('test', '', before), goOperation('add', '/rack~1unit', 7)]
    const patched = await send('PATCH', params, patch)
    t.same([patched.status, patched.body], [200, { cc: 'x', 'rack/unit': 7 }])
    const stale = await send('PATCH', params, patch)
    t.match([stale.status, stale.body], [409, { Code: 409, Messages: [/^Patch failed to apply at line 0/] }])
    t.same((await send('PATCH', params, [goOperation('remove', '/cc')])).body, { 'rack/unit': 7 })
    t.same((await send('PATCH', params, [])).body, { 'rack/unit': 7 })
    t.equal((await send('PATCH', params, [goOperation('replace', '', [1])])).status, 400)
  })

  await t.test('POST P/KEY/params/NAME takes a bare value and answers it', async (t) => {
    for (const value of ['text', 0, false, null, [1], { a: {} }]) {
      const set = await send('POST', `${params}/any/param`, JSON.stringify(value))
      t.same([set.status, set.body], [200, value])
    }
  })

  await t.test('DELETE P/KEY/params/NAME answers the old value, and 404 about params where it is absent', async (t) => {
    t.same((await send('DELETE', `${params}/any/param`)).body, { a: {} })
    const absent = await send('DELETE', `${params}/any/param`)
    t.match([absent.status, absent.body], [404, { Model: 'params', Key: 'any/param', Type: 'DELETE', Code: 404 }])
    t.match((await send('DELETE', 'machines/Name:none/params/x')).body, { Code: 404, Model: 'machines' })
  })

  await t.test('GET P/KEY/pubkey is the key that drpcli seals with, and the sealed value is stored', async (t) => {
    for (const key of ['machines/Name:m1', 'profiles/global', 'plugins/demo']) {
      t.equal((await send('GET', `${key}/params/demo/password`)).text, 'null')
      const { body: publicKey, headers } = await send('GET', `${key}/pubkey`)
      t.match(headers, { 'content-type': /^application\/json/ })
      const bytes = Buffer.from(publicKey, 'base64')
      t.equal(bytes.length, 32)
      const pair = nacl.box.keyPair()
      const nonce = nacl.randomBytes(24)
      const text = Buffer.from(JSON.stringify('correct horse'))
      const Payload = nacl.box(text, nonce, bytes, pair.secretKey)
      const [Key, Nonce, sealed] = [pair.publicKey, nonce, Payload].map((part) => Buffer.from(part).toString('base64'))
      const body = { Key, Nonce, Payload: sealed }
      const set = await send('POST', `${key}/params/demo/password`, body)
      t.same([set.status, set.body], [200, body])
      t.same((await send('GET', `${key}/params/demo/password`)).body, body)
      t.equal((await send('GET', `${key}/params/demo/password?decode=true`)).body, 'correct horse')
    }
    t.equal((await send('GET', 'machines/Name:none/pubkey')).status, 404)
    const foreign = { Key: 'AAAA', Nonce: 'AAAA', Payload: 'AAAA' }
    t.match((await send('POST', `${params}/demo/password`, foreign)).body, { Code: 400, Type: 'PARAM_INVALID' })
  })

  await t.test('machine order: own, profiles in order, global, default', async (t) => {
    const value = async () => (await send('GET', `${params}/demo/address?aggregate=true`)).body
    t.equal(await value(), 'nowhere')
    await send('POST', 'profiles/global/params/demo/address', '"of global"')
    t.equal(await value(), 'of global')
    await send('POST', 'profiles/rack/params/demo/address', '"of rack"')
    t.equal(await value(), 'of rack')
    await send('POST', `${params}/demo/address`, '"own"')
    t.equal(await value(), 'own')
  })
})
