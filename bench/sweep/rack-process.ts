/** A rack of emulated BMCs: `rack-process.ts OPTIONS`, where OPTIONS is the JSON of RackOptions. It ends with its parent. */
import { setTimeout as delay } from 'node:timers/promises'
import { startLab } from '@powerbus/lab'
import type { RackOptions } from './rack.ts'

const options: RackOptions = JSON.parse(process.argv[2] ?? '{}')
const { loss = 0, delayMs = 0, isSilent = false } = options
const lab = await startLab({
  count: options.count,
  address: options.first,
  port: options.port,
  spread: 'address',
  credentials: { username: options.username, password: options.password },
  faults: { lossIn: loss, lossOut: loss, delayMs, hang: isSilent },
  isOn: true,
  seed: options.seed,
})

async function powerDown(): Promise<void> {
  // Also of those that are off: the command ends a power-up that has begun.
  for (const machine of lab.machines) machine.control('powerDown', undefined)
  while (lab.machines.some((machine) => machine.isOn())) await delay(20)
}

process.on('message', async () => {
  await powerDown()
  process.send?.('off')
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
