import type { Resource } from '../resources/resource.ts'
import { isGood } from './answer.ts'
import type { Bmc } from './bmc.ts'
import { exchange } from './exchange.ts'
import { answerFailure } from './failure.ts'
import { RedfishError } from './redfish-error.ts'
import type { Run } from './run.ts'

export const ROOT = '/redfish/v1/'

/** The service root, which needs no login. Remembered per BMC. @throws RedfishError */
export async function readRoot(bmc: Bmc, run: Run, own = false): Promise<Resource> {
  if (bmc.root) return bmc.root
  const request = { method: 'GET', path: ROOT, own } as const
  const answer = await exchange(bmc, request, {}, run)
  if (!isGood(answer)) throw answerFailure(bmc.address, request, answer, run)
  if (!answer.body) {
    const what = `the answer to GET ${ROOT} ${answer.fault ?? 'is empty'}; this is no Redfish service, or it is not up yet`
    throw new RedfishError('malformed', bmc.address, what, { sent: run.sent, path: ROOT, status: answer.status })
  }
  bmc.root = { path: ROOT, body: answer.body }
  return bmc.root
}
