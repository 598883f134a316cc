import { type ChassisSensor, SensorType, SensorUnit } from 'node-ipmi/bmc'
import { test } from 'tap'
import { memoryBmc } from './memory-bmc.ts'

const sensors: readonly ChassisSensor[] = [
  {
    name: 'CPU1 Temp',
    type: SensorType.temperature,
    baseUnit: SensorUnit.celsius,
    step: 1,
    exponent: 0,
    upperNonCritical: 85,
    upperCritical: 95,
  },
  { name: 'Fan 1', type: SensorType.fan, baseUnit: SensorUnit.rpm, step: 40, exponent: 0, lowerCritical: 600 },
]

const withValues = (values: (number | undefined)[]) => ({ sensors, sensorValue: (index: number) => values[index] })

test('sensors have numbers, thresholds and status, and a repository is read once', async (t) => {
  const values = [90, 4200]
  const { ask, client } = await memoryBmc({ isOn: true, sensors: withValues(values) })
  const cold = client.counters.datagramsSent
  t.strictSame(await ask((bmc, call) => bmc.sensors?.(call)), [
    {
      Name: 'CPU1 Temp',
      Type: 'temperature',
      Reading: 90,
      Units: 'C',
      Status: 'warning',
      Thresholds: { UpperCaution: 85, UpperCritical: 95 },
    },
    {
      Name: 'Fan 1',
      Type: 'fan',
      Reading: 4200,
      Units: 'RPM',
      Status: 'ok',
      Thresholds: { LowerCritical: 600 },
    },
  ])
  const warm = client.counters.datagramsSent
  values[0] = 40
  t.match(await ask((bmc, call) => bmc.sensors?.(call)), [{ Reading: 40, Status: 'ok' }, {}])
  t.equal(warm - cold - (client.counters.datagramsSent - warm), 3, 'three records less')
})

test('status sums the sensors up, names those that are not well, and says what it could not read', async (t) => {
  const values: (number | undefined)[] = [97, 0]
  const { ask } = await memoryBmc({ isOn: true, sensors: withValues(values) })
  const health = () => ask((bmc, call) => bmc.health?.(call))
  t.match(await health(), {
    Healthy: false,
    Parts: { temperature: 'Critical', fan: 'Critical' },
    Faults: ['temperature CPU1 Temp: critical', 'fan Fan 1: critical'],
  })
  values[0] = 40
  values[1] = undefined
  const well = await health()
  t.strictSame([well?.Healthy, well?.Parts, well?.Faults], [true, { temperature: 'OK' }, []])

  const refuses = await memoryBmc({ faults: { completionCodes: { 'Get SDR Repository Info': 0xc1 } } })
  const plain = await refuses.ask((bmc, call) => bmc.health?.(call))
  t.match(plain, { Healthy: true, SelfTest: 'passed', Parts: undefined, Unread: undefined })

  const slow = await memoryBmc({
    sensors: withValues([40, 40]),
    faults: { rules: [{ message: 'Get SDR', answerAfterMs: 4000 }] },
  })
  t.match(await slow.ask((bmc, call) => bmc.health?.(call), 9000), {
    Power: 'off',
    SelfTest: 'passed',
    Unread: ['sensors: the BMC takes too long for them'],
  })
})

test('the self test alone is one command, and reads no sensor', async (t) => {
  const { ask, client } = await memoryBmc({ sensors: withValues([40, 4200]) })
  t.equal(await ask((bmc, call) => bmc.selfTest?.(call)), 'passed')
  const { datagramsSent } = client.counters
  t.ok(datagramsSent <= 5, `${datagramsSent} datagrams`)
  const refuses = await memoryBmc({ faults: { completionCodes: { 'Get Self Test Results': 0xc1 } } })
  t.equal(await refuses.ask((bmc, call) => bmc.selfTest?.(call)), 'not-supported')
})

test('the event log is read with the words of its events, and cleared', async (t) => {
  const { ask, power } = await memoryBmc({ isOn: true })
  await power('powercycle')
  t.match(await ask((bmc, call) => bmc.sel?.(call)), [
    {
      Id: '1',
      Created: /^\d{4}-\d\d-\d\dT/,
      Severity: 'ok',
      Message: 'power unit sensor 09h: power cycled',
      Sensor: 'power unit sensor 09h',
      Raw: /^010002[0-9a-f]{26}$/,
    },
  ])
  await ask((bmc, call) => bmc.clearSel?.(call))
  t.match(await ask((bmc, call) => bmc.sel?.(call)), [{ Message: /log cleared$/ }])
})

test('board and product say who made them', async (t) => {
  const { ask } = await memoryBmc()
  const made = { Manufacturer: 'Powerbus', Model: 'Lab machine', SerialNumber: '0042' }
  t.strictSame(await ask((bmc, call) => bmc.fru?.(call)), [
    { Name: 'built-in: board', ...made },
    { Name: 'built-in: product', ...made },
  ])
})

test('a refusal is the failure of the action, in words', async (t) => {
  const faults = { completionCodes: { 'Get SEL Entry': 0xd4, 'Get SDR Repository Info': 0xc1, 'Reserve SEL': 0xd5 } }
  const { ask } = await memoryBmc({ faults })
  await t.rejects(
    ask((bmc, call) => bmc.sel?.(call)),
    { code: 'AUTH_FAILED' },
  )
  await t.rejects(
    ask((bmc, call) => bmc.sensors?.(call)),
    { code: 'IPMI_COMPLETION' },
  )
  await t.rejects(
    ask((bmc, call) => bmc.clearSel?.(call)),
    { code: 'TARGET_STATE' },
  )
})
