import { readFileSync } from 'node:fs'

/** UDP datagrams that this machine has sent since it started, over all processes (of this network namespace). */
export function datagramsSent(): number {
  const [names = [], values = []] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Udp:'))
    .map((line) => line.split(' '))
  return Number(values[names.indexOf('OutDatagrams')])
}
