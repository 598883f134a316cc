/** A rack of watched machines in a process of its own: `rack-process.ts COUNT PASSWORD USER...`. Ends when its parent lets go of it. */
import { randomBytes } from 'node:crypto'
import { listenBmc, systemClock } from 'node-ipmi/bmc'
import { WatchedBmc } from './watched-bmc.ts'
import { WatchedMachine } from './watched-machine.ts'

const [count, password = '', ...names] = process.argv.slice(2)
const users = names.map((name) => ({ name, password }))

async function startMachine(): Promise<{ readonly chassis: WatchedMachine; readonly port: number }> {
  const chassis: WatchedMachine = new WatchedMachine(() => bmc.user)
  const bmc = new WatchedBmc({ chassis, users, clock: systemClock, random: randomBytes })
  const { port } = await listenBmc(bmc, { address: '127.0.0.1', port: 0 })
  return { chassis, port }
}

const machines = await Promise.all(Array.from({ length: Number(count) }, startMachine))
process.on('disconnect', () => process.exit())
process.on('message', () => process.send?.({ ledgers: machines.map(({ chassis }) => chassis.ledger) }))
process.send?.({ ports: machines.map(({ port }) => port) })
