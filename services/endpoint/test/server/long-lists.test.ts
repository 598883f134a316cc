import { once } from 'node:events'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { waitUntil } from '@powerbus/testkit'
import { type Test, test } from 'tap'
import { readOperatorFile } from '../fixtures/read-operator-file.ts'
import { type RunningEndpoint, startTestEndpoint } from '../fixtures/running-endpoint.ts'

/** Together more than the sockets between client and endpoint hold. */
const MACHINES = 70
const BYTES = 100_000

async function filled(t: Test): Promise<RunningEndpoint> {
  const running = await startTestEndpoint(t)
  const { call } = running
  await call('POST', 'profiles', { body: { Name: 'rack', Params: { place: 'old' } } })
  for (let number = 0; number < MACHINES; number += 1) {
    const Params = { note: 'x'.repeat(BYTES), ...(number % 2 === 0 && { small: number }) }
    const body = { Name: `m${String(number).padStart(3, '0')}`, Profiles: ['rack'], Params }
    t.equal((await call('POST', 'machines', { body })).status, 201)
  }
  return running
}

/** An answer of which nothing is read yet. */
async function unread(t: Test, { endpoint, stateDir }: RunningEndpoint, path: string) {
  const operator = await readOperatorFile(stateDir)
  const headers = { authorization: `Bearer ${operator?.token}` }
  const asked: ClientRequest = request(`${endpoint.url}/api/v3/${path}`, {
    ca: operator?.certificate,
    headers,
    agent: false,
  })
  t.teardown(() => asked.destroy())
  asked.on('error', () => undefined)
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  return { asked, answer }
}

async function bodyOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of answer) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

test('lists of several megabytes', async (t) => {
  const running = await filled(t)
  const { call, logged } = running

  await t.test('a list that is sent while it changes is of one moment', async (t) => {
    for (const path of ['machines', 'machines?aggregate=true&slim=Meta']) {
      const before = (await call('GET', path)).body
      const { answer } = await unread(t, running, path)
      await call('DELETE', 'machines/Name:m069')
      await call('POST', 'profiles/rack/params/place', { body: '"new"' })
      await call('PATCH', 'machines/Name:m068', {
        body: [{ op: 'replace', path: '/Description', value: `${path} changed` }],
      })
      await call('POST', 'machines', { body: { Name: 'm200' } })
      t.same(JSON.parse(await bodyOf(answer)), before, path)
      const after = (await call('GET', path)).body
      t.equal(after.length, before.length)
      t.match(after.at(-2), { Name: 'm068', Description: `${path} changed` })
      await call('DELETE', 'machines/Name:m200')
      await call('POST', 'profiles/rack/params/place', { body: '"old"' })
      await call('POST', 'machines', { body: { Name: 'm069', Profiles: ['rack'] } })
    }
  })

  await t.test('clients that read slowly or go away in the middle of a list hold up nobody', async (t) => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => unread(t, running, 'machines')))
    t.equal((await call('GET', 'machines?limit=1')).body.length, 1)
    for (const { asked } of clients.slice(0, 4)) asked.destroy()
    const texts = await Promise.all(clients.slice(4).map(({ answer }) => bodyOf(answer)))
    for (const text of texts) t.equal(JSON.parse(text).length, MACHINES)
    await waitUntil('no answer under way', async () => (await call('GET', 'machines?limit=1')).status === 200)
    t.same(
      logged.filter(({ level }) => Number(level) >= 50),
      [],
      'and leave no error in the log',
    )
  })

  await t.test('a short list has its length, and HEAD of a long one has no body', async (t) => {
    const short = await call('GET', 'machines?limit=1')
    t.equal(short.headers['content-length'], String(Buffer.byteLength(short.text)))
    t.equal((await call('GET', 'machines?limit=0')).text, '[]')
    const head = await call('HEAD', 'machines')
    t.match([head.text, head.headers['x-drp-list-filter-count']], ['', String(MACHINES)])
  })
})
