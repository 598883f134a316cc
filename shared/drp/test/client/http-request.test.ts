import { Agent, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'tap'
import { readText, sendRequest } from '../../src/client/http-request.ts'

test('the body of any method arrives whole, and the connection takes the next request', async (t) => {
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    response.end(`${request.method} ${Buffer.concat(parts).toString()}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const { port } = server.address() as AddressInfo
  const ask = async (method: string, body: string | null) => {
    const signal = AbortSignal.timeout(10_000)
    const answer = await sendRequest({ agent, protocol: 'http:', hostname: '127.0.0.1', port, method, signal }, body)
    return readText(answer, 1000)
  }
  for (const method of ['DELETE', 'POST', 'PATCH', 'PUT', 'DELETE']) {
    t.equal(await ask(method, '{"ä":1}'), `${method} {"ä":1}`)
    t.equal(await ask(method, null), `${method} `)
  }
})
