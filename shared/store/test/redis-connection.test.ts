import { EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'tap'
import type { RedisClient } from '../src/redis/connect.ts'
import { Connection } from '../src/redis/connection.ts'

/** A stream that tells what is written to it, and what it holds back. */
function fakeStream() {
  const written: string[][] = []
  let held: string[] | undefined
  return {
    written,
    cork: () => {
      held = []
    },
    uncork: () => {
      if (held) written.push(held)
      held = undefined
    },
    write: (text: string) => void (held ?? written).push(text as string & string[]),
  }
}

function connectionTo(client: EventEmitter & { stream?: unknown }) {
  const options = { name: 'fake', commandMs: 1000, onNotice: () => undefined }
  return new Connection(Object.assign(client, { status: 'ready' }) as unknown as RedisClient, options)
}

test('commands of one turn of the event loop leave in one write, also where one of them fails', async (t) => {
  const stream = fakeStream()
  const connection = connectionTo(Object.assign(new EventEmitter(), { stream }))
  const send = (text: string) => connection.run(async () => stream.write(text))
  const sent = [send('a'), connection.run(() => Promise.reject(new Error('no'))).catch(() => 'failed'), send('b')]
  await Promise.all(sent)
  t.strictSame(stream.written, [])
  await turn()
  t.strictSame(stream.written, [['a', 'b']])
  await send('c')
  await turn()
  t.strictSame(stream.written, [['a', 'b'], ['c']])
})

test('commands over a new connection are held back for themselves', async (t) => {
  const [before, after] = [fakeStream(), fakeStream()]
  const client = Object.assign(new EventEmitter(), { stream: before })
  const connection = connectionTo(client)
  await connection.run(async () => before.write('a'))
  client.stream = after
  await connection.run(async () => after.write('b'))
  t.strictSame([before.written, after.written], [[], []])
  await turn()
  t.strictSame([before.written, after.written], [[['a']], [['b']]])
})

test('commands to a cluster are written by its nodes', async (t) => {
  const connection = connectionTo(new EventEmitter())
  t.equal(await connection.run(async () => 1), 1)
})
