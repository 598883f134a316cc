import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'
import { BusError } from '../bus-error.ts'

const DEFAULT_PORT = '4222'
const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/**
 * The servers (`HOST` or `HOST:PORT`) that may be spoken to without TLS: on the loopback, or named (`HOST` or `HOST:PORT`, with commas).
 * A name of the loopback is given as its addresses, so that it cannot come to mean another place. Throws BusError INPUT for
 * any other server, and what the look-up of a name throws.
 */
export async function plaintextServers(servers: readonly string[], named = ''): Promise<string[]> {
  const names = named.split(',').map((name) => name.trim().toLowerCase())
  const allowed: string[] = []
  for (const server of servers) {
    const { hostname, port } = new URL(`nats://${server.toLowerCase()}`)
    const host = hostname.replace(/^\[|\]$/g, '')
    const isNamed = [host, hostname, `${hostname}:${port || DEFAULT_PORT}`].some((name) => names.includes(name))
    if (isNamed || host === 'localhost') allowed.push(server)
    else for (const address of await loopbackAddresses(host)) allowed.push(`${address}:${port || DEFAULT_PORT}`)
  }
  return allowed
}

async function loopbackAddresses(host: string): Promise<string[]> {
  const family = isIP(host)
  const found = family === 0 ? await lookup(host, { all: true }) : [{ address: host, family }]
  return found.map(({ address, family }) => {
    if (!loopback.check(address, family === 6 ? 'ipv6' : 'ipv4')) throw refusal(host)
    return family === 6 ? `[${address}]` : address
  })
}

function refusal(host: string): BusError {
  const text = `the bus at ${host} is not on this machine, and without TLS passwords would cross the network in the clear`
  const advice = `use tls:// in NATS_URL and NATS_CA_FILE, or name ${host} in POWERBUS_BUS_PLAINTEXT`
  return new BusError('INPUT', `${text}: ${advice}`)
}
