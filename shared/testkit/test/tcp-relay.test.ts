import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { type Test, test } from 'tap'
import { startTcpRelay, waitUntil } from '../src/index.ts'

/** An echo server. */
async function startEcho(t: Test): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.pipe(socket)
  })
  server.listen({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function client(t: Test, port: number) {
  const socket = connect({ port, host: '127.0.0.1' })
  const seen = { text: '', isClosed: false }
  socket.on('data', (chunk) => {
    seen.text += String(chunk)
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    seen.isClosed = true
  })
  t.teardown(() => socket.destroy())
  return { socket, seen }
}

test('a silent relay holds data back and forwards it after restore', async (t) => {
  const relay = await startTcpRelay(t, await startEcho(t))
  const before = client(t, relay.port)
  before.socket.write('one ')
  await waitUntil('an echo', () => before.seen.text === 'one ')
  relay.silence()
  before.socket.write('two')
  const during = client(t, relay.port)
  during.socket.write('three')
  await once(during.socket, 'connect')
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.same(
    [before.seen, during.seen],
    [
      { text: 'one ', isClosed: false },
      { text: '', isClosed: false },
    ],
  )
  relay.restore()
  await waitUntil('the rest', () => before.seen.text === 'one two' && during.seen.text === 'three')
})

test('a relay that resets ends its connections and refuses new ones until restore', async (t) => {
  const relay = await startTcpRelay(t, await startEcho(t))
  const before = client(t, relay.port)
  before.socket.write('one')
  await waitUntil('an echo', () => before.seen.text === 'one')
  relay.reset()
  const during = client(t, relay.port)
  await waitUntil('their ends', () => before.seen.isClosed && during.seen.isClosed)
  relay.restore()
  const after = client(t, relay.port)
  after.socket.write('two')
  await waitUntil('an echo', () => after.seen.text === 'two')
})
