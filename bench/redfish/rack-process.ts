/** Redfish services of one machine each: `rack-process.ts OPTIONS`, JSON of RackOptions. It ends with its parent. */
import { PlainMachine, startRedfishService } from '@powerbus/redfish/service'
import { type RackOptions, targetsOf } from './rack.ts'

const options: RackOptions = JSON.parse(process.argv[2] ?? '{}')
const { tls, username, password } = options
const services = await Promise.all(
  targetsOf(options).map(({ address, port }) =>
    startRedfishService({
      address,
      port,
      tls,
      hosts: [{ machine: new PlainMachine({ isOn: true }) }],
      accounts: [{ username, password, role: 'Administrator' }],
    }),
  ),
)

/** Each message is answered with the requests so far. */
process.on('message', () => {
  const counts = services.flatMap(({ counters }) => Object.values(counters.requests))
  process.send?.(counts.reduce((sum, count) => sum + count, 0))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
