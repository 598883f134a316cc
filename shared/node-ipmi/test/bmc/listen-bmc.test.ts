import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'tap'
import { listenBmc } from '../../src/bmc/index.ts'
import { presencePing, presencePong } from '../../src/wire/asf.ts'
import { bench } from './raw-console.ts'

test('a BMC answers at its address until it is closed', async (t) => {
  const { bmc } = bench()
  const listener = await listenBmc(bmc, { address: '127.0.0.1', port: 0 })
  const console = createSocket('udp4')
  t.teardown(() => console.close())
  console.send(presencePing.encode({ tag: 4 }), listener.port, listener.address)
  const [pong] = await once(console, 'message', { signal: AbortSignal.timeout(10_000) })
  t.same(presencePong.decode(pong), { tag: 4, ipmi: true })
  await t.rejects(listenBmc(bench().bmc, { address: '127.0.0.1', port: listener.port }), { code: 'EADDRINUSE' })
  await listener.close()
  await listener.close()
  const again = await listenBmc(bmc, { address: '127.0.0.1', port: listener.port })
  await again.close()
})

test('an answer that is due after close() is not sent', async (t) => {
  const { bmc, clock } = bench({ faults: { delayMs: 1000 } })
  const listener = await listenBmc(bmc, { address: '127.0.0.1', port: 0 })
  const console = createSocket('udp4')
  t.teardown(() => console.close())
  console.send(presencePing.encode({ tag: 4 }), listener.port, listener.address)
  while (bmc.counters.received === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  await listener.close()
  await clock.pass(2000)
  t.equal(bmc.counters.sent, 1)
})
