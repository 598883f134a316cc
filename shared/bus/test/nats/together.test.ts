import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'tap'
import { Together } from '../../src/nats/together.ts'

test('what is sent in one turn of the event loop leaves at its end, in order and once', async (t) => {
  const together = new Together()
  const sent: string[] = []
  const send = (name: string) => together.add(() => sent.push(name))
  send('a')
  await Promise.resolve().then(() => send('b'))
  await new Promise<void>((resolve) => process.nextTick(resolve))
  send('c')
  t.same(sent, [])
  await turn()
  t.same(sent, ['a', 'b', 'c'])
  send('d')
  together.flush()
  t.same(sent, ['a', 'b', 'c', 'd'])
  await turn()
  t.same(sent, ['a', 'b', 'c', 'd'])
})

test('what is sent while others leave is not lost', async (t) => {
  const together = new Together()
  const sent: string[] = []
  together.add(() => together.add(() => sent.push('later')))
  await turn()
  await turn()
  t.same(sent, ['later'])
})
