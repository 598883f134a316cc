import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { fastify } from 'fastify'
import { test } from 'tap'
import { limitBodyTime, takesUploads } from '../../src/server/body-deadline.ts'

test('a client that does not send its whole body in time is cut off, but not one that uploads', async (t) => {
  const server = fastify()
  t.teardown(() => server.close())
  limitBodyTime(server, 100)
  server.post('/plain', async () => 'done')
  server.post('/upload', { config: takesUploads }, async () => 'done')
  await server.listen({ port: 0, host: '127.0.0.1' })
  const { port } = server.server.address() as AddressInfo
  const open = (path: string) => {
    const socket = connect(port, '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n"a`)
    return socket
  }
  const upload = open('/upload')
  const plain = open('/plain')
  await once(plain, 'close')
  upload.write('b"')
  const [answer] = await once(upload, 'data')
  t.match(String(answer), /^HTTP\/1.1 200/)
  t.match(await server.inject({ method: 'POST', url: '/plain', payload: { a: 1 } }), { statusCode: 200 })
})
