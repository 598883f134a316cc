import { BootDevice, type Clock, noBootFlags } from 'node-ipmi/bmc'
import { test } from 'tap'
import { SimulatedMachine } from '../src/simulated-machine.ts'

const pxe = { ...noBootFlags, valid: true, device: BootDevice.pxe, efi: true }

/** A virtual clock that advances only by `move`. */
function manualClock(): Clock & { move(ms: number): void } {
  let nowMs = 0
  const waiting = new Set<{ atMs: number; run: () => void }>()
  const after = (ms: number, run: () => void) => {
    const entry = { atMs: nowMs + ms, run }
    waiting.add(entry)
    return { cancel: () => void waiting.delete(entry) }
  }
  return {
    nowMs: () => nowMs,
    after,
    afterInput: (run) => after(0, run),
    move(ms) {
      nowMs += ms
      for (const entry of [...waiting]) {
        if (entry.atMs > nowMs || !waiting.delete(entry)) continue
        entry.run()
      }
    },
  }
}

test('power up and power down take their times', (t) => {
  const clock = manualClock()
  const machine = new SimulatedMachine({ clock, times: { powerUpMs: 300, powerDownMs: 200 } })
  t.equal(machine.control('powerUp', pxe), 'accepted')
  clock.move(299)
  t.equal(machine.isOn(), false)
  clock.move(1)
  t.equal(machine.isOn(), true)
  t.same(machine.lastBoot, { device: 'pxe', efi: true })
  machine.control('powerDown', undefined)
  clock.move(100)
  machine.control('powerDown', undefined)
  clock.move(100)
  t.equal(machine.isOn(), false, 'a repeat of the verb does not restart its time')
  t.end()
})

test('a power cycle switches the power off and on once', (t) => {
  const clock = manualClock()
  const machine = new SimulatedMachine({ clock, isOn: true, times: { cycleOffMs: 500 } })
  t.equal(machine.control('powerCycle', undefined), 'accepted')
  t.equal(machine.isOn(), false)
  t.equal(machine.control('powerCycle', undefined), 'notInPresentState')
  clock.move(500)
  t.equal(machine.isOn(), true)
  t.equal(machine.counts.powerCycle, 1)
  t.end()
})

test('verbs that need power are refused while it is off', (t) => {
  const machine = new SimulatedMachine({ clock: manualClock() })
  for (const verb of ['powerCycle', 'hardReset', 'diagnosticInterrupt', 'softShutdown'] as const) {
    t.equal(machine.control(verb, undefined), 'notInPresentState')
    t.equal(machine.counts[verb], 0)
  }
  t.equal(machine.control('powerDown', undefined), 'accepted')
  t.end()
})

test('a reset boots the machine and keeps the power on', (t) => {
  const machine = new SimulatedMachine({ clock: manualClock(), isOn: true })
  machine.control('hardReset', pxe)
  t.equal(machine.isOn(), true)
  t.same(machine.lastBoot, { device: 'pxe', efi: true })
  t.end()
})

test('a soft shutdown takes its time, and power up meanwhile cancels it', (t) => {
  const clock = manualClock()
  const machine = new SimulatedMachine({ clock, isOn: true, times: { softShutdownMs: 2000 } })
  machine.control('softShutdown', undefined)
  clock.move(1000)
  machine.control('powerUp', undefined)
  clock.move(5000)
  t.equal(machine.isOn(), true)
  machine.control('softShutdown', undefined)
  clock.move(2000)
  t.equal(machine.isOn(), false)
  t.end()
})

test('boot flags are kept, and the time that the machine is on is counted', (t) => {
  const clock = manualClock()
  const machine = new SimulatedMachine({ clock, isOn: true, times: { powerDownMs: 0, powerUpMs: 0 } })
  machine.bootFlagsChanged(pxe)
  t.same(machine.bootFlags, pxe)
  clock.move(120_000)
  machine.control('hardReset', pxe)
  machine.bootFlagsChanged(undefined)
  t.equal(machine.bootFlags, undefined)
  t.same(machine.lastBoot, { device: 'pxe', efi: true })
  t.equal(machine.powerOnMinutes(), 2)
  machine.control('powerDown', undefined)
  clock.move(60_000)
  clock.move(60_000)
  t.equal(machine.isOn(), false)
  const minutes = machine.powerOnMinutes()
  clock.move(600_000)
  t.equal(machine.powerOnMinutes(), minutes, 'not while it is off')
  t.end()
})

test('a closed machine does nothing later', (t) => {
  const clock = manualClock()
  const machine = new SimulatedMachine({ clock })
  machine.control('powerUp', undefined)
  machine.close()
  clock.move(10_000)
  t.equal(machine.isOn(), false)
  t.end()
})

test('a machine takes standby power while off, and a changing load while on', (t) => {
  const clock = manualClock()
  const machine = new SimulatedMachine({ clock, times: { powerUpMs: 1000 } })
  clock.move(9000)
  t.match(machine.powerReading(), { watts: 4, minimumWatts: 4, maximumWatts: 4, averageWatts: 4, periodMs: 9000 })
  machine.control('powerUp', undefined)
  clock.move(1000)
  const readings = Array.from({ length: 10 }, () => {
    clock.move(10_000)
    return machine.powerReading().watts
  })
  t.ok(new Set(readings).size > 2)
  t.ok(readings.every((watts) => watts >= 140 && watts <= 220))
  const { averageWatts = 0, ...statistics } = machine.powerReading()
  t.match(statistics, { minimumWatts: 4, maximumWatts: 220, periodMs: 110_000 })
  t.ok(Math.abs(averageWatts - (100 * 180 + 10 * 4) / 110) < 1)
  t.end()
})

test('sensors follow the power: without it only inlet and consumption are measured', async (t) => {
  const clock = manualClock()
  const machine = new SimulatedMachine({ clock })
  const read = () =>
    Object.fromEntries(machine.sensors.map(({ name }, index) => [name, machine.sensorValue(index)] as const))
  const off = { 'CPU1 Temp': undefined, 'Fan 1': undefined, 'Fan 2': undefined, '12 V': undefined }
  t.strictSame(read(), { ...off, 'Inlet Temp': 24, Power: 4 })
  machine.control('powerUp', undefined)
  clock.move(300)
  t.match(read(), { 'Inlet Temp': 24, 'CPU1 Temp': 48, 'Fan 1': 5800, 'Fan 2': 5840, '12 V': 12.06, Power: 180 })
})
