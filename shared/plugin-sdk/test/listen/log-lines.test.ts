import { createServer } from 'node:http'
import { join } from 'node:path'
import { decodeLogLine } from '@powerbus/drp'
import { tempFolder } from '@powerbus/testkit'
import { test } from 'tap'
import { listenForPlugin } from '../../src/launch/index.ts'
import { EndpointLink } from '../../src/listen/endpoint-link.ts'
import { fakeEndpoint } from '../fixture/fake-endpoint.ts'

const lines = (count: number) => Array.from({ length: count }, (_, Seq) => decodeLogLine({ Seq, Message: 'm' }))

test('an endpoint of ours takes up to 100 log lines in one message, all of them or none', async (t) => {
  const socketPath = join(tempFolder(t), 'from')
  const seen: number[] = []
  const server = await listenForPlugin('demo', socketPath, {
    log: ({ Seq }) => void seen.push(Seq),
    publish: () => undefined,
    leaving: () => undefined,
    objects: async () => [],
  })
  t.teardown(() => server.close())
  const link = new EndpointLink(socketPath)
  t.teardown(() => link.close())
  t.equal(link.logLinesMax, 1)
  await link.log(lines(1))
  t.equal(link.logLinesMax, 100)
  await link.log(lines(100))
  t.strictSame(seen.splice(0), [0, ...lines(100).map(({ Seq }) => Seq)])
  await t.rejects(link.log(lines(101)), { code: 'BUS_CLOSED', message: /at most 100 lines/ })
  await t.rejects(link.post('log', [...lines(2), { Level: 'loud' }]), { code: 'BUS_CLOSED', message: /Line\.Level/ })
  t.strictSame(seen, [])
})

test('an endpoint that says nothing of it gets one line in a message', async (t) => {
  const socketPath = join(tempFolder(t), 'from')
  const endpoint = await fakeEndpoint(socketPath)
  t.teardown(() => endpoint.close())
  const link = new EndpointLink(socketPath)
  t.teardown(() => link.close())
  await link.log(lines(1))
  t.equal(link.logLinesMax, 1)
  t.match(endpoint.logs, [{ Message: 'm' }])
})

test('an endpoint that is silent, or stops within its answer, is given up after the time limit', async (t) => {
  const socketPath = join(tempFolder(t), 'from')
  const server = createServer(({ url }, response) => {
    if (url?.endsWith('/begun')) response.writeHead(200, { 'content-length': '2' }).write('[')
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  const link = new EndpointLink(socketPath, 50)
  t.teardown(() => {
    link.close()
    server.close()
  })
  for (const path of ['silent', 'begun']) await t.rejects(link.get(path), { code: 'BUS_CLOSED', message: /50 ms/ })
})
