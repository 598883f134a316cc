import { createSocket } from 'node:dgram'
import { BlockList, isIP, isIPv6 } from 'node:net'
import { outOfDescriptors, PowerbusError } from '@powerbus/plugin-sdk'

const PARAM = 'virtualbox/bmc-address'

/** Addresses that stand for all of a host, or for several hosts: a console cannot use them, though they can be bound. */
const shared = new BlockList()
for (const [address, bits] of [
  ['0.0.0.0', 8],
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
] as const)
  shared.addSubnet(address, bits, 'ipv4')
shared.addAddress('::', 'ipv6')
shared.addSubnet('ff00::', 8, 'ipv6')

/** Throws PARAM_INVALID unless the text is an IP address of one host. */
export function checkOneAddress(address: string): void {
  if (isIP(address) === 0) throw invalid(`must be an IP address, not ${JSON.stringify(address)}`)
  const [plain = ''] = address.split('%')
  if (/^::ffff:/i.test(plain) && plain.includes('.')) throw invalid(`must be written as IPv4, not as ${address}`)
  if (shared.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4'))
    throw invalid(`is ${address}, which stands for many addresses: set the one of this host that consoles use`)
}

/**
 * The address as the system writes it (`0:0::1` is `::1`), so that a BMC finds its kept place again. Throws
 * PARAM_INVALID where this host does not have it: no later try can mend that.
 */
export async function ownAddress(address: string): Promise<string> {
  const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(address) })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      // A literal address needs no look-up. Any free port.
      socket.bind({ address, port: 0 }, resolve)
    })
    return socket.address().address
  } catch (cause) {
    const lacking = outOfDescriptors(cause)
    if (lacking) throw lacking
    const { code = 'an unknown error' } = cause as NodeJS.ErrnoException
    const advice = 'set an address that `ip address` shows, or give it to an interface first'
    throw invalid(`is ${address}, which this host does not have (${code}): ${advice}`, cause)
  } finally {
    socket.close()
  }
}

function invalid(problem: string, cause?: unknown): PowerbusError {
  return new PowerbusError('PARAM_INVALID', `Param ${PARAM} ${problem}`, { cause })
}
