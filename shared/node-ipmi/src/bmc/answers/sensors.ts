import { getSensorReading, ThresholdState } from '../../commands/get-sensor-reading.ts'
import { getSensorReadingFactors } from '../../commands/get-sensor-reading-factors.ts'
import { getSensorThresholds } from '../../commands/get-sensor-thresholds.ts'
import { CompletionCode } from '../../spec/completion-code.ts'
import { type Answer, answer } from '../answer.ts'
import type { Chassis, ChassisSensor } from '../chassis.ts'
import { rawReading, rawThresholds, readingFactors, sensorIndex } from '../sensor-repository.ts'

/** Sensors of the machine. §35. */
export const sensorAnswers: readonly Answer[] = [
  answer(getSensorReading, async (request, { system: { chassis } }) => {
    const found = sensorOf(chassis, request.sensorNumber)
    if (found === undefined) return CompletionCode.NotPresent
    const value = await chassis.sensorValue?.(found.index)
    const known = { unavailable: value === undefined, scanning: true, eventMessages: false, moreStates: 0 }
    if (value === undefined) return { ...known, reading: 0, states: 0 }
    return { ...known, reading: rawReading(found.sensor, value), states: statesOf(found.sensor, value) }
  }),

  // They are the same for every reading: these sensors are linear.
  answer(getSensorReadingFactors, (request, { system: { chassis } }) => {
    const found = sensorOf(chassis, request.sensorNumber)
    const nextReading = Math.min(request.reading + 1, 0xff)
    return found === undefined ? CompletionCode.NotPresent : { nextReading, ...readingFactors(found.sensor) }
  }),

  answer(getSensorThresholds, (request, { system: { chassis } }) => {
    const found = sensorOf(chassis, request.sensorNumber)
    return found === undefined ? CompletionCode.NotPresent : rawThresholds(found.sensor)
  }),
]

function sensorOf({ sensors = [] }: Chassis, number: number): { sensor: ChassisSensor; index: number } | undefined {
  const index = sensorIndex(number)
  const sensor = sensors[index]
  return sensor && { sensor, index }
}

function statesOf({ lowerCritical, upperNonCritical, upperCritical }: ChassisSensor, value: number): number {
  let states = 0
  if (lowerCritical !== undefined && value <= lowerCritical) states |= ThresholdState.lowerCritical
  if (upperNonCritical !== undefined && value >= upperNonCritical) states |= ThresholdState.upperNonCritical
  if (upperCritical !== undefined && value >= upperCritical) states |= ThresholdState.upperCritical
  return states
}
