import { release } from '../events/release.ts'
import type { Leftover } from '../records/records.ts'
import { oneByOne, type SurveyMeans } from './one-by-one.ts'

/** Asks the endpoint again about machines that an event called deleted while the endpoint did not answer. */
export async function lookAfterUnconfirmed(means: SurveyMeans): Promise<void> {
  const { machines, records, call } = means
  const nameOf = ({ deviceId }: Leftover) => `device ${deviceId}`
  await oneByOne(await records.all('leftover'), nameOf, means, async (leftover) => {
    const { deviceId, machine, unconfirmed } = leftover
    if (!machine || !unconfirmed) return
    const isGone = (await machines.get(machine.Uuid, call)) === 'gone'
    if (isGone && !(await release(deviceId, { ...machine, ...unconfirmed }, means, call))) return
    await records.replace('leftover', deviceId, leftover, undefined)
  })
}
