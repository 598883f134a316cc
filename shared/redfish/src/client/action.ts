import { linkAt, objectAt, objectsAt, textAt, textsAt, valueAt } from '../resources/read-json.ts'
import type { JsonObject, Resource } from '../resources/resource.ts'
import type { ActionAnswer } from './redfish-connection.ts'
import { RedfishError } from './redfish-error.ts'
import type { Run } from './run.ts'
import { pollTask } from './task.ts'
import { post, read, type Speaker } from './verbs.ts'

/** The action as the resource describes it, among its own or its vendor's; undefined where it has none. */
export function actionOf({ body }: Resource, action: string): JsonObject | undefined {
  return objectAt(body, 'Actions', action) ?? objectAt(body, 'Actions', 'Oem', action)
}

/** Posts to the action's target and follows its task. @throws RedfishError */
export async function act(
  speaker: Speaker,
  resource: Resource,
  action: string,
  body: JsonObject,
  run: Run,
): Promise<ActionAnswer> {
  const target = textAt(actionOf(resource, action), 'target')
  if (target === undefined) {
    const what = `${resource.path} offers no action ${action}`
    throw new RedfishError('unsupported', speaker.bmc.address, what, { sent: false, path: resource.path })
  }
  const accepted = await post(speaker, target, body, run)
  if (accepted.task === undefined) return accepted
  run.isOpen = true
  try {
    const end = await pollTask(speaker, accepted.task, linkAt(accepted.body), run)
    run.isOpen = false
    return { ...accepted, ...end, messages: [...accepted.messages, ...end.messages] }
  } catch (error) {
    // Accepted, and then nothing that tells its end.
    if (!(error instanceof RedfishError) || !lost.has(error.kind)) throw error
    const what = `${action} was accepted, and its task ${accepted.task} could not be followed: ${error.message}`
    throw new RedfishError('unknown-outcome', speaker.bmc.address, what, { sent: true, path: target, cause: error })
  }
}

const lost: ReadonlySet<string> = new Set(['unreachable', 'tls', 'malformed', 'busy', 'not-found', 'credentials'])

/** Values of a parameter: from the action itself, else from its ActionInfo. @throws RedfishError */
export async function allowedValues(
  speaker: Speaker,
  resource: Resource,
  action: string,
  parameter: string,
  run: Run,
): Promise<readonly string[] | undefined> {
  const described = actionOf(resource, action)
  const annotation = `${parameter}@Redfish.AllowableValues`
  if (valueAt(described, annotation) !== undefined) return textsAt(described, annotation)
  const info = linkAt(described, '@Redfish.ActionInfo')
  if (info === undefined) return undefined
  const { body } = await read(speaker, info, run)
  const found = objectsAt(body, 'Parameters').find((one) => textAt(one, 'Name') === parameter)
  return found && valueAt(found, 'AllowableValues') !== undefined ? textsAt(found, 'AllowableValues') : undefined
}
