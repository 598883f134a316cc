import { connectBus } from '@powerbus/bus'
import { type TestScope, tempFolder, waitUntil } from '@powerbus/testkit'
import { test } from 'tap'
import { type DeployedNats, startDeployedNats } from './deployed-servers.ts'

async function busAs(scope: TestScope, server: DeployedNats, user: string) {
  const notices: string[] = []
  const bus = await connectBus({
    url: server.url,
    user,
    passwordFile: server.passwordFile(user),
    name: user,
    folder: tempFolder(scope),
    onNotice: (message) => void notices.push(message),
  })
  scope.teardown(() => bus.close())
  return { bus, notices }
}

function eventOf(id: string) {
  const subject = { Type: 'machines', Action: 'poweron', Key: 'one' }
  return { id, Time: new Date().toISOString(), ...subject, Principal: 'test', Object: {}, Original: null }
}

test('the bus does all it promises with the rights of the endpoint and of a service', async (t) => {
  const server = await startDeployedNats(t)
  const endpoint = await busAs(t, server, 'endpoint')
  const ipmi = await busAs(t, server, 'ipmi')
  const match = [{ Type: 'machines', Action: '*', Key: '*' }]

  for (const [side, { bus }] of Object.entries({ endpoint, ipmi })) {
    const seen: string[] = []
    await bus.subscribe({ durable: side, match, deliveriesMax: 2, backoffMs: [10] }, async ({ id }) => {
      if (id === 'poison') throw new Error('not this one')
      seen.push(id)
    })
    const watched: string[] = []
    await bus.watch({ match }, ({ id }) => void watched.push(id))
    await bus.publish(eventOf(`from ${side}`))
    await bus.publish(eventOf(`from ${side}`))
    await waitUntil('the event', () => seen.includes(`from ${side}`) && watched.includes(`from ${side}`))
  }

  await ipmi.bus.publish(eventOf('poison'))
  for (const [side, { bus }] of Object.entries({ endpoint, ipmi })) {
    await waitUntil(`a dead letter of ${side}`, async () => (await bus.deadLetters(side)).length === 1)
  }
  t.ok(await endpoint.bus.dropDeadLetter('ipmi', 'poison'))
  t.same(await ipmi.bus.deadLetters('ipmi'), [])

  await ipmi.bus.serve(['action', 'ipmi', '*'], async ({ subject, body }) => ({ subject, body }))
  await ipmi.bus.serve(['define', 'ipmi'], async () => ({ Name: 'ipmi' }))
  t.match(await endpoint.bus.request(['action', 'ipmi', 'poweron'], { Params: {} }, { timeoutMs: 5000 }), {
    body: { Params: {} },
  })
  t.same(await endpoint.bus.request(['define', 'ipmi'], {}, { timeoutMs: 5000 }), { Name: 'ipmi' })

  const presence = { kind: 'plugin', name: 'ipmi', instance: 'one', version: '1.0.0' }
  await ipmi.bus.announce(presence)
  const temporary = await endpoint.bus.subscribe({ durable: 'temporary', match }, async () => undefined)
  await temporary.stop()
  await endpoint.bus.forget('temporary')

  const present = await waitUntil('the plugin', async () => {
    const found = await endpoint.bus.present('plugin')
    return found.length > 0 && found
  })
  t.match(present, [presence])
  t.same([...endpoint.notices, ...ipmi.notices], [], 'nothing was refused')
})
