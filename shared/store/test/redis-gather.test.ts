import { EventEmitter } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'tap'
import type { RedisClient } from '../src/redis/connect.ts'
import { Connection } from '../src/redis/connection.ts'

test('the commands of one turn of the event loop leave together, and the next ones too', async (t) => {
  const log: string[] = []
  const stream = { cork: () => log.push('cork'), uncork: () => log.push('uncork') }
  const client = Object.assign(new EventEmitter(), { status: 'ready', stream }) as unknown as RedisClient
  const connection = new Connection(client, { name: 'Redis', commandMs: 1000, onNotice: () => undefined })
  const send = (name: string) => connection.run(async () => void log.push(name))
  await Promise.all([send('a'), send('b').then(() => send('c'))])
  await turn()
  t.same(log, ['cork', 'a', 'b', 'c', 'uncork'])
  await send('d')
  await turn()
  t.same(log.slice(5), ['cork', 'd', 'uncork'])
})
