/** A rack of watched machines in a process of its own: `rack-process.ts COUNT PASSWORD`. Ends when its parent lets go of it. */
import { randomBytes } from 'node:crypto'
import { createBmc, listenBmc, systemClock } from 'node-ipmi/bmc'
import { WatchedMachine } from './watched-machine.ts'

const [count, password = ''] = process.argv.slice(2)
const machines = Array.from({ length: Number(count) }, () => new WatchedMachine())
const listeners = await Promise.all(
  machines.map((chassis) =>
    listenBmc(createBmc({ chassis, users: [{ name: 'admin', password }], clock: systemClock, random: randomBytes }), {
      address: '127.0.0.1',
      port: 0,
    }),
  ),
)
process.on('disconnect', () => process.exit())
process.on('message', () => process.send?.({ ledgers: machines.map(({ ledger }) => ledger) }))
process.send?.({ ports: listeners.map(({ port }) => port) })
